"""Endings: each promises one thing, whatever the case of its letters."""

from itertools import chain
from pathlib import Path

import pytest

from mumu_lib.core import formats

ALL = list(chain.from_iterable(formats.KINDS.values()))


def test_each_ending_stands_once_and_as_it_is_compared():
    assert len(set(ALL)) == len(ALL)
    assert all(end == end.lower() and end.startswith(".") for end in ALL)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mp3", "sound"), ("A.FLAC", "sound"), ("a.b.M4a", "sound"), ("folder.jpg/notes", ""), ("front.TIF", "picture"),
        ("review.Md", "text"), (".mp3", ""), ("mp3", ""), ("samples.raw", ""), ("", ""), ("a.mp3.part", ""), ("a.mp3 ", ""),
    ],
)  # fmt: skip
def test_a_file_is_what_its_ending_promises(name, kind):
    assert formats.kind(name) == kind
    assert formats.kind(Path(name)) == kind or not name


def test_what_ffmpeg_alone_reads():
    assert all(formats.needs_ffmpeg("x" + end) for end in formats.SOUND_BY_FFMPEG)
    assert not any(formats.needs_ffmpeg("x" + end) for end in (*formats.SOUND, *formats.PICTURES, *formats.TEXTS, ""))
