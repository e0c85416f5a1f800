"""Query MusicBrainz's web service instead of reading a dump: one request a second, cached, resumable.

Paper: Section 3 ("we query MusicBrainz with the album title and artist name").  Notebook: 01.

65,000 albums take some 18 hours; a dump (:mod:`mumu_lib.sources.musicbrainz`) takes minutes.

    python -m mumu_lib.sources.musicbrainz_web RELEASE_GROUP ... --contact YOU@EXAMPLE.ORG

prints the recordings on release groups as CSV, in the form in which notebook 01 reads them from a dump.
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
from mumu_lib.sources.web import Client, checked_reply

URL = "https://musicbrainz.org/ws/2"
PAGE = 100
# No album has more releases: a bound for replies with a wrong count.
MAX_RELEASES = 10_000


def recordings(client: Client, release_group: str, *, url: str = URL) -> pd.DataFrame:
    """Find the recordings on any release of a release group.

    Returns
    -------
    recordings : pd.DataFrame
        ``release_group_mbid``, ``recording_mbid``.

    Raises
    ------
    ServiceError
        If the service fails, or replies in an unexpected form.

    Examples
    --------
    >>> client = Client("data/raw/musicbrainz_web", "you@example.org")  # doctest: +SKIP
    >>> recordings(client, "f5093c06-23e3-404f-aeaa-40f72885ee3a")  # doctest: +SKIP
    """
    mbids: dict[str, None] = {}
    offset = 0
    total = 1
    while offset < total:
        parameters = {"release-group": release_group, "inc": "recordings", "limit": PAGE, "offset": offset}
        reply = _query(client, f"{url}/release", parameters)
        with checked_reply(url):
            releases = reply.get("releases", [])
            total = min(int(reply.get("release-count", 0)), MAX_RELEASES)
            for release in releases:
                mbids.update(dict.fromkeys(musicbrainz.recording_ids(release)))
        if not releases:
            break
        offset += len(releases)
    return pd.DataFrame({"release_group_mbid": release_group.lower(), "recording_mbid": list(mbids)})


def isrcs(client: Client, recording: str, *, url: str = URL) -> list[str]:
    """Return the ISRCs of a recording, the ids that shops and streaming services use."""
    with checked_reply(url):
        reply = _query(client, f"{url}/recording/{quote(recording.lower())}", {"inc": "isrcs"})
        return [musicbrainz.text(isrc) for isrc in reply.get("isrcs", [])]


def _query(client: Client, address: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON object that the service replies with, or an empty one if there is none."""
    query = urlencode(parameters | {"fmt": "json"})
    return client.json(f"{address}?{query}") or {}


def main(words: list[str] | None = None) -> int:
    """Run the command line: print the recordings on release groups as CSV."""
    parser = Parser(
        prog="python -m mumu_lib.sources.musicbrainz_web", description="Print the recordings on release groups as CSV."
    )
    parser.add_argument("release_groups", nargs="+", metavar="RELEASE_GROUP", help="MusicBrainz id of a release group")
    parser.add_argument("--contact", required=True, help="your e-mail address or web page, required by MusicBrainz")
    parser.add_argument("--url", default=URL, help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    try:
        client = Client(home() / "data" / "raw" / "musicbrainz_web", options.contact)
        for number, release_group in enumerate(options.release_groups):
            table = recordings(client, release_group, url=options.url)
            print(table.to_csv(index=False, header=number == 0), end="")
    except MumuError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
