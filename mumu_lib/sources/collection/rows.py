"""Rows of a collection, one a recording or a described album, from its folders or from its manifest.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd

from mumu_lib.core.errors import BadDataError
from mumu_lib.core.formats import needs_ffmpeg
from mumu_lib.sources.collection import beside, layout, report as listed, tagged
from mumu_lib.sources.collection.albums import Album, decide
from mumu_lib.sources.collection.artists import artist_key, folded, is_nobody
from mumu_lib.sources.collection.discs import without
from mumu_lib.sources.collection.manifest import FIELDS, read_manifest
from mumu_lib.sources.collection.report import Report
from mumu_lib.sources.collection.walk import Place, Tree, is_sound, walk
from mumu_lib.sources.tags.tally import Tally
from mumu_lib.sources.texts import names_genres

BY_MANIFEST = "by the manifest"
BY_ROW = "each row its own"


@dataclass
class Rows:
    """Rows, each with the id of its album and its track, and what was learnt on the way.

    Attributes
    ----------
    table : pd.DataFrame
        The manifest's fields; ``row``, what to call it in messages; ``tag_album`` and the like; ``rule``, ``unit`` and
        ``nobody`` as of :class:`~mumu_lib.sources.collection.albums.Album`.
    tally : Tally
        What was done with the genres in tags.
    """

    table: pd.DataFrame
    tally: Tally

    def rules(self) -> Counter[str]:
        """Return how many albums each rule made."""
        return Counter(self.table.drop_duplicates("album_id")["rule"])


def of_folders(root: Path, report: Report, separators: str) -> Rows:
    """Return the rows of a collection that its folders and tags describe."""
    tree = _readable(walk(root, report), report)
    groups = layout.group(tree)
    paths: list[str] = []
    for group in groups:
        if not group.place and not group.loose:
            group.title = root.name
        paths.extend(group.files)
    found = tagged.read_all(root, paths, report, {})
    found = {path: tagged.without_unknown(tags) for path, tags in found.items()}
    tally = tagged.tally_of(found.values(), separators)
    albums = decide(groups, found)
    about = _Beside(root, tree, albums, report)
    lines: list[dict[str, Any]] = []
    for album in albums:
        for path in album.paths:
            lines.append(_row(album, path, about))
    about.list_rest()
    table = pd.DataFrame(lines, columns=[*FIELDS, "row", "key", "rule", "unit", "nobody", "folder_genre"])
    table[list(FIELDS)] = table[list(FIELDS)].astype(object).fillna("")
    return Rows(_identified(table.join(tagged.table(table["audio"], found, tally)), str(root)), tally)


def _readable(tree: Tree, report: Report) -> Tree:
    """Leave out, and list, what only ffmpeg reads where it is not installed."""
    if shutil.which("ffmpeg"):
        return tree
    kept: Tree = {}
    for place, names in tree.items():
        kept[place] = []
        for name in names:
            if is_sound(name) and needs_ffmpeg(name.rstrip()):
                path = "/".join((*place, name))
                report.add(
                    listed.FFMPEG, path, "only ffmpeg reads this format; install it, or convert the file to flac"
                )
            else:
                kept[place].append(name)
    return kept


class _Beside:
    """Covers, texts and genres of albums, each folder read once."""

    def __init__(self, root: Path, tree: Tree, albums: list[Album], report: Report) -> None:
        self.root = root
        self.report = report
        owned: set[Place] = set()
        for album in albums:
            owned.update(album.folders)
        self.files = beside.share_out(tree, owned, report)
        self.taken: set[str] = set()
        self.known: dict[tuple[Place, ...], beside.About] = {}
        self.by_stem: dict[tuple[Place, str], list[str]] = {}
        for place, files in self.files.items():
            for file in files:
                self.by_stem.setdefault((place, PurePosixPath(file).stem), []).append(file)

    def of(self, album: Album, path: str) -> beside.About:
        """Return what lies beside one recording of an album."""
        if not album.loose:
            return self._of_folders(album)
        place = tuple(path.split("/")[:-1])
        own = self.by_stem.get((place, PurePosixPath(path).stem), [])
        self.taken.update(own)
        found = beside.read(self.root, own, self.report, album.title, place)
        if not found.genres and place:
            found.genres = self._genres_of_folder(place)
        return found

    def _genres_of_folder(self, place: Place) -> str:
        """Return what a file ``genres.txt`` says of all recordings in a folder that is no album's."""
        files = [file for file in self.files[place] if names_genres(PurePosixPath(file).name)]
        key = (place, ("genres",))
        if key not in self.known:
            self.taken.update(files)
            self.known[key] = beside.read(self.root, files, self.report)
        return self.known[key].genres

    def _of_folders(self, album: Album) -> beside.About:
        folders = tuple(album.folders)
        if folders not in self.known:
            files: list[str] = []
            for place in folders:
                files += self.files[place]
            self.taken.update(files)
            self.known[folders] = beside.read(self.root, files, self.report, album.title, folders[0])
        return self.known[folders]

    def list_rest(self) -> None:
        """List the pictures and texts that belong to no album."""
        for files in self.files.values():
            for file in files:
                if file not in self.taken:
                    self.report.add(*beside.left_over(file))


def _row(album: Album, path: str, about: _Beside) -> dict[str, Any]:
    found = about.of(album, path)
    return {
        "audio": path, "cover": found.cover, "text": found.texts, "genres": found.genres, "album_id": album.album_id,
        "album": album.title, "artist": album.artist, "row": path, "key": path, "rule": album.rule, "unit": album.unit,
        "nobody": album.nobody, "folder_genre": album.genre,
    }  # fmt: skip


def of_manifest(manifest: Path, root: Path, report: Report, separators: str) -> Rows:
    """Return the rows of a collection that a table describes; tags fill what it leaves open."""
    table = read_manifest(manifest, root, report)
    wanted = (table["audio"] != "") & (table[["album", "artist", "title", "genres"]] == "").any(axis=1)
    asked = table[wanted]
    found = tagged.read_all(root, asked["audio"], report, dict(zip(asked["audio"], asked["row"], strict=True)))
    tally = tagged.tally_of(found.values(), separators)
    tags = tagged.table(table["audio"], found, tally)
    table = table.join(tags)
    given = (table["album_id"] != "") | (table["album"] != "")
    table["rule"] = BY_ROW
    table.loc[tags["tag_album"] != "", "rule"] = layout.BY_TAGS
    table.loc[given, "rule"] = BY_MANIFEST
    units = []
    nobody = []
    for row in table.to_dict("records"):
        artist = row["artist"] or row["tag_artist"]
        title = folded(without(row["album"] or row["tag_album"]))
        units.append(f"{artist_key(artist)}\0{title}" if title and artist_key(artist) else "")
        nobody.append(is_nobody(artist))
    table["folder_genre"] = ""
    table["unit"] = units
    table["nobody"] = nobody
    return Rows(_identified(table, str(manifest)), tally)


def first_said(*columns: pd.Series) -> pd.Series:
    """Return, row by row, the first of several columns that is not empty."""
    first = columns[0]
    for other in columns[1:]:
        first = first.where(first != "", other)
    return first


def _identified(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return rows with titles, album ids and track ids, in an order that does not depend on the manifest's."""
    audible = rows["audio"] != ""
    stem = rows["key"].map(lambda key: PurePosixPath(key).stem).where(audible, "")
    album = first_said(rows["album"], rows["tag_album"])
    artist = first_said(rows["artist"], rows["tag_artist"])
    path = rows["key"].str.split().str.join(" ")
    rows = rows.assign(
        title=first_said(rows["title"], rows["tag_title"], stem),
        album_id=first_said(rows["album_id"], (artist + " / " + album).where(album != "", path)),
        track_id=first_said(rows["track_id"], _apart(path, rows["key"]).where(audible, "")),
    )
    tracks = rows[audible.to_numpy()]
    for track_id, same in tracks[tracks["track_id"].duplicated(keep=False)].groupby("track_id"):
        one, two = same["row"].head(2)
        raise BadDataError(f"{source}, rows {one} and {two}: two tracks with the id {track_id!r}; give each its own")
    return rows.sort_values(["album_id", "track_id", "key"], ignore_index=True)


def _apart(paths: pd.Series, keys: pd.Series) -> pd.Series:
    """Return ids of tracks: the path with one blank where there are several, or as it is where that is no longer one."""
    several = keys.groupby(paths).transform("nunique") > 1
    return paths.where(~several, keys)
