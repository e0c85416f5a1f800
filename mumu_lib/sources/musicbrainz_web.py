"""MusicBrainz's web service, for when a dump is too much: one request a second, cached, resumable.

Paper: Section 3 ("we query MusicBrainz with the album title and artist name").  Notebook: 01.

65,000 albums take some 18 hours; a dump (:mod:`mumu_lib.sources.musicbrainz`) takes minutes.
"""

import re
from typing import Any
from urllib.parse import quote, urlencode

import pandas as pd

from mumu_lib.core import progress
from mumu_lib.sources import musicbrainz
from mumu_lib.sources.web import Client, understood

URL = "https://musicbrainz.org/ws/2"
PAGE = 100
# No album has more; a reply that claims so is not followed forever.
MOST_RELEASES = 10_000

_SPECIAL = re.compile(r'([+\-!(){}\[\]^"~*?:\\/&|])')


def search(client: Client, title: str, artist: str, *, limit: int = 25, url: str = URL) -> pd.DataFrame:
    """Release groups that may be an album, best first.

    Returns
    -------
    release_groups : pd.DataFrame
        ``release_group_mbid``, ``title``, ``artist``, ``score`` (the service's, 0 to 100).
    """
    query = f'releasegroup:"{_escaped(title)}" AND artist:"{_escaped(artist)}"'
    reply = _ask(client, f"{url}/release-group", query=query, limit=limit)
    with understood(url):
        found = [
            (
                g["id"].lower(),
                musicbrainz.text(g.get("title", "")),
                musicbrainz.credit(g.get("artist-credit") or []),
                int(g.get("score", 0)),
            )
            for g in reply.get("release-groups", [])
        ]
    return pd.DataFrame(found, columns=["release_group_mbid", "title", "artist", "score"])


def search_all(client: Client, albums: pd.DataFrame, *, url: str = URL) -> pd.DataFrame:
    """Candidates for every album, in the form that :func:`mumu_lib.mapping.matching.match` takes.

    Parameters
    ----------
    albums : pd.DataFrame
        ``title``, ``artist``; those without either are not asked for.

    Returns
    -------
    release_groups : pd.DataFrame
        ``release_group_mbid``, ``title``, ``artist``; each once.
    """
    named = albums[(albums["title"] != "") & (albums["artist"] != "")]
    asked = zip(named["title"], named["artist"], strict=True)
    asked = progress.bar(asked, "MusicBrainz", len(named), unit="album")
    found = [search(client, title, artist, url=url) for title, artist in asked]
    columns = ["release_group_mbid", "title", "artist"]
    return pd.concat(found)[columns].drop_duplicates(ignore_index=True) if found else pd.DataFrame(columns=columns)


def by_asin(client: Client, asin: str, *, url: str = URL) -> list[str]:
    """Release groups of the releases that carry an Amazon id: the exact route, where an editor entered it."""
    reply = _ask(client, f"{url}/release", query=f"asin:{_escaped(asin)}", limit=PAGE)
    with understood(url):
        groups = [r["release-group"]["id"].lower() for r in reply.get("releases", []) if "release-group" in r]
        return list(dict.fromkeys(groups))


def recordings(client: Client, release_group: str, *, url: str = URL) -> pd.DataFrame:
    """Recordings on any release of a release group.

    Returns
    -------
    recordings : pd.DataFrame
        ``release_group_mbid``, ``recording_mbid``.
    """
    found: dict[str, None] = {}
    offset, total = 0, 1
    while offset < total:
        reply = _ask(
            client,
            f"{url}/release",
            **{"release-group": release_group, "inc": "recordings", "limit": PAGE, "offset": offset},
        )
        with understood(url):
            releases, total = reply.get("releases", []), min(int(reply.get("release-count", 0)), MOST_RELEASES)
            found |= dict.fromkeys(mbid for release in releases for mbid in musicbrainz.recording_ids(release))
        if not releases:
            break
        offset += len(releases)
    return pd.DataFrame({"release_group_mbid": release_group.lower(), "recording_mbid": list(found)})


def isrcs(client: Client, recording: str, *, url: str = URL) -> list[str]:
    """ISRCs of a recording, by which shops and streaming services know it."""
    with understood(url):
        reply = _ask(client, f"{url}/recording/{quote(recording.lower())}", inc="isrcs")
        return [musicbrainz.text(isrc) for isrc in reply.get("isrcs", [])]


def _ask(client: Client, address: str, **parameters: Any) -> dict[str, Any]:
    return client.json(f"{address}?{urlencode({**parameters, 'fmt': 'json'})}") or {}


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)
