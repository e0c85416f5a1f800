"""Store the embeddings of a catalogue's tracks: the mean over windows of each recording.

Paper: none; replaces the patches of section 5.1.  Notebooks: 04_audio.
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
# One minute of music with windows of 3 s; covers a preview of 30 s completely. For three recordings of 70 s to 130 s,
# the cosine between the means over 20 windows and over all was at least .997; with 10 windows, at least .985.
WINDOWS = 20
# Measured memory of a process with musicnn [bytes].
MEMORY = 1_300_000_000


class EncoderStore(AudioStore):
    """Embeddings of a catalogue's tracks.

    Attributes
    ----------
    values : np.ndarray [shape=(tracks, length), float32]
        Memory-mapped; one row per track, also for unusable ones.
    index : pd.DataFrame
        One row per track: ``track_id``, ``audio``, ``source`` (name of the encoder), ``status``, ``message``,
        ``seconds`` of the recording, number of ``windows``.
    """

    task = "encoder vectors"

    @property
    def source(self) -> str:
        """Description of the embeddings in words."""
        name = self.index["source"].iloc[0]
        return f"vectors of {name}, mean over at most {WINDOWS} windows a track"


@dataclass(frozen=True)
class Settings:
    """Everything that the embedding of a track depends on, besides its recording."""

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
        """Name of the folder of the store."""
        return f"{self.encoder}-v{FORMAT}-{self.length}-{self.windows}windows"

    @property
    def dtype(self) -> type:
        """Type of the numbers."""
        return np.float32

    @property
    def facts(self) -> dict[str, Any]:
        """Metadata of a recording that cannot be used."""
        return {"seconds": np.nan, "windows": 0}

    def row(self, item: str, path: str, source: str) -> tuple[np.ndarray, dict[str, Any]]:
        """Return the mean embedding of a recording and its metadata; see :func:`hear`."""
        heard, facts = hear(item, path, self.encoder, self.windows)
        return heard.vectors.mean(axis=0), facts


def open_encoder(name: str) -> AudioEncoder:
    """Open an audio encoder, once in a process; in a worker process with one thread and without the GPU.

    Raises
    ------
    ParameterError
        It is not an audio encoder.
    MissingDataError
        Its weights are not installed.
    """
    if name not in AUDIO_ENCODERS:
        raise ParameterError(f"encoder={name!r} is not an audio encoder; choose from {list(AUDIO_ENCODERS)}")
    if multiprocessing.parent_process() is not None and "keras" not in sys.modules:
        # There is one worker per core; the GPU does not have the memory for all of them.
        limits = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "CUDA_VISIBLE_DEVICES": "-1"}
        os.environ.update(limits, JAX_PLATFORMS="cpu")
    return _opened(name, folder(name))


@lru_cache(maxsize=2)
def _opened(name: str, place: Path) -> Any:
    return make(name)


def settings(name: str, windows: int = WINDOWS) -> Settings:
    """Return the settings of an encoder, which is opened; errors as in :func:`open_encoder`."""
    about = open_encoder(name).about
    return Settings(name, about.digest, about.length, windows)


def jobs(catalogue: Catalogue, settings: Settings) -> pd.DataFrame:
    """List the recordings to encode, as :func:`mumu_lib.audio.store.jobs`; ``source`` is the encoder's name."""
    made = [FORMAT, audio.MIN_SECONDS, repr(settings)]
    return audio_store.recordings(catalogue, settings, made, settings.encoder)


def encode(catalogue: Catalogue, name: str, *, workers: int = 0) -> EncoderStore:
    """Encode every track of a catalogue that has not been encoded before; return all embeddings.

    May be interrupted and called again, as :func:`mumu_lib.audio.store.extract`.

    Parameters
    ----------
    name : str
        One of ``experiments.AUDIO_ENCODERS``.
    workers : int
        Processes, each with one thread and the encoder in memory; 0 means one per core, as far as memory allows.

    Raises
    ------
    MissingDataError
        The weights are not installed.
    NothingUsableError
        No track can be used.

    Examples
    --------
    >>> encode(mumu_lib.open_catalogue("mine"), "msd_musicnn").values.shape  # doctest: +SKIP
    (796, 200)
    """
    chosen = settings(name)
    todo = jobs(catalogue, chosen)
    store = build.open_or_build(catalogue, todo, chosen, EncoderStore, processes(workers))
    build.note(catalogue, todo, chosen)
    return store


def encode_part(catalogue: Catalogue, part: int, parts: int, name: str, *, workers: int = 0) -> int:
    """Encode one machine's share of :func:`encode`, as :func:`mumu_lib.audio.store.extract_part`."""
    chosen = settings(name)
    return build.complete_part(
        catalogue, jobs(catalogue, chosen), chosen, EncoderStore, processes(workers), part, parts
    )


def join(catalogue: Catalogue, parts: int, name: str, *, workers: int = 0) -> EncoderStore:
    """Join the shares of :func:`encode_part`, as :func:`mumu_lib.audio.shares.join`."""
    if parts < 1:
        raise ParameterError(f"join={parts} must be at least 1, the number of shares")
    chosen = settings(name)
    shares.require_all(catalogue, jobs(catalogue, chosen), chosen, parts, {"kind": name})
    return encode(catalogue, name, workers=workers)


def processes(workers: int) -> int:
    """Return the number of processes for encoding: ``workers``, or for 0 one per core, within half of the memory.

    Single-threaded processes take as much processor time per track as one process with several threads (.30 s for 30 s
    with musicnn), but they also decode in parallel.

    Examples
    --------
    >>> processes(3)
    3
    """
    if workers:
        return workers
    return max(1, min(cpu_count(), _memory() // 2 // MEMORY))


def _memory() -> int:
    """Return the bytes of memory of this machine; if unknown, enough for four processes."""
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
        ``status``, ``message``, ``seconds`` of the recording, number of ``windows``.

    Raises
    ------
    AudioError
        The recording cannot be used.
    """
    encoder = open_encoder(name)
    y, facts = audio_store.listened(item, path, encoder.rate)
    heard = encoder.encode(y, windows=windows)
    return heard, {**facts, "windows": len(heard.vectors)}


def first_sound(catalogue: Catalogue, name: str) -> str:
    """Describe the encoding of the first recording of a catalogue in two lines."""
    path = catalogue.audio_path(next(filter(None, catalogue.tracks["audio"])))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", audio.AudioWarning)
        _, facts = hear("", str(path), name)
    about = open_encoder(name).about
    return (
        f"{facts['seconds']:.1f} s of sound -> {facts['windows']} windows, each {about.length} numbers of {name}\n"
        f"learned from {about.learned_from}; licence of its weights: {about.licence}"
    )
