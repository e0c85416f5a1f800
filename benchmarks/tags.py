"""Tags of sound files against decoding them, and against no tags at all.

    python benchmarks/tags.py                     made-up files of 30 s
    python benchmarks/tags.py --audio FOLDER      recordings of your own

The two are timed in turn on each file, so that a busy machine slows both; medians of ratios count.
"""

import argparse
import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import mutagen
import numpy as np
import soundfile
from mutagen.id3 import APIC, ID3, TALB, TCON, TPE1

from mumu_lib.audio import load
from mumu_lib.core.errors import AudioError
from mumu_lib.sources import tags
from mumu_lib.sources.collection import AUDIO

RATE = 44100
KINDS = ("mp3", "flac", "ogg", "wav", "aiff")


def made(folder: Path, n: int) -> list[Path]:
    """Noise in two channels, with a few tags and a cover of 100 kB where ID3 is."""
    rng = np.random.default_rng(0)
    found = []
    for number in range(n):
        for kind in KINDS:
            path = folder / f"{number}.{kind}"
            soundfile.write(path, rng.normal(0, 0.1, (30 * RATE, 2)), RATE)
            tag(path, rng.bytes(100_000))
            found.append(path)
    return found


def tag(path: Path, cover: bytes) -> None:
    if path.suffix in (".flac", ".ogg"):
        file = mutagen.File(path)
        file["genre"], file["artist"], file["album"] = ["Rock", "Jazz"], ["A"], ["B"]
        file.save()
        return
    frames = [
        TCON(text=["Rock", "Jazz"]),
        TPE1(text=["A"]),
        TALB(text=["B"]),
        APIC(mime="image/jpeg", type=3, data=cover),
    ]
    if path.suffix == ".mp3":
        made = ID3()
        for frame in frames:
            made.add(frame)
        made.save(path)
        return
    file = mutagen.File(path)
    file.add_tags()
    for frame in frames:
        file.tags.add(frame)
    file.save()


def timed(work: Callable[[Path], object], path: Path) -> float:
    start = time.process_time()
    with contextlib.suppress(AudioError):  # too short or silent, which is known only when it is decoded
        work(path)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audio", type=Path, help="folder of recordings")
    parser.add_argument("--files", type=int, default=3, help="made-up files of each kind (default: 3)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.audio:
            paths = [path for path in sorted(asked.audio.rglob("*")) if path.suffix.lower() in AUDIO]
        else:
            paths = made(Path(folder), asked.files)
        by_kind: dict[str, list[tuple[float, float]]] = {}
        for path in paths:
            tags.read(path)
            read = statistics.median(timed(tags.read, path) for _ in range(5))
            by_kind.setdefault(path.suffix.lower(), []).append((read, timed(load, path)))
    for kind, times in by_kind.items():
        ratio = statistics.median(decoded / read for read, decoded in times)
        read = statistics.median(read for read, _ in times)
        print(f"{kind}: tags {1000 * read:.2f} ms, decoding takes {ratio:.0f} times as long ({len(times)} files)")


if __name__ == "__main__":
    main()
