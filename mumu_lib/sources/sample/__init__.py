"""The embedded sample: a synthetic, seeded, multimodal, imbalanced catalogue, made in about a minute.

Every artist, title, review, cover and recording in it is invented. Numbers from it say that the
pipeline works; they say nothing about music.

A hidden style per leaf of the taxonomy drives sound, words and covers. Each modality sees the styles
of an album through its own noise and confuses its own pairs, so that they complement each other.
"""

import os
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from mumu_lib import catalogue
from mumu_lib.catalogue import splits
from mumu_lib.core import progress
from mumu_lib.core.errors import ParameterError
from mumu_lib.core.files import locked, make_folder, write_atomically
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.paths import home
from mumu_lib.sources.sample import covers, files, sound, styles, words

# With 8 albums a label can have one in validation and one in test after an 80/10/10 split; the paper's 12
# among 31,471 albums would be none here. Every genre of styles.TABLE has more, those of styles.RARE fewer.
MIN_ALBUMS_AMONG_400 = 8
NEW_ARTIST = 0.25  # of the albums, besides the first of each style: about 120 artists for 400 albums
NO_COVER = 0.015  # of the albums
TRACKS = {2: 0.92, 1: 0.04, 3: 0.04}
# Encoding mp3 takes five times as long as making the music, and ogg twice as long; flac takes the room.
SUFFIXES = {"mp3": 0.22, "ogg": 0.66, "flac": 0.1, "wav": 0.02}
RATES = {22050: 0.97, 44100: 0.03}
SHORTEST, LONGEST = 16.0, 30.0
# What each modality sees of an album (styles.view). Set so that logistic regression on plain features gives a
# macro AUC of about .86 from reviews, .77 from spectra and .64 from the colours of covers, in the paper's order.
SEEN = {
    "audio": {"focus": 2.5, "noise": 0.05},
    "text": {"focus": 1.0, "noise": 0.15},
    "image": {"focus": 3.0, "noise": 0.05},
}
ALBUM_PREFIX, TRACK_PREFIX = "B0SYN", "TRSYN"


class Tables(NamedTuple):
    """The sample before anything is rendered.

    Attributes
    ----------
    albums, tracks, reviews : pd.DataFrame
        With the catalogue's columns. ``albums`` has the hidden truth besides: ``main`` (style), ``branches``
        (the album's own, from the top level down) and ``mixture`` (weight of each of ``styles.NAMES``);
        ``tracks`` has ``seconds`` and ``rate`` [Hz].
    branches : list of tuple of str
        The taxonomy.
    """

    albums: pd.DataFrame
    tracks: pd.DataFrame
    reviews: pd.DataFrame
    branches: list[tuple[str, ...]]


def build(folder: Path | None = None, *, albums: int = 400, seed: int = 0) -> catalogue.Catalogue:
    """Make the sample: tables, recordings and covers.

    Notebooks: all; their defaults run on it.

    Parameters
    ----------
    folder : Path, optional
        ``data/sample`` under :func:`mumu_lib.core.paths.home` when left out. If it holds a part of the same
        sample, the files that are there are kept; those of another sample are replaced.
    albums : int > 0
    seed : int >= 0

    Returns
    -------
    sample : Catalogue
        The same for the same arguments, whatever the number of cores.

    Raises
    ------
    ParameterError
        No album asked for, or more artists needed than there are names.
    """
    folder = home() / "data" / "sample" if folder is None else Path(folder)
    made = tables(albums, seed)
    # Two notebooks started at once in a new checkout both make it; the second waits and finds the files.
    with locked(folder):
        return _build(folder, made, albums, seed)


def _build(folder: Path, made: Tables, albums: int, seed: int) -> catalogue.Catalogue:
    for name in ("audio", "covers"):
        make_folder(folder / name)
    _forget_others(folder, f"{albums} albums, seed {seed}")
    jobs = _jobs(folder, made, seed)
    if not jobs and (folder / "catalogue.json").is_file():
        return catalogue.Catalogue(folder)
    _run(jobs)
    return catalogue.write(
        folder,
        name="sample",
        albums=made.albums,
        tracks=made.tracks,
        reviews=made.reviews,
        branches=made.branches,
        min_albums=max(2, round(MIN_ALBUMS_AMONG_400 * albums / 400)),
        source=f"synthetic sample, seed {seed}",
        roots={"audio": "audio", "covers": "covers"},
        synthetic=True,
    )


def tables(albums: int = 400, seed: int = 0) -> Tables:
    """Tables of the sample, without a file.

    Parameters
    ----------
    albums : int > 0
    seed : int >= 0

    Raises
    ------
    ParameterError
        No album asked for, or more artists needed than there are names.
    """
    if albums < 1 or seed < 0:
        raise ParameterError(f"the sample needs albums >= 1 and seed >= 0, got albums={albums}, seed={seed}")
    truth = styles.albums(albums, seed)
    rng = np.random.default_rng([seed, 1])
    described = _albums(truth, seed, rng)
    by_style = described.groupby("main")["artist"].unique()
    peers = {name: list(by_style.get(name, described["artist"])) for name in styles.NAMES}
    written = [
        words.reviews(styles.view(album.mixture, one, **SEEN["text"]), peers, one).assign(album_id=album_id)
        for album, album_id, one in zip(truth, described["album_id"], _streams(seed, "text", albums), strict=True)
    ]
    branches = sorted({branch for album in truth for branch in album.branches})
    return Tables(
        described, _tracks(described["album_id"].tolist(), rng), pd.concat(written, ignore_index=True), branches
    )


def _albums(truth: list[styles.Album], seed: int, rng: np.random.Generator) -> pd.DataFrame:
    genres = [album.genres for album in truth]
    no_cover = set(rng.choice(len(truth), round(NO_COVER * len(truth)), replace=False).tolist())
    ids = [f"{ALBUM_PREFIX}{i:05d}" for i in range(len(truth))]
    return pd.DataFrame(
        {
            "album_id": ids,
            "title": words.titles(len(truth), rng),
            "artist": _artists([album.main for album in truth], rng),
            "release_group_mbid": [_mbid(rng) for _ in truth],
            "genres": genres,
            "cover": ["" if i in no_cover else f"{album_id}.jpg" for i, album_id in enumerate(ids)],
            "split": splits.assign(genres, seed=seed),
            "main": [album.main for album in truth],
            "branches": [album.branches for album in truth],
            "mixture": [album.mixture for album in truth],
        }
    )


def _artists(mains: Sequence[str], rng: np.random.Generator) -> np.ndarray:
    """Artist of each album; an artist keeps to one main style."""
    order = np.argsort(mains, kind="stable")
    ordered = np.array(mains)[order]
    new = rng.random(len(mains)) < NEW_ARTIST
    new[1:] |= ordered[1:] != ordered[:-1]
    number = np.empty(len(mains), int)
    number[order] = np.cumsum(new) - new[0]
    return np.array(words.artists(int(number.max()) + 1, rng))[number]


def _tracks(album_ids: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    counts = rng.choice(list(TRACKS), len(album_ids), p=list(TRACKS.values()))
    n = int(counts.sum())
    ids = [f"{TRACK_PREFIX}{i:013d}" for i in range(n)]
    suffixes = rng.choice(list(SUFFIXES), n, p=list(SUFFIXES.values()))
    return pd.DataFrame(
        {
            "track_id": ids,
            "album_id": np.repeat(album_ids, counts),
            "recording_mbid": [_mbid(rng) for _ in ids],
            "title": [words.title(rng) for _ in ids],
            "audio": [f"{track_id}.{suffix}" for track_id, suffix in zip(ids, suffixes, strict=True)],
            "seconds": SHORTEST + (LONGEST - SHORTEST) * rng.beta(1, 6, n),
            "rate": rng.choice(list(RATES), n, p=list(RATES.values())),
        }
    )


def _mbid(rng: np.random.Generator) -> str:
    return str(uuid.UUID(bytes=rng.bytes(16), version=4))


def _streams(seed: int, modality: str, n: int) -> list[np.random.Generator]:
    return [np.random.default_rng([seed, 2 + styles.MODALITIES.index(modality), i]) for i in range(n)]


def _jobs(folder: Path, made: Tables, seed: int) -> list[Callable[[], None]]:
    """What is still to be rendered."""
    jobs: list[Callable[[], None]] = []
    albums, tracks = made.albums, made.tracks
    painters = _streams(seed, "image", len(albums))
    for row, rng in zip(albums.to_dict("records"), painters, strict=True):
        path = folder / "covers" / row["cover"]
        if row["cover"] and not path.exists():
            jobs.append(partial(_cover, path, row["mixture"], row["title"], rng))
    players = _streams(seed, "audio", len(tracks))
    for row, rng in zip(tracks.merge(albums[["album_id", "mixture"]]).to_dict("records"), players, strict=True):
        path = folder / "audio" / row["audio"]
        if not path.exists():
            jobs.append(partial(_track, path, row["mixture"], row["seconds"], row["rate"], rng))
    return jobs


def _cover(path: Path, mixture: np.ndarray, title: str, rng: np.random.Generator) -> None:
    seen = styles.view(mixture, rng, **SEEN["image"])
    files.write_cover(path, covers.draw(seen, title, rng))


def _track(path: Path, mixture: np.ndarray, seconds: float, rate: int, rng: np.random.Generator) -> None:
    y = sound.render(styles.view(mixture, rng, **SEEN["audio"]), seconds, rate, rng)
    if rate > 22050:
        # A few milliseconds between the ears make a mono mix wide.
        y = np.stack([y, np.roll(y, rate // 200)], axis=1)
    files.write_audio(path, y, rate)


def _run(jobs: list[Callable[[], None]]) -> None:
    # Threads, not processes: the encoders and numpy let go of the interpreter, and nothing has to be
    # imported again or guarded against when a notebook or a script of the user's makes the sample.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(job) for job in jobs]
        try:
            for done in progress.bar(as_completed(running), "making the sample", len(running), unit="file"):
                done.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _forget_others(folder: Path, arguments: str) -> None:
    """Remove files of a sample made from other arguments or by another version of this package."""
    code = hash_of(*(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))), length=16)
    recipe = f"{arguments}, code {code}"
    note = folder / "recipe.txt"
    if note.is_file() and note.read_text(encoding="utf-8") == recipe:
        return
    # First of all: a catalogue without its files would pass for the sample if this were cut short.
    for stale in (
        folder / "catalogue.json",
        *folder.glob(f"audio/{TRACK_PREFIX}*"),
        *folder.glob(f"covers/{ALBUM_PREFIX}*"),
    ):
        stale.unlink(missing_ok=True)
    write_atomically(note, recipe)
