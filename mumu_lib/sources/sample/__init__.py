"""Make the embedded sample: a synthetic, seeded, multimodal, imbalanced catalogue, in about a minute.

All artists, titles, reviews, covers and recordings are invented. Results on the sample show that the pipeline runs; they
are not results about music.

Hidden styles, one per leaf of the taxonomy, determine sound, words and covers. Each modality receives the styles of an
album with noise of its own and confuses pairs of its own, which makes the modalities complementary.
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

# With 8 albums a label can have one in validation and one in test after an 80/10/10 split. Scaled to 400 albums, the
# paper's 12 of 31,471 would be less than one. Genres of styles.TABLE have more albums, those of styles.RARE fewer.
MIN_ALBUMS_AMONG_400 = 8
# Share of albums with a new artist, in addition to the first album of each style: about 120 artists for 400 albums.
NEW_ARTIST = 0.25
# Share of albums without a cover.
NO_COVER = 0.015
# Probabilities of the number of tracks, the file formats and the sampling rates [Hz].
TRACKS = {2: 0.92, 1: 0.04, 3: 0.04}
# Encoding to mp3 takes five times as long as the synthesis, to ogg twice as long; flac files are the largest.
SUFFIXES = {"mp3": 0.22, "ogg": 0.66, "flac": 0.1, "wav": 0.02}
RATES = {22050: 0.97, 44100: 0.03}
# Duration of the tracks [s].
SHORTEST = 16.0
LONGEST = 30.0
# Parameters of styles.view for each modality. With these, logistic regression on simple features has a macro AUC of
# about .86 on reviews, .77 on spectra and .64 on the colours of covers, which is the order in the paper.
VIEWS = {
    "audio": {"focus": 2.5, "noise": 0.05},
    "text": {"focus": 1.0, "noise": 0.15},
    "image": {"focus": 3.0, "noise": 0.05},
}
ALBUM_PREFIX = "B0SYN"
TRACK_PREFIX = "TRSYN"


class Tables(NamedTuple):
    """Tables of the sample before rendering.

    Attributes
    ----------
    albums, tracks, reviews : pd.DataFrame
        Columns of the catalogue. ``albums`` also has the hidden truth: ``main`` (style), ``branches`` (of the album,
        from the top level down) and ``mixture`` (weight of each of ``styles.NAMES``); ``tracks`` also has ``seconds``
        and ``rate`` [Hz].
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
        Default: ``data/sample`` under :func:`mumu_lib.core.paths.home`. Existing files of the same sample are kept;
        those of another sample are replaced.
    albums : int > 0
    seed : int >= 0

    Returns
    -------
    sample : Catalogue
        Identical for the same arguments, independent of the number of cores.

    Raises
    ------
    ParameterError
        No album asked for, or more artists needed than there are names.
    """
    if folder is None:
        folder = home() / "data" / "sample"
    folder = Path(folder)
    made = tables(albums, seed)
    # If two notebooks start together in a new checkout, the second waits here for the files of the first.
    with locked(folder):
        return _build(folder, made, albums, seed)


def _build(folder: Path, made: Tables, albums: int, seed: int) -> catalogue.Catalogue:
    for name in ("audio", "covers"):
        make_folder(folder / name)
    _remove_other_samples(folder, f"{albums} albums, seed {seed}")
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
    """Make the tables of the sample without writing a file.

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
    album_table = _albums(truth, seed, rng)
    track_table = _tracks(album_table["album_id"].tolist(), rng)
    branches: set[tuple[str, ...]] = set()
    for album in truth:
        branches.update(album.branches)
    return Tables(album_table, track_table, _reviews(album_table, seed), sorted(branches))


def _reviews(albums: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the reviews of all albums, each album with a random generator of its own."""
    by_style = albums.groupby("main")["artist"].unique()
    peers = {}
    for style in styles.NAMES:
        peers[style] = list(by_style.get(style, albums["artist"]))
    parts = []
    for row, rng in zip(albums.to_dict("records"), _generators(seed, "text", len(albums)), strict=True):
        weights = styles.view(row["mixture"], rng, **VIEWS["text"])
        parts.append(words.reviews(weights, peers, rng).assign(album_id=row["album_id"]))
    return pd.concat(parts, ignore_index=True)


def _albums(truth: list[styles.Album], seed: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the table of albums; the order of the random draws is part of the sample."""
    table = pd.DataFrame([album._asdict() for album in truth])
    genres = [album.genres for album in truth]
    no_cover = rng.choice(len(truth), round(NO_COVER * len(truth)), replace=False)
    album_ids = pd.Series([f"{ALBUM_PREFIX}{i:05d}" for i in range(len(truth))])
    cover_files = album_ids + ".jpg"
    cover_files[no_cover] = ""
    return pd.DataFrame(
        {
            "album_id": album_ids,
            "title": words.titles(len(truth), rng),
            "artist": _artists(table["main"].tolist(), rng),
            "release_group_mbid": mbids(len(truth), rng),
            "genres": genres,
            "cover": cover_files,
            "split": splits.assign(genres, seed=seed),
            "main": table["main"],
            "branches": table["branches"],
            "mixture": table["mixture"],
        }
    )


def _artists(mains: Sequence[str], rng: np.random.Generator) -> np.ndarray:
    """Return the artist of each album; all albums of an artist have the same main style."""
    order = np.argsort(mains, kind="stable")
    ordered = np.array(mains)[order]
    new = rng.random(len(mains)) < NEW_ARTIST
    new[1:] |= ordered[1:] != ordered[:-1]
    number = np.empty(len(mains), int)
    number[order] = np.cumsum(new) - new[0]
    return np.array(words.artists(int(number.max()) + 1, rng))[number]


def _tracks(album_ids: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    """Return the table of tracks; the order of the random draws is part of the sample."""
    counts = rng.choice(list(TRACKS), len(album_ids), p=list(TRACKS.values()))
    n = int(counts.sum())
    track_ids = pd.Series([f"{TRACK_PREFIX}{i:013d}" for i in range(n)])
    suffixes = rng.choice(list(SUFFIXES), n, p=list(SUFFIXES.values()))
    return pd.DataFrame(
        {
            "track_id": track_ids,
            "album_id": np.repeat(album_ids, counts),
            "recording_mbid": mbids(n, rng),
            "title": [words.title(rng) for _ in range(n)],
            "audio": track_ids + "." + suffixes,
            "seconds": SHORTEST + (LONGEST - SHORTEST) * rng.beta(1, 6, n),
            "rate": rng.choice(list(RATES), n, p=list(RATES.values())),
        }
    )


def mbids(n: int, rng: np.random.Generator) -> list[str]:
    """Return random identifiers in the form of MusicBrainz.

    Examples
    --------
    >>> mbids(1, np.random.default_rng(0))
    ['5f82c2d9-cfeb-4fa3-a1d7-d982f8bd1045']
    """
    identifiers = []
    for _ in range(n):
        identifiers.append(str(uuid.UUID(bytes=rng.bytes(16), version=4)))
    return identifiers


def _generators(seed: int, modality: str, n: int) -> list[np.random.Generator]:
    """Return a random generator for each album or track, so that files can be rendered in any order."""
    stream = 2 + styles.MODALITIES.index(modality)
    return [np.random.default_rng([seed, stream, i]) for i in range(n)]


def _jobs(folder: Path, made: Tables, seed: int) -> list[Callable[[], None]]:
    """Return the jobs that render the missing files."""
    jobs: list[Callable[[], None]] = []
    albums = made.albums
    generators = _generators(seed, "image", len(albums))
    for row, rng in zip(albums.to_dict("records"), generators, strict=True):
        path = folder / "covers" / row["cover"]
        if row["cover"] and not path.exists():
            jobs.append(partial(_cover, path, row["mixture"], row["title"], rng))
    tracks = made.tracks.merge(albums[["album_id", "mixture"]])
    generators = _generators(seed, "audio", len(tracks))
    for row, rng in zip(tracks.to_dict("records"), generators, strict=True):
        path = folder / "audio" / row["audio"]
        if not path.exists():
            jobs.append(partial(_track, path, row["mixture"], row["seconds"], row["rate"], rng))
    return jobs


def _cover(path: Path, mixture: np.ndarray, title: str, rng: np.random.Generator) -> None:
    weights = styles.view(mixture, rng, **VIEWS["image"])
    files.write_cover(path, covers.draw(weights, title, rng))


def _track(path: Path, mixture: np.ndarray, seconds: float, rate: int, rng: np.random.Generator) -> None:
    y = sound.render(styles.view(mixture, rng, **VIEWS["audio"]), seconds, rate, rng)
    if rate > 22050:
        # A delay of a few milliseconds between the channels makes the mix stereo.
        y = np.stack([y, np.roll(y, rate // 200)], axis=1)
    files.write_audio(path, y, rate)


def _run(jobs: list[Callable[[], None]]) -> None:
    # Threads are enough, since the encoders and numpy release the interpreter lock. Processes would import everything
    # again, and would require an ``if __name__ == "__main__"`` in scripts that make the sample.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        running = [pool.submit(job) for job in jobs]
        try:
            for done in progress.bar(as_completed(running), "making the sample", len(running), unit="file"):
                done.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _remove_other_samples(folder: Path, arguments: str) -> None:
    """Remove the files of a sample that other arguments or another version of this package made."""
    sources = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]
    code = hash_of(*sources, length=16)
    recipe = f"{arguments}, code {code}"
    note = folder / "recipe.txt"
    if note.is_file() and note.read_text(encoding="utf-8") == recipe:
        return
    # The catalogue first: after an interruption it would otherwise name files that are gone.
    stale_files = [folder / "catalogue.json"]
    stale_files += folder.glob(f"audio/{TRACK_PREFIX}*")
    stale_files += folder.glob(f"covers/{ALBUM_PREFIX}*")
    for path in stale_files:
        path.unlink(missing_ok=True)
    write_atomically(note, recipe)
