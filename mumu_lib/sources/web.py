"""One polite reader of web services: a pause between requests, retries that heed Retry-After, a cache.

Notebook: 01. Every service is called only when the user starts it, under the service's own terms.
"""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError, MissingDataError, MumuError, ParameterError, ServiceError
from mumu_lib.core.files import write_atomically
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.parsing import UNEXPECTED, parse_json, parsing, storable

AGENT = f"mumu-lib/{version('mumu-lib')}"
# 429 and 503: asked too often. The others are the passing troubles of a server.
RETRIED = (429, 500, 502, 503, 504)
ABSENT = (404, 410)
# Shops answer so for a file that is not there. Of anything else it means: not you, or not now.
ABSENT_FILE = (403, *ABSENT)
# A service that asks for more patience than this, in seconds, has had enough for today.
PATIENCE = 120.0
# So many failures one after another mean that the service is down, not that an item is odd.
GIVE_UP = 3
# No page, preview or cover is as large, in bytes.
LARGEST = 64 << 20


def body(reply: requests.Response) -> bytes:
    """What a reply holds.

    Raises
    ------
    ServiceError
        More than ``LARGEST``, or the connection is cut.
    """
    pieces, size = [], 0
    try:
        for piece in reply.iter_content(1 << 16):
            size += len(piece)
            if size > LARGEST:
                raise ServiceError(f"{reply.url}: the reply is larger than {LARGEST >> 20} MB; nothing of it is kept")
            pieces.append(piece)
    except requests.RequestException as error:
        raise ServiceError(f"{reply.url}: the reply breaks off ({error}); run it again later") from None
    return b"".join(pieces)


@contextlib.contextmanager
def understood(url: str) -> Iterator[None]:
    """Say of a reply that has not the form it should have whose it was.

    Raises
    ------
    ServiceError
    """
    try:
        yield
    except MumuError:
        raise
    except UNEXPECTED as error:
        raise ServiceError(f"{url}: the reply has an unexpected form ({error!r:.300}); try again later") from None


def retry_after(response: Any) -> float | None:
    """Seconds that a reply of urllib3 asks to wait, by a number or a date; None if it does not say."""
    reader = Retry()
    # Else urllib3 says six hours of whatever is longer.
    reader.retry_after_max = 1 << 62
    try:
        wait = reader.get_retry_after(response)
        return None if wait is None else float(wait)
    except (InvalidHeader, *UNEXPECTED):
        return None


class _Patient(Retry):
    """Heeds a Retry-After, but not for hours."""

    def get_retry_after(self, response: Any) -> float | None:
        wait = retry_after(response)
        if wait is not None and wait > PATIENCE:
            raise ValueError(f"{response.status} {response.reason}, asks to wait {wait:.0f} s")
        return wait


def _object_or_none(text: bytes) -> dict[str, Any] | None:
    found = parse_json(text)
    if found is not None and not isinstance(found, dict):
        raise ValueError(f"it is a {type(found).__name__}")
    return found


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
        How often a request is repeated after a cut connection or a reply of ``RETRIED``; not if that asks for more
        than ``PATIENCE``.
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
        self._session.headers["User-Agent"] = f"{AGENT} ( {contact} )"
        retry = _Patient(total=retries, status_forcelist=RETRIED, backoff_factor=backoff, raise_on_status=False)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def get(self, url: str) -> requests.Response:
        """Reply to one request, after the pause; its :func:`body` is still to be read.

        Raises
        ------
        ServiceError
            No reply after all retries, or one that says so.
        """
        time.sleep(max(0.0, self._last + self.pause - time.monotonic()))
        try:
            reply = self._session.get(url, timeout=self.timeout, stream=True)
        # The address may come from a reply itself, and hold anything.
        except (requests.RequestException, *UNEXPECTED) as error:
            raise ServiceError(f"{url}: no reply ({error}); what was fetched is kept, run it again later") from None
        finally:
            self._last = time.monotonic()
        if reply.status_code in RETRIED:
            reply.close()
            raise ServiceError(
                f"{url}: still {reply.status_code} {reply.reason} after all retries; what was fetched is kept, run it again later"
            )
        return reply

    def json(self, url: str, *, keep: bool = True) -> dict[str, Any] | None:
        """JSON object at an address; None if there is none (404, 410).

        Parameters
        ----------
        keep : bool
            Take it from the cache if it was asked before, and keep it there; not for what is true for hours only.

        Raises
        ------
        ServiceError
            The service fails or refuses (403), or answers in another form; that is not kept.
        """
        name = hash_of(url.encode("utf-8", "replace"))
        path = self.cache / name[:2] / f"{name}.json"
        # Asked again if what was kept was cut or changed.
        if keep:
            with contextlib.suppress(BadDataError, MissingDataError), parsing(path, ""):
                return _object_or_none(path.read_bytes())
        with self.get(url) as reply:
            said = body(reply)
        if reply.status_code in ABSENT:
            found = None
        elif not reply.ok:
            raise ServiceError(f"{url}: {reply.status_code} {reply.reason}: {said[:200]!r}")
        else:
            try:
                found = _object_or_none(said)
            except ValueError:
                raise ServiceError(f"{url}: the reply is not JSON of an object: {said[:200]!r}") from None
        if keep:
            write_atomically(path, json.dumps(found))
        return found

    def file(self, url: str, path: Path) -> bool:
        """Save what lies at an address; whether there was something.

        Raises
        ------
        ServiceError
            The service fails, or the connection is cut while reading.
        """
        with self.get(url) as reply:
            if reply.status_code in ABSENT_FILE:
                return False
            if not reply.ok:
                raise ServiceError(f"{url}: {reply.status_code} {reply.reason}")
            write_atomically(path, body(reply))
        return True


def each(
    table: pd.DataFrame, key: str, job: Callable[[pd.Series], tuple[str, ...]], report: Path, columns: list[str]
) -> pd.DataFrame:
    """Do a job of the web for each row; failures are reported, and several in a row stop it.

    Returns
    -------
    report : pd.DataFrame
        ``key`` and ``columns``, of which the last is the outcome; also written, whatever happens, as CSV.
    """
    done: list[tuple[str, ...]] = []
    failures = 0
    try:
        for _, row in progress.bar(table.iterrows(), report.parent.name, len(table), unit="item"):
            try:
                done.append((row[key], *job(row)))
                failures = 0
            except ServiceError as error:
                done.append((row[key], *[""] * (len(columns) - 1), storable(str(error))))
                failures += 1
                if failures == GIVE_UP:
                    raise
    finally:
        frame = pd.DataFrame(done, columns=[key, *columns], dtype=str)
        write_atomically(report, frame.to_csv(index=False))
    return frame
