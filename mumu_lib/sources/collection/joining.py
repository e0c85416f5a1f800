"""Join the rows of a collection into albums.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from pathlib import Path

import pandas as pd

from mumu_lib.core.errors import BadDataError
from mumu_lib.sources import artwork
from mumu_lib.sources.collection import genres, report as listed
from mumu_lib.sources.collection.report import Report
from mumu_lib.sources.collection.rows import first_filled


def join(rows: pd.DataFrame, source: str, report: Report) -> pd.DataFrame:
    """Return one row per album: values from its rows, otherwise from tags that agree, and the genres of all tags.

    Parameters
    ----------
    rows : pd.DataFrame
        Table of :class:`~mumu_lib.sources.collection.rows.Rows`.
    source : str
        Name of the source, for messages.

    Returns
    -------
    albums : pd.DataFrame
        ``album_id``, ``title``, ``artist``, ``branches``, ``cover``, ``split``, ``unit``, ``nobody``.

    Raises
    ------
    BadDataError
        If rows of one album contradict each other.
    """
    by_album = rows.groupby("album_id")
    albums = pd.DataFrame(index=pd.Index(rows["album_id"].unique(), name="album_id"))
    for column in ("album", "artist", "genres", "split", "cover"):
        albums[column] = _agreed(rows, column, source, report)
    albums = albums.astype(object).fillna("").astype(str)
    for column in ("album", "artist"):
        albums[column] = first_filled(albums[column], by_album[f"tag_{column}"].agg(_only_value))
    only_track = by_album["title"].first().where(by_album.size() == 1, "")
    albums["title"] = first_filled(albums["album"], only_track, albums.index.to_series())
    tagged = by_album["tag_genre"].agg("|".join).map(genres.canonical)
    folder = by_album["folder_genre"].agg(_only_value)
    albums["branches"] = first_filled(albums["genres"], tagged, folder)
    alone = int(((albums["genres"] == "") & (tagged == "") & (folder != "")).sum())
    if alone:
        print(f"{alone} albums have the genre that a folder is named for, since they have no other")
    albums["unit"] = by_album["unit"].agg(_only_value)
    albums["nobody"] = by_album["nobody"].any()
    return albums.reset_index()


def _only_value(tags: pd.Series) -> str:
    """Return the only distinct text in a column; empty if there are several."""
    values = set(tags) - {""}
    if len(values) == 1:
        return values.pop()
    return ""


def _agreed(rows: pd.DataFrame, column: str, source: str, report: Report) -> pd.Series:
    """Return the value of each album in a column; rows without a value agree with any other."""
    given = rows[rows[column] != ""].drop_duplicates(["album_id", column])
    for album_id, clash in given[given["album_id"].duplicated(keep=False)].groupby("album_id"):
        one, two = clash["row"].head(2)
        first, second = clash[column].head(2)
        if column == "cover":
            reason = f"second cover of album {album_id!r}; the first, {first}, is taken"
            report.add(listed.PICTURE, second, reason, two)
            continue
        raise BadDataError(
            f"{source}, rows {one} and {two}: two albums with the id {album_id!r}, {column} {first!r} and {second!r}; "
            f"give them different album_id, or the same {column}"
        )
    return given.drop_duplicates("album_id").set_index("album_id")[column]


def covers(albums: pd.DataFrame, rows: pd.DataFrame, root: Path, folder: Path, report: Report) -> list[str]:
    """Return the cover of each album: a file, otherwise a picture from its recordings, stored with the catalogue.

    Parameters
    ----------
    folder : Path
        Folder of the catalogue.
    """
    problems: list[tuple[int | str, str, str]] = []
    found = artwork.completed(albums, rows, root, folder, problems)
    for _, file, reason in problems:
        report.add(listed.PICTURE, file, reason)
    return found
