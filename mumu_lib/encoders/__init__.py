"""Pretrained encoders: what others have learned from much more sound and text than a collection holds.

Paper: none; section 5 learns from the albums alone.  Notebooks: 04_audio, 05_text, 09_your_album.

An encoder is one file in this room and one line of ``experiments.ENCODERS``. Its weights are not part of this package:
``make pretrained`` fetches and converts them once, and nothing is fetched afterwards.
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

# Beside the weights of each encoder; written last, so that where it lies all is there.
ABOUT = "about.json"
FETCH_HINT = "bring it with  make pretrained  (or  python -m mumu_lib pretrained)"


@dataclass(frozen=True)
class About:
    """What an encoder is.

    Attributes
    ----------
    name : str
        As in the parameter ``encoder`` and in run ids.
    hears : str
        ``audio`` or ``text``.
    length : int
        Numbers in a vector.
    licence : str
        Of its weights.
    digest : str
        SHA-256 of the file that the weights come from.
    learned_from : str
        What it was trained on; decides where its numbers may stand beside others'.
    """

    name: str
    hears: str
    length: int
    licence: str
    digest: str
    learned_from: str


@dataclass(frozen=True)
class Heard:
    """What an audio encoder makes of one recording.

    Attributes
    ----------
    vectors : np.ndarray [shape=(windows, length), float32]
    scores : np.ndarray [shape=(windows, tags), float32]
        Of its own tags, between 0 and 1; no columns where it has none.
    starts : np.ndarray [shape=(windows,), s]
        Where each window begins.
    """

    vectors: np.ndarray
    scores: np.ndarray
    starts: np.ndarray = field(repr=False)


class AudioEncoder(Protocol):
    """What turns a recording into vectors.

    Attributes
    ----------
    about : About
    rate : int
        Hz of the sound that :meth:`encode` takes.
    tags : tuple of str
        Names of the columns of ``scores``; empty where it has no tags.
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
            At most so many windows, spread evenly; all by default.
        """


class TextEncoder(Protocol):
    """What turns texts into vectors.

    Attributes
    ----------
    about : About
    """

    about: About

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts [shape=(texts, length), float32]; a long one is the mean of its pieces."""

    def known(self, texts: Sequence[str]) -> float:
        """Return the share of the words of some texts that the encoder knows; few in a language that it did not learn."""


def spread(count: int, windows: int | None) -> np.ndarray:
    """Return which of so many windows are heard: the middle of each of ``windows`` equal parts.

    Raises
    ------
    ParameterError
        Fewer than one window is asked for.

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
        Its weights are not here; with the command that brings them.
    """
    if name not in ENCODERS:
        raise ParameterError(f"encoder={name!r} is not one of {list(ENCODERS)}{did_you_mean(name, ENCODERS)}")
    return resolve(ENCODERS[name])()


def folder(name: str) -> Path:
    """Return where the weights of an encoder lie: ``data/pretrained/NAME`` below the home."""
    return home() / "data" / "pretrained" / name


def installed() -> list[str]:
    """Return the names of the encoders whose weights are here.

    Examples
    --------
    >>> installed()  # doctest: +SKIP
    ['mtt_musicnn', 'msd_musicnn', 'minilm']
    """
    return [name for name in ENCODERS if (folder(name) / ABOUT).is_file()]


def hint() -> str:
    """Say in a line which pretrained encoders are here, or how to get them."""
    here = installed()
    if not here:
        return "No pretrained encoders are here; to hear real genres at once bring them with  make pretrained"
    return f"Pretrained encoders: {', '.join(here)}. Hear an album with  python -m mumu_lib listen FOLDER"
