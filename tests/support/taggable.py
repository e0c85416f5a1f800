"""One short file of every kind that a genre is written into, and what is heard in it."""

import shutil

import soundfile

import tagged_files as made

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
# Made without any encoder beside soundfile.
PLAIN = (".wav", ".flac", ".ogg", ".oga", ".opus", ".aiff", ".mp3")
BY_FFMPEG = (".m4a", ".wma", ".wv", ".tta", ".spx", ".mp2") if shutil.which("ffmpeg") else ()
NOT_WRITTEN = (".au", ".caf", ".w64")


def file(folder, ending):
    """A file without tags."""
    path = folder / f"song{ending}"
    return made.sound(path) if ending in PLAIN else made.encoded(path)


def with_everything(folder):
    """Files that have tags of several kinds already, by name."""
    pictures = [(3, PICTURE)]
    ann = {"TPE1": ["Ann", "Bob"], "TIT2": "Song", "MOOD": "calm"}
    files = {
        "2.3": made.with_id3(made.sound(folder / "a.mp3"), version=3, pictures=pictures, **ann),
        "2.4": made.with_id3(made.sound(folder / "b.mp3"), ("Rock", "Pop"), pictures=pictures, **ann),
        "wav": made.with_id3(made.sound(folder / "c.wav"), version=3, pictures=pictures, **ann),
        "aiff": made.with_id3(made.sound(folder / "d.aiff"), pictures=pictures, **ann),
        "flac": made.with_comments(made.sound(folder / "e.flac"), artist="Ann", genre=["Rock", "Pop"], title="Song"),
        "opus": made.with_comments(made.sound(folder / "f.opus"), Genre="Rock", artist="Ann"),
        "ape": made.with_ape(made.sound(folder / "g.mp3"), Genre="Rock", Title="Song"),
        "m4a": made.m4a(folder / "h.m4a", (b"\xa9gen", 1, b"Rock"), (b"\xa9nam", 1, b"Song"), (b"gnre", 0, b"\0\x09")),
    }
    one = made.sound(folder / "i.mp3")
    one.write_bytes(one.read_bytes() + made.version_1(17))
    both = made.with_ape(made.with_id3(made.sound(folder / "j.mp3"), version=3, **ann), replaygain="1 dB")
    both.write_bytes(both.read_bytes() + made.version_1(17))
    return files | {"version 1": one, "all": both}


def heard(path):
    """The samples of a file; nothing of one that soundfile does not decode."""
    try:
        return soundfile.read(path)[0].tobytes()
    except soundfile.SoundFileError:
        return b""
