"""Previews of tracks: finding those you have, and getting others by ISRC.

Paper: Section 3 (previews from 7digital, which no longer serves them).  Notebooks: 01, 04.

:func:`by_isrc` asks MusicBrainz for the recording's ISRC and Deezer for a preview of 30 s. You start
it yourself and answer for keeping to the services' terms; nothing here may be passed on.
"""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from mumu_lib.core.errors import MissingDataError, ServiceError
from mumu_lib.core.files import make_folder
from mumu_lib.core.formats import kind
from mumu_lib.core.parsing import plain_name, read_lines, stays_inside
from mumu_lib.sources import musicbrainz_web
from mumu_lib.sources.web import Client, each, understood

DEEZER = "https://api.deezer.com"
NO_SUCH_TRACK = 800


def find(folder: str | Path, track_ids: Iterable[str], sevendigital: pd.Series | None = None) -> pd.Series:
    """Where each track's preview lies in a folder as people have it.

    Parameters
    ----------
    folder : path
        Files named by track id or 7digital id (``8947470.clip.mp3``), flat or in any shards
        (``8/9/…``, ``A/B/C/…``); or with an ``index.tsv`` of ``id<TAB>relative path``.
    sevendigital : pd.Series, optional
        Track id -> 7digital id, e.g. from :func:`mumu_lib.sources.millionsong.track_metadata`.

    Returns
    -------
    audio : pd.Series [index=track ids, str]
        Path relative to ``folder``; ``""`` where there is none.

    Raises
    ------
    MissingDataError
        No such folder, or none of the tracks is in it.
    """
    folder, ids = Path(folder), pd.Index(track_ids)
    if not folder.is_dir():
        raise MissingDataError(f"{folder} is not a folder; give the one that holds the previews")
    known = _index(folder)
    names = pd.Series(ids, index=ids)
    audio = names.map(known)
    if sevendigital is not None:
        audio = audio.fillna(names.map(sevendigital.astype(str)).map(known))
    if len(ids) and audio.isna().all():
        raise MissingDataError(
            f"{folder}: none of {len(ids)} tracks found among {len(known)} recordings; expected <track id>.mp3, "
            f"<7digital id>.clip.mp3 (then give the 7digital ids) or index.tsv"
        )
    return audio.fillna("").astype(str)


def _index(folder: Path) -> dict[str, str]:
    index = folder / "index.tsv"
    if index.is_file():
        cells = [
            line.strip("\r").split("\t") for line in read_lines(index, "write it as id<TAB>relative path in UTF-8")
        ]
        known = {c[0]: c[1] for c in cells if len(c) == 2}
        for path in known.values():
            stays_inside(path, str(index))
        return known
    files = (p for p in sorted(folder.rglob("*")) if kind(p) == "sound")
    return {p.name.split(".", 1)[0]: p.relative_to(folder).as_posix() for p in files}


def by_isrc(
    tracks: pd.DataFrame,
    folder: str | Path,
    musicbrainz: Client,
    previews: Client,
    *,
    musicbrainz_url: str = musicbrainz_web.URL,
    deezer_url: str = DEEZER,
) -> pd.DataFrame:
    """Get a preview of each recording that a service still has.

    Parameters
    ----------
    tracks : pd.DataFrame
        ``track_id``, ``recording_mbid``.
    folder : path
        Gets ``<track id>.mp3``; what is there is not fetched again.
    musicbrainz, previews : Client
        Readers of the two services, each with its own pause.

    Returns
    -------
    report : pd.DataFrame
        ``track_id``, ``isrc``, ``outcome``: ``there already``, ``fetched`` or why there is none.
        Also written to ``<folder>/report.csv``.

    Raises
    ------
    ServiceError
        Several tracks in a row failed. What was fetched stays; run it again to go on.
    """
    folder = make_folder(Path(folder))

    def one(row: pd.Series) -> tuple[str, str]:
        path = folder / f"{plain_name(row['track_id'], 'the id of a track')}.mp3"
        if path.is_file():
            return "", "there already"
        isrcs = musicbrainz_web.isrcs(musicbrainz, row["recording_mbid"], url=musicbrainz_url)
        for isrc in isrcs:
            preview = _address(previews, f"{deezer_url}/track/isrc:{isrc}")
            if preview and previews.file(preview, path):
                return isrc, "fetched"
        return "", f"no preview for {', '.join(isrcs)}" if isrcs else "MusicBrainz has no ISRC"

    return each(tracks, "track_id", one, folder / "report.csv", ["isrc", "outcome"])


def _address(client: Client, track: str) -> str:
    """Where a track's preview lies; ``""`` if Deezer has none."""
    # Such addresses expire after hours.
    reply = client.json(track, keep=False) or {}
    with understood(track):
        # Deezer refuses with status 200, once the quota is used up for instance.
        error = reply.get("error") or {}
        if error and error.get("code") != NO_SUCH_TRACK:
            raise ServiceError(f"{track}: Deezer refuses ({error.get('message') or error!r:.200}); run it again later")
        preview = reply.get("preview")
        return preview if isinstance(preview, str) else ""
