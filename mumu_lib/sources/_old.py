"""What an own collection holds: rows from a manifest or from folders, and tags from its audio files.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import io
import os
import re
import unicodedata
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.parsing import stays_inside
from mumu_lib.sources import artwork, tags, texts
from mumu_lib.sources.tags import genres
from mumu_lib.sources.tags.tally import Tally

AUDIO = (".mp3", ".flac", ".wav", ".ogg", ".opus", ".aif", ".aiff")
AUDIO_NOT_READ = (".m4a", ".aac", ".mp4", ".wma", ".ape", ".wv")
IMAGES = artwork.SUFFIXES
TEXTS = texts.SUFFIXES
FIELDS = ("audio", "cover", "text", "album_id", "album", "artist", "title", "genres", "split", "track_id")
FILES = ("audio", "cover", "text")
TAGS = ("album", "artist", "title", "genre", "picture")
DISC = re.compile(r"(cd|dis[ck])[ ._-]*\d+", re.IGNORECASE)

Problems = list[tuple[int | str, str, str]]


def read_manifest(manifest: Path, root: Path, problems: Problems) -> pd.DataFrame:
    """Rows of a manifest whose files are there; ``row`` counts as a spreadsheet does, the header being 1."""
    table = _read_csv(manifest)
    columns = [str(column) for column in table]
    if not {"path", *FILES} & set(columns):
        raise BadDataError(
            f"{manifest}: none of its columns {columns} says where the files are; name one path, audio, text or cover"
        )
    if ignored := [c for c in columns if c not in (*FIELDS, "path", "id")]:
        print(f"{manifest.name}: columns ignored: {', '.join(ignored)}")
    table = table[(table != "").any(axis=1)]
    table = table.reindex(columns=[*FIELDS, "path", "id"], fill_value="").assign(row=table.index + 2)
    suffix = table["path"].map(lambda path: os.path.splitext(path)[1].lower())
    kind = np.select([suffix.isin(IMAGES), suffix.isin(TEXTS)], ["cover", "text"], "audio")
    for column in FILES:
        table[column] = table[column].where((table[column] != "") | (kind != column), table["path"])
    table["album_id"] = table["album_id"].where(table["album_id"] != "", table["id"])
    for column in set(FIELDS) - {*FILES, "genres"}:
        table[column] = table[column].str.split().str.join(" ")
    kept = [row for row in table.to_dict("records") if _resolve(row, manifest, root, problems)]
    return pd.DataFrame(kept, columns=[*FIELDS, "row", "key"])


def _read_csv(manifest: Path) -> pd.DataFrame:
    try:
        data = manifest.read_bytes()
    except OSError:
        raise MissingDataError(f"manifest {manifest} cannot be read; give the path of a CSV file") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadDataError(f"{manifest}, line {line}: not UTF-8; save the file as CSV in UTF-8") from None
    separator = max(",;\t", key=text.partition("\n")[0].count)
    try:
        with warnings.catch_warnings():
            # pandas only warns when every row has more fields than the header, and drops them.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.StringIO(text),
                sep=separator,
                dtype=str,
                keep_default_na=False,
                index_col=False,
                skip_blank_lines=False,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        raise BadDataError(f"{manifest} is not a CSV with a header and as many fields in each row ({error})") from None
    table = table.rename(columns=lambda c: str(c).strip().lower())
    if (twice := table.columns[table.columns.duplicated()]).size:
        raise BadDataError(f"{manifest}: the column {twice[0]!r} stands there twice; rename one")
    return table.fillna("").apply(lambda cells: cells.str.strip())


def _resolve(row: dict, manifest: Path, root: Path, problems: Problems) -> bool:
    """Whether a row has anything usable; checks its files and puts its reviews into ``row["text"]``."""
    number, text = row["row"], row["text"]
    is_file = "\n" not in text and text.lower().endswith(TEXTS)
    for column in FILES if is_file else FILES[:2]:
        entry = row[column]
        stays_inside(entry, f"{manifest}, row {number}")
        if entry and not os.path.isfile(root / entry):
            what = "row kept out" if column == "audio" else "row kept without it"
            problems.append((number, entry, f"{column} file is missing; {what}"))
            row[column] = ""
            if column == "audio":
                return False
    if is_file and row["text"]:
        row["text"] = _read_text(root, text, number, problems)
    # What identifies a row that has no album_id; a review itself is too long for that.
    literal = hash_of(text, length=12) if row["text"] else ""
    row["key"] = row["audio"] or row["cover"] or (text if is_file and row["text"] else literal)
    if not row["key"]:
        problems.append((number, "", "neither audio nor cover nor text; row kept out"))
    row["text"] = [row["text"]] if row["text"] else []
    row["genres"] = canonical(row["genres"])
    return bool(row["key"])


def _read_text(root: Path, entry: str, row: int | str, problems: Problems) -> str:
    found = texts.read(root / entry)
    if found.problem:
        problems.append((row, entry, found.problem))
    return found.text


def scan(root: Path, problems: Problems) -> pd.DataFrame:
    """Rows of the folder structure: an album is a folder with audio, single files lie in the root itself."""
    albums: dict[Path, list[Path]] = defaultdict(list)
    for where, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        place = Path(where).relative_to(root)
        album = place.parent if DISC.fullmatch(place.name) and len(place.parts) > 1 else place
        files = [place / n for n in sorted(names) if not n.startswith(".")]
        if artwork.FOLDERS.fullmatch(place.name) and not any(f.suffix.lower() in AUDIO for f in files):
            files = [f for f in files if f.suffix.lower() in IMAGES]
            album = album.parent
        albums[album] += files
    rows = []
    for album, files in albums.items():
        kinds = [f.suffix.lower() for f in files]
        audio = [f for f, kind in zip(files, kinds, strict=True) if kind in AUDIO]
        unread = [f for f, kind in zip(files, kinds, strict=True) if kind in AUDIO_NOT_READ]
        problems += [("", f.as_posix(), "format is not read; convert it to flac or mp3") for f in unread]
        by_name: dict[str, list[Path]] = defaultdict(list)
        for f in files:
            by_name[f.stem].append(f)
        shared = beside(root, album, files, problems) if album.parts and audio else None
        for f in audio:
            about = shared or beside(root, album, by_name[f.stem], problems)
            rows.append({"audio": f.as_posix(), "key": f.as_posix(), "row": f.as_posix(), **about})
    return pd.DataFrame(rows).reindex(columns=[*FIELDS, "row", "key"], fill_value="")


def beside(root: Path, album: Path, files: list[Path], problems: Problems) -> dict:
    """What the files beside the audio, and the names of the folders, say about an album."""
    images = [f for f in files if f.suffix.lower() in IMAGES]
    choice = artwork.choose(root, images, album.name, album)
    for image, reason in choice.passed_over:
        problems.append(("", image.as_posix(), reason))
    reviews: list[str] = []
    own: list[str] = []
    for file in files:
        if file.suffix.lower() in TEXTS:
            _sort_text(root, file, reviews, own, problems)
    return {
        "cover": "" if choice.cover is None else choice.cover.as_posix(),
        "text": reviews,
        "genres": canonical("|".join(genres.split(own).genres)),
        "album_id": album.as_posix() if album.parts else "",
        "album": album.name,
        "artist": album.parts[-2] if len(album.parts) > 1 else "",
    }


def _sort_text(root: Path, file: Path, reviews: list[str], own: list[str], problems: Problems) -> None:
    """Add a text to the reviews, or its lines to the genres, or list what it is instead."""
    text = _read_text(root, file.as_posix(), "", problems)
    if texts.names_genres(file.name):
        own.extend(text.splitlines())
    elif what := texts.no_review(file.name, text):
        problems.append(("", file.as_posix(), f"by its name or content {what}; not taken as a review"))
    elif text:
        reviews.append(text)


def branches(cell: str) -> list[tuple[str, ...]]:
    """``"Jazz > Vocal Jazz | Blues"`` as ``[("Jazz", "Vocal Jazz"), ("Blues",)]``."""
    cell = unicodedata.normalize("NFC", cell)
    split = [[" ".join(node.split()) for node in branch.split(">")] for branch in cell.split("|")]
    return [tuple(node for node in branch if node) for branch in split if any(branch)]


def canonical(cell: str) -> str:
    """One spelling of a set of branches, so that their order and spaces make no difference."""
    return " | ".join(sorted({" > ".join(branch) for branch in branches(cell)}))


def read_tags(
    rows: pd.DataFrame, root: Path, problems: Problems, separators: str = genres.AUTO
) -> tuple[pd.DataFrame, Tally]:
    """Tags of the audio files whose row leaves something open, ``""`` elsewhere; a row for each row.

    Parameters
    ----------
    separators : str
        As of :func:`mumu_lib.sources.tags.genres.split`.
    """
    wanted = (rows["audio"] != "") & (rows[["album", "artist", "title", "genres"]] == "").any(axis=1)
    found = []
    for row in progress.bar(rows[wanted].to_dict("records"), "tags", unit="file"):
        read = tags.read(root / row["audio"])
        if read.problem:
            problems.append((row["row"], row["audio"], f"{read.problem}; kept, though the audio may be broken"))
        found.append(read)
    values = [value for one in found for value in one.genres]
    tally = Tally(genres.standing_alone(values), separators)
    cells = [_cells(one, tally) for one in found]
    table = pd.DataFrame(cells, rows.index[wanted], columns=[*TAGS])
    return table.reindex(rows.index).fillna("").astype(str), tally


def _cells(read: tags.Tags, tally: Tally) -> dict[str, str]:
    """Return album, artist, title and genre of one file as texts, and ``yes`` or ``no`` for a picture."""
    return {
        "album": read.album,
        "artist": read.album_artist or read.artist,
        "title": read.title,
        "genre": canonical("|".join(tally.genres(read.genres))),
        "picture": "yes" if read.has_picture else "no",
    }
