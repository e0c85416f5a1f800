"""Make the rows of a collection, one per recording or album, from its folders or its manifest.

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
from mumu_lib.sources.collection import layout, report as listed, sidecars, tagged
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
    """Rows with the ids of their album and track.

    Attributes
    ----------
    table : pd.DataFrame
        Fields of the manifest; ``row``, the name of the row in messages; ``tag_album`` and so on; ``rule``, ``unit`` and
        ``nobody`` as in :class:`~mumu_lib.sources.collection.albums.Album`.
    tally : Tally
        Counts of split and ignored genre tags.
    """

    table: pd.DataFrame
    tally: Tally

    def rules(self) -> Counter[str]:
        """Return the number of albums by each rule."""
        return Counter(self.table.drop_duplicates("album_id")["rule"])


def of_folders(root: Path, report: Report, separators: str) -> Rows:
    """Return the rows of a collection from its folders and tags."""
    tree = _readable(walk(root, report), report)
    groups = layout.group(tree)
    paths: list[str] = []
    for group in groups:
        if not group.place and not group.loose:
            group.title = root.name
        paths.extend(group.files)
    found = tagged.read_all(root, paths, report, {})
    for path, tags in found.items():
        found[path] = tagged.without_unknown(tags)
    tally = tagged.tally_of(found.values(), separators)
    albums = decide(groups, found)
    folder_files = _FolderFiles(root, tree, albums, report)
    lines: list[dict[str, Any]] = []
    for album in albums:
        for path in album.paths:
            lines.append(_row(album, path, folder_files))
    folder_files.report_rest()
    table = pd.DataFrame(lines, columns=[*FIELDS, "row", "key", "rule", "unit", "nobody", "folder_genre"])
    table[list(FIELDS)] = table[list(FIELDS)].astype(object).fillna("")
    return Rows(_identified(table.join(tagged.table(table["audio"], found, tally)), str(root)), tally)


def _readable(tree: Tree, report: Report) -> Tree:
    """Leave out and report recordings that require ffmpeg if it is not installed."""
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


class _FolderFiles:
    """Reads covers, texts and genres of albums, each folder once."""

    def __init__(self, root: Path, tree: Tree, albums: list[Album], report: Report) -> None:
        self.root = root
        self.report = report
        owned: set[Place] = set()
        for album in albums:
            owned.update(album.folders)
        self.files = sidecars.by_album_folder(tree, owned, report)
        self.taken: set[str] = set()
        self.cache: dict[tuple[Place, ...], sidecars.About] = {}
        self.by_stem: dict[tuple[Place, str], list[str]] = {}
        for place, files in self.files.items():
            for file in files:
                self.by_stem.setdefault((place, PurePosixPath(file).stem), []).append(file)

    def of(self, album: Album, path: str) -> sidecars.About:
        """Return cover, texts and genres of one recording of an album."""
        if not album.loose:
            return self._of_folders(album)
        place = tuple(path.split("/")[:-1])
        own = self.by_stem.get((place, PurePosixPath(path).stem), [])
        self.taken.update(own)
        found = sidecars.read(self.root, own, self.report, album.title, place)
        if not found.genres and place:
            found.genres = self._genres_of_folder(place)
        return found

    def _genres_of_folder(self, place: Place) -> str:
        """Return the genres in ``genres.txt`` of a folder with loose recordings."""
        files = [file for file in self.files[place] if names_genres(PurePosixPath(file).name)]
        key = (place, ("genres",))
        if key not in self.cache:
            self.taken.update(files)
            self.cache[key] = sidecars.read(self.root, files, self.report)
        return self.cache[key].genres

    def _of_folders(self, album: Album) -> sidecars.About:
        folders = tuple(album.folders)
        if folders not in self.cache:
            files: list[str] = []
            for place in folders:
                files += self.files[place]
            self.taken.update(files)
            self.cache[folders] = sidecars.read(self.root, files, self.report, album.title, folders[0])
        return self.cache[folders]

    def report_rest(self) -> None:
        """Report the pictures and texts that belong to no album."""
        for files in self.files.values():
            for file in files:
                if file not in self.taken:
                    self.report.add(*sidecars.unassigned(file))


def _row(album: Album, path: str, folder_files: _FolderFiles) -> dict[str, Any]:
    found = folder_files.of(album, path)
    return {
        "audio": path, "cover": found.cover, "text": found.texts, "genres": found.genres, "album_id": album.album_id,
        "album": album.title, "artist": album.artist, "row": path, "key": path, "rule": album.rule, "unit": album.unit,
        "nobody": album.nobody, "folder_genre": album.genre,
    }  # fmt: skip


def of_manifest(manifest: Path, root: Path, report: Report, separators: str) -> Rows:
    """Return the rows of a collection from a table, and fill its empty fields from the tags."""
    table = read_manifest(manifest, root, report)
    has_empty_fields = (table[["album", "artist", "title", "genres"]] == "").any(axis=1)
    incomplete = table[(table["audio"] != "") & has_empty_fields]
    row_of_path = dict(zip(incomplete["audio"], incomplete["row"], strict=True))
    found = tagged.read_all(root, incomplete["audio"], report, row_of_path)
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
        units.append(_unit(artist, row["album"] or row["tag_album"]))
        nobody.append(is_nobody(artist))
    table["folder_genre"] = ""
    table["unit"] = units
    table["nobody"] = nobody
    return Rows(_identified(table, str(manifest)), tally)


def _unit(artist: str, album: str) -> str:
    """Return a key of the discs of an album, which stay in the same split."""
    key = artist_key(artist)
    title = folded(without(album))
    if not key or not title:
        return ""
    return f"{key}\0{title}"


def first_filled(*columns: pd.Series) -> pd.Series:
    """Return in each row the first text that is not empty.

    Examples
    --------
    >>> first_filled(pd.Series(["a", ""]), pd.Series(["b", "c"])).tolist()
    ['a', 'c']
    """
    first = columns[0]
    for other in columns[1:]:
        first = first.where(first != "", other)
    return first


def _identified(rows: pd.DataFrame, source: str) -> pd.DataFrame:
    """Return rows with titles, album ids and track ids, sorted independently of the manifest's order."""
    audible = rows["audio"] != ""
    stem = rows["key"].map(lambda key: PurePosixPath(key).stem).where(audible, "")
    album = first_filled(rows["album"], rows["tag_album"])
    artist = first_filled(rows["artist"], rows["tag_artist"])
    path = rows["key"].str.split().str.join(" ")
    rows = rows.assign(
        title=first_filled(rows["title"], rows["tag_title"], stem),
        album_id=first_filled(rows["album_id"], (artist + " / " + album).where(album != "", path)),
        track_id=first_filled(rows["track_id"], _track_ids(path, rows["key"]).where(audible, "")),
    )
    tracks = rows[audible.to_numpy()]
    for track_id, same in tracks[tracks["track_id"].duplicated(keep=False)].groupby("track_id"):
        one, two = same["row"].head(2)
        raise BadDataError(f"{source}, rows {one} and {two}: two tracks with the id {track_id!r}; give each its own")
    return rows.sort_values(["album_id", "track_id", "key"], ignore_index=True)


def _track_ids(paths: pd.Series, keys: pd.Series) -> pd.Series:
    """Return ids of tracks: the path with single blanks, or the path as it is if these are not unique."""
    several = keys.groupby(paths).transform("nunique") > 1
    return paths.where(~several, keys)
