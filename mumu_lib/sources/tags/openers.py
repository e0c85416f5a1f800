"""Open each kind of file with the matching class of mutagen.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import mutagen
from mutagen import (
    aac,
    ac3,
    apev2,
    asf,
    dsdiff,
    dsf,
    flac,
    id3,
    monkeysaudio,
    mp3,
    mp4,
    musepack,
    oggflac,
    oggopus,
    oggspeex,
    oggtheora,
    oggvorbis,
    optimfrog,
    tak,
    trueaudio,
    wavpack,
)

from mumu_lib.sources.tags import chunks, containers
from mumu_lib.sources.tags.containers import Fields

CLASSES: dict[str, Callable[[BinaryIO], Any]] = {
    "aac": aac.AAC,
    "ac3": ac3.AC3,
    "asf": asf.ASF,
    "dsdiff": dsdiff.DSDIFF,
    "dsf": dsf.DSF,
    "flac": flac.FLAC,
    "monkey's audio": monkeysaudio.MonkeysAudio,
    "mp4": mp4.MP4,
    "mpeg": mp3.MP3,
    "musepack": musepack.Musepack,
    "ogg flac": oggflac.OggFLAC,
    "ogg opus": oggopus.OggOpus,
    "ogg speex": oggspeex.OggSpeex,
    "ogg theora": oggtheora.OggTheora,
    "ogg vorbis": oggvorbis.OggVorbis,
    "optimfrog": optimfrog.OptimFROG,
    "tak": tak.TAK,
    "true audio": trueaudio.TrueAudio,
    "wavpack": wavpack.WavPack,
}
# Classes that read ID3 tags at the beginning themselves; the others receive the file without them.
SKIP_ID3 = ("aac", "mpeg", "true audio")


# Number of bytes searched for the marks of tags; ID3 version 1 and lyrics may follow the mark of an APEv2 tag.
MARKS_WITHIN = 512


@dataclass
class Opened:
    """Content of the tags in a file before its texts are cleaned."""

    fields: Fields = field(default_factory=dict)
    seconds: float | None = None
    has_picture: bool = False


class Behind(io.RawIOBase):
    """File without its first bytes.

    Examples
    --------
    >>> Behind(io.BytesIO(b"ID3fLaC"), 3).read()
    b'fLaC'
    """

    def __init__(self, file: BinaryIO, start: int) -> None:
        super().__init__()
        self.file = file
        self.start = start
        self.seek(0)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Read bytes from the current position."""
        return self.file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position, counted after the omitted bytes."""
        if whence == io.SEEK_SET:
            if offset < 0:
                raise ValueError(f"negative seek value {offset}")
            offset += self.start
        return self.file.seek(offset, whence) - self.start

    def tell(self) -> int:
        """Return the current position."""
        return self.file.tell() - self.start


def open_tags(file: BinaryIO, kind: str, start: int) -> Opened:
    """Read every tag of a file of a known kind.

    Parameters
    ----------
    start : int
        Number of bytes before the sound, from :func:`mumu_lib.sources.tags.kinds.kind_of`.

    Raises
    ------
    mutagen.MutagenError
        If the file is incomplete or invalid; for damaged files mutagen may raise other errors.
    """
    if kind in ("wav", "aiff"):
        return _of_chunks(file, start)
    opened = CLASSES[kind](from_start(file, kind, start))
    # For MPEG audio the ID3 tag is already read.
    around = _around(file, without=type(opened.tags))
    tags = [opened.tags, *around]
    fields = containers.merged(*_all_fields(tags, file, start))
    has_picture = bool(getattr(opened, "pictures", ())) or any(map(containers.has_picture, tags))
    length = getattr(opened.info, "length", None)
    return Opened(fields, length or None, has_picture)


def tags_alone(file: BinaryIO) -> Opened:
    """Read only the ID3 and APEv2 tags of a file."""
    around = _around(file)
    fields = _all_fields(around, file, 0)
    return Opened(containers.merged(*fields), has_picture=any(map(containers.has_picture, around)))


def from_start(file: BinaryIO, kind: str, start: int) -> BinaryIO:
    """Return a file at its beginning, without ID3 tags if the class of mutagen does not read them."""
    file.seek(0)
    if start and kind not in SKIP_ID3:
        return Behind(file, start)  # type: ignore[return-value]
    return file


def _all_fields(tags: list[Any], file: BinaryIO, start: int) -> list[Fields]:
    return [_fields(tag, file, start) for tag in tags]


def _fields(tag: Any, file: BinaryIO, start: int) -> Fields:
    """Return the fields of a tag by its class."""
    if tag is None:
        return {}
    if isinstance(tag, id3.ID3):
        return containers.from_id3(tag)
    if isinstance(tag, mp4.MP4Tags):
        return containers.from_mp4(tag, file, start)
    if isinstance(tag, asf.ASFTags):
        return containers.from_asf(tag)
    return containers.from_names(tag)


def _around(file: BinaryIO, without: type | None = None) -> list[Any]:
    """Load the ID3 tag before or after the sound (also version 1), and the APEv2 tag after it."""
    found = []
    for load in _may_have(file):
        if load is without:
            continue
        file.seek(0)
        try:
            found.append(load(file))
        except mutagen.MutagenError:
            continue
    return found


def _may_have(file: BinaryIO) -> list[Callable[[BinaryIO], Any]]:
    """Return the loaders of the tags whose marks are found, which is much faster than trying all."""
    file.seek(0)
    head = file.read(MARKS_WITHIN)
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - MARKS_WITHIN))
    tail = file.read(MARKS_WITHIN)
    loaders: list[Callable[[BinaryIO], Any]] = []
    if head.startswith(b"ID3") or b"TAG" in tail:
        loaders.append(id3.ID3)
    if b"APETAGEX" in head or b"APETAGEX" in tail or b"LYRICS" in tail:
        loaders.append(apev2.APEv2)
    return loaders


def _of_chunks(file: BinaryIO, start: int) -> Opened:
    """Read the tags of a WAV or AIFF file."""
    data, texts, seconds = chunks.read(file, start)
    own: Fields = {name: [text] for name, text in texts.items()}
    around = _around(file)
    if data:
        around.insert(0, id3.ID3(io.BytesIO(data)))
    fields = _all_fields(around, file, start)
    # The chunks of the format last: they have only one value, which is often truncated.
    return Opened(containers.merged(*fields, own), seconds, any(map(containers.has_picture, around)))
