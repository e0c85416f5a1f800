"""Sound files as encoders leave them in a pipe, made of whole ones; nothing but soundfile is needed."""

import io

import numpy as np
import soundfile

from mumu_lib.audio import mpeg

RATE = 44_100
# By so many samples a decoder is late that is not told of the encoder's delay.
LATE = 1_105


def lively(seconds, channels=2, rate=RATE, seed=0):
    """Noise in bursts, between them a tone: of a variable rate, no two seconds of an MP3 are of one size."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * rate)) / rate
    y = 0.2 * np.sin(2 * np.pi * 220 * t)[:, None] * np.ones(channels)
    loud = (t * 2).astype(int) % 3 == 0
    y[loud] += 0.2 * rng.standard_normal((int(loud.sum()), channels))
    return y.astype(np.float32)


def encoded(y, kind, rate=RATE, **how):
    """Bytes of a file that soundfile writes."""
    out = io.BytesIO()
    soundfile.write(out, y, rate, format=kind, **how)
    return out.getvalue()


def variable_mp3(y, rate=RATE):
    return encoded(y, "MP3", rate, bitrate_mode="VARIABLE", compression_level=0.3)


def constant_mp3(y, rate=RATE):
    return encoded(y, "MP3", rate, bitrate_mode="CONSTANT", compression_level=0.5)


def without_header(mp3):
    """An MP3 without the frame that counts the others."""
    found = mpeg.look(io.BytesIO(mp3))
    assert found.tag
    return mp3[found.start + found.frame.length :]


def counting(mp3, frames):
    """An MP3 whose header counts so many frames."""
    found = mpeg.look(io.BytesIO(mp3))
    place = found.start + found.tag + 8
    return mp3[:place] + frames.to_bytes(4, "big") + mp3[place + 4 :]


def with_vbri(mp3):
    """An MP3 with a header of Fraunhofer's instead."""
    found = mpeg.look(io.BytesIO(mp3))
    header = bytearray(found.frame.silent(9))
    header[36:50] = b"VBRI" + (1).to_bytes(2, "big") + bytes(8)
    return bytes(header) + without_header(mp3)


def of_unknown_length(flac):
    """A FLAC whose header counts 0 samples."""
    head = bytearray(flac)
    head[21] &= 0xF0
    head[22:26] = bytes(4)
    return bytes(head)


def id3(size):
    """A tag before the sound, of so many bytes, as a picture makes it."""
    length = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + length + np.random.default_rng(1).bytes(size)


def ape(size):
    """A tag behind the sound."""
    footer = b"APETAGEX" + b"".join(n.to_bytes(4, "little") for n in (2000, size + 32, 1, 0)) + bytes(8)
    return np.random.default_rng(2).bytes(size) + footer


def mean(y):
    return y.mean(axis=1)
