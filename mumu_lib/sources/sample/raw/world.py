"""Make the true albums, releases, recordings and songs behind the sample's raw sources, before any file is written.

The noise is that of the real sources: editions, discs, typing errors, inverted or missing artist names, equal titles by
different artists, second volumes, albums that only the shop has, and merged recordings.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from mumu_lib.sources.sample import Tables, mbids

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
# Number of Amazon albums that are not in MusicBrainz, per album that is: the paper mapped 60 % of the albums.
UNKNOWN = 0.6
TWO_EDITIONS = 0.05
_LETTERS = np.array(list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))


class World(NamedTuple):
    """The truth from which every raw file is derived.

    Attributes
    ----------
    shop : pd.DataFrame
        ``album_id``, ``title``, ``artist`` (as at Amazon), ``branches``, ``of`` (album of the sample or ``""``).
    releases : pd.DataFrame
        ``release_mbid``, ``release_group_mbid``, ``title``, ``artist``.
    recordings : pd.DataFrame
        ``recording_mbid``, ``release_mbid``, ``title``, ``artist``.
    songs : pd.DataFrame
        ``track_id``, ``song_id``, ``artist``, ``title``, ``recordings`` (in the Echo Nest archive).
    moved : pd.DataFrame
        ``recording_mbid`` (merged away), ``canonical_recording_mbid``, ``canonical_release_mbid``.
    """

    shop: pd.DataFrame
    releases: pd.DataFrame
    recordings: pd.DataFrame
    songs: pd.DataFrame
    moved: pd.DataFrame


def make(made: Tables, rng: np.random.Generator) -> World:
    """Make the common truth of all sources for a sample.

    Parameters
    ----------
    made : Tables
        From :func:`mumu_lib.sources.sample.tables`.
    """
    albums = made.albums
    shop = _shop(albums, rng)
    releases = _releases(albums, rng)
    recordings, songs = _recordings(made, releases, rng)
    merged = songs.explode("recordings").dropna().sample(frac=0.05, random_state=rng.bit_generator)
    moved = pd.DataFrame({"recording_mbid": mbids(len(merged), rng), "canonical_recording_mbid": merged["recordings"]})
    canonical = recordings[["recording_mbid", "release_mbid"]]
    moved = moved.merge(canonical.set_axis(["canonical_recording_mbid", "canonical_release_mbid"], axis=1))
    former = dict(zip(moved["canonical_recording_mbid"], moved["recording_mbid"], strict=True))
    songs["recordings"] = songs["recordings"].map(lambda ids: [former.get(i, i) for i in ids])
    return World(shop, releases, recordings, songs, moved)


def _shop(albums: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the albums of Amazon: those of the sample, second editions of some, and some not in MusicBrainz."""
    own = albums[["album_id", "title", "artist", "branches"]].assign(of=albums["album_id"])
    second = own.sample(frac=TWO_EDITIONS, random_state=rng.bit_generator)
    second["album_id"] = second["album_id"].str.replace("B0SYN", "B0TWO")
    second["title"] += " (Limited Edition)"
    other = own.sample(frac=UNKNOWN, random_state=rng.bit_generator)
    titles = rng.permutation(other["title"].to_numpy())
    endings = rng.choice([" at Night", " Revisited", " in Blue"], len(other))
    other["album_id"] = other["album_id"].str.replace("B0SYN", "B0NOT")
    other["title"] = titles + endings
    other["of"] = ""
    noisy = [_noisy(title, artist, rng) for title, artist in zip(own["title"], own["artist"], strict=True)]
    own[["title", "artist"]] = noisy
    shop = pd.concat([own, second, other])
    return shop.sample(frac=1, random_state=rng.bit_generator).reset_index(drop=True)


def _noisy(title: str, artist: str, rng: np.random.Generator) -> tuple[str, str]:
    """Return title and artist of an album with one kind of noise."""
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
    kind = rng.choice(list(kinds), p=list(kinds.values()))
    if kind == "edition":
        return title + str(rng.choice(EDITIONS)), artist
    if kind == "case":
        return title.upper(), artist.lower()
    if kind == "letter":
        return _mistyped(title, rng), artist
    if kind == "letters":
        return _mistyped(title, rng), _mistyped(artist, rng)
    if kind == "turned":
        return title, _inverted(artist)
    if kind == "subtitle":
        return title + str(rng.choice(SUBTITLES)), artist
    if kind == "untitled":
        return "", artist
    if kind == "nobody":
        return title, ""
    return title, artist


def _inverted(artist: str) -> str:
    """Return a name with the last name or the name of the band first.

    Examples
    --------
    >>> _inverted("The Paper Otters"), _inverted("Otis Underhay"), _inverted("Zéphyrine")
    ('Paper Otters, The', 'Underhay, Otis', 'Zéphyrine')
    """
    first, _, last = artist.partition(" ")
    if last and (first == "The" or " " not in last):
        return f"{last}, {first}"
    return artist


def _mistyped(text: str, rng: np.random.Generator) -> str:
    """Return a text with one letter missing or two exchanged."""
    if len(text) < 3:
        return text
    at = int(rng.integers(0, len(text) - 1))
    return text[:at] + text[at + 1] + text[at] * int(rng.integers(0, 2)) + text[at + 2 :]


def _releases(albums: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return one or two releases per album, and release groups with similar or equal names."""
    first = albums[["release_group_mbid", "title", "artist"]]
    second = first.sample(frac=0.3, random_state=rng.bit_generator)
    second = second.assign(title=second["title"] + rng.choice(["", " (deluxe)", " (remaster)"], len(second)))
    volume = first.sample(frac=0.15, random_state=rng.bit_generator)
    volume = volume.assign(title=volume["title"] + rng.choice([", Vol. 2", " II", " (live)", " Remixes"], len(volume)))
    namesake = first.sample(frac=0.3, random_state=rng.bit_generator)
    namesake = namesake.assign(artist=rng.permutation(namesake["artist"].to_numpy()))
    namesake = namesake.merge(first[["title", "artist"]], how="left", indicator=True)
    namesake = namesake[namesake["_merge"] == "left_only"].drop(columns="_merge")
    # Two albums of the same name by the same artist, which cannot be told apart.
    twin = first.sample(frac=0.015, random_state=rng.bit_generator)
    others = pd.concat([volume, namesake, twin])
    others["release_group_mbid"] = mbids(len(others), rng)
    table = pd.concat([first, second, others], ignore_index=True)
    return table.assign(release_mbid=mbids(len(table), rng))


def _recordings(made: Tables, releases: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the recordings of every release, and the songs of the Million Song Dataset with their recordings."""
    release = releases.drop_duplicates("release_group_mbid").set_index("release_group_mbid")["release_mbid"]
    albums = made.albums.set_index("album_id")
    tracks = made.tracks[["track_id", "album_id", "recording_mbid", "title"]].copy()
    tracks["artist"] = tracks["album_id"].map(albums["artist"])
    tracks["release_mbid"] = tracks["album_id"].map(albums["release_group_mbid"]).map(release)
    # One more recording for every release, since some releases have no track of the sample.
    more = releases[["release_mbid", "artist"]].assign(title="Untitled", recording_mbid=mbids(len(releases), rng))
    # Songs that were released twice: the Echo Nest archive has both recordings, on two albums.
    twice = tracks.sample(frac=0.04, random_state=rng.bit_generator)
    copies = twice.assign(
        recording_mbid=mbids(len(twice), rng),
        release_mbid=rng.permutation(tracks["release_mbid"].to_numpy())[: len(twice)],
    )
    second = dict(zip(twice["track_id"], copies["recording_mbid"], strict=True))
    recordings_of_song = []
    for track_id, recording in zip(tracks["track_id"], tracks["recording_mbid"], strict=True):
        recordings = [recording]
        if track_id in second:
            recordings.append(second[track_id])
        recordings_of_song.append(recordings)
    songs = tracks[["track_id", "artist", "title"]].copy()
    songs["recordings"] = recordings_of_song
    columns = ["recording_mbid", "release_mbid", "title", "artist"]
    all_recordings = pd.concat([tracks[columns], more[columns], copies[columns]], ignore_index=True)
    return all_recordings, _with_unmapped(songs, rng)


def _with_unmapped(songs: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return songs with ids, and further songs whose recordings are on no album."""
    unmapped = songs.sample(frac=0.3, random_state=rng.bit_generator)
    unmapped["track_id"] = unmapped["track_id"].str.replace("TRSYN", "TROFF")
    unmapped["recordings"] = [[recording] for recording in mbids(len(unmapped), rng)]
    songs = pd.concat([songs, unmapped], ignore_index=True)
    song_ids = []
    for i in range(len(songs)):
        song_ids.append("SO" + "".join(rng.choice(_LETTERS, 5)) + f"{i:011X}")
    songs["song_id"] = song_ids
    return songs
