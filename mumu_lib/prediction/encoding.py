"""One new album through a finished run: its vector, the network's outputs, the scores of its genres.

Paper: Sections 5.1 to 5.4.  Notebooks: 09_your_album.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import keras
import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib import image, models, runs, text
from mumu_lib.audio import store as audio_store
from mumu_lib.core import progress
from mumu_lib.core.errors import AudioError, BadDataError, ImageError, MissingDataError, NothingUsableError
from mumu_lib.core.parsing import read_json
from mumu_lib.encoders import TextEncoder, store as encoder_store
from mumu_lib.experiments import BY_NAME, resolve
from mumu_lib.models import FEATURES
from mumu_lib.params import PARAMETERS, Multimodal
from mumu_lib.prediction.album import OwnAlbum, Skipped
from mumu_lib.results.decisions import Decisions

if TYPE_CHECKING:
    from mumu_lib.prediction.trained import Trained

# From name and path of a recording to its vector, and facts about it.
Hearing: TypeAlias = Callable[[str, str], tuple[np.ndarray, dict]]
# Recording -> its vector and its outputs; empty where there are no recordings.
Parts: TypeAlias = dict[str, tuple[np.ndarray, np.ndarray]]
# More than one album asks for: a library finds all of them open.
NETWORKS = 32
# How a patch store names timbre that came from elsewhere.
MSD_TIMBRE = "Million Song Dataset's segments"
# A text that knows a smaller part than this of the usual share of words is named. A vocabulary lacks many words of any
# text; a sentence encoder knows nearly every English word, and half of a Spanish text's pieces look like some.
LEAST_OF_WORDS = 1 / 3
LEAST_OF_SENTENCES = 0.7


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
    track_vectors : dict
        Recording -> its vector [shape=(d,)].
    decisions : Decisions
        The run's thresholds, as notebook 08 takes them for its F1, and their expected precision.
    folder : Path
        Of the run.
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
    track_vectors: dict[str, np.ndarray] = field(default_factory=dict)
    folder: Path = Path()


def judges_new_albums(run: pd.Series) -> bool:
    """Whether a run was made from what an album's own files hold, and not from vectors or statistics of others."""
    return run.get("source") not in ("embeddings", "published") and MSD_TIMBRE not in str(run.get("features"))


def encode(folder: Path, album: OwnAlbum, trained: "Trained", skipped: Skipped) -> Encoded:
    """An album through the run in a folder.

    Parameters
    ----------
    folder : Path
        Of a finished audio, text or image run of the trained collection.
    skipped : list
        Joined by (file, reason) for every file that could not be used.

    Raises
    ------
    NothingUsableError
        Nothing of that modality can be used, or the run cannot judge new albums.
    """
    facts = read_json(folder / "metrics.json", runs.RERUN_HINT)
    modality = BY_NAME[runs.modality_of(facts)]
    if not modality.encodes:
        raise NothingUsableError(f"made from vectors of {modality.name!r}; a new album cannot be put through it")
    params = runs.parameters(folder, PARAMETERS[modality.notebook])
    vector, outputs, parts = resolve(modality.encodes)(folder, params, facts, album, trained, skipped)
    return _encoded(folder, params, facts, trained, vector, outputs, parts)


def fuse(
    folder: Path, vectors: list[np.ndarray], trained: "Trained", by_track: dict[str, list[np.ndarray]] | None = None
) -> Encoded:
    """Put the vectors of one album, in the order of the run's sources, through a fusion run.

    Parameters
    ----------
    by_track : dict, optional
        Recording -> such vectors with the recording's own in the place of those of all recordings.
    """
    facts = read_json(folder / "metrics.json", runs.RERUN_HINT)
    params = runs.parameters(folder, Multimodal)
    names = list(by_track or {})
    rows = [np.concatenate(vectors)]
    for name in names:
        rows.append(np.concatenate((by_track or {})[name]))
    joined = np.stack(rows).astype(np.float32)
    outputs = _run(_network(folder, facts), joined)
    parts = dict(zip(names, zip(joined[1:], outputs[1:], strict=True), strict=True))
    return _encoded(folder, params, facts, trained, joined[0], outputs[0], parts)


def _encoded(
    folder: Path, params: dict, facts: dict, trained: "Trained", vector: np.ndarray, outputs: np.ndarray, parts: Parts
) -> Encoded:
    objective = trained.target(folder, params)
    of_tracks = [own for _, own in parts.values()]
    scores = objective.scores(np.stack(of_tracks)) if of_tracks else None
    tracks = pd.DataFrame(scores, index=list(parts), columns=trained.labels)
    track_vectors = {name: own for name, (own, _) in parts.items()}
    # Undefined where no label has both a positive and a negative among the validation albums.
    val_auc = float("nan") if facts["val_auc"] is None else facts["val_auc"]
    return Encoded(
        facts["run"], params["target"], params["dimensions"], val_auc, vector, outputs,
        objective.scores(outputs[None])[0], trained.decisions(folder), tracks, track_vectors, folder,
    )  # fmt: skip


def _network(folder: Path, facts: dict, key: str = "network") -> keras.Model:
    """Return a network of a run: the one in the folder that its results name."""
    if not facts.get(key) or not (folder / facts[key] / "model.keras").is_file():
        raise NothingUsableError(f"{folder.name} has kept no network; run its notebook again")
    return _model(folder / facts[key])


@lru_cache(maxsize=NETWORKS)
def _model(folder: Path) -> keras.Model:
    return models.load(folder / "model.keras", compile=False)


@lru_cache(maxsize=NETWORKS)
def _features(network: keras.Model) -> keras.Model:
    return keras.Model(network.input, network.get_layer(FEATURES).output)


@lru_cache(maxsize=NETWORKS)
def _with_features(network: keras.Model) -> keras.Model:
    return keras.Model(network.input, [network.get_layer(FEATURES).output, network.output])


def encode_audio(
    folder: Path, params: dict, facts: dict, album: OwnAlbum, trained: "Trained", skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, Parts]:
    """Put the recordings of an album through an audio run: vector, outputs, and both of each recording."""
    if MSD_TIMBRE in facts["features"]:
        raise NothingUsableError("made from the Million Song Dataset's timbre, which a recording does not give")
    vector_of = _hearing(folder, params, facts, album)
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
    return whole, outputs[0], dict(zip(vectors, zip(vectors.values(), outputs[1:], strict=True), strict=True))


def _by_encoder(folder: Path, name: str, facts: dict, album: OwnAlbum) -> Hearing:
    """Return what makes a vector by the encoder of a run; its weights must be those that the run was made with."""
    try:
        settings = encoder_store.settings(name)
    except MissingDataError as error:
        raise NothingUsableError(str(error)) from None
    length = _network(folder, facts, "album_network").input_shape[1]
    made_with = facts.get("encoder") or {}
    if (settings.digest, settings.length) != (made_with.get("digest"), length):
        raise NothingUsableError(f"made with other weights of {name}; run its notebook again")
    return lambda track, path: album.row(settings, track, path, name)


def _hearing(folder: Path, params: dict, facts: dict, album: OwnAlbum) -> Hearing:
    """Return what makes a vector of a recording in an audio run, and facts about it: of name and path."""
    if params["encoder"]:
        return _by_encoder(folder, params["encoder"], facts, album)
    kind = audio_store.kind_of(params["filters"])
    settings = audio_store.settings(kind, params["patches"], params["seed"], "fast")
    if kind == "timbre":
        return lambda name, path: album.row(settings, name, path, "audio")
    encoder = _features(_network(folder, facts))

    def of_patches(name: str, path: str) -> tuple[np.ndarray, dict]:
        found, about = album.row(settings, name, path, "audio")
        return _run(encoder, found).mean(axis=0), about

    return of_patches


def encode_text(
    folder: Path, params: dict, facts: dict, album: OwnAlbum, trained: "Trained", skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, Parts]:
    """Put the texts of an album through a text run: vector, outputs, nothing of single texts."""
    if facts["source"] != "reviews":
        raise NothingUsableError(f"made from {facts['source']}, not from words; a new text cannot be put through it")
    encoder = _encoder_of(facts)
    # A run of words and sentences together is judged by its words.
    reads = encoder if params["encoder"] else None
    words = pd.Series([text.join(album.texts, params["characters"])])
    share = known_share(words, folder, reads)
    if not share:
        raise NothingUsableError(
            "the text has no word that the training albums' texts have; is it in another language?"
        )
    usual = trained.usual_words(folder, params)
    if share < usual * (LEAST_OF_WORDS if reads is None else LEAST_OF_SENTENCES):
        skipped.append((
            "text", f"used, but: its network knows {share:.0%} of the words, usually {usual:.0%}; is it in another language?"
        ))  # fmt: skip
    # What came as a file has no albums, and no run that would ask for them.
    x = text.album_vectors.rows_of(words, folder, params, trained.catalogue)  # type: ignore[arg-type]
    return *_both(_network(folder, facts), x.toarray() if sp.issparse(x) else x), {}


def _encoder_of(facts: dict) -> TextEncoder | None:
    """Return the pretrained encoder of a text run, if it has one.

    Raises
    ------
    NothingUsableError
        It is not here, or has other weights than those the run was made with.
    """
    made_with = facts.get("encoder")
    if not made_with:
        return None
    try:
        encoder = text.sentences.open_encoder(made_with["name"])
    except (MissingDataError, BadDataError) as error:
        raise NothingUsableError(str(error)) from None
    if encoder.about.digest != made_with["digest"]:
        raise NothingUsableError(f"made with other weights of {made_with['name']!r}; run its notebook again")
    return encoder


def known_share(texts: pd.Series, folder: Path, encoder: TextEncoder | None = None) -> float:
    """Return the share of the words of some texts that an encoder knows, or a run's vocabulary.

    A vocabulary never has the most frequent words.
    """
    if encoder is not None:
        return encoder.known(texts.tolist())
    vectorizer, _ = text.load_vectorizer(folder)
    analyse, known = vectorizer.build_analyzer(), set(vectorizer.vocabulary)
    return float(np.mean([word in known for written in texts for word in analyse(written)] or [False]))


def encode_image(
    folder: Path, params: dict, facts: dict, album: OwnAlbum, trained: "Trained", skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, Parts]:
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
    vectors, outputs = _with_features(network)(x, training=False)
    return _numbers(vectors)[0], _numbers(outputs)[0]


def _run(network: keras.Model, x: np.ndarray) -> np.ndarray:
    """Outputs of a few examples, float32; called as a function, since compiling would take longer than running."""
    return _numbers(network(x, training=False))


def _numbers(outputs: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(outputs), np.float32)
