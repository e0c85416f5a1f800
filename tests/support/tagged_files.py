"""Short sound files with tags of every kind; most need no encoder."""

import shutil
import struct
import subprocess

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.apev2 import APEv2
from mutagen.id3 import APIC, ID3, TALB, TCON, TIT2, TPE1, TPE2, TPOS, TRCK, TXXX

RATE = 8000
WITH_FFMPEG = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")


def sound(path, seconds=0.5, seed=0):
    """Noise in the format of the suffix."""
    noise = np.random.default_rng(seed).normal(0, 0.1, int(RATE * seconds))
    kind = {".opus": {"format": "OGG", "subtype": "OPUS"}, ".oga": {"format": "OGG", "subtype": "VORBIS"}}
    soundfile.write(path, noise, RATE, **kind.get(path.suffix, {}))
    return path


def encoded(path, *options):
    """The same by ffmpeg."""
    wav = sound(path.with_suffix(".source.wav"))
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", wav, *options, path], check=True)
    wav.unlink()
    return path


def id3(genres=("Rock",), **texts):
    """An ID3 tag with several genres, and texts under the names of frames."""
    tag = ID3()
    tag.add(TCON(encoding=3, text=list(genres)))
    frames = {"TPE1": TPE1, "TPE2": TPE2, "TALB": TALB, "TIT2": TIT2, "TPOS": TPOS, "TRCK": TRCK}
    for name, text in texts.items():
        if name in frames:
            tag.add(frames[name](encoding=3, text=text if isinstance(text, list) else [text]))
        else:
            tag.add(TXXX(encoding=3, desc=name, text=[text]))
    return tag


def with_id3(path, genres=("Rock",), version=4, pictures=(), **texts):
    """A file with an ID3 tag before the sound, or in a chunk of WAV and AIFF."""
    tag = id3(genres, **texts)
    for kind, data in pictures:
        tag.add(APIC(encoding=3, mime="image/png", type=kind, desc=str(kind), data=data))
    if path.suffix in (".wav", ".aiff"):
        file = mutagen.File(path)
        file.add_tags()
        file.tags.update(tag)
        file.save(v2_version=version)
    else:
        tag.save(path, v2_version=version, v1=0)
    return path


def with_comments(path, **comments):
    """A file with Vorbis comments; underscores in names stand for blanks."""
    file = mutagen.File(path)
    for name, values in comments.items():
        file[name.replace("_", " ")] = values
    file.save()
    return path


def with_ape(path, **values):
    """A file with an APEv2 tag behind the sound."""
    tag = APEv2()
    for name, value in values.items():
        tag[name.replace("_", " ")] = value
    tag.save(path)
    return path


def version_1(genre):
    """An ID3 tag of version 1.1."""
    return b"TAG" + b"Song".ljust(30, b"\0") + b"Ann".ljust(30, b"\0") + b"Blue".ljust(30, b"\0") + b"1999" + bytes(29) + b"\x05" + bytes([genre])  # fmt: skip


def raw_id3(version, *frames):
    """An ID3 tag of version 2.2 or 2.3, byte by byte; texts in Latin-1, whatever is in them."""
    body = b""
    for name, text in frames:
        data = b"\0" + text
        size = struct.pack(">I", len(data))
        body += name + (size[1:] if version == 2 else size + b"\0\0") + data
    size = bytes([len(body) >> shift & 0x7F for shift in (21, 14, 7, 0)])
    return b"ID3" + bytes([version, 0, 0]) + size + body


def atom(name, data):
    return struct.pack(">I", 8 + len(data)) + name + data


def m4a(path, *tags, sound=b"not decoded"):
    """An MP4 file whose sound is none, with tags given as (name, kind of data, data)."""
    listed = b"".join(atom(name, atom(b"data", struct.pack(">II", kind, 0) + data)) for name, kind, data in tags)
    entry = bytes(6) + b"\0\1" + bytes(8) + struct.pack(">HHHHI", 2, 16, 0, 0, RATE << 16)
    described = atom(b"stsd", struct.pack(">II", 0, 1) + atom(b"mp4a", entry + atom(b"free", b"")))
    handler = atom(b"hdlr", bytes(8) + b"soun" + bytes(13))
    media = atom(
        b"mdia",
        atom(b"mdhd", bytes(12) + struct.pack(">IIHH", RATE, 4 * RATE, 0, 0))
        + handler
        + atom(b"minf", atom(b"stbl", described)),
    )
    meta = atom(
        b"udta", atom(b"meta", bytes(4) + atom(b"hdlr", bytes(8) + b"mdirappl" + bytes(9)) + atom(b"ilst", listed))
    )
    path.write_bytes(
        atom(b"ftyp", b"M4A \0\0\2\0M4A mp42") + atom(b"moov", atom(b"trak", media) + meta) + atom(b"mdat", sound)
    )
    return path
