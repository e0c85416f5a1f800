"""Make a catalogue of your own collection, described by a CSV or by its folders.

Paper: none (its data are read by the other sources).  Notebooks: all.

On the command line: ``python -m mumu_lib.sources.folder ROOT --manifest FILE``.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from mumu_lib import catalogue
from mumu_lib.catalogue import contents
from mumu_lib.core import progress
from mumu_lib.core.arguments import Parser
from mumu_lib.core.errors import MissingDataError, MumuError, NothingUsableError, ParameterError
from mumu_lib.core.parsing import storable
from mumu_lib.core.paths import home
from mumu_lib.sources import recordings
from mumu_lib.sources.collection import changes, genres, joining, parts, report as listed, rows as collected
from mumu_lib.sources.collection.report import Report, printable
from mumu_lib.sources.collection.rows import Rows
from mumu_lib.sources.tags.genres import AUTO


def build(
    root: str | Path,
    manifest: str | Path | None = None,
    *,
    name: str | None = None,
    out: str | Path | None = None,
    min_albums: int = 2,
    artist_disjoint: bool = False,
    seed: int = 0,
    fractions: tuple[float, float, float] = (0.8, 0.1, 0.1),
    separators: str = AUTO,
    merge_spellings: bool = False,
    force: bool = False,
) -> catalogue.Catalogue:
    r"""Make a catalogue of your own collection.

    With a manifest, one row describes one track (or one album, if there is no audio). Its columns are
    ``path`` or ``audio``, ``album_id`` (or ``id``), ``album``, ``artist``, ``title``, ``genres``
    (``Jazz > Vocal Jazz | Blues``), ``text`` (a review, or the path of a text file), ``cover``, ``split`` and
    ``track_id``. One of ``path``, ``audio``, ``text``, ``cover`` is required, unless there are both ``album_id`` and
    ``genres``; all others may be missing. A ``path`` to an image is a cover, a ``path`` to a text file is a review.
    Other columns are ignored and their names are printed. Without an ``album_id``, rows with the same artist and album
    form one album; without an album, every row is an album of its own. Different texts of one album are different
    reviews.

    Without a manifest, the folders are read, e.g. ``Artist/Album/*.mp3``. Albums are formed by the tags if they agree
    (album artist, album and disc), else by the names of the folders, with the discs of an album taken together; a file
    without either is an album of its own. Covers, reviews (``*.txt``, ``*.md``) and ``genres.txt``, with one branch per
    line, are in the folder of the music; those in an album's folder belong to all its discs. An audio file that is an
    album of its own takes the image and the text with the same name.

    Album, artist, title and genre that are missing in both are taken from the tags of the audio files.

    Parameters
    ----------
    root : path
        Folder of the collection. All paths are relative to it and must stay inside it.
    manifest : path, optional
        CSV in UTF-8, separated by commas, semicolons or tabs.
    name : str, optional
        Name of the catalogue; the folder's name by default.
    out : path, optional
        Folder of the catalogue, ``data/<name>`` by default. Its ``report.csv`` lists what was left out, and why.
    min_albums : int > 0
        Least number of albums of a label; rarer genres are not learned.
    artist_disjoint : bool
        Put all albums of an artist in one split. "Various Artists" and the like do not count as an artist. Discs of one
        album and albums that share a recording are always in one split.
    fractions : (train, val, test)
        Sizes of the splits if the manifest gives none. Splits in a manifest are used as they are, and must be given for
        all albums or for none; a missing validation or test split is drawn from its training albums.
    separators : str
        Separators of genres in a tag: ``auto`` (the rule of :mod:`mumu_lib.sources.tags.genres`), ``none``, or
        characters, e.g. ``;/``.
    merge_spellings : bool
        Merge genres that differ only by capitals, hyphens, blanks and the like under the most frequent spelling.
    force : bool
        Replace a catalogue of this name even if its albums, their splits or their genres would change. A catalogue to
        which albums are only added, or from which albums are only removed, is always replaced.

    Raises
    ------
    ParameterError
        If there is a catalogue of this name that would change; its ``changes.csv`` lists the changes.
    BadDataError
        If the manifest cannot be read, a path leaves the root, two albums or two tracks have the same id, only some
        albums have a split, or the given splits contradict ``artist_disjoint``.
    NothingUsableError
        If no row has an existing file.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> rows = ["album_id,text,genres,split", "A,Calm,Jazz,train", "B,Loud,Jazz | Rock,val", "C,Blue,Jazz | Rock,test"]
    >>> with TemporaryDirectory() as root:  # doctest: +ELLIPSIS
    ...     _ = Path(root, "music.csv").write_text("\n".join(rows), encoding="utf-8")
    ...     music = build(root, "music.csv", out=f"{root}/catalogue")
    albums: 3 ...
    >>> music.labels
    ['Jazz', 'Rock']
    """
    root = _checked_root(root)
    if name is None:
        name = root.name
    _check_name(name, min_albums)
    folder = home() / "data" / name
    if out is not None:
        folder = Path(out)
    report = Report()
    source, rows = _read(root, manifest, report, separators)
    _need_rows(rows.table, source, folder, report)
    albums = joining.join(rows.table, str(source), report)
    albums["branches"] = genres.spelt(albums["branches"], merge_spellings)
    albums["genres"] = albums["branches"].map(genres.nodes)
    tracks = rows.table[rows.table["audio"] != ""]
    same = _identical(tracks, root, report)
    albums["split"] = parts.split(
        albums, parts.units(albums, same, artist_disjoint), min_albums=min_albums, artist_disjoint=artist_disjoint,
        seed=seed, fractions=fractions, source=str(source),
    )  # fmt: skip
    changes.ask(folder, name, changes.compare(folder, albums, tracks), force)
    albums["cover"] = joining.covers(albums, rows.table, root, folder, report)
    music = _write(folder, name, albums, rows, min_albums=min_albums, source=source, root=root)
    _print_summary(rows, parts.parted(same, albums), report, folder)
    if not music.labels:
        print(f"no labels: {contents.why_no_labels(albums['genres'], min_albums)}")
    return music


def _checked_root(root: str | Path) -> Path:
    """Return the absolute path of a collection's folder, or raise if there is none or its name is not UTF-8."""
    root = Path(root).resolve()
    if not root.is_dir():
        raise MissingDataError(f"{root} is not a folder; give the folder of your collection")
    if storable(str(root)) != str(root):
        raise ParameterError(f"{printable(str(root))}: this folder's name is not UTF-8; rename it")
    return root


def _check_name(name: str, min_albums: int) -> None:
    if Path(name).name != name or name in ("", "..", "sample"):
        raise ParameterError(f"{name!r} cannot be the name of a catalogue; give another name")
    if min_albums < 1:
        raise ParameterError(f"min_albums must be at least 1, got {min_albums}")


def _read(root: Path, manifest: str | Path | None, report: Report, separators: str) -> tuple[Path, Rows]:
    """Read the rows of a manifest, or of the folders if there is none; return the file or folder and the rows."""
    if manifest is None:
        return root, collected.of_folders(root, report, separators)
    source = Path(manifest)
    if not source.is_file():
        source = root / source
    return source, collected.of_manifest(source, root, report, separators)


def _need_rows(rows: pd.DataFrame, source: Path, folder: Path, report: Report) -> None:
    """Raise NothingUsableError if there are no rows; write the reasons without overwriting an existing report."""
    if not rows.empty:
        return
    name = "report.csv"
    if (folder / "catalogue.json").is_file():
        name = "refused.csv"
    path = report.write(folder, name)
    if not report.lines:
        raise NothingUsableError(f"{source}: nothing usable; it has no rows and no recordings")
    first = f"{report.lines[0][1]}: {report.lines[0][2]}"
    raise NothingUsableError(
        f"{source}: nothing usable; first {first}; all {len(report.lines)} reasons are listed in {path}"
    )


def _identical(tracks: pd.DataFrame, root: Path, report: Report) -> dict[str, str]:
    """Return a common id for the albums that share identical recordings, and list these recordings."""
    audio = tracks["audio"].tolist()
    groups = recordings.identical(progress.bar([root / path for path in audio], "identical recordings", unit="file"))
    for group in groups:
        first = audio[group[0]]
        for other in group[1:]:
            report.add(listed.DUPLICATE, audio[other], f"the same recording as {first}; kept")
    same, too_many = recordings.united(tracks["album_id"].tolist(), groups)
    if too_many:
        print(f"{too_many} recordings are on more than half of the albums; their albums may be in different splits")
    return same


def _write(
    folder: Path, name: str, albums: pd.DataFrame, rows: Rows, *, min_albums: int, source: Path, root: Path
) -> catalogue.Catalogue:
    """Write the catalogue of a collection whose audio and covers stay where they are."""
    return catalogue.write(
        folder,
        name=name,
        albums=albums,
        tracks=rows.table[rows.table["audio"] != ""],
        reviews=rows.table[["album_id", "text"]].explode("text").dropna().drop_duplicates(),
        branches=albums["branches"].map(genres.branches).explode().dropna(),
        min_albums=min_albums,
        source=str(source),
        roots={"audio": str(root), "covers": str(root)},
    )


def _print_summary(rows: Rows, parted: int, report: Report, folder: Path) -> None:
    """Print how albums were formed, what was done with genre tags, and what was left out; write the report."""
    rules = []
    for rule, number in rows.rules().most_common():
        rules.append(f"{number} {rule}")
    print(f"albums: {', '.join(rules)}")
    for line in rows.tally.summary():
        print(line)
    for value, reason in rows.tally.reasons():
        report.add(listed.GENRES, value, reason)
    if parted:
        print(f"{parted} groups of albums with identical recordings are in different splits of the manifest")
    path = report.write(folder)
    if report.lines:
        print(f"{len(report.lines)} files left out or used in part: see {path}\n  {report.summary()}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line: make a catalogue and print its contents."""
    parser = Parser(
        prog="python -m mumu_lib.sources.folder", description="Make a catalogue of your own collection of music."
    )
    parser.add_argument("root", help="folder of the collection; read as Artist/Album/*.mp3 without --manifest")
    parser.add_argument(
        "--manifest",
        metavar="FILE",
        help="CSV with one row per track: path, album_id, album, artist, title, genres, text, cover, split",
    )
    parser.add_argument("--name", help="name of the catalogue (default: the folder's name)")
    parser.add_argument("--out", metavar="DIR", help="folder of the catalogue (default: data/NAME)")
    parser.add_argument(
        "--min-albums", type=int, default=2, metavar="N", help="a genre on fewer albums is not learned (default: 2)"
    )
    parser.add_argument("--artist-disjoint", action="store_true", help="keep all albums of an artist in one split")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the split (default: 0)")
    parser.add_argument(
        "--fractions",
        type=float,
        nargs=3,
        default=(0.8, 0.1, 0.1),
        metavar=("TRAIN", "VAL", "TEST"),
        help="sizes of the splits if the manifest gives none (default: 0.8 0.1 0.1)",
    )
    parser.add_argument(
        "--separators",
        default=AUTO,
        metavar="CHARACTERS",
        help="separators of genres in a tag: auto, none, or characters such as ';/' (default: auto)",
    )
    parser.add_argument(
        "--merge-spellings",
        action="store_true",
        help="merge genres that differ only by capitals, hyphens, blanks and the like",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace a catalogue of this name even if its albums would change"
    )
    options = vars(parser.parse_args(arguments))
    options["fractions"] = tuple(options["fractions"])
    try:
        music = build(**options)
    except MumuError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{music} in {music.folder}")
    print(music.validate().to_string())
    return 0


if __name__ == "__main__":
    sys.exit(main())
