"""The genre of one sound file, in each kind of tag's own way.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags``.

Several genres are several values wherever the kind of tag has them: frames of ID3v2.4, also of 2.3 (parted by NUL, since
a slash would make one name of two and two of ``AC/DC``), one Vorbis comment a genre, values of ``(c)gen`` in MP4, values
parted by NUL in APEv2, one ``WM/Genre`` a genre in Windows Media.
"""

from pathlib import Path
from typing import Any, Protocol

from mumu_lib.core.files import open_regular
from mumu_lib.sources.tags import kinds

State = dict[str, Any]
# Kinds of file by the kind of tag that their genre is written in.
BY_NAMES = ("flac", "ogg vorbis", "ogg opus", "ogg flac", "ogg speex")
BY_APE = ("monkey's audio", "musepack", "wavpack", "optimfrog", "tak")
IN_ID3 = ("mpeg", "true audio", "wav", "aiff")


class NotWritableError(Exception):
    """A file whose genre is not written; the message says why."""


class Editor(Protocol):
    """The genre in the tag of one open file.

    Attributes
    ----------
    name : str
        Of the kind of tag, e.g. ``ID3v2.3``.
    """

    @property
    def name(self) -> str:
        """Kind of tag."""

    def state(self) -> State:
        """Return what is there, exactly, as JSON takes it."""

    def put(self, values: list[str]) -> None:
        """Replace the genres."""

    def restore(self, state: State) -> None:
        """Bring back what :meth:`state` returned before."""

    def others(self) -> list[str]:
        """Return a text for all else in this tag, in an order that does not depend on how it was saved."""

    def save(self) -> None:
        """Write the tag into the file."""


def open_editor(path: Path) -> Editor:
    """Open the tag of a file that a genre is written in; what kind of file it is its content says.

    Raises
    ------
    NotWritableError
        Genres are not written into this kind of file, or not into its kind of tag.
    OSError, mutagen.MutagenError
        It cannot be read; mutagen raises others on damaged files.
    """
    # The modules import this one's names.
    from mumu_lib.sources.tagging import id3, listed

    with open_regular(path) as file:
        kind, start = kinds.kind_of(file)
        if not kind:
            file.seek(start)
            raise NotWritableError(f"is no sound: it is {kinds.no_sound(file.read(kinds.START))}")
        wide = kind == "wav" and _is_wide(file, start)
    if wide:
        raise NotWritableError("tags of WAV files with 64-bit lengths (RF64, BW64) are not written")
    if start and kind not in ("mpeg", "true audio"):
        raise NotWritableError(f"begins with an ID3 tag, which a {kind} file has no place for; remove that first")
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
    file.seek(start)
    return bool(file.read(4) != b"RIFF")
