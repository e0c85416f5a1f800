"""An own collection, described by a CSV or by its folder structure, as a catalogue.

Paper: none (its data come through the other sources).  Notebooks: all.

The same from the command line: ``python -m mumu_lib.sources.folder ROOT --manifest FILE``.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd

from mumu_lib import catalogue
from mumu_lib.catalogue import splits
from mumu_lib.catalogue.schema import SPLITS, keep_labels
from mumu_lib.core.errors import BadDataError, MissingDataError, MumuError, NothingUsableError, ParameterError
from mumu_lib.core.files import write_atomically
from mumu_lib.core.paths import home
from mumu_lib.sources import artwork
from mumu_lib.sources.collection import TAGS, Problems, branches, canonical, read_manifest, read_tags, scan
from mumu_lib.sources.tags import tally as spelt
from mumu_lib.sources.tags.genres import AUTO

SPLIT_NAMES = {name: name for name in (*SPLITS, "none")} | {
    "training": "train",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "testing": "test",
}


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
) -> catalogue.Catalogue:
    """Make a catalogue of an own collection.

    With a manifest, one row describes one track (or one album, where there is no audio). Columns:
    ``path`` or ``audio``, ``album_id`` (or ``id``), ``album``, ``artist``, ``title``, ``genres``
    (``Jazz > Vocal Jazz | Blues``), ``text`` (a review, or a text file), ``cover``, ``split``,
    ``track_id``. All but one of ``path``, ``audio``, ``text``, ``cover`` may be missing; a ``path`` to
    an image is a cover, to a text file a review. Other columns are ignored, and named on the screen.
    Without an ``album_id``, rows of one artist and album belong together; without an album, every
    row is an album of its own. Several different texts of one album are several reviews.

    Without a manifest the folders are read: ``Artist/Album/*.mp3`` (also ``Album/*.mp3``, single
    files, ``CD 1`` inside an album), an image named cover, folder or front or the only one, reviews
    as ``*.txt`` and ``*.md``, genres from ``genres.txt``, one branch a line. A single file takes the
    image and text of its own name.

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
        No artist in two splits.
    fractions : (train, val, test)
        Used where the manifest gives no split. Splits in it are taken as they are, for all albums or
        none; a validation or test part that it lacks is taken out of its training part.
    separators : str
        What separates genres in a tag: ``auto`` (the rule of :mod:`mumu_lib.sources.tags.genres`), ``none``, or
        characters, e.g. ``;/``.
    merge_spellings : bool
        Make genres one that differ by capitals, hyphens and blanks only; the most frequent spelling stays.

    Raises
    ------
    BadDataError
        A manifest that cannot be read, a path that leaves the root, two albums or two tracks with
        one id, a split for some albums only, a given split that breaks ``artist_disjoint``.
    NothingUsableError
        Not one row with a file that is there.
    """
    root = Path(root).resolve()
    if not root.is_dir():
        raise MissingDataError(f"{root} is not a folder; give the folder of your collection")
    name = root.name if name is None else name
    if Path(name).name != name or name in ("", "..", "sample"):
        raise ParameterError(f"{name!r} cannot be the name of a catalogue; give another name")
    if min_albums < 1:
        raise ParameterError(f"min_albums must be at least 1, got {min_albums}")
    folder = home() / "data" / name if out is None else Path(out)
    source = Path(manifest) if manifest is not None else root
    problems: Problems = []
    if manifest is None:
        rows = scan(root, problems)
    else:
        source = source if source.is_file() else root / source
        rows = read_manifest(source, root, problems)
    if rows.empty:
        report = _write_report(folder, problems)
        why = f"; first {problems[0][1]}: {problems[0][2]}" if problems else ""
        raise NothingUsableError(f"{source}: nothing usable{why}; all {len(problems)} reasons are in {report}")
    found, tally = read_tags(rows, root, problems, separators)
    rows = _identified(rows, found, source)
    albums = _albums(rows, source, problems)
    albums["branches"] = _spelt(albums["branches"], merge_spellings)
    albums["genres"] = albums["branches"].map(lambda cell: sorted({node for b in branches(cell) for node in b}))
    albums["cover"] = _covers(albums, rows, root, folder)
    for value, reason in tally.reasons():
        problems.append(("", value, reason))
    report = _write_report(folder, problems)
    albums["split"] = _split(albums, min_albums, artist_disjoint, seed, fractions, source)
    made = catalogue.write(
        folder,
        name=name,
        albums=albums,
        tracks=rows[rows["audio"] != ""],
        reviews=rows[["album_id", "text"]].explode("text").dropna().drop_duplicates(),
        branches=[branch for cell in albums["branches"] for branch in branches(cell)],
        min_albums=min_albums,
        source=str(source),
        roots={"audio": str(root), "covers": str(root)},
    )
    for line in tally.summary():
        print(line)
    if problems:
        print(f"{len(problems)} files kept out, or taken in part: see {report}")
    return made


def _write_report(folder: Path, problems: Problems) -> Path:
    path = folder / "report.csv"
    write_atomically(path, pd.DataFrame(problems, columns=["row", "file", "reason"]).to_csv(index=False))
    return path


def _identified(rows: pd.DataFrame, tags: pd.DataFrame, source: Path) -> pd.DataFrame:
    """Rows with titles, album ids and track ids, in an order that does not depend on the manifest's."""
    stem = rows["key"].map(lambda key: PurePosixPath(key).stem).where(rows["audio"] != "", "")
    album, artist = _first(rows["album"], tags["album"]), _first(rows["artist"], tags["artist"])
    path = rows["key"].str.split().str.join(" ")
    rows = rows.assign(
        title=_first(rows["title"], tags["title"], stem),
        album_id=_first(rows["album_id"], (artist + " / " + album).where(album != "", path)),
        track_id=_first(rows["track_id"], path.where(rows["audio"] != "", "")),
        **{f"tag_{tag}": tags[tag] for tag in TAGS},
    )
    tracks = rows[rows["audio"] != ""]
    for track_id, same in tracks[tracks["track_id"].duplicated(keep=False)].groupby("track_id"):
        one, two = same["row"].head(2)
        raise BadDataError(f"{source}, rows {one} and {two}: two tracks with the id {track_id!r}; give each its own")
    return rows.sort_values(["album_id", "track_id", "key"], ignore_index=True)


def _first(*columns: pd.Series) -> pd.Series:
    """Of several columns, row by row the first that is not empty."""
    first, *others = columns
    for other in others:
        first = first.where(first != "", other)
    return first


def _albums(rows: pd.DataFrame, source: Path, problems: Problems) -> pd.DataFrame:
    """One row an album: what its rows say, else what its tags say with one voice, and the genres of all its tags."""
    by_album = rows.groupby("album_id")
    albums = pd.DataFrame(index=pd.Index(rows["album_id"].unique(), name="album_id"))
    for column in ("album", "artist", "genres", "split", "cover"):
        albums[column] = _agreed(rows, column, source, problems)
    albums = albums.astype(object).fillna("").astype(str)
    for column in ("album", "artist"):
        alike = by_album[f"tag_{column}"].agg(lambda tags: "".join(said) if len(said := set(tags) - {""}) == 1 else "")
        albums[column] = _first(albums[column], alike)
    only_track = by_album["title"].first().where(by_album.size() == 1, "")
    albums["title"] = _first(albums["album"], only_track, albums.index.to_series())
    albums["branches"] = _first(albums["genres"], by_album["tag_genre"].agg("|".join))
    return albums.reset_index()


def _spelt(cells: pd.Series, merge: bool) -> pd.Series:
    """Return the branches of albums, genres in several spellings hinted at or, if asked for, made one."""
    counts: Counter[str] = Counter()
    for cell in cells:
        counts.update({node for branch in branches(cell) for node in branch})
    groups = spelt.spellings(counts)
    if groups and not merge:
        print(spelt.spelling_hint(groups))
    if not groups or not merge:
        return cells
    one: dict[str, str] = {}
    for first, *others in groups:
        one |= dict.fromkeys(others, first)
    merged = []
    for cell in cells:
        written = [" > ".join(one.get(node, node) for node in branch) for branch in branches(cell)]
        merged.append(canonical("|".join(written)))
    return pd.Series(merged, cells.index)


def _covers(albums: pd.DataFrame, rows: pd.DataFrame, root: Path, folder: Path) -> list[str]:
    """Return the cover of each album: the file found, else a picture inside its recordings, kept with the catalogue."""
    audio = rows[(rows["audio"] != "") & (rows["tag_picture"] != "no")].groupby("album_id")["audio"].agg(list)
    covers = []
    for album_id, cover in albums[["album_id", "cover"]].itertuples(index=False):
        if not cover:
            cover = artwork.keep_embedded([root / name for name in audio.get(album_id, [])], folder)
        covers.append(cover)
    return covers


def _agreed(rows: pd.DataFrame, column: str, source: Path, problems: Problems) -> pd.Series:
    """What the rows of each album say; rows that say nothing agree with any."""
    given = rows[rows[column] != ""].drop_duplicates(["album_id", column])
    for album_id, clash in given[given["album_id"].duplicated(keep=False)].groupby("album_id"):
        (one, first), (two, second) = clash[["row", column]].head(2).itertuples(index=False)
        if column == "cover":
            problems.append((two, second, f"second cover of album {album_id!r}; the first, {first}, is taken"))
            continue
        raise BadDataError(
            f"{source}, rows {one} and {two}: two albums with the id {album_id!r}, {column} {first!r} and {second!r}; "
            f"give them different album_id, or the same {column}"
        )
    return given.drop_duplicates("album_id").set_index("album_id")[column]


def _split(
    albums: pd.DataFrame,
    min_albums: int,
    artist_disjoint: bool,
    seed: int,
    fractions: tuple[float, float, float],
    source: Path,
) -> pd.Series:
    """Split of the albums that have a label; the others get none."""
    labels = set(keep_labels(albums["genres"], min_albums)[0])
    genres = albums["genres"].map(labels.intersection)
    given = _known_splits(albums, source)
    split = given.where((genres.map(len) > 0) | (given == "none"), "none")
    open_ones, parts = split == "", [s for s in SPLITS if (split == s).any()]
    if open_ones.any() and parts:
        lacking = albums.loc[open_ones, "album_id"].iloc[0]
        raise BadDataError(
            f"{source}: album {lacking!r} has no split while others have; fill the column or leave it empty"
        )
    share = np.array(fractions, float)
    if parts and len(parts) < 3:
        if "train" not in parts:
            raise BadDataError(
                f"{source}: no album with a genre has the split 'train'; name some, or leave the column empty"
            )
        taken = [s for s in SPLITS if s not in parts]
        print(f"the manifest has no {' and no '.join(taken)} albums: taken out of its training albums")
        open_ones = split == "train"
        share *= [s == "train" or s in taken for s in SPLITS]
        share /= share.sum()
    if open_ones.any():
        artists = albums.loc[open_ones, "artist"].tolist() if artist_disjoint else None
        split[open_ones] = splits.assign(genres[open_ones].tolist(), seed=seed, fractions=tuple(share), groups=artists)
    if empty := [s for s in SPLITS if not (split == s).any()]:
        print(f"no {' and no '.join(empty)} albums: too few albums with a genre, or too few artists")
    if artist_disjoint:
        _check_artists(albums["artist"], split, source)
    return split


def _known_splits(albums: pd.DataFrame, source: Path) -> pd.Series:
    given = albums["split"].str.lower().replace(SPLIT_NAMES)
    if (wrong := ~given.isin(["", "none", *SPLITS])).any():
        album_id, value = albums.loc[wrong, ["album_id", "split"]].iloc[0]
        raise BadDataError(f"{source}: album {album_id!r} has the split {value!r}; write train, val, test or none")
    return given


def _check_artists(artist: pd.Series, split: pd.Series, source: Path) -> None:
    used = (artist != "") & (split != "none")
    parts = split[used].groupby(artist[used]).unique()
    for name, several in parts[parts.map(len) > 1].items():
        raise BadDataError(
            f"{source}: artist {name!r} has albums in {' and '.join(several)}; "
            f"correct the split column or do without artist_disjoint"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line: make a catalogue and print what is in it."""
    parser = argparse.ArgumentParser(
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
        help="make genres one label that differ by capitals, hyphens and blanks only",
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
