"""Every error a user is meant to read: it names the file or row and what to do next."""

import difflib
from collections.abc import Iterable


class MumuError(Exception):
    """Base of all errors raised on purpose by this library."""


class ParameterError(MumuError, ValueError):
    """A notebook or function parameter has an unknown name, a wrong type or a wrong value."""


class MissingDataError(MumuError, FileNotFoundError):
    """Something asked for is not on disk; the message says how to get it."""


class BadDataError(MumuError, ValueError):
    """A file is there but does not hold what it should; the message names file and row."""


class LockedError(MumuError, OSError):
    """A file is held by another program, or lies where there are no locks: it may be whole, but cannot be read now."""


class WriteError(MumuError, OSError):
    """A file cannot be written: no space, no right to, no folder; the message says what to do."""


class RefusedError(MumuError):
    """One item of many cannot be used; the others go on.

    Attributes
    ----------
    reason : str
        One word, to be counted.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple:
        # Exceptions with extra arguments do not survive the trip back from a worker process otherwise.
        return (type(self), (self.reason, str(self)))


class AudioError(RefusedError):
    """One recording cannot be used: ``missing``, ``corrupt``, ``short``, ``silent``, ``timeout``, ``unread``."""


class ImageError(RefusedError):
    """One cover cannot be used.

    ``missing``, ``not_image``, ``corrupt``, ``bomb``, ``tiny``, ``placeholder``, ``timeout``.
    """


class NothingUsableError(MumuError):
    """Every item was refused, so that there is nothing left to work on."""


class ServiceError(MumuError, OSError):
    """A web service does not answer, or answers with an error, after all retries."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``"; did you mean 'x'?"`` for the nearest known name, or nothing."""
    near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
