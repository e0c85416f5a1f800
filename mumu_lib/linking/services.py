"""Asking web services: each question once, answers kept on disk, refusals said plainly.

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

AGAIN = "what was answered is kept: run it again later, tomorrow if your quota is used up"


class Service:
    """One web service that takes a form and answers in JSON.

    :class:`mumu_lib.sources.web.Client` only reads addresses; texts are too long for one and have to be posted.

    Parameters
    ----------
    name, url : str
    cache : path
        Folder of answers; a cut or broken one is asked for again.
    pause : float >= 0 [scalar]
        Least time between two requests, in seconds.
    retries : int
        How often a request is repeated after a cut connection or a reply of ``retried``.
    backoff : float
        Seconds before the first repetition, doubled each time, where the reply has no Retry-After.
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
        self.name, self.url, self.cache = name, url, Path(cache)
        self.pause, self.retries, self.backoff, self.timeout, self.retried = pause, retries, backoff, timeout, retried
        self._last = float("-inf")
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": agent, "Accept": "application/json"})

    def ask(self, form: dict[str, str], check: Callable[[Any], None], *, secret: dict[str, str] | None = None) -> Any:
        """Answer to a form, from the cache if it was asked before.

        Parameters
        ----------
        form : dict
        check : callable
            Raises ValueError, with what the service says, if an answer is none; such answers are not kept.
        secret : dict
            Sent too, but the answer does not depend on it.

        Raises
        ------
        ServiceError
            No answer after all repetitions, or an error; with what to do.
        """
        path = self.path(self.url, form)
        found = self.kept(path)
        with contextlib.suppress(*UNEXPECTED):
            if found is not None:
                check(found)
                return found
        answer = self.fetch(form | (secret or {}), check)
        self.keep(path, answer)
        return answer

    def fetch(self, form: dict[str, str], check: Callable[[Any], None]) -> Any:
        """Answer to a form, asked for whatever is kept; parameters and errors as of :meth:`ask`."""
        return self._answer(self._post(form), check)

    def path(self, *question: Any) -> Path:
        """Where the answer to a question is kept."""
        digest = hash_of(json.dumps(question, sort_keys=True))
        return self.cache / digest[:2] / f"{digest}.json"

    def kept(self, path: Path) -> Any:
        """An answer kept on disk; None if there is none, or not a whole one."""
        try:
            return parse_json(path.read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def keep(self, path: Path, answer: Any) -> None:
        """Keep an answer on disk."""
        write_atomically(path, json.dumps(answer))

    def _answer(self, reply: requests.Response, check: Callable[[Any], None]) -> Any:
        said = f"{self.name} ({self.url}) answers {reply.status_code}"
        with reply:
            said_whole = body(reply).decode("utf-8", "replace")
        try:
            answer = parse_json(said_whole)
        except ValueError:
            seen = said_whole.strip()[:200] or "nothing"
            raise ServiceError(f"{said} with no JSON but {seen!r}; check the address, then {AGAIN}") from None
        try:
            check(answer)
        except UNEXPECTED as error:
            raise ServiceError(f"{said}: {error}; {AGAIN}") from None
        if not reply.ok:
            raise ServiceError(f"{said} {reply.reason}: {said_whole[:200]}; {AGAIN}")
        return answer

    def _post(self, form: dict[str, str]) -> requests.Response:
        for attempt in range(self.retries + 1):
            time.sleep(max(0.0, self._last + self.pause - time.monotonic()))
            wait = self.backoff * 2**attempt
            try:
                reply = self._session.post(self.url, data=form, timeout=self.timeout, stream=True)
            except requests.RequestException as error:
                # Its text may hold the address, but never the form, and so no key.
                trouble = f"no reply ({type(error).__name__})"
            else:
                if reply.status_code not in self.retried:
                    return reply
                reply.close()
                trouble, asked = f"{reply.status_code} {reply.reason}", retry_after(reply.raw)
                wait = wait if asked is None else asked
            finally:
                self._last = time.monotonic()
            if wait > PATIENCE:
                raise ServiceError(f"{self.name} ({self.url}): {trouble}, asks to wait {wait:.0f} s; {AGAIN}")
            if attempt < self.retries:
                time.sleep(wait)
        raise ServiceError(f"{self.name} ({self.url}): still {trouble} after {self.retries} repetitions; {AGAIN}")


def open_service(name: str, url: str, **options: Any) -> Service:
    """Return a service whose answers are kept under ``data/linking/``."""
    return Service(name, url, home() / "data" / "linking" / name.lower(), **options)
