"""Write the sample in the formats of the raw sources, with their noise, and the true mappings.

Notebook: 01, which starts from these files as from the real ones.

The files are Amazon's metadata of 2014 (without artists) and 2023 (artist in ``store``) and its reviews, a canonical
MusicBrainz dump, ``unique_tracks.txt`` and some song files of the Million Song Dataset, the Echo Nest archive,
``truth.csv`` (the release group of each Amazon album) and ``truth_tracks.csv`` (the release groups of each song, some of
which are on two).
"""

import bz2
import gzip
import html
import io
import json
import tarfile
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa

from mumu_lib.core.files import atomic_path, write_atomically
from mumu_lib.sources.sample import Tables
from mumu_lib.sources.sample.raw import world
from mumu_lib.sources.sample.raw.world import World

SONG_FILES = 24


def write(made: Tables, folder: Path, seed: int = 0) -> Path:
    """Write the raw sources of a sample.

    Parameters
    ----------
    made : Tables
        From :func:`mumu_lib.sources.sample.tables`.
    folder : Path
        Existing files of the same names are replaced.

    Returns
    -------
    folder : Path
        Its files have the same bytes for the same tables and seed.
    """
    folder = Path(folder)
    rng = np.random.default_rng([seed, 9])
    true = world.make(made, rng)
    _amazon(true.shop, folder, rng)
    _reviews(made.reviews, true.shop, folder)
    _musicbrainz(true, folder / "musicbrainz-canonical-dump-sample.tar.zst")
    _millionsong(true.songs, folder, rng)
    _echonest(true.songs, folder / "millionsongdataset_echonest.tar.bz2")
    _truth(made, true, folder)
    return folder


def _truth(made: Tables, true: World, folder: Path) -> None:
    """Write the true release group of each album and song."""
    groups = made.albums.set_index("album_id")["release_group_mbid"]
    truth = true.shop[true.shop["of"] != ""]
    truth = truth.assign(release_group_mbid=truth["of"].map(groups))[["album_id", "release_group_mbid"]]
    write_atomically(folder / "truth.csv", truth.to_csv(index=False))
    on_release = true.recordings.merge(true.releases, on="release_mbid")[["recording_mbid", "release_group_mbid"]]
    named = true.songs[["track_id", "recordings"]].explode("recordings")
    now = true.moved.set_index("recording_mbid")["canonical_recording_mbid"]
    named["recording_mbid"] = named["recordings"].map(now).fillna(named["recordings"])
    on = named.merge(on_release)[["track_id", "release_group_mbid"]]
    write_atomically(folder / "truth_tracks.csv", on.to_csv(index=False))


def _amazon(shop: pd.DataFrame, folder: Path, rng: np.random.Generator) -> None:
    """Write the metadata of 2014 and 2023.

    2014 has Python literals, no artists and some missing titles; 2023 has the artist with role and format, and one
    branch.
    """
    old = []
    new = []
    for row in shop.to_dict("records"):
        title = html.escape(row["title"], quote=False)
        branches = [["CDs & Vinyl", *branch] for branch in row["branches"]]
        entry = {"asin": row["album_id"], "categories": branches, "salesRank": {"Music": int(rng.integers(1, 300_000))}}
        if title and rng.random() < 0.7:
            entry["title"] = title
        old.append(repr(entry))
        role = str(rng.choice(["", "  (Artist)", "  (Composer)"]))
        store = None
        if row["artist"]:
            store = f"{row['artist']}{role}    Format: Audio CD"
        entry_2023 = {
            "parent_asin": row["album_id"],
            "title": title,
            "store": store,
            "categories": branches[0],
            "price": "None",
        }
        new.append(json.dumps(entry_2023))
    _write_gzip(folder / "meta_CDs_and_Vinyl.json.gz", old)
    _write_gzip(folder / "meta_CDs_and_Vinyl.jsonl.gz", new)


def _reviews(reviews: pd.DataFrame, shop: pd.DataFrame, folder: Path) -> None:
    """Write the reviews; albums that only the shop has get those of the album that they imitate."""
    by_album = {}
    for album_id, group in reviews.groupby("album_id"):
        by_album[album_id] = group.to_dict("records")
    lines = []
    for row in shop.to_dict("records"):
        original = row["of"] or row["album_id"].replace("B0NOT", "B0SYN")
        for i, review in enumerate(by_album.get(original, [])):
            lines.append(json.dumps(_review(row["album_id"], i, review)))
    _write_gzip(folder / "reviews_CDs_and_Vinyl.json.gz", lines)


def _review(album_id: str, number: int, review: dict[Hashable, Any]) -> dict[str, Any]:
    """Return a review in the form of Amazon."""
    helpful = 0
    if not pd.isna(review["helpful"]):
        helpful = int(review["helpful"])
    return {
        "reviewerID": f"A{number:013d}",
        "asin": album_id,
        "helpful": [helpful, 100],
        "reviewText": review["text"],
        "overall": float(review["rating"]),
        "summary": review["summary"],
        "unixReviewTime": 1252800000,
        "reviewTime": "09 13, 2009",
    }


def _musicbrainz(true: World, path: Path) -> None:
    """Write the canonical dump, an archive of three tables."""
    data = true.recordings.merge(
        true.releases[["release_mbid", "title", "artist"]], on="release_mbid", suffixes=("", "_release")
    )
    columns = [
        "id",
        "artist_credit_id",
        "artist_mbids",
        "artist_credit_name",
        "release_mbid",
        "release_name",
        "recording_mbid",
        "recording_name",
        "combined_lookup",
        "score",
    ]
    data = data.assign(
        id=range(len(data)),
        artist_credit_id=0,
        artist_mbids="",
        score=0,
        artist_credit_name=data["artist_release"],
        release_name=data["title_release"],
        recording_name=data["title"],
    )
    names = data["artist_credit_name"] + data["recording_name"]
    data["combined_lookup"] = names.str.lower().str.replace(r"\W+", "", regex=True)
    groups = true.releases[["release_mbid", "release_group_mbid"]]
    groups = groups.assign(canonical_release_mbid=groups["release_mbid"])
    tables = {
        "canonical_musicbrainz_data": data[columns],
        "canonical_recording_redirect": true.moved,
        "canonical_release_redirect": groups[["release_mbid", "canonical_release_mbid", "release_group_mbid"]],
    }
    files = {}
    for name, table in tables.items():
        files[f"musicbrainz-canonical-dump-sample/canonical/{name}.csv"] = table.to_csv(index=False)
    with atomic_path(path) as part, pa.CompressedOutputStream(str(part), "zstd") as out:
        out.write(_tar(files))


def _millionsong(songs: pd.DataFrame, folder: Path, rng: np.random.Generator) -> None:
    """Write the list of tracks and some song files."""
    lines = songs[["track_id", "song_id", "artist", "title"]].agg("<SEP>".join, axis=1)
    write_atomically(folder / "unique_tracks.txt", "\n".join(lines) + "\n")
    for song in songs.head(SONG_FILES).to_dict("records"):
        track = song["track_id"]
        path = folder / "MillionSongSubset" / track[2] / track[3] / track[4] / f"{track}.h5"
        _song_file(path, song, rng)


def _song_file(path: Path, song: dict[Hashable, Any], rng: np.random.Generator) -> None:
    """Write an HDF5 file of one song."""
    text = {"artist_name": "S1024", "artist_mbid": "S40", "release": "S1024", "title": "S1024", "song_id": "S32"}
    metadata = np.zeros(1, [*text.items(), ("track_7digitalid", "<i4")])
    metadata["artist_name"] = song["artist"].encode()
    metadata["title"] = song["title"].encode()
    metadata["song_id"] = song["song_id"].encode()
    metadata["track_7digitalid"] = -1
    analysis = np.zeros(1, [("duration", "<f8"), ("track_id", "S32")])
    analysis["track_id"] = song["track_id"].encode()
    analysis["duration"] = rng.uniform(120, 300)
    datasets = {
        "metadata/songs": metadata,
        "analysis/songs": analysis,
        "musicbrainz/songs": np.zeros(1, [("year", "<i4")]),
        "analysis/segments_timbre": rng.normal(0, 30, (60, 12)),
    }
    with atomic_path(path) as part, h5py.File(part, "w") as file:
        for name, data in datasets.items():
            file.create_dataset(name, data=data, compression="gzip", track_times=False)


def _echonest(songs: pd.DataFrame, path: Path) -> None:
    """Write the archive of the Echo Nest, which has one answer per song."""
    files = {}
    for song in songs.to_dict("records"):
        tracks = []
        for recording in song["recordings"]:
            foreign_id = f"musicbrainz:track:{recording.upper()}"
            tracks.append({"id": "TRX", "catalog": "musicbrainz", "foreign_id": foreign_id})
        tracks.append({"id": "TRY", "catalog": "7digital-UK", "foreign_id": "7digital-UK:track:1"})
        entry = {"id": song["song_id"], "title": song["title"], "artist_name": song["artist"], "tracks": tracks}
        reply = {"response": {"status": {"version": "4.2", "code": 0, "message": "Success"}, "songs": [entry]}}
        files[f"millionsongdataset_echonest/{song['song_id'][2:4]}/{song['song_id']}.json"] = json.dumps(reply)
    write_atomically(path, bz2.compress(_tar(files)))


def _tar(files: dict[str, str]) -> bytes:
    """Return an archive of some texts."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, text in files.items():
            data = text.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return raw.getvalue()


def _write_gzip(path: Path, lines: list[str]) -> None:
    write_atomically(path, gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))
