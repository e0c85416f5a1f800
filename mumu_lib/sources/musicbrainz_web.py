"""MusicBrainz's web service, for when a dump is too much: one request a second, cached, resumable.

Paper: Section 3 ("we query MusicBrainz with the album title and artist name").  Notebook: 01.

65,000 albums take some 18 hours; a dump (:mod:`mumu_lib.sources.musicbrainz`) takes minutes.

    python -m mumu_lib.sources.musicbrainz_web RELEASE_GROUP ... --contact YOU@EXAMPLE.ORG

prints the recordings on release groups as CSV, as 01 takes them from a dump.
"""

import argparse
import sys
from typing import Any
from urllib.parse import quote, urlencode

import pandas as pd

from mumu_lib.core.arguments import Parser
from mumu_lib.core.errors import MumuError
from mumu_lib.core.paths import home
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


def main(words: list[str] | None = None) -> int:
    """Command line: print the recordings on release groups as CSV."""
    parser = Parser(
        prog="python -m mumu_lib.sources.musicbrainz_web", description="Print the recordings on release groups as CSV."
    )
    parser.add_argument("release_groups", nargs="+", metavar="RELEASE_GROUP", help="MusicBrainz id of a release group")
    parser.add_argument("--contact", required=True, help="your e-mail address or web page, which MusicBrainz asks for")
    parser.add_argument("--url", default=URL, help=argparse.SUPPRESS)
    asked = parser.parse_args(words)
    try:
        client = Client(home() / "data" / "raw" / "musicbrainz_web", asked.contact)
        for number, release_group in enumerate(asked.release_groups):
            found = recordings(client, release_group, url=asked.url)
            print(found.to_csv(index=False, header=number == 0), end="")
    except MumuError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
