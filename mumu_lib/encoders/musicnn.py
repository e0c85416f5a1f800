"""musicnn (Pons and Serra, 2019): 50 tags and an embedding of 200 numbers for each 3 s, from a mel spectrogram.

Paper: none.  Notebooks: 04_audio, 09_your_album.

Two sets of weights for one network: ``mtt_musicnn`` was trained on MagnaTagATune, ``msd_musicnn`` on the Million Song
Dataset, which contains the tracks of MuMu: its training data includes test albums of MuMu.
"""

import ast
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import keras
import numpy as np

from mumu_lib.core.errors import AudioError, BadDataError, ParameterError
from mumu_lib.core.files import atomic_path, write_atomically
from mumu_lib.core.fingerprints import hash_of_file
from mumu_lib.core.parsing import parsing, read_json
from mumu_lib.encoders import ABOUT, FETCH_HINT, About, Heard, checkpoints, folder as folder_of, spread
from mumu_lib.encoders.musicnn_network import (
    BANDS,
    HOP,
    LENGTHS,
    PENULTIMATE,
    RATE,
    TAGS,
    WINDOW,
    log_mel,
    network,
    shapes,
)
from mumu_lib.encoders.packages import PACKAGES

# Layer of the embeddings by default.
VECTORS = PENULTIMATE
# Every batch of windows is padded to one of these sizes: few shapes need compiling.
BATCHES = (1, 4, 16)
# Name -> folder of the checkpoint, variable with the list of tags, training data.
MODELS = {
    "mtt_musicnn": ("MTT_musicnn", "MTT_LABELS", "MagnaTagATune"),
    "msd_musicnn": ("MSD_musicnn", "MSD_LABELS", "Million Song Dataset"),
}
WEIGHTS = "weights.npz"


def mtt() -> "Musicnn":
    """Open the network trained on MagnaTagATune; errors as in :func:`mumu_lib.encoders.make`."""
    return open_network("mtt_musicnn")


def msd() -> "Musicnn":
    """Open the network trained on the Million Song Dataset; errors as in :func:`mumu_lib.encoders.make`."""
    return open_network("msd_musicnn")


def open_network(name: str, vectors: str = VECTORS) -> "Musicnn":
    """Open a network, once in a process.

    Parameters
    ----------
    name : {'mtt_musicnn', 'msd_musicnn'}
    vectors : {'penultimate', 'pooled'}
        Layer of the embeddings: 200 or 1,506 numbers.

    Raises
    ------
    ParameterError
        The layer is unknown.
    MissingDataError, BadDataError
        The weights are not installed, or are damaged.
    """
    if vectors not in LENGTHS:
        raise ParameterError(f"vectors={vectors!r} is not one of {list(LENGTHS)}")
    return _opened(folder_of(name), vectors)


@lru_cache(maxsize=4)
def _opened(folder: Path, vectors: str) -> "Musicnn":
    return Musicnn(folder, vectors)


class Musicnn:
    """The network with its weights; implements :class:`mumu_lib.encoders.AudioEncoder`.

    Parameters
    ----------
    folder : Path
        Written by :func:`convert`.
    vectors : str
        A key of ``LENGTHS``.
    """

    rate = RATE

    def __init__(self, folder: Path, vectors: str = VECTORS) -> None:
        facts = read_json(folder / ABOUT, FETCH_HINT)
        with parsing(folder / ABOUT, FETCH_HINT, trouble="does not describe an encoder"):
            self.about = About(
                facts["name"], "audio", LENGTHS[vectors], facts["licence"], facts["digest"], facts["learned_from"]
            )
            self.tags = tuple(facts["tags"])
        self._model = network(vectors)
        _set_weights(self._model, _read_weights(folder / WEIGHTS))

    def encode(self, y: np.ndarray, windows: int | None = None) -> Heard:
        """Encode a recording.

        Parameters
        ----------
        y : np.ndarray [shape=(samples,)]
            Mono, at 16,000 Hz; at least 3 s.
        windows : int, optional
            Largest number of windows of 3 s, spread evenly; all by default. Sound after the last complete window is
            ignored.

        Raises
        ------
        AudioError
            The recording is shorter than a window (``short``).
        ParameterError
            ``windows`` is below 1, or there is more than one channel.

        Examples
        --------
        >>> mtt().encode(mumu_lib.audio.load("song.ogg", rate=16000)).scores.shape  # doctest: +SKIP
        (15, 50)
        """
        frames = log_mel(y)
        count = len(frames) // WINDOW
        if not count:
            raise AudioError(
                "short", f"{len(y) / RATE:.1f} s of sound, at least {WINDOW * HOP / RATE:.0f} s are needed"
            )
        chosen = spread(count, windows)
        stacked = frames[: count * WINDOW].reshape(count, WINDOW, BANDS)[chosen]
        vectors, scores = self._through(stacked)
        return Heard(vectors, scores, chosen * (WINDOW * HOP / RATE))

    def _through(self, stacked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Put windows through the network, batch by batch."""
        vectors = []
        scores = []
        for start in range(0, len(stacked), BATCHES[-1]):
            batch = stacked[start : start + BATCHES[-1]]
            size = min(size for size in BATCHES if size >= len(batch))
            filled = np.pad(batch, ((0, size - len(batch)), (0, 0), (0, 0)))
            batch_vectors, batch_scores = self._model.predict_on_batch(filled)
            vectors.append(np.asarray(batch_vectors, np.float32)[: len(batch)])
            scores.append(np.asarray(batch_scores, np.float32)[: len(batch)])
        return np.concatenate(vectors), np.concatenate(scores)


def convert(source: Path, target: Path, name: str) -> None:
    """Convert the weights of a checkpoint to ``weights.npz`` and ``about.json``.

    Parameters
    ----------
    source : Path
        Contains ``configuration.py`` and the folders of checkpoints.
    target : Path
        Folder to write to.
    name : str
        A key of ``MODELS``.

    Raises
    ------
    MissingDataError, BadDataError
        As :func:`checkpoints.read` and :func:`tags_of`.
    """
    folder, listed, learned_from = MODELS[name]
    variables = checkpoints.read(source / folder, shapes())
    with atomic_path(target / WEIGHTS) as part, part.open("wb") as file:
        np.savez(file, **variables)  # type: ignore[arg-type]
    about = {
        "name": name,
        "licence": PACKAGES["musicnn"].licence,
        "digest": hash_of_file(source / folder / checkpoints.DATA),
        "learned_from": learned_from,
        "tags": tags_of(source / "configuration.py", listed),
    }
    write_atomically(target / ABOUT, json.dumps(about, indent=1))


def tags_of(path: Path, listed: str) -> list[str]:
    """Read a list of tags from a Python module without running it.

    Raises
    ------
    BadDataError
        The file is not Python, lacks the list, or the list does not have 50 different tags.
    """
    tags: Any = None
    with parsing(path, FETCH_HINT, trouble="does not contain a list of tags"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == listed:
                tags = ast.literal_eval(node.value)
    if not isinstance(tags, list) or len(tags) != TAGS or len(set(map(str, tags))) != TAGS:
        raise BadDataError(f"{path} must assign a list of {TAGS} different tags to {listed}; {FETCH_HINT}")
    return list(map(str, tags))


def _read_weights(path: Path) -> dict[str, np.ndarray]:
    """Read all variables of the network; refuse missing ones and other shapes."""
    variables = {}
    with parsing(path, FETCH_HINT, trouble="does not contain the weights"), np.load(path, allow_pickle=False) as stored:
        for name, shape in shapes().items():
            variables[name] = stored[name]
            if variables[name].shape != shape:
                raise BadDataError(
                    f"{path}: {name!r} has the shape {variables[name].shape}, expected {shape}; {FETCH_HINT}"
                )
    return variables


def _set_weights(model: keras.Model, variables: dict[str, np.ndarray]) -> None:
    """Set the weights of each layer by name; Keras alone would set them by position."""
    for layer in model.layers:
        weights = []
        for variable in layer.weights:
            weights.append(variables[f"{layer.name}/{variable.name}"].reshape(variable.shape))
        if weights:
            layer.set_weights(weights)
