"""Query web services politely: pause between requests, observe Retry-After, cache replies.

Notebook: 01. A service is called only if the user starts it, under the service's own terms.
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
# 429 and 503 mean too many requests; the others are temporary failures of a server.
RETRIED = (429, 500, 502, 503, 504)
ABSENT = (404, 410)
# Shops reply 403 for a missing file. For anything but a file, 403 means blocked or rate-limited.
ABSENT_FILE = (403, *ABSENT)
# Longest Retry-After to wait for, in seconds; a longer one means that a quota is used up.
PATIENCE = 120.0
# The service is considered down after this many failures in a row.
MAX_FAILURES = 3
# Pages, previews and covers are smaller than this, in bytes.
MAX_BYTES = 64 << 20


def body(reply: requests.Response) -> bytes:
    """Read the content of a reply.

    Raises
    ------
    ServiceError
        If the content is larger than ``MAX_BYTES`` or the connection is cut.
    """
    pieces = []
    size = 0
    try:
        for piece in reply.iter_content(1 << 16):
            size += len(piece)
            if size > MAX_BYTES:
                raise ServiceError(f"{reply.url}: the reply is larger than {MAX_BYTES >> 20} MB; it is not kept")
            pieces.append(piece)
    except requests.RequestException as error:
        raise ServiceError(f"{reply.url}: the reply breaks off ({error}); run it again later") from None
    return b"".join(pieces)


@contextlib.contextmanager
def checked_reply(url: str) -> Iterator[None]:
    """Name the service in errors about malformed replies.

    Raises
    ------
    ServiceError
        If the code inside fails because a reply has an unexpected form.

    Examples
    --------
    >>> with checked_reply("https://example.org"):  # doctest: +ELLIPSIS
    ...     {}["releases"]
    Traceback (most recent call last):
    mumu_lib.core.errors.ServiceError: https://example.org: the reply has an unexpected form ...
    """
    try:
        yield
    except MumuError:
        raise
    except UNEXPECTED as error:
        raise ServiceError(f"{url}: the reply has an unexpected form ({error!r:.300}); try again later") from None


def retry_after(response: Any) -> float | None:
    """Return the Retry-After of a urllib3 reply in seconds, given as a number or a date; None if it has none."""
    reader = Retry()
    # By default, urllib3 cuts off waits longer than six hours.
    reader.retry_after_max = 1 << 62
    try:
        wait = reader.get_retry_after(response)
        if wait is None:
            return None
        return float(wait)
    except (InvalidHeader, *UNEXPECTED):
        return None


class _Patient(Retry):
    """Observe a Retry-After up to ``PATIENCE``, and fail at a longer one."""

    def get_retry_after(self, response: Any) -> float | None:
        wait = retry_after(response)
        if wait is not None and wait > PATIENCE:
            raise ValueError(f"{response.status} {response.reason}, with a Retry-After of {wait:.0f} s")
        return wait


def _object_or_none(text: bytes) -> dict[str, Any] | None:
    """Parse a JSON object or null; raise ValueError for anything else."""
    value = parse_json(text)
    if value is not None and not isinstance(value, dict):
        raise ValueError(f"it is a {type(value).__name__}")
    return value


class Client:
    """Query one service, one request at a time, and cache each reply on disk.

    Parameters
    ----------
    cache : path
        Folder of cached replies; these requests are not repeated, and an interrupted run resumes where it stopped.
    contact : str
        E-mail address or web page of the user, sent in the User-Agent as the services require.
    pause : float >= 0 [scalar]
        Least time between two requests, in seconds; MusicBrainz requires 1.
    retries : int
        Number of retries after a cut connection or a status of ``RETRIED``; a reply with a Retry-After longer than
        ``PATIENCE`` is not retried.
    backoff : float
        Base of the exponential wait between retries, in seconds, if the reply has no Retry-After.
    timeout : float
        Longest wait for the server, in seconds.

    Raises
    ------
    ParameterError
        If ``contact`` is neither an e-mail address nor a web page.

    Examples
    --------
    >>> client = Client("data/raw/musicbrainz_web", "you@example.org")
    >>> client.pause
    1.0
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
                f"contact must be your e-mail address or a web page, got {contact!r}; services block anonymous clients"
            )
        self.cache = Path(cache)
        self.pause = pause
        self.timeout = timeout
        self._last = float("-inf")
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"{AGENT} ( {contact} )"
        retry = _Patient(total=retries, status_forcelist=RETRIED, backoff_factor=backoff, raise_on_status=False)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def get(self, url: str) -> requests.Response:
        """Send one request after the pause and return the reply, whose :func:`body` has not been read yet.

        Raises
        ------
        ServiceError
            If all retries fail.
        """
        time.sleep(max(0.0, self._last + self.pause - time.monotonic()))
        try:
            reply = self._session.get(url, timeout=self.timeout, stream=True)
        # The URL may be taken from a reply and contain anything.
        except (requests.RequestException, *UNEXPECTED) as error:
            raise ServiceError(f"{url}: no reply ({error}); earlier replies are kept, run it again later") from None
        finally:
            self._last = time.monotonic()
        if reply.status_code in RETRIED:
            reply.close()
            status = f"{reply.status_code} {reply.reason}"
            raise ServiceError(f"{url}: still {status} after all retries; earlier replies are kept, run it again later")
        return reply

    def json(self, url: str, *, keep: bool = True) -> dict[str, Any] | None:
        """Get the JSON object at a URL; None if there is none (404, 410).

        Parameters
        ----------
        keep : bool
            Cache the reply, and take it from the cache if it is there; False for replies that expire within hours.

        Raises
        ------
        ServiceError
            If the service fails or refuses (403), or does not reply with an object; this is not cached.
        """
        if not keep:
            return self._json(url)
        name = hash_of(url.encode("utf-8", "replace"))
        path = self.cache / name[:2] / f"{name}.json"
        # A damaged file in the cache is requested again.
        with contextlib.suppress(BadDataError, MissingDataError), parsing(path, ""):
            return _object_or_none(path.read_bytes())
        value = self._json(url)
        write_atomically(path, json.dumps(value))
        return value

    def _json(self, url: str) -> dict[str, Any] | None:
        """Request a JSON object; None if there is none."""
        with self.get(url) as reply:
            content = body(reply)
        if reply.status_code in ABSENT:
            return None
        if not reply.ok:
            raise ServiceError(f"{url}: {reply.status_code} {reply.reason}: {content[:200]!r}")
        try:
            return _object_or_none(content)
        except ValueError:
            raise ServiceError(f"{url}: the reply is not a JSON object: {content[:200]!r}") from None

    def file(self, url: str, path: Path) -> bool:
        """Download the file at a URL; return False if there is none (403, 404, 410).

        Raises
        ------
        ServiceError
            If the service fails or the connection is cut.
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
    """Run a job that queries a service for each row; report failures, and stop after ``MAX_FAILURES`` in a row.

    Returns
    -------
    report : pd.DataFrame
        ``key`` and ``columns``, the last of which is the outcome; also written as CSV, even if the job stops early.

    Raises
    ------
    ServiceError
        If ``MAX_FAILURES`` rows in a row failed.
    """
    done: list[tuple[str, ...]] = []
    empty = [""] * (len(columns) - 1)
    failures = 0
    try:
        for _, row in progress.bar(table.iterrows(), report.parent.name, len(table), unit="item"):
            try:
                done.append((row[key], *job(row)))
                failures = 0
            except ServiceError as error:
                done.append((row[key], *empty, storable(str(error))))
                failures += 1
                if failures == MAX_FAILURES:
                    raise
    finally:
        frame = pd.DataFrame(done, columns=[key, *columns], dtype=str)
        write_atomically(report, frame.to_csv(index=False))
    return frame
