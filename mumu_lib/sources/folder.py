"""An own collection, described by a CSV or by its folder structure, as a catalogue.

Paper: none (its data come through the other sources).  Notebooks: all.

The same from the command line: ``python -m mumu_lib.sources.folder ROOT --manifest FILE``.
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
    """Make a catalogue of an own collection.

    With a manifest, one row describes one track (or one album, where there is no audio). Columns:
    ``path`` or ``audio``, ``album_id`` (or ``id``), ``album``, ``artist``, ``title``, ``genres``
    (``Jazz > Vocal Jazz | Blues``), ``text`` (a review, or a text file), ``cover``, ``split``,
    ``track_id``. All but one of ``path``, ``audio``, ``text``, ``cover`` may be missing, and where there
    are ``album_id`` and ``genres``, all of these; a ``path`` to an image is a cover, to a text file a
    review. Other columns are ignored, and named on the screen. Without an ``album_id``, rows of one
    artist and album belong together; without an album, every row is an album of its own. Several
    different texts of one album are several reviews.

    Without a manifest the folders are read, ``Artist/Album/*.mp3`` for instance. What is an album the
    tags say where they agree (album artist, album and disc), else the names of the folders, discs in
    them taken together; without either, each file is its own. Covers, reviews (``*.txt``, ``*.md``) and
    ``genres.txt``, one branch a line, lie beside the music; those of an album's folder count for all its
    discs. A single file takes the image and text of its own name.

    Album, artist, title and genre that neither says come from the tags of the audio files.

    Parameters
    ----------
    root : folder of the collection
        All paths are relative to it and may not leave it.
    manifest : path of a CSV in UTF-8, optional
        Separated by commas, semicolons or tabs.
    name : str, optional
        Name of the catalogue; the folder's name by default.
    out : folder of the catalogue, optional
        ``data/<name>`` by default. ``report.csv`` in it lists what was kept out, and why.
    min_albums : int > 0
        A genre on fewer albums is not a label.
    artist_disjoint : bool
        No artist in two splits. "Various Artists" and the like is nobody. Discs of one album and identical
        recordings are never in two.
    fractions : (train, val, test)
        Used where the manifest gives no split. Splits in it are taken as they are, for all albums or
        none; a validation or test part that it lacks is taken out of its training part.
    separators : str
        What separates genres in a tag: ``auto`` (the rule of :mod:`mumu_lib.sources.tags.genres`), ``none``, or
        characters, e.g. ``;/``.
    merge_spellings : bool
        Make genres one that differ by capitals, hyphens, blanks and the like only; the most frequent spelling stays.

    force : bool
        Replace a catalogue of this name although its albums, their splits or genres would change. Where albums
        are only added or only taken away, it is replaced without.

    Raises
    ------
    ParameterError
        A catalogue of this name is there and would change; ``changes.csv`` in it says how.
    BadDataError
        A manifest that cannot be read, a path that leaves the root, two albums or two tracks with
        one id, a split for some albums only, a given split that breaks ``artist_disjoint``.
    NothingUsableError
        Not one row with a file that is there.
    """
    root = Path(root).resolve()
    if not root.is_dir():
        raise MissingDataError(f"{root} is not a folder; give the folder of your collection")
    if storable(str(root)) != str(root):
        raise ParameterError(f"{printable(str(root))}: this folder's name is not UTF-8; rename it")
    name = _checked_name(root.name if name is None else name, min_albums)
    folder = home() / "data" / name if out is None else Path(out)
    source = root if manifest is None else Path(manifest)
    report = Report()
    if manifest is None:
        rows = collected.of_folders(root, report, separators)
    else:
        source = source if source.is_file() else root / source
        rows = collected.of_manifest(source, root, report, separators)
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
    made = catalogue.write(
        folder,
        name=name,
        albums=albums,
        tracks=tracks,
        reviews=rows.table[["album_id", "text"]].explode("text").dropna().drop_duplicates(),
        branches=albums["branches"].map(genres.branches).explode().dropna(),
        min_albums=min_albums,
        source=str(source),
        roots={"audio": str(root), "covers": str(root)},
    )
    _tell(rows, parts.parted(same, albums), report, folder)
    if not made.labels:
        print(f"no labels: {contents.why_no_labels(albums['genres'], min_albums)}")
    return made


def _checked_name(name: str, min_albums: int) -> str:
    if Path(name).name != name or name in ("", "..", "sample"):
        raise ParameterError(f"{name!r} cannot be the name of a catalogue; give another name")
    if min_albums < 1:
        raise ParameterError(f"min_albums must be at least 1, got {min_albums}")
    return name


def _need_rows(rows: pd.DataFrame, source: Path, folder: Path, report: Report) -> None:
    """Stop where nothing is usable; the reasons are written beside a catalogue that is there, not over its own."""
    if not rows.empty:
        return
    there = (folder / "catalogue.json").is_file()
    path = report.write(folder, "refused.csv" if there else "report.csv")
    if not report.lines:
        raise NothingUsableError(f"{source}: nothing usable; it has no row and no recording")
    why = f"; first {report.lines[0][1]}: {report.lines[0][2]}"
    raise NothingUsableError(f"{source}: nothing usable{why}; all {len(report.lines)} reasons are in {path}")


def _identical(tracks: pd.DataFrame, root: Path, report: Report) -> dict[str, str]:
    """Return one name for the albums that share identical recordings; each such recording is listed."""
    audio = tracks["audio"].tolist()
    groups = recordings.identical(progress.bar([root / path for path in audio], "identical recordings", unit="file"))
    for group in groups:
        first = audio[group[0]]
        for other in group[1:]:
            report.add(listed.DUPLICATE, audio[other], f"the same recording as {first}; kept")
    same, too_many = recordings.united(tracks["album_id"].tolist(), groups)
    if too_many:
        print(f"{too_many} recordings are on more than half of the albums; the splits do not keep these together")
    return same


def _tell(rows: Rows, parted: int, report: Report, folder: Path) -> None:
    """Print which rules made the albums, what was done with genre tags, and what was passed over."""
    made = ", ".join(f"{number} {rule}" for rule, number in rows.rules().most_common())
    print(f"albums: {made}")
    for line in rows.tally.summary():
        print(line)
    for value, reason in rows.tally.reasons():
        report.add(listed.GENRES, value, reason)
    if parted:
        print(f"{parted} groups of albums with identical recordings lie in several splits, as the manifest says")
    path = report.write(folder)
    if report.lines:
        print(f"{len(report.lines)} files kept out, or taken in part: see {path}\n  {report.summary()}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: make a catalogue and print what is in it."""
    parser = Parser(
        prog="python -m mumu_lib.sources.folder", description="Make a catalogue of an own collection of music."
    )
    parser.add_argument("root", help="folder of the collection; without --manifest read as Artist/Album/*.mp3")
    parser.add_argument(
        "--manifest",
        metavar="FILE",
        help="CSV with a row a track: path, album_id, album, artist, title, genres, text, cover, split",
    )
    parser.add_argument("--name", help="name of the catalogue (default: name of the folder)")
    parser.add_argument("--out", metavar="DIR", help="folder to write it to (default: data/NAME)")
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
        help="sizes of the split where the manifest gives none (default: 0.8 0.1 0.1)",
    )
    parser.add_argument(
        "--separators",
        default=AUTO,
        metavar="CHARACTERS",
        help="what separates genres in a tag: auto, none, or characters such as ';/' (default: auto)",
    )
    parser.add_argument(
        "--merge-spellings",
        action="store_true",
        help="make genres one label that differ by capitals, hyphens, blanks and the like only",
    )
    parser.add_argument(
        "--force", action="store_true", help="replace a catalogue of this name although its albums would change"
    )
    options = vars(parser.parse_args(arguments))
    try:
        made = build(**options | {"fractions": tuple(options["fractions"])})
    except MumuError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{made} in {made.folder}")
    print(made.validate().to_string())
    return 0


if __name__ == "__main__":
    sys.exit(main())
