"""The store of encoder vectors: one vector of every track of a catalogue, the mean over windows of its recording.

Paper: none; in the place of section 5.1's patches.  Notebooks: 04_audio.
"""

import multiprocessing
import os
import sys
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from joblib import cpu_count

from mumu_lib import audio
from mumu_lib.audio import shares, store as audio_store
from mumu_lib.audio.store import AudioStore
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import ParameterError
from mumu_lib.encoders import AudioEncoder, Heard, folder, make
from mumu_lib.experiments import AUDIO_ENCODERS
from mumu_lib.features import build

FORMAT = 1
# A minute of music where a window is 3 s; a preview of 30 s is heard whole. On three recordings of 70 s to 130 s the mean
# of 20 windows had a cosine of .997 or more with the mean of all, that of 10 one of .985 or more.
WINDOWS = 20
# Bytes of a process with musicnn: 1.3 GB were measured.
MEMORY = 1_300_000_000


class EncoderStore(AudioStore):
    """Vectors of a catalogue's tracks.

    Attributes
    ----------
    values : np.ndarray [shape=(tracks, length), float32]
        Memory-mapped; a row for every track, also for those that cannot be used.
    index : pd.DataFrame
        A row a track: ``track_id``, ``audio``, ``source`` (name of the encoder), ``status``, ``message``, ``seconds`` of
        the recording, ``windows`` that were heard.
    """

    task = "encoder vectors"

    @property
    def source(self) -> str:
        """What the vectors are made of, in words."""
        name = self.index["source"].iloc[0]
        return f"vectors of {name}, mean over at most {WINDOWS} windows a track"


@dataclass(frozen=True)
class Settings:
    """What the vector of a track depends on, besides its recording."""

    encoder: str
    digest: str
    length: int
    windows: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of one track's row."""
        return (self.length,)

    @property
    def name(self) -> str:
        """Name of their folder."""
        return f"{self.encoder}-v{FORMAT}-{self.length}-{self.windows}windows"

    @property
    def dtype(self) -> type:
        """float32, as an encoder gives them."""
        return np.float32

    @property
    def facts(self) -> dict[str, Any]:
        """No length, no window."""
        return {"seconds": np.nan, "windows": 0}

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """Mean vector of a recording and its facts; as of :func:`hear`."""
        found, facts = hear(item, path, self.encoder, self.windows)
        return found.vectors.mean(axis=0), facts


def opened(name: str) -> AudioEncoder:
    """Open an audio encoder, once in a process; a worker's has one thread and leaves the GPU to others.

    Raises
    ------
    ParameterError
        It is no audio encoder.
    MissingDataError
        Its weights are not here; with what brings them.
    """
    if name not in AUDIO_ENCODERS:
        raise ParameterError(f"encoder={name!r} hears no sound; those that do are {list(AUDIO_ENCODERS)}")
    if multiprocessing.parent_process() is not None and "keras" not in sys.modules:
        # There is a worker for each core, and a GPU has no memory for all of them.
        limits = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": "-1"}
        os.environ.update(limits, JAX_PLATFORMS="cpu")
    return _opened(name, folder(name))


@lru_cache(maxsize=2)
def _opened(name: str, place: Path) -> Any:
    return make(name)


def settings(name: str, windows: int = WINDOWS) -> Settings:
    """Return what vectors of an encoder depend on; opens it, and raises what :func:`opened` raises."""
    about = opened(name).about
    return Settings(name, about.digest, about.length, windows)


def jobs(catalogue: Catalogue, settings: Settings) -> pd.DataFrame:
    """What to encode, as :func:`mumu_lib.audio.store.jobs`; ``source`` is the encoder's name."""
    made = [FORMAT, audio.MIN_SECONDS, repr(settings)]
    return audio_store.recordings(catalogue, settings, made, settings.encoder)


def encode(catalogue: Catalogue, name: str, *, workers: int = 0) -> EncoderStore:
    """Vectors of every track of a catalogue; what was encoded before is kept.

    Can be killed at any moment and called again, as :func:`mumu_lib.audio.store.extract`.

    Parameters
    ----------
    name : str
        One of ``experiments.AUDIO_ENCODERS``.
    workers : int
        Processes, each with one thread and the encoder in memory; 0 is one a core, as far as memory allows.

    Raises
    ------
    MissingDataError
        The weights are not here.
    NothingUsableError
        Not one track can be used; with the reasons.
    """
    chosen = settings(name)
    todo = jobs(catalogue, chosen)
    store = build.open_or_build(catalogue, todo, chosen, EncoderStore, processes(workers))
    build.note(catalogue, todo, chosen)
    return store


def encode_part(catalogue: Catalogue, part: int, parts: int, name: str, *, workers: int = 0) -> int:
    """One machine's share of :func:`encode`, as :func:`mumu_lib.audio.store.extract_part`."""
    chosen = settings(name)
    return build.complete_part(
        catalogue, jobs(catalogue, chosen), chosen, EncoderStore, processes(workers), part, parts
    )


def join(catalogue: Catalogue, parts: int, name: str, *, workers: int = 0) -> EncoderStore:
    """Join what the shares of :func:`encode_part` have left, as :func:`mumu_lib.audio.shares.join`."""
    if parts < 1:
        raise ParameterError(f"join={parts} must be at least 1, the number of shares")
    chosen = settings(name)
    shares.require_all(catalogue, jobs(catalogue, chosen), chosen, parts, {"kind": name})
    return encode(catalogue, name, workers=workers)


def processes(workers: int) -> int:
    """Return how many processes encode: as many as are asked for; else one a core, in half of the memory.

    A track takes as much processor time in processes of one thread as in one process of several (.30 s for 30 s with
    musicnn), but decoding and refusals are spread too.
    """
    if workers:
        return workers
    return max(1, min(cpu_count(), _memory() // 2 // MEMORY))


def _memory() -> int:
    """Return the bytes of memory of this machine; where it does not say, enough for four processes."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError):
        return 8 * MEMORY


def hear(item: str, path: str, name: str, windows: int = WINDOWS) -> tuple[Heard, dict[str, Any]]:
    """Put one recording through an encoder.

    Returns
    -------
    heard : Heard
    facts : dict
        ``status``, ``message``, ``seconds`` of the recording, ``windows`` that were heard.

    Raises
    ------
    AudioError
        The recording cannot be used.
    """
    encoder = opened(name)
    y, facts = audio_store.listened(item, path, encoder.rate)
    found = encoder.encode(y, windows=windows)
    return found, {**facts, "windows": len(found.vectors)}


def first_sound(catalogue: Catalogue, name: str) -> str:
    """Say what the first recording of a catalogue becomes, in two lines."""
    path = next(catalogue.audio_path(entry) for entry in catalogue.tracks["audio"] if entry)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", audio.AudioWarning)
        _, facts = hear("", str(path), name)
    about = opened(name).about
    return (
        f"{facts['seconds']:.1f} s of sound -> {facts['windows']} windows, each {about.length} numbers of {name}\n"
        f"learned from {about.learned_from}; licence of its weights: {about.licence}"
    )
