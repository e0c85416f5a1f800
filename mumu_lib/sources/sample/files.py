"""Write the recordings and covers of the sample: atomically, and with reproducible bytes."""

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
# Each byte with its bits in reverse order.
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def write_audio(path: Path, y: np.ndarray, rate: int) -> None:
    """Write a recording in the format of its file extension.

    Parameters
    ----------
    y : np.ndarray [shape=(n,) or (n, channels), float32]
    rate : int > 0 [Hz]
    """
    # Encode in memory: libsndfile does not report a full disk.
    encoded = io.BytesIO()
    sf.write(encoded, y, rate, **FORMATS[path.suffix[1:]])
    stream = encoded.getvalue()
    if path.suffix == ".ogg":
        stream = renumber_ogg(stream, 1)
    write_atomically(path, stream)


def write_cover(path: Path, cover: Image.Image) -> None:
    """Write a cover as JPEG."""
    encoded = io.BytesIO()
    cover.save(encoded, "JPEG", quality=88)
    write_atomically(path, encoded.getvalue())


def renumber_ogg(stream: bytes, serial: int) -> bytes:
    """Return an Ogg stream with a fixed serial number, since libsndfile derives it from the clock.

    See Also
    --------
    RFC 3533, section 6: page layout and checksum.
    """
    pages = []
    start = 0
    while start < len(stream):
        segments = stream[start + 26]
        body = start + OGG_HEADER + segments
        end = body + sum(stream[start + OGG_HEADER : body])
        page = bytearray(stream[start:end])
        page[14:18] = serial.to_bytes(4, "little")
        page[22:26] = bytes(4)
        # The checksum of Ogg is that of zlib with mirrored bits, initial value 0 and no inversion.
        mirrored = zlib.crc32(page.translate(MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
        page[22:26] = mirrored.to_bytes(4, "big").translate(MIRRORED)
        pages.append(bytes(page))
        start = end
    return b"".join(pages)
