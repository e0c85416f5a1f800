"""The sample's recordings and covers as files: each whole or not there, the same bytes every time."""

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import soundfile as sf
from PIL import Image

from mumu_lib.core.files import write_atomically

FORMATS: dict[str, dict[str, Any]] = {
    "mp3": {"format": "MP3", "bitrate_mode": "VARIABLE", "compression_level": 0.8},
    "ogg": {"format": "OGG", "compression_level": 0.8},
    "flac": {"format": "FLAC"},
    "wav": {"format": "WAV"},
}
OGG_HEADER = 27
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def write_audio(path: Path, y: np.ndarray, rate: int) -> None:
    """Write a recording in the format its name says.

    Parameters
    ----------
    y : np.ndarray [shape=(n,) or (n, channels), float32]
    rate : int > 0 [Hz]
    """
    # In memory: libsndfile does not say that a disk is full.
    encoded = io.BytesIO()
    sf.write(encoded, y, rate, **FORMATS[path.suffix[1:]])
    stream = encoded.getvalue()
    write_atomically(path, renumber_ogg(stream, 1) if path.suffix == ".ogg" else stream)


def write_cover(path: Path, cover: Image.Image) -> None:
    """Write a cover as jpg."""
    encoded = io.BytesIO()
    cover.save(encoded, "JPEG", quality=88)
    write_atomically(path, encoded.getvalue())


def renumber_ogg(stream: bytes, serial: int) -> bytes:
    """Give an Ogg stream a fixed serial number: libsndfile draws it from the clock.

    See Also
    --------
    RFC 3533, section 6: page layout and checksum.
    """
    pages, at = [], 0
    while at < len(stream):
        segments = stream[at + 26]
        end = at + OGG_HEADER + segments + sum(stream[at + OGG_HEADER : at + OGG_HEADER + segments])
        page = bytearray(stream[at:end])
        page[14:18], page[22:26] = serial.to_bytes(4, "little"), bytes(4)
        # Ogg's checksum is zlib's with the bits mirrored, started at 0 and not inverted.
        mirrored = zlib.crc32(page.translate(MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
        page[22:26] = mirrored.to_bytes(4, "big").translate(MIRRORED)
        pages.append(bytes(page))
        at = end
    return b"".join(pages)
