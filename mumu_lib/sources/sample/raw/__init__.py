"""The sample as the raw sources would hold it: in their formats, with their noise, and the truth beside.

Notebook: 01, which starts from these files as it would from the real ones.

Written are Amazon's metadata of 2014 (no artist) and 2023 (artist in ``store``) and its reviews, a
canonical MusicBrainz dump, ``unique_tracks.txt`` and some song files of the Million Song Dataset, the
Echo Nest archive, and ``truth.csv``: which release group each Amazon album
is, and ``truth_tracks.csv``: which each song is on (some are on two).
"""

import bz2
import gzip
import html
import io
import json
import tarfile
from pathlib import Path

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
        Of :func:`mumu_lib.sources.sample.tables`.
    folder : Path
        Files in it of the same names are replaced.

    Returns
    -------
    folder : Path
        The same bytes for the same tables and seed.
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
    """2014: Python literals, no artist, some titles missing; 2023: artist with format and role, one branch."""
    old, new = [], []
    for row in shop.to_dict("records"):
        branches = [["CDs & Vinyl", *branch] for branch in row["branches"]]
        entry = {"asin": row["album_id"], "categories": branches, "salesRank": {"Music": int(rng.integers(1, 300_000))}}
        if row["title"] and rng.random() < 0.7:
            entry["title"] = html.escape(row["title"], quote=False)
        old.append(repr(entry))
        role = str(rng.choice(["", "  (Artist)", "  (Composer)"]))
        store = f"{row['artist']}{role}    Format: Audio CD" if row["artist"] else None
        new.append(
            json.dumps(
                {
                    "parent_asin": row["album_id"],
                    "title": html.escape(row["title"], quote=False),
                    "store": store,
                    "categories": branches[0],
                    "price": "None",
                }
            )
        )
    _gz(folder / "meta_CDs_and_Vinyl.json.gz", old)
    _gz(folder / "meta_CDs_and_Vinyl.jsonl.gz", new)


def _reviews(reviews: pd.DataFrame, shop: pd.DataFrame, folder: Path) -> None:
    lines = []
    by_album = dict(list(reviews.groupby("album_id")))
    for row in shop.to_dict("records"):
        for i, review in enumerate(
            by_album.get(row["of"] or row["album_id"].replace("B0NOT", "B0SYN"), reviews[:0]).to_dict("records")
        ):
            entry = {
                "reviewerID": f"A{i:013d}",
                "asin": row["album_id"],
                "helpful": [int(review["helpful"]) if review["helpful"] == review["helpful"] else 0, 100],
                "reviewText": review["text"],
                "overall": float(review["rating"]),
                "summary": review["summary"],
                "unixReviewTime": 1252800000,
                "reviewTime": "09 13, 2009",
            }
            lines.append(json.dumps(entry))
    _gz(folder / "reviews_CDs_and_Vinyl.json.gz", lines)


def _musicbrainz(true: World, path: Path) -> None:
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
    data["combined_lookup"] = (
        (data["artist_credit_name"] + data["recording_name"]).str.lower().str.replace(r"\W+", "", regex=True)
    )
    group = true.releases[["release_mbid", "release_group_mbid"]]
    tables = {
        "canonical_musicbrainz_data": data[columns],
        "canonical_recording_redirect": true.moved,
        "canonical_release_redirect": group.assign(canonical_release_mbid=group["release_mbid"])[
            ["release_mbid", "canonical_release_mbid", "release_group_mbid"]
        ],
    }
    files = {
        f"musicbrainz-canonical-dump-sample/canonical/{name}.csv": t.to_csv(index=False) for name, t in tables.items()
    }
    with atomic_path(path) as part, pa.CompressedOutputStream(str(part), "zstd") as out:
        out.write(_tar(files))


def _millionsong(songs: pd.DataFrame, folder: Path, rng: np.random.Generator) -> None:
    lines = songs[["track_id", "song_id", "artist", "title"]].agg("<SEP>".join, axis=1)
    write_atomically(folder / "unique_tracks.txt", "\n".join(lines) + "\n")
    for song in songs.head(SONG_FILES).to_dict("records"):
        track = song["track_id"]
        path = folder / "MillionSongSubset" / track[2] / track[3] / track[4] / f"{track}.h5"
        _song_file(path, song, rng)


def _song_file(path: Path, song: dict, rng: np.random.Generator) -> None:
    text = {"artist_name": "S1024", "artist_mbid": "S40", "release": "S1024", "title": "S1024", "song_id": "S32"}
    metadata = np.zeros(1, [*text.items(), ("track_7digitalid", "<i4")])
    metadata["artist_name"], metadata["title"] = song["artist"].encode(), song["title"].encode()
    metadata["song_id"], metadata["track_7digitalid"] = song["song_id"].encode(), -1
    analysis = np.zeros(1, [("duration", "<f8"), ("track_id", "S32")])
    analysis["track_id"], analysis["duration"] = song["track_id"].encode(), rng.uniform(120, 300)
    with atomic_path(path) as part, h5py.File(part, "w") as file:
        for name, table in (
            ("metadata", metadata),
            ("analysis", analysis),
            ("musicbrainz", np.zeros(1, [("year", "<i4")])),
        ):
            file.create_dataset(f"{name}/songs", data=table, compression="gzip", track_times=False)
        file.create_dataset(
            "analysis/segments_timbre", data=rng.normal(0, 30, (60, 12)), compression="gzip", track_times=False
        )


def _echonest(songs: pd.DataFrame, path: Path) -> None:
    files = {}
    for song in songs.to_dict("records"):
        tracks = [
            {"id": "TRX", "catalog": "musicbrainz", "foreign_id": f"musicbrainz:track:{r.upper()}"}
            for r in song["recordings"]
        ]
        tracks.append({"id": "TRY", "catalog": "7digital-UK", "foreign_id": "7digital-UK:track:1"})
        found = {"id": song["song_id"], "title": song["title"], "artist_name": song["artist"], "tracks": tracks}
        reply = {"response": {"status": {"version": "4.2", "code": 0, "message": "Success"}, "songs": [found]}}
        files[f"millionsongdataset_echonest/{song['song_id'][2:4]}/{song['song_id']}.json"] = json.dumps(reply)
    write_atomically(path, bz2.compress(_tar(files)))


def _tar(files: dict[str, str]) -> bytes:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data := text.encode())
            archive.addfile(info, io.BytesIO(data))
    return raw.getvalue()


def _gz(path: Path, lines: list[str]) -> None:
    write_atomically(path, gzip.compress(("\n".join(lines) + "\n").encode(), mtime=0))
