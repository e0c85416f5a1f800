"""Every reader of outside bytes, each with whole examples to start from; read by ``fuzz.py`` and by ``test_hostile.py``.

A target takes bytes and an empty folder. It may raise a ``MumuError``, write into that folder, and nothing else. What
has an inner structure that changed bytes would only break (archives with checksums, parquet, HDF5, ``.npy`` headers) has
a second target, whose bytes describe in JSON what to make; what cannot be made from them is no example.
"""

import io
import json
import lzma
import os
import sqlite3
import struct
import subprocess
import tarfile
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import requests
import soundfile
from PIL import Image
from requests.adapters import HTTPAdapter

import tagged_files
from mumu_lib import audio, catalogue, image, params, results, runs, text
from mumu_lib.audio import timbre as audio_timbre
from mumu_lib.core import parsing, paths, pictures
from mumu_lib.core.errors import MumuError
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.encoders import musicnn, packages, wheels
from mumu_lib.features import embeddings
from mumu_lib.figures import media
from mumu_lib.linking import annotate, babelfy, build, dumps, local, mediawiki, services, spotlight
from mumu_lib.prediction import shared, unpacking
from mumu_lib.results import paper_rows
from mumu_lib.sources import (
    amazon,
    categories,
    cover_art,
    fetch,
    folder,
    ismir_data,
    millionsong,
    mumu_release,
    musicbrainz,
    musicbrainz_web,
    previews,
    reading,
    recordings,
    sample,
    tags as own_tags,
    texts,
    web,
)
from mumu_lib.sources.collection import albums, layout, walk
from mumu_lib.sources.sample import knowledge as sample_knowledge, raw
from mumu_lib.sources.tags import Tags

MiB = 1 << 20
TEXT = "Miles Davis plays Jazz in Paris \U0001f3ba with John Coltrane."
GENRES = [["Pop"], ["Jazz", "Vocal Jazz"], ["Pop", "Jazz"], ["Rock"]]
UNMAKEABLE = (
    ValueError,
    TypeError,
    OverflowError,
    AttributeError,
    KeyError,
    RecursionError,
    OSError,
    pa.ArrowException,
)


@dataclass(frozen=True)
class Target:
    """A reader, the examples it starts from, and the memory [bytes] that it may take beyond what the imports did."""

    read: Callable[[bytes, Path], object]
    seeds: Callable[[Path], Iterable[bytes]]
    memory: int


TARGETS: dict[str, Target] = {}


def target(seeds: Callable[[Path], Iterable[bytes]], memory: int = 1024 * MiB) -> Callable:
    def add(read: Callable[[bytes, Path], object]) -> Callable:
        TARGETS[read.__name__] = Target(read, seeds, memory)
        return read

    return add


def _json(*examples: Any) -> Callable[[Path], list[bytes]]:
    return lambda _: [json.dumps(example).encode() for example in examples]


def _files(*patterns: str) -> Callable[[Path], list[bytes]]:
    return lambda world: [sorted(world.glob(pattern))[0].read_bytes() for pattern in patterns]


def _unpacked(*patterns: str) -> Callable[[Path], list[bytes]]:
    def read(world: Path) -> list[bytes]:
        found = []
        for pattern in patterns:
            with reading.opened(sorted(world.glob(pattern))[0]) as stream:
                found.append(stream.read(6000))
        return found

    return read


def _made(data: bytes, parse: Callable[[bytes], Any] = json.loads) -> Any:
    """What bytes describe; None if nothing."""
    try:
        return parse(data)
    except UNMAKEABLE:
        return None


def _put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def _tagged(place: Path) -> None:
    """Files with tags of every kind."""
    for kind in ("mp3", "wav", "aiff"):
        tagged_files.with_id3(
            tagged_files.sound(place / f"tagged.{kind}"), ["Rock", "(17)(8)"], TPE1="A", pictures=[(3, b"x")]
        )
    tagged_files.with_comments(tagged_files.sound(place / "tagged.ogg"), genre=["Rock", "17"], discnumber=["1/2"])
    tagged_files.with_ape(tagged_files.sound(place / "tagged-ape.mp3"), Genre=["Rock", "Pop"], Disc="1/2")
    tagged_files.m4a(place / "tagged.m4a", (b"gnre", 0, b"\0\0"), (b"\xa9gen", 1, b"Rock"), (b"covr", 14, b"x"))


@cache
def world(place: Path) -> Path:
    """Whole examples of every format, made by the sample's own writers."""
    made = sample.tables(8)
    raw.write(made, place / "raw")
    sample_knowledge.write(place)
    frame = made.albums.assign(
        genres=[GENRES[i % 4] for i in range(8)], split=["train"] * 4 + ["val"] * 2 + ["test"] * 2
    )
    catalogue.write(
        place / "catalogue", name="tiny", albums=frame, tracks=made.tracks, reviews=made.reviews, min_albums=2,
        branches=[["Pop"], ["Rock"], ["Jazz", "Vocal Jazz"]], source="test", roots={"audio": "a", "covers": "c"}, synthetic=True,
    )  # fmt: skip
    y = np.random.default_rng(0).normal(0, 0.1, 8000 * 4).astype(np.float32)
    for kind in ("wav", "flac", "ogg", "mp3"):
        soundfile.write(place / f"clip.{kind}", y, 8000)
    with soundfile.SoundFile(place / "tagged.flac", "w", 8000, 1) as file:
        file.title, file.artist, file.album, file.genre = "Title", "Artist", "Album", "(17)Rock;Pop"
        file.write(y)
    _tagged(place)
    picture = Image.fromarray(np.random.default_rng(0).integers(0, 255, (24, 20, 3), dtype=np.uint8))
    for kind in ("jpg", "png", "gif", "webp", "bmp", "tif", "avif"):
        picture.save(place / f"cover.{kind}")
    _song_file({"songs": {"title": "T"}, "timbre": [[0.5] * 12] * 3}, place / "small.h5")
    with sqlite3.connect(place / "tracks.db") as database:
        database.execute(
            "CREATE TABLE songs (track_id text, title text, song_id text, release text, artist_mbid text, "
            "artist_name text, duration real, track_7digitalid int, year int)"
        )
        database.execute("INSERT INTO songs VALUES ('TR', 'T', 'SO', 'R', '', 'A', 1.5, 7, 1999)")
    database.close()
    return place


def _tiny(folder: Path) -> catalogue.Catalogue:
    return catalogue.Catalogue(_examples(folder) / "catalogue")


def _examples(folder: Path) -> Path:
    return folder.parent / "world"


# The catalogue.


def _use(opened: catalogue.Catalogue) -> None:
    opened.validate()
    opened.label_matrix(), opened.top_labels, opened.fingerprint, repr(opened)
    [opened.cover_path(cover) for cover in opened.albums["cover"]]
    [opened.audio_path(recording) for recording in opened.tracks["audio"]]
    for modality in ("audio", "timbre", "reviews", "covers", "labels"):
        with suppress(catalogue.MissingDataError):
            opened.require(modality)
    runs.start(opened, "run", params.Overview(catalogue="tiny", seed=0, top=1))


def _copied(folder: Path) -> Path:
    for path in (_examples(folder) / "catalogue").iterdir():
        _put(folder, f"catalogue/{path.name}", path.read_bytes())
    return folder / "catalogue"


@target(_files("catalogue/catalogue.json"))
def catalogue_json(data: bytes, folder: Path) -> None:
    _put(_copied(folder), "catalogue.json", data)
    _use(catalogue.Catalogue(folder / "catalogue"))


@target(_files("catalogue/albums.parquet", "catalogue/tracks.parquet"), 2048 * MiB)
def catalogue_parquet(data: bytes, folder: Path) -> None:
    _put(_copied(folder), "tracks.parquet" if b"track_id" in data else "albums.parquet", data)
    _use(catalogue.Catalogue(folder / "catalogue"))


def _columns(place: Path) -> list[bytes]:
    tables = {name: pd.read_parquet(place / "catalogue" / f"{name}.parquet").head(3) for name in catalogue.COLUMNS}
    return [json.dumps({name: json.loads(t.to_json())}).encode() for name, t in tables.items()]


@target(_columns)
def catalogue_tables(data: bytes, folder: Path) -> None:
    made = _made(data)
    try:
        ((name, columns),) = made.items()
        table = pa.table({key: list(cells.values()) for key, cells in columns.items()})
        pq.write_table(table, _copied(folder) / f"{name}.parquet")
    except UNMAKEABLE:
        return
    _use(catalogue.Catalogue(folder / "catalogue"))


# Collections of one's own.

MANIFEST = (
    "path,album_id,album,artist,title,genres,text,cover,split\n"
    "a.flac,A1,One,Anna,First,Jazz > Vocal Jazz | Pop,fine,c.png,train\n"
    "b/a.flac,A2,Two,Bert,Second,Pop,t.txt,,val\n,A3,Three,Carl,,Pop,words,c.png,test\n"
)


def _collection(folder: Path) -> Path:
    place, examples = folder / "music", _examples(folder)
    for name, source in {"a.flac": "tagged.flac", "b/a.flac": "tagged.flac", "c.png": "cover.png"}.items():
        _put(place, name, (examples / source).read_bytes())
    _put(place, "t.txt", b"a text")
    return place


@target(lambda _: [MANIFEST.encode(), MANIFEST.replace(",", ";").encode("utf-8-sig"), b"audio\r\na.flac\r\n"])
def manifest(data: bytes, folder_: Path) -> None:
    folder.build(
        _collection(folder_), _put(folder_, "manifest.csv", data), name="own", out=folder_ / "own", min_albums=1
    )


@target(lambda _: [b"Jazz > Vocal Jazz\nPop\n", "Pop | Rock\u00e9".encode("utf-8-sig"), b"\xff\xfeJ\0"])
def genres_and_texts(data: bytes, folder_: Path) -> None:
    place = _collection(folder_)
    _put(place, "b/genres.txt", data)
    _put(place, "b/review.md", data)
    folder.build(place, name="own", out=folder_ / "own", min_albums=1)


@target(_files("tagged.flac", "tagged.mp3", "tagged.ogg", "tagged.wav", "tagged.aiff", "tagged.m4a", "tagged-ape.mp3"))
def tags(data: bytes, folder: Path) -> None:
    path = _put(folder, "own/a.mp3", data)
    read = own_tags.read(path)
    assert isinstance(own_tags.genres.split(read.genres), own_tags.genres.Split)
    for picture in own_tags.pictures.read(path):
        pictures.fault(path, picture)
    recordings.identical([path, _put(folder, "own/b.mp3", data)])


@target(lambda _: [b"Rock/Pop; R&B/Soul\n(17)(8), Jazz > Bop", b"Rock\\\\Jazz\0Other", b"\xff\xfeR\0;\0P\0"])
def genre_tags(data: bytes, _: Path) -> None:
    text = texts.decode(data).text
    texts.no_review("a.txt", text)
    known = own_tags.genres.standing_alone([text])
    for separators in ("auto", "none", "/,-]"):
        own_tags.genres.split([text], known=known, separators=separators)


ALBUMS = (
    {"Ann/Wide/CD1/1.mp3": {"album": "Wide (Disc 1)", "album_artist": "Ann", "disc": 1, "track": 1}, "Ann/Wide/CD2/1.mp3": {}},
    {"000/1.mp3": {"album": "Mix", "artists": ["Ann"], "compilation": True}, "001/2.mp3": {"album": "Mix", "artists": ["Bob"], "title": "x"}},
    {"A/Abba - Gold/1.mp3": {}, "B/Beck (Side B)/1.mp3": {"album": "Odelay"}, "Jazz/1.mp3": {}, "Rock/2.mp3": {}, "x.mp3": {}},
)  # fmt: skip
KINDS_OF_TAGS = {"album": str, "album_artist": str, "title": str, "disc": int, "track": int, "compilation": bool}


def _tags_of(values: Any) -> Tags:
    """Tags as a reader gives them: of the right kinds, without line ends."""
    fields: dict[str, Any] = {}
    for name, kind in KINDS_OF_TAGS.items():
        value = values.get(name) if isinstance(values, dict) else None
        if type(value) is kind:
            fields[name] = " ".join(value.split()) if kind is str else value
    artists = values.get("artists") if isinstance(values, dict) else None
    if isinstance(artists, list):
        fields["artists"] = tuple(" ".join(name.split()) for name in artists if isinstance(name, str))
    return Tags(**fields)


@target(_json(*ALBUMS))
def album_rule(data: bytes, _: Path) -> None:
    """Names of folders and tags: each recording is in one album, and ids are unlike."""
    described = _made(data, parsing.parse_json)
    if not isinstance(described, dict):
        return
    tree: dict[tuple[str, ...], list[str]] = {(): []}
    found = {}
    for path, values in described.items():
        parts = tuple(part for part in path.split("/") if part and part not in (".", ".."))
        if parts and walk.is_sound(parts[-1]):
            found["/".join(parts)] = _tags_of(values)
            for depth in range(len(parts)):
                tree.setdefault(parts[:depth], [])
            tree[parts[:-1]] = sorted({*tree[parts[:-1]], parts[-1]})
    made = albums.decide(layout.group(tree), found)
    paths = sorted(path for album in made for path in album.paths)
    ids = {album.album_id for album in made}
    if paths != sorted(found) or len(ids) != len(made) or any(len(name.splitlines()) > 1 for name in ids):
        raise AssertionError(f"albums of {paths} with the ids {sorted(ids)}")


@target(
    lambda _: [
        b"Ann/Wide/CD1/1.mp3\0Ann/Wide/CD2/1.mp3\0Ann/Wide/genres.txt",
        b"...And/.x/1.mp3\0._1.mp3\0a\nb/\xff.mp3\0 / .mp3",
    ]
)
def names_of_files(data: bytes, folder_: Path) -> None:
    """Names that a disk may hold."""
    place = folder_ / "music"
    place.mkdir()
    for name in data.split(b"\0")[:20]:
        parts = [part for part in name.split(b"/") if part not in (b"", b".", b"..")]
        with suppress(OSError, ValueError):
            path = place.joinpath(*map(os.fsdecode, parts))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    folder.build(place, name="own", out=folder_ / "own", min_albums=1)


# Shops and encyclopedias.

RELEASE = {
    "id": "A", "title": "T", "asin": None, "release-group": {"id": "G"}, "artist-credit": [{"name": "N", "joinphrase": " & "}, {"artist": {"name": "M"}}],
    "media": [{"tracks": [{"recording": {"id": "R"}}]}, {"tracks": None}],
}  # fmt: skip
ECHONEST = {
    "response": {"songs": [{"id": "S", "tracks": [{"catalog": "musicbrainz", "foreign_id": "musicbrainz:track:X"}]}]}
}


@target(_unpacked("raw/meta_CDs_and_Vinyl.json.gz", "raw/meta_CDs_and_Vinyl.jsonl.gz"))
def amazon_metadata(data: bytes, folder: Path) -> None:
    amazon.metadata(_put(folder, "meta.json", data)).to_parquet(folder / "kept.parquet")


@target(
    _json(
        {"asin": "B1", "title": "T &amp; U", "categories": [["CDs & Vinyl", "Pop"]], "imUrl": "http://x/a.jpg", "brand": "Barry, John (Composer) Format: Audio CD"},
        [{"parent_asin": "B2", "store": "S", "category": ["Digital Music", "Rock"], "images": {"hi_res": ["u"], "large": [None]}}],
        {"amazon_id": "B3", "imageURLHighRes": ["a.gif"], "images": [{"large": "x"}]},
        {"asin": "B4", "title": "<span id='t'>T</span> var a = new Date();", "brand": "by\n S", "category": ["CDs &amp;amp; Vinyl", "</span>", "<p>x</p>", "Jazz > Bop"]},
    )
)  # fmt: skip
def amazon_record(data: bytes, folder: Path) -> None:
    amazon.metadata(_put(folder, "meta.json", data)).to_parquet(folder / "kept.parquet")


@target(
    _json(
        {"asin": "B1", "title": "T &amp; U", "categories": [["CDs & Vinyl", "Pop"]], "imUrl": "http://x/a.jpg", "brand": "Barry, John (Composer) Format: Audio CD"},
        {"parent_asin": "B2", "text": "fine", "rating": "4,5", "helpful_vote": 3, "images": {"hi_res": ["u"], "large": [None]}},
        RELEASE,
        ECHONEST,
        {"query": {"track_id": "TR"}, "matches": [{"id": "X"}]},
    )
)  # fmt: skip
def records(data: bytes, _: Path) -> None:
    """One record after another, without the tables that are made of them: cheap, for the many."""
    problems: list[str] = []
    for record in reading.records_of(io.BufferedReader(io.BytesIO(data)), "file", problems):
        amazon._album(record, "file", problems, Counter())
        for read in (musicbrainz.release_row, musicbrainz.recording_ids, millionsong._recordings):
            with suppress(*parsing.UNEXPECTED):
                json.dumps(read(record), ensure_ascii=False).encode()
        amazon._text(record, "text"), amazon._number(record, "rating"), amazon._helpful(record)


@target(_unpacked("raw/reviews_CDs_and_Vinyl.json.gz"))
def amazon_reviews(data: bytes, folder: Path) -> None:
    amazon.reviews(_put(folder, "reviews.json", data)).to_parquet(folder / "kept.parquet")


@target(
    _json(
        {"asin": "B1", "reviewText": "fine", "summary": "s", "overall": 4.0, "helpful": [1, 2]},
        {"parent_asin": "B1", "text": "f", "title": "s", "rating": "4,5", "helpful_vote": 3},
    )
)
def amazon_review(data: bytes, folder: Path) -> None:
    amazon.reviews(_put(folder, "reviews.json", data)).to_parquet(folder / "kept.parquet")


@target(
    lambda _: [
        b"<span class='a-list-item'>T &amp;amp; U</span><script>x()</script> var a = (new Date()).getTime();",
        b"by\n  S (Artist)  Format: Audio CD", b"['CDs & Vinyl', 'Jazz']", b"CDs & Vinyl > Jazz", b".a { b: c; } <!-- d -->",
    ]
)  # fmt: skip
def scraped(data: bytes, _: Path) -> None:
    """Texts of a shop's pages."""
    said = data.decode("utf-8", "replace")
    names = [categories.title(said).text, categories.artist(said).text]
    for branch in categories.branches(said, []) + categories.branches([said, said[:9]], []):
        names += branch
    "".join(names).encode()


def _in_parts(world: Path) -> list[bytes]:
    """Compressed files, and such of two parts with zeros or frames to be skipped between them."""
    found = _files("raw/meta_CDs_and_Vinyl.json.gz", "raw/millionsongdataset_echonest.tar.bz2", "raw/*.tar.zst")(world)
    packed = pa.Codec("zstd").compress(b"line\n", asbytes=True)
    skipped = b"\x50\x2a\x4d\x18\x04\x00\x00\x00\x00\x00\x00\x00"
    return [*found, skipped + packed + skipped + packed, lzma.compress(b"line\n") + bytes(8) + lzma.compress(b"line\n")]


@target(_in_parts)
def compressed(data: bytes, folder: Path) -> None:
    """Streams of gz, bz2, zst and xz, and the archives in them."""
    path, problems = _put(folder, "file", data), []
    with reading.opened(path) as stream:
        list(reading.lines(stream, "file", problems))
    for _, stream in reading.members(path, lambda _: True, problems):
        stream.read(1000)


def _convert(dump: Path, folder: Path) -> None:
    musicbrainz.convert(dump, folder / "mb")
    musicbrainz.recordings(folder / "mb", ["g", "G"])
    musicbrainz.follow_redirects(pd.Series(["r", "x"]), folder / "mb")


@target(_json(RELEASE))
def musicbrainz_release(data: bytes, folder: Path) -> None:
    _put(folder, "dump/mbdump/release", data + b"\n" + json.dumps(RELEASE).encode())
    _convert(folder / "dump", folder)


@target(_unpacked("raw/*.tar.zst"))
def musicbrainz_dump(data: bytes, folder: Path) -> None:
    _convert(_put(folder, "dump.tar", data), folder)


CANONICAL = {
    "canonical_musicbrainz_data.csv": b'id,artist_credit_name,release_mbid,release_name,recording_mbid\n1,A,R1,N,C1\n2,"B, C",R2,O,C2\n',
    "canonical_release_redirect.csv": b"release_mbid,canonical_release_mbid,release_group_mbid\nR1,R1,G1\nR2,R1,G1\n",
    "canonical_recording_redirect.csv": b"recording_mbid,canonical_recording_mbid\nC0,C1\n",
}


@target(lambda _: [b"%s\0%s" % (name.encode(), content) for name, content in CANONICAL.items()])
def musicbrainz_canonical(data: bytes, folder: Path) -> None:
    name, _, content = data.partition(b"\0")
    for other, whole in CANONICAL.items():
        _put(folder, f"dump/{other}", content if other.encode() == name else whole)
    _convert(folder / "dump", folder)


@target(_files("raw/unique_tracks.txt"))
def unique_tracks(data: bytes, folder: Path) -> None:
    path = _put(folder, "file.txt", data)
    for read in (millionsong.unique_tracks, millionsong.mismatches):
        with suppress(millionsong.BadDataError):
            read(path)


@target(
    lambda _: [
        b"TRAAA,8a1b2c3d-0000-0000-0000-000000000000,title,artist\n",
        b'[{"query": {"track_id": "TR"}, "matches": [{"id": "X"}]}]',
        b'{"query": {"track_id": "TR"}, "match": [{"id": "X"}]}',
    ]
)
def mbid_mapping(data: bytes, folder: Path) -> None:
    millionsong.mbid_mapping(_put(folder, "file", data))


@target(_json(ECHONEST, {"response": {"songs": []}}))
def echonest(data: bytes, folder: Path) -> None:
    _put(folder, "archive/SO1.json", data)
    millionsong.echonest_mapping(folder / "archive")


@target(_files("tracks.db"))
def track_metadata(data: bytes, folder: Path) -> None:
    millionsong.track_metadata(_put(folder, "tracks.db", data))


@target(
    lambda _: [
        b'amazon_id,album_mbid,MSD_track_id,recording_mbid,artist_mbid,genres\nB1,G,TR1,R,A,"Pop,Rock"\nB2,H,TR2,S,A,Jazz\n'
    ]
)
def mumu_tracks(data: bytes, folder: Path) -> None:
    mumu_release.build(_put(folder, "MuMu_dataset_multi-label.csv", data), min_albums=1)


@target(
    lambda _: [
        b"msd_track_id\tgenre\talbum_index\tset\tmsd_artist_id\timage_url\nTR1\tPop\t1\ttrain\tAR1\thttp://x\nTR2\tRock\t2\ttest\tAR2\t\n"
    ]
)
def msdi_tracks(data: bytes, folder: Path) -> None:
    mumu_release.build_msdi(_put(folder, "MSD-I_dataset.tsv", data))


# Arrays and song files.


def _song_file(made: Any, path: Path) -> None:
    with h5py.File(path, "w") as file:
        for group, (name, kind) in {
            **dict.fromkeys(["metadata"], ("title", "S8")), "analysis": ("duration", "<f8"), "musicbrainz": ("year", "<i4"),
        }.items():  # fmt: skip
            names = {field for g, field in millionsong._SONG_FIELDS.values() if g == group}
            table = np.zeros(1, [(field, kind if field == name else "S8") for field in sorted(names)])
            file.create_dataset(f"{group}/songs", data=table, track_times=False)
        file["metadata/songs"]["title"] = str(made["songs"]["title"]).encode()
        timbre, shape = made["timbre"], made.get("shape")
        options = {"chunks": tuple(min(n, 16) or 1 for n in shape)} if shape else {"data": np.array(timbre)}
        external = made.get("external")
        if external:
            options = {"external": [(external, 0, 1 << 16)]}
        file.create_dataset(
            "analysis/segments_timbre", shape=shape, dtype=made.get("dtype"), track_times=False, **options
        )


def _read_song(path: Path) -> None:
    for read in (lambda p: millionsong.songs([p]), millionsong.timbre, audio_timbre.from_msd):
        with suppress(millionsong.BadDataError, audio.AudioError):
            read(path)


@target(_files("small.h5"))
def song_file(data: bytes, folder: Path) -> None:
    _read_song(_put(folder, "song.h5", data))


@target(
    _json(
        {"songs": {"title": "T"}, "timbre": [[0.5] * 12] * 3},
        {"songs": {"title": "T"}, "timbre": 0, "shape": [4000000000, 12], "dtype": "f8"},
        {"songs": {"title": "T"}, "timbre": 0, "shape": [100, 12], "dtype": "S4"},
        {"songs": {"title": "T"}, "timbre": 0, "shape": [10, 12], "dtype": "f8", "external": "/etc/passwd"},
    )
)
def song_content(data: bytes, folder: Path) -> None:
    try:
        _song_file(_made(data), folder / "song.h5")
    except (*UNMAKEABLE, RuntimeError, MemoryError):
        return
    _read_song(folder / "song.h5")


def _npy(header: str, body: bytes = b"") -> bytes:
    padded = header.encode("latin-1", "replace")[:5000] + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + body


def _arrays(_: Path) -> list[bytes]:
    whole, zipped = io.BytesIO(), io.BytesIO()
    np.save(whole, np.arange(12, dtype=np.float32).reshape(3, 4) + 1)
    np.savez(zipped, data=[1.0], indices=[0], indptr=[0, 1, 1, 1], shape=[3, 4])
    claim = "{'descr': '<f4', 'fortran_order': False, 'shape': (%s)}"
    return [whole.getvalue(), zipped.getvalue(), _npy(claim % "3, 4000000000"), _npy(claim % "3, -4"), _npy("{'descr': '|O', 'fortran_order': False, 'shape': (3,)}", b"cos\nsystem\n.")]  # fmt: skip


@target(_arrays)
def arrays(data: bytes, folder: Path) -> None:
    tiny = _tiny(folder)
    ids = tiny.albums["album_id"].tolist()[:3]
    _put(folder, "own.npy", data)
    _put(folder, "own.txt", "\n".join(ids).encode())
    for split in catalogue.SPLITS:
        _put(folder, f"ismir/splits/items_index_{split}_MuMu-albums.tsv", b"1\n2\n3\n")
        _put(folder, f"ismir/train_data/X_{split}_VSM_MuMu-albums.npz", data)
        _put(folder, f"ismir/train_data/X_{split}_audio_MuMu-albums.npy", data)
        _put(folder, f"ismir/splits/y_{split}_class_250_MuMu-albums.npy", data)
    for read in (
        lambda: embeddings.load(folder / "own.npy", tiny),
        lambda: ismir_data.features(folder / "ismir", "VSM", "train"),
        lambda: ismir_data.features(folder / "ismir", "audio", "train"),
        lambda: ismir_data.labels(folder / "ismir", "test"),
    ):
        with suppress(embeddings.BadDataError):
            read()


@target(lambda _: [b"B0SYN00000\nB0SYN00001\n", "\ufeffB0SYN00001\tx\r\nB\r\n".encode()])
def id_lists(data: bytes, folder: Path) -> None:
    np.save(folder / "own.npy", np.ones((2, 3)))
    _put(folder, "own.txt", data)
    _put(folder, "ismir/splits/items_index_train_MuMu-albums.tsv", data)
    for read in (
        lambda: embeddings.load(folder / "own.npy", _tiny(folder)),
        lambda: ismir_data.items(folder / "ismir", "train"),
    ):
        with suppress(embeddings.BadDataError):
            read()


@target(
    _json(
        {"album_id": ["B0SYN00000", "x"], "a": [1.0, 2.0], "b": [1, 2]}, {"album_id": ["B0SYN00001"], "v": [[1.0, 2.0]]}
    )
)
def vector_table(data: bytes, folder: Path) -> None:
    try:
        pq.write_table(pa.table(_made(data)), folder / "own.parquet")
    except UNMAKEABLE:
        return
    embeddings.load(folder / "own.parquet", _tiny(folder))


# Recordings that only ffmpeg reads.

HOSTILE_NAMES = (
    "-i.m4a",
    "-y",
    "concat:a|b.m4a",
    "http:x.m4a",
    "pipe:0.m4a",
    "$(id) 'a' \"b\";c&.m4a",
    "%d.m4a",
    "a\n-y.m4a",
)


def _foreign(place: Path) -> list[bytes]:
    """Recordings that only ffmpeg reads, written by it; where it is not installed, the first bytes of such."""
    examples = [
        b"\0\0\0\x20ftypM4A \0\0\2\0isomiso2",
        b"OggS\0\2" + bytes(22) + b"\x7fFLAC\1\0",
        b"\xff\xf1\x50\x80\x01\x7f\xfc" * 9,
    ]
    examples += [b"ffconcat version 1.0\nfile clip.wav\n", b"#EXTM3U\n#EXTINF:5,\nclip.wav\n#EXT-X-ENDLIST\n"]
    if not audio.ffmpeg.program():
        return examples
    for kind in ("m4a", "aac", "wma", "wv", "mka", "tta"):
        path = place / f"foreign.{kind}"
        subprocess.run([audio.ffmpeg.program(), "-v", "error", "-y", "-i", place / "clip.wav", path], check=False)
        if path.is_file():
            examples.append(path.read_bytes())
    return examples


@target(_foreign, 2048 * MiB)
def recording_by_ffmpeg(data: bytes, folder: Path) -> None:
    """Sound through ffmpeg itself, under names that a shell or ffmpeg could take for something else."""
    path = _put(folder, HOSTILE_NAMES[len(data) % len(HOSTILE_NAMES)], data)
    if not np.isfinite(audio.load(path)).all():
        raise AssertionError("samples that are not finite")


@target(
    lambda _: [
        b".snd" + b"".join(number.to_bytes(4, "big") for number in (24, 2**32 - 1, 6, 8000, 2)) + bytes(64),
        b"  Duration: 00:01:05.50, start: 0.0\n[aac @ 0x55] [error] channel element 0.1 is not allocated\n",
    ]
)
def what_ffmpeg_answers(data: bytes, folder: Path) -> None:
    words = audio.ffmpeg._Log()
    words.listen(io.BytesIO(data))
    words.complaint(), words.promised()
    name = folder / data[:40].decode("utf-8", "ignore").replace("\0", "")
    started, usual = audio.ffmpeg.command(name, 600.0), audio.ffmpeg.command(Path("usual"), 600.0)
    if [a == b for a, b in zip(started, usual, strict=True)].count(False) != 1:
        raise AssertionError(f"a name became an argument: {started}")
    audio.ffmpeg._blocks(io.BytesIO(data), name, lambda block: None)


# Recordings and covers.


@target(_files("clip.wav", "clip.flac", "clip.ogg", "clip.mp3"), 2048 * MiB)
def recording(data: bytes, folder: Path) -> None:
    path = _put(folder, "clip.wav", data)
    media.clip(str(path.rename(folder / "clip.aif")))
    y = audio.load(folder / "clip.aif")
    if not np.isfinite(audio.log_cqt(y[: audio.SAMPLE_RATE])).all():
        raise AssertionError("a spectrogram that is not finite")


@target(_files("cover.jpg", "cover.png", "cover.gif", "cover.webp", "cover.bmp", "cover.tif", "cover.avif"), 2048 * MiB)
def cover(data: bytes, folder: Path) -> None:
    path = _put(folder, "cover.bin", data)
    media.thumbnail.__wrapped__(str(path))
    cover_art._flaw(path)
    image.load(path)


# Archives and downloads.


@target(lambda _: [_tar([{"name": "a/b.txt", "data": "x"}]), _zip([{"name": "a/b.txt", "data": "x"}])])
def archive(data: bytes, folder: Path) -> None:
    fetch.extract(_put(folder, "archive", data), folder / "out")


def _tar(members: list[dict]) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as made:
        for member in members:
            info = tarfile.TarInfo(member["name"])
            data = str(member.get("data", "")).encode()
            info.type, info.linkname = member.get("type", "0").encode()[:1], member.get("link", "")
            info.size = len(data) if info.isreg() else 0
            info.pax_headers = member.get("pax", {})
            info.mode = member.get("mode", 0o644)
            made.addfile(info, io.BytesIO(data))
    return whole.getvalue()


def _zip(members: list[dict]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as made:
        for member in members:
            info = zipfile.ZipInfo(member["name"])
            info.external_attr = member.get("mode", 0o644) << 16
            made.writestr(info, str(member.get("data", "")))
    return whole.getvalue()


@target(
    _json(
        [{"name": "a/b.txt", "data": "x"}, {"name": "a", "type": "5"}],
        [{"name": "../evil"}],
        [{"name": "link", "type": "2", "link": "/etc"}, {"name": "link/passwd", "data": "x"}],
        [{"name": "/abs"}, {"name": "C:\\evil", "mode": 0o120777, "data": "/etc"}],
        [{"name": "a", "data": "x", "pax": {"path": "../b", "size": "99", "GNU.sparse.major": "1"}}],
    )
)
def archive_members(data: bytes, folder: Path) -> None:
    for make in (_tar, _zip):
        try:
            made = make(_made(data))
        except (*UNMAKEABLE, tarfile.TarError, zipfile.BadZipFile, struct.error):
            continue
        path = _put(folder, make.__name__, made)
        for _, stream in reading.members(path, lambda _: True, []) if make is _tar else ():
            stream.read(100)
        with suppress(fetch.BadDataError):
            fetch.extract(path, folder / "out")


@target(
    _json(
        [{"name": "a/b.txt", "data": "x"}, {"name": "a/other.py", "data": "y"}],
        [{"name": "a/b.txt", "data": "xx"}],
        [{"name": "a/b.txt", "data": "x"}, {"name": "../evil"}],
        [{"name": "a/b.txt", "data": "x", "mode": 0o120777}],
    )
)
def wheel(data: bytes, folder: Path) -> None:
    """Whatever a wheel holds, only the file that is asked for is taken, whole."""
    package = replace(packages.PACKAGES["musicnn"], files={"a/b.txt": ("kept.txt", 1)})
    try:
        made = _zip(_made(data))
    except (*UNMAKEABLE, zipfile.BadZipFile, struct.error):
        made = data
    out = folder / "out"
    out.mkdir(exist_ok=True)
    with suppress(parsing.BadDataError):
        wheels.take(_put(folder, "a.whl", made), package, out)
        if [path.name for path in out.iterdir()] != ["kept.txt"] or (out / "kept.txt").stat().st_size != 1:
            raise AssertionError("something else was taken")


@target(lambda _: [f"A = 1\nMSD_LABELS = {list(map(str, range(50)))}\n".encode(), b"MSD_LABELS = [exit()] * 50"])
def tag_list(data: bytes, folder: Path) -> None:
    tags = musicnn.tags_of(_put(folder, "configuration.py", data), "MSD_LABELS")
    if len(set(tags)) != 50:
        raise AssertionError(tags)


class Answers(HTTPAdapter):
    """Answers every request of a session with the same bytes."""

    def __init__(self, body: bytes, headers: dict[str, str] | None = None, status: int = 200) -> None:
        super().__init__()
        self.body, self.head, self.status = body, headers or {}, status

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        reply = requests.Response()
        reply.status_code, reply.url, reply.request = self.status, request.url or "", request
        reply.headers.update(self.head)
        reply.raw = io.BytesIO(self.body)
        return reply


def _answering(session: requests.Session, data: bytes, **options: Any) -> None:
    for scheme in ("http://", "https://"):
        session.mount(scheme, Answers(data, **options))


def _client(data: bytes, folder: Path) -> web.Client:
    client = web.Client(folder / "cache", "a@example.org", pause=0)
    _answering(client._session, data)
    return client


def _each(*calls: Callable[[], object]) -> None:
    for call in calls:
        with suppress(reading.BadDataError, services.ServiceError, reading.MissingDataError):
            call()


@target(
    _json(
        {"release-groups": [{"id": "G", "title": "T", "score": 100, "artist-credit": RELEASE["artist-credit"]}]},
        {"releases": [RELEASE], "release-count": 1},
        {"isrcs": ["ABC"], "preview": "http://localhost/x.mp3"},
    )
)
def musicbrainz_answers(data: bytes, folder: Path) -> None:
    client = _client(data, folder)
    track = pd.DataFrame({"track_id": ["TR"], "recording_mbid": ["R"]})
    _each(
        lambda: musicbrainz_web.recordings(client, "G"),
        lambda: previews.by_isrc(track, folder / "previews", client, client),
    )


@target(_json({"album_id": "B1", "cover_url": "http://localhost/a", "release_group_mbid": "G"}, {"album_id": "../../B1", "cover_url": "", "release_group_mbid": "../G"}))  # fmt: skip
def names_from_outside(data: bytes, folder: Path) -> None:
    """Ids that become names of files."""
    row = _made(data, parsing.parse_json)
    if not isinstance(row, dict) or not all(isinstance(v, str) for v in row.values()) or len(row) != 3:
        return
    picture = _client((_examples(folder) / "cover.png").read_bytes(), folder)
    answer = _client(json.dumps({"isrcs": ["A"], "preview": "http://localhost/x"}).encode(), folder)
    track = pd.DataFrame([row], dtype=object).set_axis(["track_id", "b", "recording_mbid"], axis=1)
    try:
        albums = pd.DataFrame([row], dtype=object)[["album_id", "cover_url", "release_group_mbid"]]
    except KeyError:
        return
    _each(
        lambda: cover_art.fetch(albums, folder / "covers", picture),
        lambda: previews.by_isrc(track, folder / "previews", answer, answer),
    )


@target(_json({"files": [{"key": "a.txt", "size": 3, "checksum": "md5:900150983cd24fb0d6963f7d28e17f72", "links": {"self": "http://localhost/a"}}]}, {"files": [{"key": "../x", "size": 3, "checksum": "", "links": {"self": "http://localhost/a"}}]}))  # fmt: skip
def zenodo(data: bytes, folder: Path) -> None:
    _answering(session := requests.Session(), data)
    with _fetching(session):
        fetch.published("1", folder / "raw", url="http://localhost")


@target(lambda _: [b"Retry-After: 5", b"Content-Length: 3", b"Retry-After: Wed, 21 Oct 2015 07:28:00 GMT"])
def reply_headers(data: bytes, folder: Path) -> None:
    name, _, value = data.decode("latin-1").partition(": ")
    service = services.Service("S", "http://localhost", folder / "cache", pause=0, retries=0)
    _answering(service._session, b"{}", headers={name: value}, status=503)
    _answering(
        session := requests.Session(), b"abc", headers={name: value}, status=200 if name.startswith("C") else 503
    )
    with _fetching(session):
        _each(
            lambda: service.ask({}, lambda _: None),
            lambda: fetch.download("http://localhost", folder / "x", retries=0),
        )


@contextmanager
def _fetching(session: requests.Session) -> Iterator[None]:
    """Let downloads go through a session, without waiting between them."""
    before = fetch.requests.get, fetch.time
    fetch.requests.get, fetch.time = session.get, SimpleNamespace(sleep=_checked_pause)
    try:
        yield
    finally:
        fetch.requests.get, fetch.time = before


def _checked_pause(seconds: float) -> None:
    if not 0 <= seconds <= 3600:
        raise AssertionError(f"a pause of {seconds} s")


@target(lambda _: [b"TR1\tA/B/x.mp3\nTR2\t../../x.mp3\n", "TR1\t\u00e9.mp3\r\n".encode()])
def preview_index(data: bytes, folder: Path) -> None:
    _put(folder, "index.tsv", data)
    previews.find(folder, ["TR1", "TR2"])


# Entity linkers.


@target(
    _json(
        [{"charFragment": {"start": 0, "end": 10}, "DBpediaURL": "http://dbpedia.org/resource/Miles_Davis", "score": 1.0}],
        {"message": "Your key is not valid."},
        {"@text": "t", "Resources": [{"@URI": "http://dbpedia.org/resource/Jazz", "@offset": "18", "@surfaceForm": "Jazz", "@similarityScore": "0.9"}]},
        {"batchcomplete": True, "query": {"normalized": [{"from": "a", "to": "b"}], "pages": [{"title": "Jazz", "categories": [{"title": "Category:Music"}]}]}},
        {"continue": {"clcontinue": "1"}, "query": {"pages": []}},
    )
)  # fmt: skip
def linkers(data: bytes, folder: Path) -> None:
    def service(name: str) -> services.Service:
        made = services.Service(name, "http://localhost", folder / name, pause=0, retries=0)
        _answering(made._session, data)
        return made

    known = mediawiki.MediaWiki(service("w"))
    for linker in (babelfy.Babelfy(service("b"), "key", known), spotlight.Spotlight(service("s"), known)):
        for text_ in (TEXT, TEXT[:31]):
            _each(lambda linker=linker, text_=text_: linker.categories(annotate(linker, [text_])["title"]))
    _each(lambda: known.categories(["Jazz", "Miles_Davis"]))


@target(_json([{"charFragment": {"start": 0, "end": 10}, "score": 1.0}], {"Resources": []}, ["Music"]))
def kept_answers(data: bytes, folder: Path) -> None:
    """Answers that were kept on disk, and what became of them since."""
    service = services.Service("s", "http://localhost", folder, pause=0, retries=0)
    _answering(service._session, b"{}")
    client = _client(b"{}", folder)
    known = mediawiki.MediaWiki(service)
    forms = [known._path("Jazz"), service.path(service.url, babelfy.FORM | {"text": TEXT}), service.path(service.url, spotlight.FORM | {"text": TEXT})]  # fmt: skip
    for path in forms:
        _put(path.parent, path.name, data)
    client.json("http://localhost/x")
    for path in folder.glob("*/*.json"):
        path.write_bytes(data)
    _each(
        lambda: known.categories(["Jazz"])["Jazz"] + [],
        lambda: babelfy.Babelfy(service, "key", known).link(TEXT),
        lambda: spotlight.Spotlight(service, known).link(TEXT),
        lambda: (client.json("http://localhost/x") or {}).get("isrcs"),
    )


def _dumps(place: Path) -> list[bytes]:
    label = b'<http://dbpedia.org/resource/A_B> <http://www.w3.org/2000/01/rdf-schema#label> "A \\u00e9 \\"B\\""@en .\n'
    return [path.read_bytes()[:2000] for path in sorted(place.glob("*lang=en*"))] + [label]


@target(_dumps)
def dbpedia(data: bytes, folder: Path) -> None:
    path = _put(folder, "dump.ttl", data)
    whole = _put(folder, "whole.ttl", _dumps(_examples(folder))[0])
    _each(
        lambda: build.build(folder / "base", path, path, path),
        lambda: build.build(folder / "base", whole, path, path),
        lambda: list(dumps.triples(path, "labels", [])),
    )
    if (folder / "base" / "info.json").is_file():
        local.LocalLinker(folder / "base").link(TEXT)


@cache
def _base(place: Path) -> dict[str, bytes]:
    build.build(place / "base", *sorted(place.glob("*lang=en*")))
    return {path.name: path.read_bytes() for path in (place / "base").iterdir()}


@target(lambda place: [name.encode() + b"\0" + data for name, data in sorted(_base(place).items()) if not name.endswith(".marisa")])  # fmt: skip
def knowledge(data: bytes, folder: Path) -> None:
    name, _, content = data.partition(b"\0")
    base = _base(_examples(folder))
    if name.decode("latin-1") not in base:
        return
    for other, whole in {**base, name.decode(): content}.items():
        _put(folder / "base", other, whole)
    linker = local.LocalLinker(folder / "base")
    linker.categories([annotation.title for annotation in linker.link(TEXT)])


# Runs, and what they leave.


@target(
    _json(
        {"run": "text-cosine-vsm", "catalogue": "tiny", "modality": "text", "target": "cosine", "setting": "vsm", "auc": 0.5, "val_auc": 0.5, "params": 5, "coverage@1": None, "fingerprint": "x"}
    )
)  # fmt: skip
def run_metrics(data: bytes, folder: Path) -> None:
    tiny, place = _tiny(folder), paths.home() / "runs" / "tiny"
    for name in ("one", "two"):
        _put(place, f"{name}/metrics.json", data.replace(b'"x"', f'"{tiny.fingerprint}"'.encode()))
        _put(place, f"{name}/album_ids.txt", b"a")
        np.save(place / name / "scores.npy", np.ones((1, len(tiny.labels))))
    _each(
        lambda: paper_rows.as_printed(paper_rows.table2("tiny")),
        lambda: results.further_rows(results.comparable(tiny)[0]),
        lambda: results.further_metrics(tiny, results.comparable(tiny)[0]),
    )


@target(_arrays)
def run_scores(data: bytes, folder: Path) -> None:
    tiny, place = _tiny(folder), paths.home() / "runs" / "tiny" / "one"
    facts = {"run": "r", "modality": "text", "target": "cosine", "setting": "vsm", "auc": 0.5, "val_auc": 0.5}
    _put(place, "metrics.json", json.dumps(facts | {"fingerprint": tiny.fingerprint}).encode())
    _put(place, "album_ids.txt", b"a\nb\nc" if len(data) % 2 else data[-20:])
    _put(place, "scores.npy", data)
    _each(
        lambda: results.comparable(tiny),
        lambda: results.test_scores(tiny, str(place)),
        lambda: runs.Run("r", place, tiny).array("scores"),
        lambda: runs.Run("r", place, tiny).album_ids,
    )


@target(_json({"format": text.FORMAT, "terms": ["a", "b"], "idf": [1.0, 2.0], "settings": {"features": "vsm"}}))
def vocabulary(data: bytes, folder: Path) -> None:
    _put(folder, "vocabulary.json", data)
    vectorizer, _ = text.load_vectorizer(folder)
    vectorizer.transform(["a b c"])


@target(lambda _: [(paths.checkout() / "params" / "paper.yaml").read_bytes(), b"audio: {epochs: 3}\n"])
def parameters(data: bytes, folder: Path) -> None:
    before, paths.checkout = paths.checkout, lambda: folder
    try:
        _put(folder, "params/paper.yaml", data)
        params.paper("audio")
    finally:
        paths.checkout = before


@target(_json({"catalogue": "sample", "seed": 0, "top": 3}))
def injected(data: bytes, folder: Path) -> None:
    """Parameters as papermill's injected cell gives them."""
    values = _made(data)
    if isinstance(values, dict):
        cell = "# Parameters\n" + "".join(f"{name} = 1\n" for name in values if name.isidentifier())
        with suppress(SyntaxError):
            compile(cell, "cell", "exec")
            params.read(params.Overview, {"catalogue": "tiny", "seed": 0, "top": 1, **values, "In": [cell]})


def _shared_parts() -> dict[str, bytes]:
    """A file of one text run, without its network."""
    labels = ["Jazz", "Rock"]
    facts = {
        "run": "t",
        "modality": "text",
        "target": "logistic",
        "setting": "vsm",
        "val_auc": 0.9,
        "source": "reviews",
    }
    array = io.BytesIO()
    np.save(array, np.zeros(2))
    learned = {"reason": "", "albums": 9, "shared": 2, "usual_words": 0.5}
    parts = {
        "runs/t/metrics.json": json.dumps(facts).encode(), "runs/t/params.json": b'{"target": "logistic", "dimensions": 2}',
        "runs/t/learned.json": json.dumps(learned).encode(), "runs/t/thresholds.npy": array.getvalue(),
        "runs/t/constant.npy": array.getvalue(),
    }  # fmt: skip
    files = {name: {"bytes": len(content), "sha256": hash_of(content)} for name, content in parts.items()}
    manifest = {
        "format": unpacking.FORMAT, "version": 1, "name": "n", "fingerprint": "f", "synthetic": False, "labels": labels,
        "links": [[0, 1]], "usual_tracks": 2, "licence": "CC0", "made": {"date": "2026"}, "runs": ["t"], "files": files,
    }  # fmt: skip
    return {unpacking.MANIFEST: json.dumps(manifest).encode(), **parts}


def _packed(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def _use_shared(path: Path) -> None:
    known = shared.Shared(path)
    repr(known), known.links, known.finished()
    folder = known.best("text")
    known.decisions(folder), known.likeness(folder), known.usual_words(folder, {})
    known.target(folder, {"target": "logistic"})


@target(lambda _: [_packed(_shared_parts())])
def shared_file(data: bytes, folder: Path) -> None:
    _use_shared(_put(folder, "x.mumu", data))


@target(lambda _: [_shared_parts()[unpacking.MANIFEST]])
def shared_manifest(data: bytes, folder: Path) -> None:
    """The same file with another manifest."""
    parts = _shared_parts()
    _use_shared(_put(folder, "x.mumu", _packed({**parts, unpacking.MANIFEST: data})))


@target(lambda _: [_shared_parts()["runs/t/metrics.json"], _shared_parts()["runs/t/learned.json"]])
def shared_facts(data: bytes, folder: Path) -> None:
    """The same file with other facts of its run, which the manifest vouches for."""
    for name in ("runs/t/metrics.json", "runs/t/learned.json"):
        parts = {**_shared_parts(), name: data}
        manifest = json.loads(parts[unpacking.MANIFEST])
        manifest["files"][name] = {"bytes": len(data), "sha256": hash_of(data)}
        path = _put(folder, "x.mumu", _packed({**parts, unpacking.MANIFEST: json.dumps(manifest).encode()}))
        with suppress(MumuError):
            _use_shared(path)
