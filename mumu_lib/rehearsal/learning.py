"""What a rehearsal learns without a notebook: the telling words of all reviews, and all modalities at once.

Paper: Sections 5.2 and 5.4.
"""

import numpy as np

from mumu_lib import fusion, targets, text, training
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.environment import seed_everything
from mumu_lib.fusion import joint
from mumu_lib.params import Multimodal, checked, with_recipe
from mumu_lib.rehearsal.parts import SHARE
from mumu_lib.series import values
from mumu_lib.text import analysis


def words(music: Catalogue) -> str:
    """Make tf-idf of all reviews and find the telling terms, as notebook 05 does before it trains."""
    given = values("paper")["text"]
    learned, M = music.rows("train"), music.label_matrix()
    X, vectorizer = text.tfidf(text.aggregate(music, given["characters"]), learned, given["vocabulary"])
    terms = vectorizer.get_feature_names_out().tolist()
    telling = analysis.telling_terms(X[learned], M[learned], terms, music.labels)
    return f"{X.shape[0]} albums, {X.shape[1]} terms, {len(telling)} of them telling"


def learning_at_once(music: Catalogue, share: float = SHARE) -> str:
    """Learn all modalities by one loss for a part of an epoch, over the networks of the runs that are there.

    Parameters
    ----------
    share : float
        Of the training and the validation examples.
    """
    cfg = _joint_parameters(music)
    seed_everything(cfg.seed)
    sources = fusion.sources(music, cfg)
    scored = training.albums.rows_without_nan(fusion.join(sources, cfg.missing))
    objective = targets.make(music, cfg.target, cfg.dimensions, scored)
    encoded_targets = objective.encode(music.label_matrix())
    together = joint.build(music, sources, objective, encoded_targets, cfg)
    album = together.examples.table["album"].to_numpy()
    can = training.albums.has_target(encoded_targets)[album]
    fed = []
    for split in ("train", "val"):
        rows = np.flatnonzero(can & np.isin(album, music.rows(split)))
        rows = rows[: max(1, round(share * len(rows)))]
        fed.append(
            training.Batches(
                together.examples, rows, encoded_targets[album[rows]], batch_size=cfg.batch_size, seed=cfg.seed
            )
        )
    history = training.fit(
        together.network, objective.loss, fed[0], fed[1], epochs=1, patience=1, learning_rate=cfg.together_learning_rate,
        seed=cfg.seed,
    )  # fmt: skip
    names = " + ".join(source.origin for source in sources)
    return f"{names}: {len(fed[0].rows)} examples in {history['seconds'].sum():.0f} s"


def _joint_parameters(music: Catalogue) -> Multimodal:
    own = {"modalities": "ati", "target": "cosine", "learning": "simultaneous", "catalogue": str(music.folder)}
    cfg = checked(Multimodal, {**values("paper")["multimodal"], **own})
    return with_recipe(cfg, synthetic=music.synthetic)
