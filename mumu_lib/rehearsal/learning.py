"""Run two computations of a rehearsal without a notebook: the telling terms of all reviews, and joint training.

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
    """Compute tf-idf of all reviews and find the telling terms, as notebook 05 before its training."""
    cfg = values("paper")["text"]
    train = music.rows("train")
    M = music.label_matrix()
    X, vectorizer = text.tfidf(text.aggregate(music, cfg["characters"]), train, cfg["vocabulary"])
    terms = vectorizer.get_feature_names_out().tolist()
    telling = analysis.telling_terms(X[train], M[train], terms, music.labels)
    return f"{X.shape[0]} albums, {X.shape[1]} terms, {len(telling)} of them telling"


def learning_at_once(music: Catalogue, share: float = SHARE) -> str:
    """Train all modalities jointly for a part of an epoch, with the networks of the finished runs.

    Parameters
    ----------
    share : float
        Share of the training and the validation examples.
    """
    cfg = _joint_parameters(music)
    seed_everything(cfg.seed)
    sources = fusion.sources(music, cfg)
    scored = training.albums.rows_without_nan(fusion.join(sources, cfg.missing))
    objective = targets.make(music, cfg.target, cfg.dimensions, scored)
    encoded_targets = objective.encode(music.label_matrix())
    together = joint.build(music, sources, objective, encoded_targets, cfg)
    album = together.examples.table["album"].to_numpy()
    usable = training.albums.has_target(encoded_targets)[album]
    batches = {}
    for split in ("train", "val"):
        rows = np.flatnonzero(usable & np.isin(album, music.rows(split)))
        rows = rows[: max(1, round(share * len(rows)))]
        batches[split] = training.Batches(
            together.examples, rows, encoded_targets[album[rows]], batch_size=cfg.batch_size, seed=cfg.seed
        )
    history = training.fit(
        together.network, objective.loss, batches["train"], batches["val"], epochs=1, patience=1,
        learning_rate=cfg.together_learning_rate, seed=cfg.seed,
    )  # fmt: skip
    names = " + ".join(source.origin for source in sources)
    return f"{names}: {len(batches['train'].rows)} examples in {history['seconds'].sum():.0f} s"


def _joint_parameters(music: Catalogue) -> Multimodal:
    own = {"modalities": "ati", "target": "cosine", "learning": "simultaneous", "catalogue": str(music.folder)}
    cfg = checked(Multimodal, {**values("paper")["multimodal"], **own})
    return with_recipe(cfg, synthetic=music.synthetic)
