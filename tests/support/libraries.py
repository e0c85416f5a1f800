"""A small library of music whose albums the runs of ``finished_runs`` can judge."""

import shutil

import numpy as np
import soundfile
from mutagen.flac import FLAC

ALBUMS = ("Ann/Blue", "Ann/Green", "Bob/Red")


def make(root, music, albums=ALBUMS):
    """Albums with a recording, a cover and a review each."""
    files = music.folder / "files"
    for number, album in enumerate(albums):
        folder = root / album
        folder.mkdir(parents=True)
        samples, rate = soundfile.read(files / f"{number}.wav")
        soundfile.write(folder / "song.flac", samples, rate)
        shutil.copy(files / f"{number}.png", folder / "cover.png")
        (folder / "review.txt").write_text(music.reviews.text[number])
    return root


def spoil(root, album):
    """Make an album of noise that nothing can be said of."""
    folder = root / album
    folder.mkdir(parents=True)
    (folder / "song.mp3").write_bytes(np.random.default_rng(0).bytes(4000))


def with_genre(path, *genres):
    """Tag a FLAC file."""
    file = FLAC(path)
    file["genre"] = list(genres)
    file.save()
