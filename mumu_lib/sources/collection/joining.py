"""Albums of a collection from its rows: what the rows of each say with one voice.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from pathlib import Path

import pandas as pd

from mumu_lib.core.errors import BadDataError
from mumu_lib.sources import artwork
from mumu_lib.sources.collection import genres, report as listed
from mumu_lib.sources.collection.report import Report
from mumu_lib.sources.collection.rows import first_said


def join(rows: pd.DataFrame, source: str, report: Report) -> pd.DataFrame:
    """Return one row an album: what its rows say, else what its tags say with one voice, and the genres of all its tags.

    Parameters
    ----------
    rows : pd.DataFrame
        As of :class:`~mumu_lib.sources.collection.rows.Rows`.
    source : str
        Where they come from, for messages.

    Returns
    -------
    albums : pd.DataFrame
        ``album_id``, ``title``, ``artist``, ``branches``, ``cover``, ``split``, ``unit``, ``nobody``.

    Raises
    ------
    BadDataError
        Rows of one album contradict each other.
    """
    by_album = rows.groupby("album_id")
    albums = pd.DataFrame(index=pd.Index(rows["album_id"].unique(), name="album_id"))
    for column in ("album", "artist", "genres", "split", "cover"):
        albums[column] = _agreed(rows, column, source, report)
    albums = albums.astype(object).fillna("").astype(str)
    for column in ("album", "artist"):
        albums[column] = first_said(albums[column], by_album[f"tag_{column}"].agg(_one_voice))
    only_track = by_album["title"].first().where(by_album.size() == 1, "")
    albums["title"] = first_said(albums["album"], only_track, albums.index.to_series())
    tagged = by_album["tag_genre"].agg("|".join).map(genres.canonical)
    folder = by_album["folder_genre"].agg(_one_voice)
    albums["branches"] = first_said(albums["genres"], tagged, folder)
    alone = int(((albums["genres"] == "") & (tagged == "") & (folder != "")).sum())
    if alone:
        print(f"{alone} albums have the genre that a folder is named for, since nothing else says one")
    albums["unit"] = by_album["unit"].agg(_one_voice)
    albums["nobody"] = by_album["nobody"].any()
    return albums.reset_index()


def _one_voice(tags: pd.Series) -> str:
    """Return the only text among several, or nothing."""
    said = set(tags) - {""}
    if len(said) == 1:
        return said.pop()
    return ""


def _agreed(rows: pd.DataFrame, column: str, source: str, report: Report) -> pd.Series:
    """Return what the rows of each album say; rows that say nothing agree with any."""
    given = rows[rows[column] != ""].drop_duplicates(["album_id", column])
    for album_id, clash in given[given["album_id"].duplicated(keep=False)].groupby("album_id"):
        (one, first), (two, second) = clash[["row", column]].head(2).itertuples(index=False, name=None)
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
    """Return the cover of each album: the file found, else a picture inside its recordings, kept with the catalogue.

    Parameters
    ----------
    folder : Path
        The catalogue's.
    """
    problems: list[tuple[int | str, str, str]] = []
    found = artwork.completed(albums, rows, root, folder, problems)
    for _, file, reason in problems:
        report.add(listed.PICTURE, file, reason)
    return found
