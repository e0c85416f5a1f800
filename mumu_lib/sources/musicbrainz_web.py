"""MusicBrainz's web service, for when a dump is too much: one request a second, cached, resumable.

Paper: Section 3 ("we query MusicBrainz with the album title and artist name").  Notebook: 01.

65,000 albums take some 18 hours; a dump (:mod:`mumu_lib.sources.musicbrainz`) takes minutes.
"""

from typing import Any
from urllib.parse import quote, urlencode

import pandas as pd

from mumu_lib.sources import musicbrainz
from mumu_lib.sources.web import Client, understood

URL = "https://musicbrainz.org/ws/2"
PAGE = 100
# No album has more; a reply that claims so is not followed forever.
MOST_RELEASES = 10_000


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
