"""Define the errors that are shown to users; messages name the file or row, and how to fix the problem."""

import difflib
from collections.abc import Iterable


class MumuError(Exception):
    """Base of all errors raised on purpose by this library."""


class ParameterError(MumuError, ValueError):
    """A notebook or function parameter has an unknown name, a wrong type or a wrong value."""


class MissingDataError(MumuError, FileNotFoundError):
    """A requested file or folder is missing; the message says how to get it."""


class BadDataError(MumuError, ValueError):
    """A file has invalid contents; the message names file and row."""


class LockedError(MumuError, OSError):
    """A file cannot be read now because another program has locked it, or its drive does not support locks."""


class WriteError(MumuError, OSError):
    """A file cannot be written (no space, no permission, no folder); the message says what to do."""


class RefusedError(MumuError):
    """One item of many cannot be used; the others are processed.

    Attributes
    ----------
    reason : str
        One word, by which errors are counted.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason

    def __reduce__(self) -> tuple:
        # Needed to pickle an exception with extra arguments, which worker processes send back.
        return (type(self), (self.reason, str(self)))


class AudioError(RefusedError):
    """One recording cannot be used: ``missing``, ``corrupt``, ``short``, ``silent``, ``timeout``, ``unread``."""


class ImageError(RefusedError):
    """One cover cannot be used.

    ``missing``, ``not_image``, ``corrupt``, ``bomb``, ``tiny``, ``placeholder``, ``timeout``.
    """


class NothingUsableError(MumuError):
    """No item can be used."""


class ServiceError(MumuError, OSError):
    """A web service has not responded, or has responded with an error, after all retries."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the nearest known name; empty if none is near.

    Examples
    --------
    >>> did_you_mean("adio", ["audio", "text"])
    "; did you mean 'audio'?"
    """
    near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    if not near:
        return ""
    return f"; did you mean {near[0]!r}?"
