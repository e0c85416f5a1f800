"""Send requests to web services, cache the answers on disk, and report refusals.

Paper: Section 5.2.  Notebook: 05.
"""

import contextlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from mumu_lib.core.errors import ServiceError
from mumu_lib.core.files import write_atomically
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.parsing import UNEXPECTED, parse_json
from mumu_lib.core.paths import home
from mumu_lib.sources.web import AGENT, PATIENCE, RETRIED, body, retry_after

RERUN_HINT = "answers so far are cached: run it again later, tomorrow if your quota is used up"


class Service:
    """Client of a web service that receives a form and answers in JSON.

    :class:`mumu_lib.sources.web.Client` sends GET requests only; texts are too long for an address and must be posted.

    Parameters
    ----------
    name, url : str
    cache : path
        Folder of the cached answers; a truncated or damaged answer is requested again.
    pause : float >= 0 [s]
        Minimum time between two requests.
    retries : int >= 0
        Number of repetitions after a broken connection or a status code in ``retried``.
    backoff : float [s]
        Wait before the first repetition, doubled each time, if the reply has no Retry-After.
    timeout : float [s]
    retried : tuple of int
        Status codes.
    agent : str
        User-Agent.
    """

    def __init__(
        self,
        name: str,
        url: str,
        cache: str | Path,
        *,
        pause: float = 0.2,
        retries: int = 4,
        backoff: float = 1.0,
        timeout: float = 60,
        retried: tuple[int, ...] = RETRIED,
        agent: str = AGENT,
    ) -> None:
        self.name = name
        self.url = url
        self.cache = Path(cache)
        self.pause = pause
        self.retries = retries
        self.backoff = backoff
        self.timeout = timeout
        self.retried = retried
        self._last = float("-inf")
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": agent, "Accept": "application/json"})

    def ask(self, form: dict[str, str], check: Callable[[Any], None], *, secret: dict[str, str] | None = None) -> Any:
        """Return the answer to a form, from the cache if it has one.

        Parameters
        ----------
        form : dict
        check : callable
            Raises ValueError with the message of the service if it refuses; such answers are not cached.
        secret : dict
            Sent with the form, but not part of the cache key.

        Raises
        ------
        ServiceError
            If there is no answer after all repetitions, or an error; the message says what to do.
        """
        path = self.path(self.url, form)
        cached = self.kept(path)
        with contextlib.suppress(*UNEXPECTED):
            if cached is not None:
                check(cached)
                return cached
        answer = self.fetch(form | (secret or {}), check)
        self.keep(path, answer)
        return answer

    def fetch(self, form: dict[str, str], check: Callable[[Any], None]) -> Any:
        """Request the answer to a form without the cache; parameters and errors are those of :meth:`ask`."""
        return self._answer(self._post(form), check)

    def path(self, *question: Any) -> Path:
        """Return the path of a cached answer."""
        digest = hash_of(json.dumps(question, sort_keys=True))
        return self.cache / digest[:2] / f"{digest}.json"

    def kept(self, path: Path) -> Any:
        """Return a cached answer; None if there is no complete one."""
        try:
            return parse_json(path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def keep(self, path: Path, answer: Any) -> None:
        """Cache an answer on disk."""
        write_atomically(path, json.dumps(answer))

    def _answer(self, reply: requests.Response, check: Callable[[Any], None]) -> Any:
        """Parse and check a reply."""
        status = f"{self.name} ({self.url}) answers {reply.status_code}"
        with reply:
            text = body(reply).decode("utf-8", "replace")
        try:
            answer = parse_json(text)
        except ValueError:
            beginning = text.strip()[:200] or "nothing"
            raise ServiceError(
                f"{status} with no JSON but {beginning!r}; check the address, then {RERUN_HINT}"
            ) from None
        try:
            check(answer)
        except UNEXPECTED as error:
            raise ServiceError(f"{status}: {error}; {RERUN_HINT}") from None
        if not reply.ok:
            raise ServiceError(f"{status} {reply.reason}: {text[:200]}; {RERUN_HINT}")
        return answer

    def _post(self, form: dict[str, str]) -> requests.Response:
        """Post a form; repeat the request after a broken connection or a status code in ``retried``."""
        for attempt in range(self.retries + 1):
            time.sleep(max(0.0, self._last + self.pause - time.monotonic()))
            wait = self.backoff * 2**attempt
            try:
                reply = self._session.post(self.url, data=form, timeout=self.timeout, stream=True)
            except requests.RequestException as error:
                # The type of the error only: its text repeats the address.
                trouble = f"no reply ({type(error).__name__})"
            else:
                if reply.status_code not in self.retried:
                    return reply
                reply.close()
                trouble = f"{reply.status_code} {reply.reason}"
                requested = retry_after(reply.raw)
                if requested is not None:
                    wait = requested
            finally:
                self._last = time.monotonic()
            if wait > PATIENCE:
                raise ServiceError(f"{self.name} ({self.url}): {trouble}, asks to wait {wait:.0f} s; {RERUN_HINT}")
            if attempt < self.retries:
                time.sleep(wait)
        raise ServiceError(f"{self.name} ({self.url}): still {trouble} after {self.retries} repetitions; {RERUN_HINT}")


def open_service(name: str, url: str, **options: Any) -> Service:
    """Return a service whose answers are cached under ``data/linking/``."""
    return Service(name, url, home() / "data" / "linking" / name.lower(), **options)
