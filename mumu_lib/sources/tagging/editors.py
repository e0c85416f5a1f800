"""Define the interface of editors, which change the genre in one tag format, and choose one for a file.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags``.

Several genres are several values: of one frame in ID3v2.4 and 2.3 (separated by NUL, since a slash would join two names and
split ``AC/DC``), one Vorbis comment per genre, values of ``(c)gen`` in MP4, values separated by NUL in APEv2, and one
``WM/Genre`` per genre in Windows Media.
"""

from pathlib import Path
from typing import Any, Protocol

from mumu_lib.core.files import open_regular
from mumu_lib.sources.tags import kinds

State = dict[str, Any]
# Kinds of file by the format of the tag for the genre.
BY_NAMES = ("flac", "ogg vorbis", "ogg opus", "ogg flac", "ogg speex")
BY_APE = ("monkey's audio", "musepack", "wavpack", "optimfrog", "tak")
IN_ID3 = ("mpeg", "true audio", "wav", "aiff")


class NotWritableError(Exception):
    """Raised if the genre of a file cannot be written; the message says why."""


class Editor(Protocol):
    """Editor of the genre in the tag of one open file.

    Attributes
    ----------
    name : str
        Name of the tag format, e.g. ``ID3v2.3``.
    """

    @property
    def name(self) -> str:
        """Name of the tag format."""

    def state(self) -> State:
        """Return the exact genre in a form that JSON supports."""

    def put(self, values: list[str]) -> None:
        """Replace the genres."""

    def restore(self, state: State) -> None:
        """Restore a genre that :meth:`state` returned."""

    def others(self) -> list[str]:
        """Return a text for each other field of the tag, in an order that is independent of the file."""

    def save(self) -> None:
        """Write the tag into the file."""


def open_editor(path: Path) -> Editor:
    """Open the tag for the genre of a file, whose kind is recognised by its content.

    Raises
    ------
    NotWritableError
        If genres are not written into this kind of file or tag.
    OSError, mutagen.MutagenError
        If the file cannot be read; for damaged files mutagen may raise other errors.
    """
    # These modules import this one.
    from mumu_lib.sources.tagging import id3, listed

    with open_regular(path) as file:
        kind, start = kinds.kind_of(file)
        if not kind:
            file.seek(start)
            raise NotWritableError(f"is not a sound file: it is {kinds.no_sound(file.read(kinds.START))}")
        wide = kind == "wav" and _is_wide(file, start)
    if wide:
        raise NotWritableError("tags of WAV files with 64-bit lengths (RF64, BW64) are not written")
    if start and kind not in ("mpeg", "true audio"):
        raise NotWritableError(f"begins with an ID3 tag, which is not valid in a {kind} file; remove that tag first")
    if kind in BY_NAMES:
        return listed.Comments(path, kind)
    if kind == "mp4":
        return listed.Mp4(path)
    if kind == "asf":
        return listed.Windows(path)
    if kind in BY_APE:
        return listed.Ape(path)
    if kind in ("wav", "aiff"):
        return id3.InChunk(path, kind)
    if kind in IN_ID3:
        if kind == "mpeg" and listed.has_ape(path) and not id3.has_id3(path):
            return listed.Ape(path)
        return id3.AtStart(path)
    raise NotWritableError(f"tags of this kind of file ({kind}) are not written")


def _is_wide(file: Any, start: int) -> bool:
    """Return whether a WAV file has 64-bit lengths."""
    file.seek(start)
    return bool(file.read(4) != b"RIFF")
