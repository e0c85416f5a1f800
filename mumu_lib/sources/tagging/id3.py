"""Edit the genre in an ID3 tag, frame TCON, in the version of the file.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags``.

Frames are loaded without mutagen's translation to version 2.4, which would change the dates of a tag of version 2.3. The
ID3v1 tag at the end of an mp3, which has one numbered genre, is not changed.
"""

import re
from pathlib import Path
from typing import Any

from mutagen import aiff, id3, wave

from mumu_lib.core.fingerprints import hash_of
from mumu_lib.sources.tagging.editors import NotWritableError, State
from mumu_lib.sources.tags.payload import ID3V1, is_id3v1

ENCODING = re.compile(r"encoding=<Encoding\.\w+: \d>, ")


def has_id3(path: Path) -> bool:
    """Return whether a file begins with an ID3v2 tag."""
    with open(path, "rb") as file:
        return file.read(3) == b"ID3"


class _Id3:
    """Base class of editors of ID3 tags."""

    path: Path
    tag: Any
    # Whether the file has such a tag.
    there: bool

    @property
    def name(self) -> str:
        """Name of the tag format with its version."""
        return f"ID3v2.{self.version}"

    @property
    def version(self) -> int:
        """Minor version in which the tag is saved: 3 for 2.3, 4 for 2.4."""
        if self.there and self.tag.version[1] == 3:
            return 3
        return 4

    def _check(self) -> None:
        if self.there and self.tag.version[:2] == (2, 2):
            raise NotWritableError("its ID3 tag is of version 2.2, which is not written; save it as 2.3 or 2.4 first")

    def state(self) -> State:
        """Return the exact genre."""
        frames: list[State] = []
        if not self.there:
            return {"tag": False, "frames": frames}
        for frame in self.tag.getall("TCON"):
            frames.append({"encoding": int(frame.encoding), "text": list(map(str, frame.text))})
        return {"tag": True, "frames": frames}

    def put(self, values: list[str]) -> None:
        """Replace the genres."""
        encoding = id3.Encoding.UTF8
        if self.version == 3 and _is_latin1(values):
            encoding = id3.Encoding.LATIN1
        elif self.version == 3:
            encoding = id3.Encoding.UTF16
        self.tag.setall("TCON", [id3.TCON(encoding=encoding, text=values)])

    def restore(self, state: State) -> None:
        """Restore a genre that :meth:`state` returned."""
        self.tag.delall("TCON")
        for frame in state["frames"]:
            self.tag.add(id3.TCON(encoding=frame["encoding"], text=frame["text"]))
        self.there = state["tag"]

    def others(self) -> list[str]:
        """Return a text for each other frame of the tag."""
        found = []
        for frame in self.tag.values():
            if frame.FrameID != "TCON":
                # Without the encoding, since version 2.3 stores UTF-8 texts in UTF-16.
                found.append(f"{frame.FrameID} {hash_of(ENCODING.sub('', repr(frame)))}")
        for raw in self.tag.unknown_frames:
            found.append(f"unknown {hash_of(raw)}")
        return sorted(found)


class AtStart(_Id3):
    """Editor of the ID3 tag at the beginning of an mp3."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.there = has_id3(path)
        if self.there:
            self.tag = id3.ID3(path, translate=False, load_v1=False)
        else:
            self.tag = _of_version_1(path)
        self._check()

    def save(self) -> None:
        """Write the tag into the file, or remove a tag that the file did not have originally."""
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
        """Return whether a new tag has frames in addition to those of version 1."""
        old = set(map(repr, _of_version_1(self.path).values()))
        new = set(map(repr, self.tag.values()))
        return not new <= old


class InChunk(_Id3):
    """Editor of the ID3 tag in a chunk of a WAV or AIFF file; the other chunks are not changed."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        self.file: Any
        if kind == "wav":
            self.file = wave.WAVE(path, translate=False, load_v1=False)
        else:
            self.file = aiff.AIFF(path, translate=False, load_v1=False)
        self.there = self.file.tags is not None
        if not self.there:
            self.file.add_tags()
        self.tag = self.file.tags
        self._check()

    def save(self) -> None:
        """Write the tag into the file, or remove a tag that the file did not have originally."""
        if not self.there and not len(self.tag):
            self.file.delete(self.path)
            return
        self.tag.save(self.path, v2_version=self.version, v23_sep=None)


def _of_version_1(path: Path) -> Any:
    """Return a tag with the content of version 1, from which a new tag is made, since readers prefer the new one."""
    tag = id3.ID3()
    for frame in (id3.ParseID3v1(_version_1(path)) or {}).values():
        tag.add(frame)
    return tag


def _version_1(path: Path) -> bytes:
    """Return the tag of version 1; empty if there is none."""
    with open(path, "rb") as file:
        if file.seek(0, 2) < ID3V1:
            return b""
        file.seek(-ID3V1, 2)
        tail = file.read()
    if not is_id3v1(tail):
        return b""
    return tail


def _is_latin1(values: list[str]) -> bool:
    try:
        "".join(values).encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
