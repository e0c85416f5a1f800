"""One polite reader of web services: a pause between requests, retries that heed Retry-After, a cache.

Notebook: 01. Every service is called only when the user starts it, under the service's own terms.
"""

import hashlib
import json
import time
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from mumu_lib.errors import ParameterError, ServiceError
from mumu_lib.files import write_atomically

# 429 and 503: asked too often. The others are the passing troubles of a server.
RETRIED = (429, 500, 502, 503, 504)
ABSENT = (403, 404, 410)


class Client:
    """Reads one service, one request at a time, and remembers each reply on disk.

    Parameters
    ----------
    cache : path
        Folder of replies; what is there is not asked again, so an interrupted run goes on where it stopped.
    contact : str
        E-mail or page of the user, sent in the User-Agent as the services require.
    pause : float >= 0 [scalar]
        Least time between two requests, in seconds; MusicBrainz asks for 1.
    retries : int
        How often a request is repeated after a cut connection or a reply of ``RETRIED``.
    backoff : float
        Base of the growing wait between repetitions, in seconds, where the reply has no Retry-After.
    """

    def __init__(
        self,
        cache: str | Path,
        contact: str,
        *,
        pause: float = 1.0,
        retries: int = 5,
        backoff: float = 1.0,
        timeout: float = 60,
    ) -> None:
        if "@" not in contact and "://" not in contact:
            raise ParameterError(
                f"contact must be your e-mail address or a web page, got {contact!r}; services block anonymous readers"
            )
        self.cache, self.pause, self.timeout = Path(cache), pause, timeout
        self._last = float("-inf")
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"mumu-lib/0.1 ( {contact} )"
        retry = Retry(total=retries, status_forcelist=RETRIED, backoff_factor=backoff, raise_on_status=False)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def get(self, url: str, headers: dict[str, str] | None = None, *, stream: bool = False) -> requests.Response:
        """Reply to one request, after the pause.

        Raises
        ------
        ServiceError
            No reply after all retries, or one that says so.
        """
        time.sleep(max(0.0, self._last + self.pause - time.monotonic()))
        try:
            reply = self._session.get(url, headers=headers, timeout=self.timeout, stream=stream)
        except requests.RequestException as error:
            raise ServiceError(f"{url}: no reply ({error}); what was fetched is kept, run it again later") from None
        finally:
            self._last = time.monotonic()
        if reply.status_code in RETRIED:
            raise ServiceError(
                f"{url}: still {reply.status_code} {reply.reason} after all retries; what was fetched is kept, run it again later"
            )
        return reply

    def json(self, url: str) -> dict[str, Any] | None:
        """JSON object at an address, from the cache if it was asked before; None if there is none (404)."""
        name = hashlib.sha256(url.encode()).hexdigest()
        path = self.cache / name[:2] / f"{name}.json"
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
        reply = self.get(url)
        if reply.status_code in ABSENT:
            found = None
        elif not reply.ok:
            raise ServiceError(f"{url}: {reply.status_code} {reply.reason}: {reply.text[:200]}")
        else:
            try:
                found = reply.json()
            except ValueError:
                raise ServiceError(f"{url}: the reply is not JSON: {reply.text[:200]}") from None
        write_atomically(path, json.dumps(found))
        return found

    def file(self, url: str, path: Path) -> bool:
        """Save what lies at an address; whether there was something.

        Raises
        ------
        ServiceError
            The service fails, or the connection is cut while reading.
        """
        reply = self.get(url)
        if reply.status_code in ABSENT:
            return False
        if not reply.ok:
            raise ServiceError(f"{url}: {reply.status_code} {reply.reason}")
        write_atomically(path, reply.content)
        return True
