"""Speed of the log-CQT and of recording -> stored patch, against librosa on the same cores.

    python benchmarks/audio.py                          synthetic mp3s, 30 s, 320 kbit/s stereo
    python benchmarks/audio.py --audio FOLDER           recordings of your own
    python benchmarks/audio.py --audio FOLDER --extract 200

Every recording goes through both ways in turn, one thread each, so that a busy machine slows both;
the ratio of medians is what counts. ``--extract N`` also times the whole store of N recordings
(the folder's, repeated) with all cores, and projects it. Prints a Markdown table.
"""

import argparse
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np
import pandas as pd
import soundfile
from threadpoolctl import threadpool_limits

from mumu_lib import audio, catalogue
from mumu_lib.audio import decoding, store as audio_store
from mumu_lib.core.errors import AudioError

ENDINGS = (".mp3", ".ogg", ".flac", ".wav")


def synthetic(folder: Path, n: int, seconds: float = 30.0) -> None:
    """Mp3s of decaying chords over noise, stereo, 44.1 kHz, at the highest bit rate."""
    for i in range(n):
        rng = np.random.default_rng(i)
        t = np.arange(int(44100 * seconds)) / 44100
        notes = 55 * 2 ** (rng.integers(0, 60, 8) / 12)
        y = sum(np.sin(2 * np.pi * f * t) * np.exp(-3 * ((t * rng.uniform(0.5, 4)) % 1)) for f in notes) / 16
        y = np.stack([y, np.roll(y, 300)], 1) + 0.02 * rng.standard_normal((len(t), 2))
        soundfile.write(folder / f"{i}.mp3", y, 44100, compression_level=0.0, bitrate_mode="CONSTANT")


def librosa_db(y: np.ndarray) -> np.ndarray:
    power = np.abs(librosa.cqt(y, sr=22050, hop_length=1024, n_bins=96, bins_per_octave=12)) ** 2
    return librosa.power_to_db(power, ref=np.max).T


def librosa_patch(path: Path) -> np.ndarray:
    return librosa_db(librosa.load(path, sr=22050)[0])[:322].astype(np.float16)


def our_patch(path: Path) -> np.ndarray:
    return audio.log_cqt(audio.load(path))[:322].astype(np.float16)


def milliseconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return 1e3 * (time.process_time() - start)


def measure(path: Path) -> dict[str, float]:
    """One pass over one recording, the two ways in turn."""
    y = audio.load(path)
    decoded = decoding.decode(path, audio.MAX_SECONDS)
    return {
        "log-CQT, librosa.cqt alone": milliseconds(
            lambda: librosa.cqt(y, sr=22050, hop_length=1024, n_bins=96, bins_per_octave=12)
        ),
        "log-CQT, librosa with power_to_db": milliseconds(lambda: librosa_db(y)),
        "log-CQT, ours with decibels": milliseconds(lambda: audio.log_cqt(y)),
        "recording to patch, librosa": milliseconds(lambda: librosa_patch(path)),
        "recording to patch, ours": milliseconds(lambda: our_patch(path)),
        "of it decoding": milliseconds(lambda: decoding.decode(path, audio.MAX_SECONDS)),
        "of it resampling": milliseconds(lambda: audio._resample(decoded.y, decoded.rate, audio.SAMPLE_RATE)),
    }


def usable(files: list[Path]) -> list[Path]:
    kept = []
    for path in files:
        try:
            audio.load(path)
        except AudioError as error:
            print(f"left out, {error.reason}: {error}")
        else:
            kept.append(path)
    return kept


def difference(path: Path) -> float:
    y = audio.load(path)
    return float(np.abs(audio.log_cqt(y) - librosa_db(y)).max())


def seconds_to_extract(files: list[Path], n: int) -> float:
    """Whole store of ``n`` recordings, all cores, start of the processes included."""
    with tempfile.TemporaryDirectory() as folder:
        tracks = pd.DataFrame({"track_id": [f"T{i}" for i in range(n)], "album_id": "A"})
        tracks["audio"] = [str(files[i % len(files)].resolve()) for i in range(n)]
        albums = pd.DataFrame({"album_id": ["A"], "title": "", "artist": "", "genres": [["Pop"]], "split": "train"})
        music = catalogue.write(
            Path(folder) / "benchmark", name="benchmark", albums=albums, tracks=tracks,
            reviews=pd.DataFrame({"album_id": [], "text": []}), branches=[["Pop"]], min_albums=1,
            source="benchmark", roots={"audio": "/", "covers": "/"},
        )  # fmt: skip
        start = time.perf_counter()
        audio_store.extract(music)
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, help="folder of recordings, searched through")
    parser.add_argument("--files", type=int, default=8, help="how many of them to use")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--extract", type=int, default=0, metavar="N", help="also time the store of N recordings")
    asked = parser.parse_args()
    warnings.simplefilter("ignore", audio.TruncatedAudioWarning)
    with tempfile.TemporaryDirectory() as made:
        if not asked.audio:
            synthetic(Path(made), asked.files)
        found = sorted(p for p in (asked.audio or Path(made)).rglob("*") if p.suffix.lower() in ENDINGS)
        files = usable(found[:: max(1, len(found) // asked.files)][: asked.files])
        with threadpool_limits(1):
            measure(files[0])  # the first call compiles
            rows = pd.DataFrame([measure(path) for _ in range(asked.rounds) for path in files])
            worst = max(map(difference, files))
        report(rows.median(), len(files), statistics.mean(len(audio.load(p)) / 22050 for p in files), worst)
        if asked.extract:
            seconds = seconds_to_extract(files, asked.extract)
            hours = seconds / asked.extract * os.cpu_count() / 3600
            print(f"\nStore of {asked.extract} recordings on {os.cpu_count()} cores: {seconds:.1f} s")
            for n in (147_295, 1_000_000):
                print(f"* {n:,} recordings: {n * hours:.1f} core-hours, {n * 322 * 96 * 2 / 1e9:.1f} GB")


def report(median: pd.Series, files: int, seconds: float, worst: float) -> None:
    print(f"\n{files} recordings of {seconds:.0f} s on average, one thread, medians\n\n| work | ms |\n|---|---|")
    for name, value in median.items():
        print(f"| {name} | {value:.1f} |")
    cqt, whole = median["log-CQT, ours with decibels"], median["recording to patch, ours"]
    print(f"\nlog-CQT: {median['log-CQT, librosa.cqt alone'] / cqt:.1f} times as fast as librosa.cqt alone,")
    print(f"         {median['log-CQT, librosa with power_to_db'] / cqt:.1f} times as librosa.cqt and power_to_db")
    print(f"recording to patch: {median['recording to patch, librosa'] / whole:.1f} times as fast")
    shares = [median["of it decoding"] / whole, median["of it resampling"] / whole, cqt / whole]
    print("shares: decoding {:.0%}, resampling {:.0%}, log-CQT {:.0%}".format(*shares))
    print(f"largest difference from librosa: {worst:.4f} dB")


if __name__ == "__main__":
    main()
