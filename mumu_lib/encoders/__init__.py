"""Pretrained encoders of audio and text, trained by others on far more data than one collection.

Paper: none; section 5 trains on the albums alone.  Notebooks: 04_audio, 05_text, 09_your_album.

Each encoder is one module of this package and one line of ``experiments.ENCODERS``. Its weights are not included:
``make pretrained`` fetches and converts them once; afterwards no internet connection is needed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import lazy_loader
import numpy as np

from mumu_lib.core.errors import ParameterError, did_you_mean
from mumu_lib.core.paths import home
from mumu_lib.experiments import ENCODERS, resolve

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=[
        "bert",
        "checkpoints",
        "choice",
        "discogs_effnet",
        "minilm",
        "musicnn",
        "musicnn_network",
        "packages",
        "store",
        "tag_genres",
        "wheels",
    ],
)

# Next to the weights of each encoder; written last: its presence means that the folder is complete.
ABOUT = "about.json"
FETCH_HINT = "get it with  make pretrained  (or  python -m mumu_lib pretrained)"


@dataclass(frozen=True)
class About:
    """Description of an encoder.

    Attributes
    ----------
    name : str
        As in the parameter ``encoder`` and in run ids.
    hears : str
        Its input: ``audio`` or ``text``.
    length : int
        Dimensions of an embedding.
    licence : str
        Of its weights.
    digest : str
        SHA-256 of the file that the weights come from.
    learned_from : str
        Its training data; decides which of its results may be compared with others.
    """

    name: str
    hears: str
    length: int
    licence: str
    digest: str
    learned_from: str


@dataclass(frozen=True)
class Heard:
    """Output of an audio encoder for one recording.

    Attributes
    ----------
    vectors : np.ndarray [shape=(windows, length), float32]
    scores : np.ndarray [shape=(windows, tags), float32]
        Of its own tags, between 0 and 1; no columns if it has no tags.
    starts : np.ndarray [shape=(windows,), s]
        Start of each window.
    """

    vectors: np.ndarray
    scores: np.ndarray
    starts: np.ndarray = field(repr=False)


class AudioEncoder(Protocol):
    """Interface of encoders of recordings.

    Attributes
    ----------
    about : About
    rate : int
        Sampling rate [Hz] that :meth:`encode` expects.
    tags : tuple of str
        Names of the columns of ``scores``; empty if it has no tags.
    """

    about: About
    rate: int
    tags: tuple[str, ...]

    def encode(self, y: np.ndarray, windows: int | None = None) -> Heard:
        """Encode a recording.

        Parameters
        ----------
        y : np.ndarray [shape=(samples,)]
            Mono, at :attr:`rate`.
        windows : int, optional
            Largest number of windows, spread evenly; all by default.
        """


class TextEncoder(Protocol):
    """Interface of encoders of texts.

    Attributes
    ----------
    about : About
    """

    about: About

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts [shape=(texts, length), float32]; the embedding of a long text is the mean over its pieces."""

    def known(self, texts: Sequence[str]) -> float:
        """Return the share of the words of texts that the encoder knows; it is small in other languages."""


def spread(count: int, windows: int | None) -> np.ndarray:
    """Choose windows of a recording: the middle one of each of ``windows`` equal parts.

    Parameters
    ----------
    count : int
        Windows of the recording.
    windows : int, optional
        Windows to choose; all with None.

    Raises
    ------
    ParameterError
        ``windows`` is below 1.

    Examples
    --------
    >>> spread(10, 3)
    array([1, 5, 8])
    >>> spread(3, None)
    array([0, 1, 2])
    """
    if windows is not None and windows < 1:
        raise ParameterError(f"windows={windows!r} must be 1 or more, or None for all")
    if windows is None or windows >= count:
        return np.arange(count)
    return ((np.arange(windows) + 0.5) * count / windows).astype(int)


def make(name: str) -> AudioEncoder | TextEncoder:
    """Open an encoder.

    Parameters
    ----------
    name : str
        One of ``experiments.ENCODERS``.

    Raises
    ------
    ParameterError
        There is no encoder of this name.
    MissingDataError
        Its weights are not installed.

    Examples
    --------
    >>> make("minilm").about.length  # doctest: +SKIP
    384
    """
    if name not in ENCODERS:
        raise ParameterError(f"encoder={name!r} is not one of {list(ENCODERS)}{did_you_mean(name, ENCODERS)}")
    return resolve(ENCODERS[name])()


def folder(name: str) -> Path:
    """Return the folder of the weights of an encoder: ``data/pretrained/NAME`` below the home.

    Examples
    --------
    >>> folder("minilm").parts[-3:]
    ('data', 'pretrained', 'minilm')
    """
    return home() / "data" / "pretrained" / name


def installed() -> list[str]:
    """Return the names of the encoders whose weights are installed.

    Examples
    --------
    >>> installed()  # doctest: +SKIP
    ['mtt_musicnn', 'msd_musicnn', 'minilm']
    """
    return [name for name in ENCODERS if (folder(name) / ABOUT).is_file()]


def hint() -> str:
    """Return one line: the installed pretrained encoders, or how to get them."""
    names = installed()
    if not names:
        return "No pretrained encoders are installed; for predictions on real music get them with  make pretrained"
    return f"Pretrained encoders: {', '.join(names)}. Tag an album with  python -m mumu_lib listen FOLDER"
