"""Find previews of tracks in a folder, or download them by ISRC.

Paper: Section 3 (previews from 7digital, which no longer serves them).  Notebooks: 01, 04.

:func:`by_isrc` queries MusicBrainz for the recording's ISRC and Deezer for a preview of 30 s. Nothing is downloaded
before you call it. You are responsible for observing the services' terms; previews may not be passed on.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from mumu_lib.core.errors import MissingDataError, ServiceError
from mumu_lib.core.files import make_folder
from mumu_lib.core.formats import kind
from mumu_lib.core.parsing import plain_name, read_lines, stays_inside
from mumu_lib.sources import musicbrainz_web
from mumu_lib.sources.web import Client, checked_reply, each

DEEZER = "https://api.deezer.com"
NO_SUCH_TRACK = 800


def find(folder: str | Path, track_ids: Iterable[str], sevendigital: pd.Series | None = None) -> pd.Series:
    """Find the preview of each track in a folder.

    Parameters
    ----------
    folder : path
        Files named by track id or 7digital id (``8947470.clip.mp3``), flat or in subfolders
        (``8/9/…``, ``A/B/C/…``); or any files with an ``index.tsv`` of ``id<TAB>relative path``.
    sevendigital : pd.Series, optional
        Track id -> 7digital id, e.g. from :func:`mumu_lib.sources.millionsong.track_metadata`.

    Returns
    -------
    audio : pd.Series [index=track ids, str]
        Path relative to ``folder``; ``""`` for a track without a preview.

    Raises
    ------
    MissingDataError
        If there is no such folder, or none of the tracks is in it.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     Path(folder, "TR1.mp3").touch()
    ...     find(folder, ["TR1", "TR2"]).tolist()
    ['TR1.mp3', '']
    """
    folder = Path(folder)
    ids = pd.Index(track_ids)
    if not folder.is_dir():
        raise MissingDataError(f"{folder} is not a folder; give the folder of the previews")
    path_of = _index(folder)
    names = pd.Series(ids, index=ids)
    audio = names.map(path_of)
    if sevendigital is not None:
        audio = audio.fillna(names.map(sevendigital.astype(str)).map(path_of))
    if len(ids) and audio.isna().all():
        raise MissingDataError(
            f"{folder}: none of {len(ids)} tracks found among {len(path_of)} recordings; expected <track id>.mp3, "
            f"<7digital id>.clip.mp3 (then give the 7digital ids) or index.tsv"
        )
    return audio.fillna("").astype(str)


def _index(folder: Path) -> dict[str, str]:
    """Return the relative path of each preview by its id, from ``index.tsv`` or the names of the files."""
    path_of: dict[str, str] = {}
    index = folder / "index.tsv"
    if index.is_file():
        for line in read_lines(index, "write it as id<TAB>relative path in UTF-8"):
            cells = line.strip("\r").split("\t")
            if len(cells) == 2:
                path_of[cells[0]] = cells[1]
        for entry in path_of.values():
            stays_inside(entry, str(index))
        return path_of
    for path in sorted(folder.rglob("*")):
        if kind(path) == "sound":
            path_of[path.name.split(".", 1)[0]] = path.relative_to(folder).as_posix()
    return path_of


def by_isrc(
    tracks: pd.DataFrame,
    folder: str | Path,
    musicbrainz: Client,
    previews: Client,
    *,
    musicbrainz_url: str = musicbrainz_web.URL,
    deezer_url: str = DEEZER,
) -> pd.DataFrame:
    """Download a preview of each recording that Deezer offers.

    Parameters
    ----------
    tracks : pd.DataFrame
        ``track_id``, ``recording_mbid``.
    folder : path
        Gets ``<track id>.mp3``; files that exist are not downloaded again.
    musicbrainz, previews : Client
        Clients of the two services, each with its own pause.

    Returns
    -------
    report : pd.DataFrame
        ``track_id``, ``isrc``, ``outcome``: ``there already``, ``fetched`` or why there is no preview.
        Also written to ``<folder>/report.csv``.

    Raises
    ------
    ServiceError
        If several tracks in a row failed. Downloaded previews are kept; run it again to resume.
    """
    folder = make_folder(Path(folder))

    def fetch_one(row: pd.Series) -> tuple[str, str]:
        path = folder / f"{plain_name(row['track_id'], 'the id of a track')}.mp3"
        if path.is_file():
            return "", "there already"
        isrcs = musicbrainz_web.isrcs(musicbrainz, row["recording_mbid"], url=musicbrainz_url)
        for isrc in isrcs:
            preview = _preview_url(previews, f"{deezer_url}/track/isrc:{isrc}")
            if preview and previews.file(preview, path):
                return isrc, "fetched"
        if not isrcs:
            return "", "MusicBrainz has no ISRC"
        return "", f"no preview for {', '.join(isrcs)}"

    return each(tracks, "track_id", fetch_one, folder / "report.csv", ["isrc", "outcome"])


def _preview_url(client: Client, track: str) -> str:
    """Return the URL of a track's preview; empty if Deezer has none."""
    # Not cached: these URLs expire after some hours.
    reply = client.json(track, keep=False) or {}
    with checked_reply(track):
        # Errors, such as an exceeded quota, come with status 200.
        error = reply.get("error") or {}
        if error and error.get("code") != NO_SUCH_TRACK:
            raise ServiceError(f"{track}: Deezer refuses ({error.get('message') or error!r:.200}); run it again later")
        preview = reply.get("preview")
        if isinstance(preview, str):
            return preview
        return ""
