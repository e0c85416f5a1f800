"""Put a new album through a finished run: its embedding, the outputs of the network, the scores of its genres.

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

# (name, path) of a recording -> its vector and metadata.
RecordingEncoder: TypeAlias = Callable[[str, str], tuple[np.ndarray, dict]]
# Recording -> its vector and its outputs; empty without recordings.
Parts: TypeAlias = dict[str, tuple[np.ndarray, np.ndarray]]
# Networks in memory; more than one album needs, since a library puts all albums through the same ones.
CACHE_SIZE = 32
# Source that a patch store names if its timbre comes from the Million Song Dataset.
MSD_TIMBRE = "Million Song Dataset's segments"
# Warn if the share of known words is below this part of the usual share. A vocabulary lacks many words of any text; a
# sentence encoder knows nearly all English words, and also half of the word pieces of a Spanish text.
LEAST_OF_WORDS = 1 / 3
LEAST_OF_SENTENCES = 0.7


@dataclass(frozen=True)
class Encoded:
    """Result of one run for one album.

    Attributes
    ----------
    vector : np.ndarray [shape=(d,)]
        Input of the run's last layer.
    outputs, scores : np.ndarray [shape=(outputs,)], [shape=(labels,)]
    tracks : pd.DataFrame [shape=(recordings, labels)]
        Scores of each single recording; empty for other modalities.
    track_vectors : dict
        Recording -> its vector [shape=(d,)].
    decisions : Decisions
        Thresholds of the run, the same as for the F1 of notebook 08, and their expected precision.
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
    """Return whether a run was trained on an album's own files, and not on vectors or statistics of others.

    Examples
    --------
    >>> judges_new_albums(pd.Series({"source": "reviews"})), judges_new_albums(pd.Series({"source": "embeddings"}))
    (True, False)
    """
    return run.get("source") not in ("embeddings", "published") and MSD_TIMBRE not in str(run.get("features"))


def encode(folder: Path, album: OwnAlbum, trained: "Trained", skipped: Skipped) -> Encoded:
    """Put an album through the run in a folder.

    Parameters
    ----------
    folder : Path
        Of a finished audio, text or image run of the trained collection.
    album : OwnAlbum
    trained : Trained
    skipped : list
        Extended by (file, reason) for every file that could not be used.

    Raises
    ------
    NothingUsableError
        No file of that modality can be used, or the run cannot encode new albums.
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
    """Put the vectors of one album through a fusion run.

    Parameters
    ----------
    vectors : list of np.ndarray
        In the order of the run's sources.
    by_track : dict, optional
        Recording -> the same vectors, but with the audio vectors of this recording in place of the album's.
    """
    by_track = by_track or {}
    facts = read_json(folder / "metrics.json", runs.RERUN_HINT)
    params = runs.parameters(folder, Multimodal)
    rows = [np.concatenate(vectors)]
    for track_vectors in by_track.values():
        rows.append(np.concatenate(track_vectors))
    joined = np.stack(rows).astype(np.float32)
    outputs = _run(_network(folder, facts), joined)
    parts = {}
    for number, name in enumerate(by_track, 1):
        parts[name] = (joined[number], outputs[number])
    return _encoded(folder, params, facts, trained, joined[0], outputs[0], parts)


def _encoded(
    folder: Path, params: dict, facts: dict, trained: "Trained", vector: np.ndarray, outputs: np.ndarray, parts: Parts
) -> Encoded:
    """Turn outputs into scores, and add thresholds and validation AUC of the run."""
    objective = trained.target(folder, params)
    track_vectors = {}
    track_outputs = []
    for name, (own_vector, own_outputs) in parts.items():
        track_vectors[name] = own_vector
        track_outputs.append(own_outputs)
    scores = None
    if track_outputs:
        scores = objective.scores(np.stack(track_outputs))
    tracks = pd.DataFrame(scores, index=list(parts), columns=trained.labels)
    val_auc = facts["val_auc"]
    # Undefined if no label has both a positive and a negative among the validation albums.
    if val_auc is None:
        val_auc = float("nan")
    return Encoded(
        facts["run"], params["target"], params["dimensions"], val_auc, vector, outputs,
        objective.scores(outputs[None])[0], trained.decisions(folder), tracks, track_vectors, folder,
    )  # fmt: skip


def _network(folder: Path, facts: dict, key: str = "network") -> keras.Model:
    """Return the network of a run from the folder that its metrics name."""
    if not facts.get(key) or not (folder / facts[key] / "model.keras").is_file():
        raise NothingUsableError(f"{folder.name} has no stored network; run its notebook again")
    return _model(folder / facts[key])


@lru_cache(maxsize=CACHE_SIZE)
def _model(folder: Path) -> keras.Model:
    return models.load(folder / "model.keras", compile=False)


@lru_cache(maxsize=CACHE_SIZE)
def _features(network: keras.Model) -> keras.Model:
    return keras.Model(network.input, network.get_layer(FEATURES).output)


@lru_cache(maxsize=CACHE_SIZE)
def _with_features(network: keras.Model) -> keras.Model:
    return keras.Model(network.input, [network.get_layer(FEATURES).output, network.output])


def encode_audio(
    folder: Path, params: dict, facts: dict, album: OwnAlbum, trained: "Trained", skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, Parts]:
    """Put the recordings of an album through an audio run; return its vector, its outputs, and both per recording."""
    if MSD_TIMBRE in facts["features"]:
        raise NothingUsableError(
            "trained on timbre of the Million Song Dataset, which cannot be computed from a recording"
        )
    encode_recording = _recording_encoder(folder, params, facts, album)
    vectors = {}
    for path in progress.bar(album.audio, "recordings", unit="track"):
        name = path.relative_to(album.folder).as_posix()
        try:
            vectors[name], about = encode_recording(name, str(path))
        except AudioError as error:
            skipped.append((name, str(error).removeprefix(f"{path}: ")))
            continue
        if about["message"]:
            skipped.append((name, "used, but: " + about["message"].removeprefix(f"{path}: ")))
    if not vectors:
        raise NothingUsableError("none of the recordings can be used")
    mean = np.mean(list(vectors.values()), axis=0)
    outputs = _run(_network(folder, facts, "album_network"), np.stack([mean, *vectors.values()]))
    parts = {}
    for number, (name, vector) in enumerate(vectors.items(), 1):
        parts[name] = (vector, outputs[number])
    return mean, outputs[0], parts


def _pretrained(folder: Path, name: str, facts: dict, album: OwnAlbum) -> RecordingEncoder:
    """Return the pretrained encoder of a run for recordings; refuse weights other than those of training."""
    try:
        settings = encoder_store.settings(name)
    except MissingDataError as error:
        raise NothingUsableError(str(error)) from None
    length = _network(folder, facts, "album_network").input_shape[1]
    trained_with = facts.get("encoder") or {}
    if settings.digest != trained_with.get("digest") or settings.length != length:
        raise NothingUsableError(f"trained with other weights of {name}; run its notebook again")
    return lambda track, path: album.row(settings, track, path, name)


def _recording_encoder(folder: Path, params: dict, facts: dict, album: OwnAlbum) -> RecordingEncoder:
    """Return the function that turns a recording into the vector of an audio run."""
    if params["encoder"]:
        return _pretrained(folder, params["encoder"], facts, album)
    kind = audio_store.kind_of(params["filters"])
    settings = audio_store.settings(kind, params["patches"], params["seed"], "fast")
    if kind == "timbre":
        return lambda name, path: album.row(settings, name, path, "audio")
    encoder = _features(_network(folder, facts))

    def encode_patches(name: str, path: str) -> tuple[np.ndarray, dict]:
        patches, about = album.row(settings, name, path, "audio")
        return _run(encoder, patches).mean(axis=0), about

    return encode_patches


def encode_text(
    folder: Path, params: dict, facts: dict, album: OwnAlbum, trained: "Trained", skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, Parts]:
    """Put the texts of an album through a text run; return vector and outputs, and no parts."""
    if facts["source"] != "reviews":
        raise NothingUsableError(f"trained on {facts['source']}, not on words; a new text cannot be put through it")
    encoder = _encoder_of(facts)
    least = LEAST_OF_SENTENCES
    # A run on words and sentences together is checked by its words.
    if not params["encoder"]:
        encoder = None
        least = LEAST_OF_WORDS
    words = pd.Series([text.join(album.texts, params["characters"])])
    share = known_share(words, folder, encoder)
    if not share:
        raise NothingUsableError("no word of the text occurs in texts of training albums; is it in another language?")
    usual = trained.usual_words(folder, params)
    if share < usual * least:
        skipped.append((
            "text", f"used, but: its network knows {share:.0%} of the words, usually {usual:.0%}; is it in another language?"
        ))  # fmt: skip
    # A .mumu file has no catalogue; none of its runs needs one.
    x = text.album_vectors.rows_of(words, folder, params, trained.catalogue)  # type: ignore[arg-type]
    if sp.issparse(x):
        x = x.toarray()
    return *_vector_and_outputs(_network(folder, facts), x), {}


def _encoder_of(facts: dict) -> TextEncoder | None:
    """Return the pretrained encoder of a text run, if it has one.

    Raises
    ------
    NothingUsableError
        The encoder is not installed, or has other weights than in training.
    """
    trained_with = facts.get("encoder")
    if not trained_with:
        return None
    try:
        encoder = text.sentences.open_encoder(trained_with["name"])
    except (MissingDataError, BadDataError) as error:
        raise NothingUsableError(str(error)) from None
    if encoder.about.digest != trained_with["digest"]:
        raise NothingUsableError(f"trained with other weights of {trained_with['name']!r}; run its notebook again")
    return encoder


def known_share(texts: pd.Series, folder: Path, encoder: TextEncoder | None = None) -> float:
    """Return the share of the words of texts that an encoder, or else the vocabulary of a run, knows.

    A vocabulary never contains the most frequent words.
    """
    if encoder is not None:
        return encoder.known(texts.tolist())
    vectorizer, _ = text.load_vectorizer(folder)
    split_words = vectorizer.build_analyzer()
    words = []
    for content in texts:
        words += split_words(content)
    if not words:
        return 0.0
    return float(pd.Series(words, dtype=object).isin(list(vectorizer.vocabulary)).mean())


def encode_image(
    folder: Path, params: dict, facts: dict, album: OwnAlbum, trained: "Trained", skipped: Skipped
) -> tuple[np.ndarray, np.ndarray, Parts]:
    """Put the cover of an album through an image run; return vector and outputs, and no parts."""
    network = _network(folder, facts)
    assert album.cover is not None
    try:
        pixels = image.load(album.cover, network.input_shape[1])
    except ImageError as error:
        raise NothingUsableError(str(error)) from None
    return *_vector_and_outputs(network, pixels[None]), {}


def _vector_and_outputs(network: keras.Model, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute vector and outputs of one example."""
    vectors, outputs = _with_features(network)(x, training=False)
    return _numbers(vectors)[0], _numbers(outputs)[0]


def _run(network: keras.Model, x: np.ndarray) -> np.ndarray:
    """Compute the outputs of a few examples, float32, without ``predict``, whose compilation would take longer."""
    return _numbers(network(x, training=False))


def _numbers(outputs: Any) -> np.ndarray:
    return np.asarray(keras.ops.convert_to_numpy(outputs), np.float32)
