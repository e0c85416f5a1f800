"""A catalogue of six recordings, decoders that fail, and stores compared."""

import os
import signal

import numpy as np
import pandas as pd
import soundfile

from mumu_lib import catalogue
from mumu_lib.audio import store as audio_store
from mumu_lib.features import workers as features_workers

RATE = 22050


def clip(seconds, seed):
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * RATE)) / RATE
    return 0.3 * np.sin(2 * np.pi * 110 * 2 ** (seed % 5) * t) + 0.02 * rng.standard_normal(len(t))


def collection(folder, names, **roots):
    """A catalogue of one album whose tracks are the files ``names`` under ``folder/audio``."""
    albums = pd.DataFrame({"album_id": ["A"], "title": "T", "artist": "B", "genres": [["Pop"]], "split": "train"})
    tracks = pd.DataFrame({"track_id": [f"TR{i:03d}" for i in range(len(names))], "album_id": "A", "audio": names})
    return catalogue.write(
        folder, name=folder.name, albums=albums, tracks=tracks, reviews=pd.DataFrame({"album_id": [], "text": []}),
        branches=[["Pop"]], min_albums=1, source="test", roots={"audio": "audio", "covers": "covers", **roots},
    )  # fmt: skip


def six_clips(folder):
    """Clips of 16 s and a bit, a little longer than a patch."""
    (folder / "audio").mkdir(parents=True)
    for i in range(6):
        soundfile.write(folder / "audio" / f"{i}.flac", clip(16 + i / 5, i), RATE)
    return collection(folder, [f"{i}.flac" for i in range(6)])


def hang_or_crash(track_id, path, source, settings):
    """Stands in for a decoder that never returns from C, and one that crashes."""
    if track_id == "TR001":
        import ctypes

        ctypes.PyDLL(None).sleep(60)  # holds the interpreter's lock, as a stuck extension would
    if track_id == "TR004":
        os.kill(os.getpid(), signal.SIGSEGV)
    return np.full(settings.shape, -1, settings.dtype), {"status": "ok", "message": "", "seconds": 1.0, "start": 0}


def start_worker_with_bad_decoder():
    features_workers.SECONDS_PER_FILE = 1
    audio_store.features = hang_or_crash


def killed_from_outside(*_):
    os.kill(os.getpid(), signal.SIGKILL)


def start_worker_to_be_killed():
    audio_store.features = killed_from_outside


def held_to_numpy(store):
    rows = np.array([4, 0, 1])
    mean, std = store.standardisation(rows)
    values = np.array(store.values)[rows].reshape(-1, store.values.shape[-1]).astype(np.float64)
    np.testing.assert_allclose(mean, values.mean(0), rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(std, values.std(0), rtol=1e-3, atol=1e-4)
