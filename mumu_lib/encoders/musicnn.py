"""musicnn (Pons and Serra, 2019): 50 tags and 200 numbers for each 3 s of a recording, from a mel spectrogram.

Paper: none.  Notebooks: 04_audio, 09_your_album.

Two sets of weights for one network: ``mtt_musicnn`` learned from MagnaTagATune, ``msd_musicnn`` from the Million Song
Dataset, to which the tracks of MuMu belong: of MuMu it has heard test albums.
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

# The layer that the vectors are, where nothing else is asked for.
VECTORS = PENULTIMATE
# Windows that go through the network at once: a last batch is filled up to one of these, so that few shapes compile.
BATCHES = (1, 4, 16)
# Of each name: the folder of its checkpoint, the list of its tags, and what it learned from.
MODELS = {
    "mtt_musicnn": ("MTT_musicnn", "MTT_LABELS", "MagnaTagATune"),
    "msd_musicnn": ("MSD_musicnn", "MSD_LABELS", "Million Song Dataset"),
}
WEIGHTS = "weights.npz"


def mtt() -> "Musicnn":
    """Open the network that learned from MagnaTagATune; errors as of :func:`mumu_lib.encoders.make`."""
    return opened("mtt_musicnn")


def msd() -> "Musicnn":
    """Open the network that learned from the Million Song Dataset; errors as of :func:`mumu_lib.encoders.make`."""
    return opened("msd_musicnn")


def opened(name: str, vectors: str = VECTORS) -> "Musicnn":
    """Open a network, once in a process.

    Parameters
    ----------
    name : {'mtt_musicnn', 'msd_musicnn'}
    vectors : {'penultimate', 'pooled'}
        Which layer the vectors are: 200 or 1,506 numbers.

    Raises
    ------
    ParameterError
        No such layer.
    MissingDataError, BadDataError
        The weights are not here, or are damaged; with the command that brings them.
    """
    if vectors not in LENGTHS:
        raise ParameterError(f"vectors={vectors!r} is not one of {list(LENGTHS)}")
    return _opened(folder_of(name), vectors)


@lru_cache(maxsize=4)
def _opened(folder: Path, vectors: str) -> "Musicnn":
    return Musicnn(folder, vectors)


class Musicnn:
    """A network with its weights, as :class:`mumu_lib.encoders.AudioEncoder`.

    Parameters
    ----------
    folder : Path
        What :func:`convert` wrote.
    vectors : str
        A key of ``LENGTHS``.
    """

    rate = RATE

    def __init__(self, folder: Path, vectors: str = VECTORS) -> None:
        said = read_json(folder / ABOUT, FETCH_HINT)
        with parsing(folder / ABOUT, FETCH_HINT, trouble="is not about an encoder"):
            self.about = About(
                said["name"], "audio", LENGTHS[vectors], said["licence"], said["digest"], said["learned_from"]
            )
            self.tags = tuple(said["tags"])
        self._model = network(vectors)
        _set_weights(self._model, _read_weights(folder / WEIGHTS))

    def encode(self, y: np.ndarray, windows: int | None = None) -> Heard:
        """Encode a recording.

        Parameters
        ----------
        y : np.ndarray [shape=(samples,)]
            Mono, at 16,000 Hz; at least 3 s.
        windows : int, optional
            At most so many windows of 3 s, spread evenly; all by default. What is left behind the last whole window is
            not heard.

        Raises
        ------
        AudioError
            Shorter than a window (``short``).
        ParameterError
            Fewer than one window is asked for, or more than one channel given.

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
            found = self._model.predict_on_batch(filled)
            vectors.append(np.asarray(found[0], np.float32)[: len(batch)])
            scores.append(np.asarray(found[1], np.float32)[: len(batch)])
        return np.concatenate(vectors), np.concatenate(scores)


def convert(source: Path, target: Path, name: str) -> None:
    """Write the weights of a checkpoint as this module reads them: ``weights.npz`` and ``about.json``.

    Parameters
    ----------
    source : Path
        Holds ``configuration.py`` and the folders of checkpoints.
    target : Path
        Folder to write to.
    name : str
        A key of ``MODELS``.

    Raises
    ------
    MissingDataError, BadDataError
        Of :func:`checkpoints.read` and :func:`tags_of`.
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
    """Read a list of tags from a module without running it.

    Raises
    ------
    BadDataError
        It is no Python, assigns no such list, or one that is not 50 different texts.
    """
    tags: Any = None
    with parsing(path, FETCH_HINT, trouble="is no list of tags"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == listed:
                tags = ast.literal_eval(node.value)
    if not isinstance(tags, list) or len(tags) != TAGS or len(set(map(str, tags))) != TAGS:
        raise BadDataError(f"{path} assigns no list of {TAGS} different tags to {listed}; {FETCH_HINT}")
    return [str(tag) for tag in tags]


def _read_weights(path: Path) -> dict[str, np.ndarray]:
    variables = {}
    with parsing(path, FETCH_HINT, trouble="holds no weights"), np.load(path, allow_pickle=False) as stored:
        for name, shape in shapes().items():
            variables[name] = stored[name]
            if variables[name].shape != shape:
                raise BadDataError(
                    f"{path}: {name!r} has the shape {variables[name].shape}, expected {shape}; {FETCH_HINT}"
                )
    return variables


def _set_weights(model: keras.Model, variables: dict[str, np.ndarray]) -> None:
    """Give each layer its own, by name: Keras alone would go by position."""
    for layer in model.layers:
        own = []
        for variable in layer.weights:
            own.append(variables[f"{layer.name}/{variable.name}"].reshape(variable.shape))
        if own:
            layer.set_weights(own)
