"""The genre in an ID3 tag: frame TCON, in the version that the file has.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags``.

Frames are loaded as they are, without mutagen's translation to 2.4, so that a tag of 2.3 keeps its own dates. The old
ID3v1 tag at the end of an mp3, which has one genre by number, stays as it is, byte by byte.
"""

import re
from pathlib import Path
from typing import Any

from mutagen import aiff, id3, wave

from mumu_lib.core.fingerprints import hash_of
from mumu_lib.sources.tagging.editors import NotWritableError, State
from mumu_lib.sources.tags.payload import ID3V1

ENCODING = re.compile(r"encoding=<Encoding\.\w+: \d>, ")


def has_id3(path: Path) -> bool:
    """Return whether a file begins with an ID3v2 tag."""
    with open(path, "rb") as file:
        return file.read(3) == b"ID3"


class _Id3:
    """What all ID3 tags have in common."""

    path: Path
    tag: Any
    # Whether the file has such a tag already.
    there: bool

    @property
    def name(self) -> str:
        """Kind of tag, with its version."""
        return f"ID3v2.{self.version}"

    @property
    def version(self) -> int:
        """Version 2.3 or 2.4 by its last number, as it is saved."""
        return 3 if self.there and self.tag.version[1] == 3 else 4

    def _check(self) -> None:
        if self.there and self.tag.version[:2] == (2, 2):
            raise NotWritableError("its ID3 tag is of version 2.2, which is not written; save it as 2.3 or 2.4 first")

    def state(self) -> State:
        """Return the genre that is there, exactly."""
        frames: list[State] = []
        if not self.there:
            return {"tag": False, "frames": frames}
        for frame in self.tag.getall("TCON"):
            frames.append({"encoding": int(frame.encoding), "text": [str(text) for text in frame.text]})
        return {"tag": True, "frames": frames}

    def put(self, values: list[str]) -> None:
        """Replace the genres."""
        encoding = 3
        if self.version == 3:
            encoding = 0 if _is_latin1(values) else 1
        self.tag.setall("TCON", [id3.TCON(encoding=encoding, text=values)])

    def restore(self, state: State) -> None:
        """Bring back what :meth:`state` returned."""
        self.tag.delall("TCON")
        for frame in state["frames"]:
            self.tag.add(id3.TCON(encoding=frame["encoding"], text=frame["text"]))
        self.there = state["tag"]

    def others(self) -> list[str]:
        """Return a text for all else in this tag."""
        found = []
        for frame in self.tag.values():
            if frame.FrameID != "TCON":
                # 2.3 has no UTF-8; such a text is stored in UTF-16 there.
                found.append(f"{frame.FrameID} {hash_of(ENCODING.sub('', repr(frame)))}")
        for raw in self.tag.unknown_frames:
            found.append(f"unknown {hash_of(raw)}")
        return sorted(found)


class AtStart(_Id3):
    """The ID3 tag that an mp3 begins with."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.there = has_id3(path)
        if self.there:
            self.tag = id3.ID3(path, translate=False, load_v1=False)
        else:
            self.tag = _of_version_1(path)
        self._check()

    def save(self) -> None:
        """Write the tag into the file, or remove one that was not there before."""
        tail = _version_1(self.path)
        if not self.there and not self._more_than_version_1():
            id3.delete(self.path, delete_v1=False, delete_v2=True)
            return
        self.tag.save(self.path, v1=1, v2_version=self.version, v23_sep=None)
        if tail:
            with open(self.path, "r+b") as file:
                file.seek(-ID3V1, 2)
                file.write(tail)

    def _more_than_version_1(self) -> bool:
        """Return whether a tag that was not there holds anything that version 1 does not."""
        known = {repr(frame) for frame in _of_version_1(self.path).values()}
        return any(repr(frame) not in known for frame in self.tag.values())


class InChunk(_Id3):
    """The ID3 tag in a chunk of a WAV or AIFF file; what the format's own chunks say is left alone."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        loader: Any = wave.WAVE if kind == "wav" else aiff.AIFF
        self.file = loader(path, translate=False, load_v1=False)
        self.there = self.file.tags is not None
        if not self.there:
            self.file.add_tags()
        self.tag = self.file.tags
        self._check()

    def save(self) -> None:
        """Write the tag into the file, or remove one that was not there before."""
        if not self.there and not len(self.tag):
            self.file.delete(self.path)
            return
        self.tag.save(self.path, v2_version=self.version, v23_sep=None)


def _of_version_1(path: Path) -> Any:
    """Return a tag of what version 1 says, which a new one begins with, so that nobody misses it there."""
    tag = id3.ID3()
    for frame in (id3.ParseID3v1(_version_1(path)) or {}).values():
        tag.add(frame)
    return tag


def _version_1(path: Path) -> bytes:
    with open(path, "rb") as file:
        if file.seek(0, 2) < ID3V1:
            return b""
        file.seek(-ID3V1, 2)
        tail = file.read()
    return tail if tail.startswith(b"TAG") else b""


def _is_latin1(values: list[str]) -> bool:
    try:
        "".join(values).encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
