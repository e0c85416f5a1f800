"""One new album through a finished run: its vector, the network's outputs, the scores of its genres.

Paper: Sections 5.1 to 5.4.  Notebooks: 09_your_album.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import keras
import numpy as np
import pandas as pd

from mumu_lib import image, runs, targets, text
from mumu_lib.audio import store as audio_store
from mumu_lib.catalogue import Catalogue
from mumu_lib.core import progress
from mumu_lib.core.errors import AudioError, ImageError, MissingDataError, NothingUsableError
from mumu_lib.core.parsing import read_json, read_lines
from mumu_lib.encoders import store as encoder_store
from mumu_lib.experiments import BY_NAME, resolve
from mumu_lib.models import FEATURES
from mumu_lib.params import PARAMETERS, Multimodal
from mumu_lib.prediction.album import OwnAlbum, Skipped
from mumu_lib.results.decisions import Decisions, thresholds_of
from mumu_lib.text import tfidf_rows

# From name and path of a recording to its vector, and facts about it.
Hearing: TypeAlias = Callable[[str, str], tuple[np.ndarray, dict]]
# How a patch store names timbre that came from elsewhere.
MSD_TIMBRE = "Million Song Dataset's segments"


@dataclass(frozen=True)
class Encoded:
    """What one run makes of one album.

    Attributes
    ----------
    vector : np.ndarray [shape=(d,)]
        Input of the run's last layer.
    outputs, scores : np.ndarray [shape=(outputs,)], [shape=(labels,)]
    tracks : pd.DataFrame [shape=(recordings, labels)]
        Scores of each recording by itself; empty for other modalities.
    decisions : Decisions
        The run's thresholds, as notebook 08 takes them for its F1.
    """

    run: str
    target: str
    dimensions: int
    val_auc: float
    vector: np.ndarray
    outputs: np.ndarray
    scores: np.ndarray
    decisions: Decisions
    tracks: pd.DataFrame = field(default_factory=pd.DataFrame)


def judges_new_albums(run: pd.Series) -> bool:
    """Whether a run was made from what an album's own files hold, and not from vectors or statistics of others."""
    return run.get("source") not in ("embeddings", "published") and MSD_TIMBRE not in str(run.get("features"))


def encode(folder: Path, album: OwnAlbum, catalogue: Catalogue, skipped: Skipped) -> Encoded:
    """An album through the run in a folder.

    Parameters
    ----------
    folder : Path
        Of a finished audio, text or image run of the catalogue.
    skipped : list
        Joined by (file, reason) for every file that could not be used.

    Raises
    ------
    NothingUsableError
        Nothing of that modality can be used, or the run cannot judge new albums.
    """
    facts = read_json(folder / "metrics.json", runs.AGAIN)
    modality = BY_NAME[runs.modality_of(facts)]
    if not modality.encodes:
        raise NothingUsableError(f"made from vectors of {modality.name!r}; a new album cannot be put through it")
    params = runs.parameters(folder, PARAMETERS[modality.notebook])
    vector, outputs, parts = resolve(modality.encodes)(folder, params, facts, album, catalogue, skipped)
    return _encoded(folder, params, facts, catalogue, vector, outputs, parts)


def fuse(folder: Path, vectors: list[np.ndarray], catalogue: Catalogue) -> Encoded:
    """Vectors of one album, in the order of the run's sources, through a fusion run."""
    facts = read_json(folder / "metrics.json", runs.AGAIN)
    params = runs.parameters(folder, Multimodal)
    joined = np.concatenate(vectors)[None].astype(np.float32)
    outputs = _run(_network(folder, facts), joined)[0]
    return _encoded(folder, params, facts, catalogue, joined[0], outputs, {})


def _encoded(
    folder: Path, params: dict, facts: dict, catalogue: Catalogue, vector: np.ndarray, outputs: np.ndarray, parts: dict
) -> Encoded:
    goal = targets.of(catalogue, params["target"], params["dimensions"], _rows(folder, catalogue))
    tracks = pd.DataFrame(
        goal.scores(np.stack(list(parts.values()))) if parts else None, index=list(parts), columns=catalogue.labels
    )
    # Undefined where no label has both a positive and a negative among the validation albums.
    val_auc = float("nan") if facts["val_auc"] is None else facts["val_auc"]
    return Encoded(
        facts["run"], params["target"], params["dimensions"], val_auc, vector, outputs,
        goal.scores(outputs[None])[0], thresholds_of(catalogue, folder), tracks,
    )  # fmt: skip


def _rows(folder: Path, catalogue: Catalogue) -> np.ndarray:
    """Return the rows of the album table that a run had an input for."""
    ids = read_lines(folder / "album_ids.txt", runs.AGAIN)
    return np.flatnonzero(catalogue.albums["album_id"].isin(ids))


def _network(folder: Path, facts: dict, key: str = "network") -> keras.Model:
    """Return a network of a run: the one in the folder that its results name."""
    if not facts.get(key) or not (folder / facts[key] / "model.keras").is_file():
        raise NothingUsableError(f"{folder.name} has kept no network; run its notebook again")
    return _model(folder / facts[key])


@lru_cache(maxsize=8)
def _model(folder: Path) -> keras.Model:
    return keras.saving.load_model(folder / "model.keras", compile=False)


def _features(network: keras.Model) -> keras.Model:
    return keras.Model(network.input, network.get_layer(FEATURES).output)


def encode_audio(
    folder: Path, params: dict, facts: dict, album: OwnAlbum, catalogue: Catalogue, skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Put the recordings of an album through an audio run: vector, outputs, and outputs of each recording."""
    if MSD_TIMBRE in facts["features"]:
        raise NothingUsableError("made from the Million Song Dataset's timbre, which a recording does not give")
    vector_of = _hearing(folder, params, facts)
    vectors = {}
    for path in progress.bar(album.audio, "recordings", unit="track"):
        name = path.relative_to(album.folder).as_posix()
        try:
            vectors[name], about = vector_of(name, str(path))
        except AudioError as error:
            skipped.append((name, str(error).removeprefix(f"{path}: ")))
            continue
        if about["message"]:
            skipped.append((name, "used, but: " + about["message"].removeprefix(f"{path}: ")))
    if not vectors:
        raise NothingUsableError("none of the recordings can be used")
    whole = np.mean(list(vectors.values()), axis=0)
    outputs = _run(_network(folder, facts, "album_network"), np.stack([whole, *vectors.values()]))
    return whole, outputs[0], dict(zip(vectors, outputs[1:], strict=True))


def _by_encoder(folder: Path, name: str, facts: dict) -> Hearing:
    """Return what makes a vector by the encoder of a run; its weights must be those that the run was made with."""
    try:
        settings = encoder_store.settings(name)
    except MissingDataError as error:
        raise NothingUsableError(str(error)) from None
    length = _network(folder, facts, "album_network").input_shape[1]
    made_with = facts.get("encoder") or {}
    if (settings.digest, settings.length) != (made_with.get("digest"), length):
        raise NothingUsableError(f"made with other weights of {name}; run its notebook again")
    return lambda track, path: settings.row(track, path, name)


def _hearing(folder: Path, params: dict, facts: dict) -> Hearing:
    """Return what makes a vector of a recording in an audio run, and facts about it: of name and path."""
    if params["encoder"]:
        return _by_encoder(folder, params["encoder"], facts)
    kind = audio_store.kind_of(params["filters"])
    settings = audio_store.settings(kind, params["patches"], params["seed"], "fast")
    if kind == "timbre":
        return lambda name, path: settings.row(name, path, "audio")
    encoder = _features(_network(folder, facts))

    def of_patches(name: str, path: str) -> tuple[np.ndarray, dict]:
        found, about = settings.row(name, path, "audio")
        return _run(encoder, found).mean(axis=0), about

    return of_patches


def encode_text(
    folder: Path, params: dict, facts: dict, album: OwnAlbum, catalogue: Catalogue, skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Put the texts of an album through a text run: vector, outputs, nothing of single texts."""
    if facts["source"] != "reviews":
        raise NothingUsableError(f"made from {facts['source']}, not from words; a new text cannot be put through it")
    words = pd.Series([text.join(album.texts, params["characters"])])
    x = tfidf_rows(words, folder, catalogue)
    if not x.nnz:
        raise NothingUsableError(
            "the text has no word that the training albums' texts have; is it in another language?"
        )
    others = text.aggregate(catalogue, params["characters"], params["seed"]).iloc[catalogue.rows("val")].dropna()
    share, usual = (_known(some, folder) for some in (words, others))
    if share < usual / 3:
        skipped.append((
            "text", f"used, but: its network knows {share:.0%} of the words, usually {usual:.0%}; is it in another language?"
        ))  # fmt: skip
    return *_both(_network(folder, facts), x.toarray()), {}


def _known(texts: pd.Series, folder: Path) -> float:
    """Share of the words of some texts that a run's vocabulary has; the most frequent words of all it never has."""
    vectorizer, _ = text.load_vectorizer(folder)
    analyse, known = vectorizer.build_analyzer(), set(vectorizer.vocabulary)
    return float(np.mean([word in known for written in texts for word in analyse(written)] or [False]))


def encode_image(
    folder: Path, params: dict, facts: dict, album: OwnAlbum, catalogue: Catalogue, skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Put the cover of an album through an image run: vector, outputs, nothing else."""
    network = _network(folder, facts)
    assert album.cover is not None
    try:
        pixels = image.load(album.cover, network.input_shape[1])
    except ImageError as error:
        raise NothingUsableError(str(error)) from None
    return *_both(network, pixels[None]), {}


def _both(network: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Vector and outputs of one example."""
    return _run(_features(network), x)[0], _run(network, x)[0]


def _run(network: keras.Model, x: np.ndarray) -> np.ndarray:
    """Outputs of a few examples, float32; called as a function, since compiling would take longer than running."""
    return np.asarray(keras.ops.convert_to_numpy(network(x, training=False)), np.float32)
