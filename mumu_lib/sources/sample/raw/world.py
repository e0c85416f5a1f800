"""What is true of the sample's raw sources, before any file: the shop's albums, the releases, the songs.

Noise is what the real sources have: editions, discs, typing errors, turned-round or missing artists,
the same title by another artist, second volumes, albums that only the shop has, merged recordings.
"""

import uuid
from typing import NamedTuple

import numpy as np
import pandas as pd

from mumu_lib.sources.sample import Tables

EDITIONS = (
    " (Remastered)",
    " [Deluxe Edition]",
    " (2009 - Remaster)",
    " (Bonus Tracks)",
    " - Disc 1",
    " (Disc 2)",
    " [Import]",
)
SUBTITLES = (": A Collection", " and Other Songs", " - The Complete Sessions")
# Amazon albums that MusicBrainz does not have, per album that it has: the paper could map 60 %.
UNKNOWN = 0.6
TWO_EDITIONS = 0.05
_LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


class World(NamedTuple):
    """What is true: every file is a view of it.

    Attributes
    ----------
    shop : pd.DataFrame
        ``album_id``, ``title``, ``artist`` (as Amazon has them), ``branches``, ``of`` (album of the sample or ``""``).
    releases : pd.DataFrame
        ``release_mbid``, ``release_group_mbid``, ``title``, ``artist``.
    recordings : pd.DataFrame
        ``recording_mbid``, ``release_mbid``, ``title``, ``artist``.
    songs : pd.DataFrame
        ``track_id``, ``song_id``, ``artist``, ``title``, ``recordings`` (those that Echo Nest names).
    moved : pd.DataFrame
        ``recording_mbid`` (merged away), ``canonical_recording_mbid``, ``canonical_release_mbid``.
    """

    shop: pd.DataFrame
    releases: pd.DataFrame
    recordings: pd.DataFrame
    songs: pd.DataFrame
    moved: pd.DataFrame


def make(made: Tables, rng: np.random.Generator) -> World:
    """The sources' common truth for a sample.

    Parameters
    ----------
    made : Tables
        Of :func:`mumu_lib.sources.sample.tables`.
    """
    albums = made.albums
    shop = _shop(albums, rng)
    releases = _releases(albums, rng)
    recordings, songs = _recordings(made, releases, rng)
    moved = songs.explode("recordings").dropna().sample(frac=0.05, random_state=rng.bit_generator)
    old = pd.DataFrame(
        {"recording_mbid": [_mbid(rng) for _ in range(len(moved))], "canonical_recording_mbid": moved["recordings"]}
    )
    old = old.merge(
        recordings[["recording_mbid", "release_mbid"]].set_axis(
            ["canonical_recording_mbid", "canonical_release_mbid"], axis=1
        )
    )
    former = dict(zip(old["canonical_recording_mbid"], old["recording_mbid"], strict=True))
    songs["recordings"] = songs["recordings"].map(lambda ids: [former.get(i, i) for i in ids])
    return World(shop, releases, recordings, songs, old)


def _shop(albums: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Albums as Amazon has them: the sample's, second editions of some, and others that MusicBrainz lacks."""
    own = albums[["album_id", "title", "artist", "branches"]].assign(of=albums["album_id"])
    again = own.sample(frac=TWO_EDITIONS, random_state=rng.bit_generator)
    again = again.assign(
        album_id=again["album_id"].str.replace("B0SYN", "B0TWO"), title=again["title"] + " (Limited Edition)"
    )
    other = own.sample(frac=UNKNOWN, random_state=rng.bit_generator)
    titles = rng.permutation(other["title"].to_numpy()) + rng.choice(
        [" at Night", " Revisited", " in Blue"], len(other)
    )
    other = other.assign(album_id=other["album_id"].str.replace("B0SYN", "B0NOT"), title=titles, of="")
    noisy = [_noisy(t, a, rng) for t, a in zip(own["title"], own["artist"], strict=True)]
    own = own.assign(title=[t for t, _ in noisy], artist=[a for _, a in noisy])
    return pd.concat([own, again, other]).sample(frac=1, random_state=rng.bit_generator).reset_index(drop=True)


def _noisy(title: str, artist: str, rng: np.random.Generator) -> tuple[str, str]:
    kinds = {
        "as it is": 0.41,
        "edition": 0.25,
        "case": 0.1,
        "letter": 0.08,
        "letters": 0.04,
        "turned": 0.06,
        "subtitle": 0.02,
        "nobody": 0.02,
        "untitled": 0.02,
    }
    kind = rng.choice([*kinds], p=np.array([*kinds.values()]))
    if kind == "edition":
        return title + str(rng.choice(EDITIONS)), artist
    if kind == "case":
        return title.upper(), artist.lower()
    if kind == "letter":
        return _mistyped(title, rng), artist
    if kind == "letters":
        return _mistyped(title, rng), _mistyped(artist, rng)
    if kind == "turned":
        first, _, last = artist.partition(" ")
        return title, f"{last}, {first}" if last and (first == "The" or " " not in last) else artist
    if kind == "subtitle":
        return title + str(rng.choice(SUBTITLES)), artist
    return ("", artist) if kind == "untitled" else (title, "" if kind == "nobody" else artist)


def _mistyped(text: str, rng: np.random.Generator) -> str:
    """One letter lost or two exchanged."""
    if len(text) < 3:
        return text
    at = int(rng.integers(0, len(text) - 1))
    return text[:at] + text[at + 1] + text[at] * int(rng.integers(0, 2)) + text[at + 2 :]


def _releases(albums: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """One or two releases an album, and release groups that only look like one."""
    first = albums[["release_group_mbid", "title", "artist"]]
    second = first.sample(frac=0.3, random_state=rng.bit_generator)
    second = second.assign(title=second["title"] + rng.choice(["", " (deluxe)", " (remaster)"], len(second)))
    volume = first.sample(frac=0.15, random_state=rng.bit_generator)
    volume = volume.assign(title=volume["title"] + rng.choice([", Vol. 2", " II", " (live)", " Remixes"], len(volume)))
    namesake = first.sample(frac=0.3, random_state=rng.bit_generator)
    namesake = namesake.assign(artist=rng.permutation(namesake["artist"].to_numpy()))
    namesake = namesake.merge(first[["title", "artist"]], how="left", indicator=True)
    namesake = namesake[namesake["_merge"] == "left_only"].drop(columns="_merge")
    # Two albums of one name by one artist: nobody can tell which is meant.
    twin = first.sample(frac=0.015, random_state=rng.bit_generator)
    others = pd.concat([volume, namesake, twin])
    others["release_group_mbid"] = [_mbid(rng) for _ in range(len(others))]
    table = pd.concat([first, second, others], ignore_index=True)
    return table.assign(release_mbid=[_mbid(rng) for _ in range(len(table))])


def _recordings(made: Tables, releases: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Recordings of every release, and the Million Song Dataset's songs with the recordings that Echo Nest names."""
    release = releases.drop_duplicates("release_group_mbid").set_index("release_group_mbid")["release_mbid"]
    albums = made.albums.set_index("album_id")
    known = made.tracks[["track_id", "album_id", "recording_mbid", "title"]].assign(
        artist=made.tracks["album_id"].map(albums["artist"])
    )
    known["release_mbid"] = known["album_id"].map(albums["release_group_mbid"]).map(release)
    # Every release has a song that nobody else knows, so that none is without recordings.
    more = releases[["release_mbid", "artist"]].assign(
        title="Untitled", recording_mbid=[_mbid(rng) for _ in range(len(releases))]
    )
    # Songs that came out twice: Echo Nest names both recordings, on two albums.
    twice = known.sample(frac=0.04, random_state=rng.bit_generator)
    again = twice.assign(
        recording_mbid=[_mbid(rng) for _ in range(len(twice))],
        release_mbid=rng.permutation(known["release_mbid"].to_numpy())[: len(twice)],
    )
    second = dict(zip(twice["track_id"], again["recording_mbid"], strict=True))
    columns = ["recording_mbid", "release_mbid", "title", "artist"]
    both = [
        [r, second[t]] if t in second else [r] for t, r in zip(known["track_id"], known["recording_mbid"], strict=True)
    ]
    songs = known[["track_id", "artist", "title"]].assign(recordings=pd.Series(both, known.index, dtype=object))
    stray = songs.sample(frac=0.3, random_state=rng.bit_generator)
    stray["track_id"] = stray["track_id"].str.replace("TRSYN", "TROFF")
    stray["recordings"] = pd.Series([[_mbid(rng)] for _ in range(len(stray))], stray.index, dtype=object)
    songs = pd.concat([songs, stray], ignore_index=True)
    songs["song_id"] = ["SO" + "".join(rng.choice(_LETTERS, 5)) + f"{i:011X}" for i in range(len(songs))]
    return pd.concat([known[columns], more[columns], again[columns]], ignore_index=True), songs


def _mbid(rng: np.random.Generator) -> str:
    return str(uuid.UUID(bytes=rng.bytes(16), version=4))
