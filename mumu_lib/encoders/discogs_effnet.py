"""Discogs-EffNet (Alonso-Jimenez et al., 2022): 400 styles and an embedding of 1,280 numbers for each 2 s.

Paper: none.  Notebooks: 04_audio.

The user provides the file, one of Essentia's models: a frozen TensorFlow graph (``.pb``) or ONNX (``.onnx``). Its
weights are under CC BY-NC-SA 4.0 and not part of this package. The ``.json`` published with it names the styles.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from mumu_lib.core.errors import AudioError, BadDataError, MissingDataError, ParameterError
from mumu_lib.core.fingerprints import hash_of_file
from mumu_lib.core.parsing import parsing, read_json
from mumu_lib.encoders import About, Heard, folder, spread

NAME = "discogs_effnet"
RATE = 16_000
FFT = 512
HOP = 256
BANDS = 96
# Frames of a window (2 s) and between the starts of windows (1 s).
WINDOW = 128
STEP = 62
LENGTH = 1280
STYLES = 400
LICENCE = "CC BY-NC-SA 4.0 (not for commercial use)"
DOWNLOAD_HINT = "get the file again from https://essentia.upf.edu/models.html"
# Windows per batch if the file does not fix their number.
BATCH = 16
# Operations that run Python or that access files and the network.
FORBIDDEN = re.compile(
    r"Py_?Func|File|Save|Restore|Checkpoint|Dataset|Iterator|Reader|Writer|Summary|Print|Send|Recv|Rpc"
)
# Windows -> the two outputs, in any order.
Network: TypeAlias = Callable[[np.ndarray], list[np.ndarray]]


class DiscogsEffnet:
    """A network from a file; implements :class:`mumu_lib.encoders.AudioEncoder`.

    Parameters
    ----------
    path : Path
        Ends in ``.pb`` or ``.onnx``.
    """

    rate = RATE

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.suffix == ".pb":
            self._network, self._batch = _frozen_graph(path)
        else:
            self._network, self._batch = _onnx(path)
        self.tags = _styles(path.with_suffix(".json"))
        learned_from = "two million recordings of releases listed by Discogs"
        self.about = About(NAME, "audio", LENGTH, LICENCE, hash_of_file(path), learned_from)

    def encode(self, y: np.ndarray, windows: int | None = None) -> Heard:
        """Encode a recording; see :class:`mumu_lib.encoders.AudioEncoder`.

        Parameters
        ----------
        y : np.ndarray [shape=(samples,)]
            Mono, at 16,000 Hz; at least 2.1 s.
        windows : int, optional
            Largest number of windows of 2 s, spread evenly; one per second by default.

        Raises
        ------
        AudioError
            The recording is shorter than a window (``short``).
        ParameterError
            ``windows`` is below 1, or there is more than one channel.
        """
        frames = log_mel(y)
        starts = np.arange(0, len(frames) - WINDOW + 1, STEP)
        if not len(starts):
            raise AudioError("short", f"{len(y) / RATE:.1f} s of sound, {WINDOW * HOP / RATE:.1f} s are needed")
        starts = starts[spread(len(starts), windows)]
        stacked = np.stack([frames[start : start + WINDOW] for start in starts])
        vectors, scores = self._through(stacked)
        if not self.tags:
            scores = scores[:, :0]
        return Heard(vectors, scores, starts * (HOP / RATE))

    def _through(self, stacked: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Put windows through the network in batches, padded with silence."""
        vectors = []
        scores = []
        for start in range(0, len(stacked), self._batch):
            batch = stacked[start : start + self._batch]
            filled = np.pad(batch, ((0, self._batch - len(batch)), (0, 0), (0, 0)))
            by_width = {}
            for output in self._network(filled):
                by_width[output.shape[-1]] = np.asarray(output, np.float32)[: len(batch)]
            if set(by_width) != {LENGTH, STYLES}:
                raise BadDataError(
                    f"{self._path} gives {sorted(by_width)} numbers, not {LENGTH} and {STYLES}; {DOWNLOAD_HINT}"
                )
            vectors.append(by_width[LENGTH])
            scores.append(by_width[STYLES])
        return np.concatenate(vectors), np.concatenate(scores)


def make() -> DiscogsEffnet:
    """Open the file in ``data/pretrained/discogs_effnet/``, once in a process.

    Raises
    ------
    MissingDataError
        There is no file, or the library that reads it is not installed.
    BadDataError
        There are several files, or it is another network.
    """
    place = folder(NAME)
    paths = sorted([*place.glob("*.pb"), *place.glob("*.onnx")])
    if not paths:
        raise MissingDataError(
            f"{place} holds no network: put discogs-effnet-bs64-1.pb there (18 MB, from "
            f"https://essentia.upf.edu/models.html); its licence is {LICENCE}"
        )
    if len(paths) > 1:
        names = ", ".join(path.name for path in paths)
        raise BadDataError(f"{place} holds {len(paths)} networks: {names}; leave one there")
    return _opened(paths[0], paths[0].stat().st_mtime_ns)


@cache
def _opened(path: Path, changed: int) -> DiscogsEffnet:
    return DiscogsEffnet(path)


def log_mel(y: np.ndarray) -> np.ndarray:
    """Compute the input of the network: log10(10000 m + 1) of a mel spectrogram m [shape=(1 + samples // 256, 96)].

    Equals Essentia's ``TensorflowInputMusiCNN`` within 1e-4; its window is symmetric, unlike librosa's default.

    Parameters
    ----------
    y : np.ndarray [shape=(samples,)]
        Mono, at 16,000 Hz.

    Raises
    ------
    ParameterError
        There is more than one channel, or no sample.

    Examples
    --------
    >>> log_mel(np.zeros(16000, np.float32)).shape
    (63, 96)
    """
    import librosa

    if y.ndim != 1 or not y.size:
        raise ParameterError(f"{NAME} takes one channel of samples, got shape {y.shape}")
    sound = np.ascontiguousarray(y, np.float32)
    mel = librosa.feature.melspectrogram(
        y=sound, sr=RATE, n_fft=FFT, hop_length=HOP, n_mels=BANDS, window=np.hanning(FFT)
    )
    return np.log10(10_000 * mel + 1).T.astype(np.float32)


def _styles(path: Path) -> tuple[str, ...]:
    """Read the names of the styles; return an empty tuple if there is no file."""
    if not path.is_file():
        return ()
    with parsing(path, DOWNLOAD_HINT, trouble="has no styles"):
        styles = read_json(path, DOWNLOAD_HINT)["classes"]
    if not isinstance(styles, list) or len(styles) != STYLES:
        raise BadDataError(f"{path} must name {STYLES} styles in 'classes'; {DOWNLOAD_HINT}")
    return tuple(map(str, styles))


def _frozen_graph(path: Path) -> tuple[Network, int]:
    """Return the network of a frozen TensorFlow graph, and its batch size."""
    try:
        import tensorflow as tf
    except ImportError:
        raise MissingDataError(f"TensorFlow reads {path}; install that package, or put the .onnx there") from None
    graph_def = tf.compat.v1.GraphDef()
    with parsing(path, DOWNLOAD_HINT, trouble="is not a frozen TensorFlow graph"):
        graph_def.ParseFromString(path.read_bytes())
    for operation in _operations(graph_def):
        if FORBIDDEN.search(operation):
            raise BadDataError(f"{path} is refused: it holds the operation {operation}, which does more than compute")
    with parsing(path, DOWNLOAD_HINT, trouble="is not a graph of this network"):
        wrapped = tf.compat.v1.wrap_function(lambda: tf.graph_util.import_graph_def(graph_def, name=""), [])
        graph = wrapped.graph
        placeholders = [operation for operation in graph.get_operations() if operation.type == "Placeholder"]
        given = placeholders[0].outputs[0]
        outputs = graph.get_operation_by_name("PartitionedCall").outputs
        network = wrapped.prune(given, list(outputs))

    def run(windows: np.ndarray) -> list[np.ndarray]:
        return [output.numpy() for output in network(tf.constant(windows))]

    return run, _batch_of(given.shape[0])


def _operations(graph_def: Any) -> Iterator[str]:
    """Yield the types of all operations of a graph and of its functions."""
    for node in graph_def.node:
        yield node.op
    for function in graph_def.library.function:
        for node in function.node_def:
            yield node.op


def _onnx(path: Path) -> tuple[Network, int]:
    """Return the network of an ONNX file, and its batch size."""
    try:
        import onnxruntime
    except ImportError:
        raise MissingDataError(f"onnxruntime reads {path}; install that package, or put the .pb there") from None
    with parsing(path, DOWNLOAD_HINT, trouble="is not an ONNX network"):
        session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    return lambda windows: session.run(None, {given.name: windows}), _batch_of(given.shape[0])


def _batch_of(size: Any) -> int:
    """Return the batch size: the one that a file fixes, or ``BATCH``."""
    if isinstance(size, int) and size > 0:
        return size
    return BATCH
