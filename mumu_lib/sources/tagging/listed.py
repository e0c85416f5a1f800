"""Edit the genre in tags with named lists of values: Vorbis comments, MP4, Windows Media, APEv2.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict --write-tags``.
"""

import io
from pathlib import Path
from typing import Any

from mutagen import apev2, asf, mp4
from mutagen.id3 import TCON

from mumu_lib.core.fingerprints import hash_of
from mumu_lib.sources.tagging.editors import State
from mumu_lib.sources.tags import openers
from mumu_lib.sources.tags.containers import ASF_NAMES, NAMES, numbered_genres, plain
from mumu_lib.sources.tags.payload import ID3V1, is_id3v1

GENRE = "\xa9gen"
NUMBERED = "gnre"
# Numbers of blocks in FLAC.
PADDING = 1
COMMENTS = 4


def is_genre(name: str) -> bool:
    """Return whether a field with this name is read as the genre.

    Examples
    --------
    >>> is_genre("Genre"), is_genre("WM/Genre"), is_genre("Title")
    (True, True, False)
    """
    return NAMES.get(plain(name)) == "genre" or ASF_NAMES.get(name) == "genre"


class Comments:
    """Editor of the Vorbis comments in FLAC and Ogg files, a list of pairs of a name and a value."""

    name = "Vorbis comments"

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        with open(path, "rb") as file:
            self.file = openers.CLASSES[kind](file)
        self.there = self.file.tags is not None
        if not self.there:
            self.file.add_tags()

    def state(self) -> State:
        """Return the exact genre."""
        entries = []
        for place, (name, value) in enumerate(list(self.file.tags)):
            if is_genre(name):
                entries.append([place, name, value])
        return {"tag": self.there, "entries": entries}

    def put(self, values: list[str]) -> None:
        """Replace the genres."""
        old = self.state()["entries"]
        place = len(self.file.tags)
        name = "GENRE"
        if old:
            place, name, _ = old[0]
        entries = []
        for number, value in enumerate(values):
            entries.append([place + number, name, value])
        self.restore({"tag": True, "entries": entries})

    def restore(self, state: State) -> None:
        """Restore a genre that :meth:`state` returned."""
        kept = [pair for pair in list(self.file.tags) if not is_genre(pair[0])]
        for place, name, value in state["entries"]:
            kept.insert(place, (name, value))
        self.file.tags[:] = kept
        self.there = state["tag"]

    def others(self) -> list[str]:
        """Return a text for each other field of the tag."""
        found = [f"vendor {self.file.tags.vendor}"]
        for name, value in list(self.file.tags):
            if not is_genre(name):
                found.append(f"{name}={hash_of(value.encode('utf-8', 'surrogateescape'))}")
        for block in getattr(self.file, "metadata_blocks", ()):
            if block.code not in (PADDING, COMMENTS):
                found.append(f"block {block.code} {hash_of(block.write())}")
        return found

    def save(self) -> None:
        """Write the tag into the file, or remove a tag that the file did not have originally."""
        if not self.there and not len(self.file.tags) and hasattr(self.file, "metadata_blocks"):
            self.file.metadata_blocks.remove(self.file.tags)
            self.file.tags = None
        self.file.save(self.path)


class _Numbered(mp4.MP4Tags):
    """Tags of an MP4 file with support for writing numbered genres, which mutagen only reads."""

    def _render(self, key: str, value: Any) -> bytes:
        if key != NUMBERED:
            return bytes(super()._render(key, value))
        atoms = []
        for number in value:
            data = bytes(8) + number.to_bytes(2, "big")
            atoms.append(mp4.Atom.render(b"data", data))
        return bytes(mp4.Atom.render(b"gnre", b"".join(atoms)))


class _Mp4File(mp4.MP4):
    MP4Tags = _Numbered


class Mp4:
    """Editor of the genre in an MP4 file, a list of texts, which replaces a numbered genre, ``gnre``."""

    name = "MP4"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: Any = _Mp4File(path)
        with open(path, "rb") as file:
            self.numbers = numbered_genres(file, 0)
        self.there = self.file.tags is not None
        if not self.there:
            self.file.add_tags()

    def state(self) -> State:
        """Return the exact genre."""
        texts = list(map(str, self.file.tags.get(GENRE, [])))
        for number in self.numbers:
            # mutagen reads numbers and texts into one list, and number 0 (none) as the last genre.
            if number > len(TCON.GENRES):
                continue
            name = TCON.GENRES[number - 1]
            if name in texts:
                texts.remove(name)
        return {"tag": self.there, "texts": texts, "numbers": self.numbers}

    def put(self, values: list[str]) -> None:
        """Replace the genres."""
        self.restore({"tag": True, "texts": values, "numbers": []})

    def restore(self, state: State) -> None:
        """Restore a genre that :meth:`state` returned."""
        for name in (GENRE, NUMBERED):
            self.file.tags.pop(name, None)
        if state["texts"]:
            self.file.tags[GENRE] = state["texts"]
        if state["numbers"]:
            self.file.tags[NUMBERED] = state["numbers"]
        self.there = state["tag"]

    def others(self) -> list[str]:
        """Return a text for each other field of the tag."""
        found = []
        for name, value in self.file.tags.items():
            if name not in (GENRE, NUMBERED):
                found.append(f"{name} {hash_of(repr(value))}")
        return sorted(found)

    def save(self) -> None:
        """Write the tag into the file, or remove a tag that the file did not have originally."""
        if not self.there and not len(self.file.tags):
            self.file.delete(self.path)
            return
        self.file.save(self.path)


class Windows:
    """Editor of the attributes in a Windows Media file, one attribute per genre."""

    name = "Windows Media"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: Any = asf.ASF(path)

    def state(self) -> State:
        """Return the exact genre."""
        entries = []
        for place, (name, value) in enumerate(list(self.file.tags)):
            if is_genre(name):
                entries.append([place, name, str(value), value.language, value.stream])
        return {"tag": True, "entries": entries}

    def put(self, values: list[str]) -> None:
        """Replace the genres."""
        old = self.state()["entries"]
        place = len(self.file.tags)
        if old:
            place = old[0][0]
        entries = []
        for number, value in enumerate(values):
            entries.append([place + number, "WM/Genre", value, None, None])
        self.restore({"tag": True, "entries": entries})

    def restore(self, state: State) -> None:
        """Restore a genre that :meth:`state` returned."""
        kept = [pair for pair in list(self.file.tags) if not is_genre(pair[0])]
        for place, name, text, language, stream in state["entries"]:
            kept.insert(place, (name, asf.ASFUnicodeAttribute(text, language=language, stream=stream)))
        self.file.tags[:] = kept

    def others(self) -> list[str]:
        """Return a text for each other field of the tag."""
        found = []
        for name, value in list(self.file.tags):
            if not is_genre(name):
                # Language and stream may change between None and 0 when several values with one name are saved.
                about = f"{value.language or 0} {value.stream or 0}"
                found.append(f"{name} {value.TYPE} {about} {hash_of(repr(value.value))}")
        return sorted(found)

    def save(self) -> None:
        """Write the tag into the file, or remove a tag that the file did not have originally."""
        self.file.save(self.path)


def has_ape(path: Path) -> bool:
    """Return whether a file has an APEv2 tag."""
    try:
        apev2.APEv2(path)
    except apev2.error:
        return False
    return True


class Ape:
    """Editor of the genre in an APEv2 tag: one field with values separated by NUL."""

    name = "APEv2"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.there = has_ape(path)
        self.tag = apev2.APEv2()
        if self.there:
            self.tag = apev2.APEv2(path)

    def state(self) -> State:
        """Return the exact genre."""
        entries = []
        for name, value in self.tag.items():
            if is_genre(name) and value.kind == apev2.TEXT:
                entries.append([name, str(value)])
        return {"tag": self.there, "entries": entries}

    def put(self, values: list[str]) -> None:
        """Replace the genres."""
        old = self.state()["entries"]
        name = "Genre"
        if old:
            name = old[0][0]
        self.restore({"tag": True, "entries": [[name, "\0".join(values)]]})

    def restore(self, state: State) -> None:
        """Restore a genre that :meth:`state` returned."""
        for name, _ in self.state()["entries"]:
            del self.tag[name]
        for name, text in state["entries"]:
            self.tag[name] = apev2.APEValue(text, apev2.TEXT)
        self.there = state["tag"]

    def others(self) -> list[str]:
        """Return a text for each other field of the tag."""
        found = []
        for name, value in self.tag.items():
            if not is_genre(name) or value.kind != apev2.TEXT:
                found.append(f"{name} {value.kind} {hash_of(repr(value.value))}")
        return sorted(found)

    def save(self) -> None:
        """Write the tag, and restore an ID3v1 tag after it, which mutagen removes."""
        with open(self.path, "rb") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - ID3V1))
            tail = file.read()
        if not self.there and not len(self.tag):
            apev2.delete(self.path)
        else:
            self.tag.save(self.path)
        with open(self.path, "r+b") as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(max(0, size - ID3V1))
            if is_id3v1(tail) and file.read() != tail:
                file.seek(0, io.SEEK_END)
                file.write(tail)
