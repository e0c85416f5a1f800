"""Vectors of album texts by a pretrained encoder, each text encoded once.

Paper: none; section 5.2 counts words.  Notebooks: 05_text, 09_your_album.

They are kept by text under ``data/features/text/``, so that another catalogue, another target or a run that was
interrupted finds what is there. Of two processes that want the same vectors the second waits and finds them.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from mumu_lib import encoders
from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError
from mumu_lib.core.files import locked, save_array
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.parsing import read_array, storable
from mumu_lib.core.paths import home
from mumu_lib.encoders import TextEncoder

# Changes when the same text gets another vector.
FORMAT = 1
KEY = 32
# Texts between two writes; what is written survives an interruption.
CHUNK = 512
# Fewer are encoded sooner than a store is read.
FEW = 16
REMEDY = "remove it and run again: its texts are encoded anew"


def vectors(encoder: TextEncoder, texts: pd.Series) -> np.ndarray:
    """Return the vector of each text.

    Parameters
    ----------
    encoder : TextEncoder
        Of :func:`mumu_lib.encoders.make`.
    texts : pd.Series
        As :func:`mumu_lib.text.aggregate` makes them.

    Returns
    -------
    vectors : np.ndarray [shape=(texts, length), float32]
        NaN where there is no text.
    """
    found = np.full((len(texts), encoder.about.length), np.nan, np.float32)
    there = np.flatnonzero(texts.notna().to_numpy())
    written = [storable(str(texts.iloc[row])) for row in there]
    if len(written) < FEW:
        found[there] = encoder.encode(written)
        return found
    with locked(folder_of(encoder)):
        found[there] = _kept(encoder, written)
    return found


def folder_of(encoder: TextEncoder) -> Path:
    """Return where the vectors of an encoder are kept; other weights have a folder of their own."""
    about = encoder.about
    return home() / "data" / "features" / "text" / f"{about.name}-v{FORMAT}-{about.digest[:8]}"


def _kept(encoder: TextEncoder, texts: list[str]) -> np.ndarray:
    """Return the vectors of texts: those that are kept, and the others encoded and kept."""
    kind = np.dtype([("key", f"S{KEY}"), ("vector", np.float32, (encoder.about.length,))])
    keys = [hash_of(text, length=KEY).encode() for text in texts]
    known: dict[bytes, np.ndarray] = {}
    for part in _stored(folder_of(encoder), kind):
        known.update(zip(part["key"].tolist(), part["vector"], strict=True))
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    for part in _encoded(encoder, missing, kind):
        known.update(zip(part["key"].tolist(), part["vector"], strict=True))
    return np.stack([known[key] for key in keys])


def _stored(folder: Path, kind: np.dtype) -> Iterator[np.ndarray]:
    """Yield what every file of the folder holds: keys of texts, and their vectors."""
    for path in sorted(folder.glob("*.npy")):
        part = read_array(path, REMEDY)
        if part.dtype != kind or part.ndim != 1:
            raise BadDataError(f"{path} holds {part.dtype}, not vectors of texts; {REMEDY}")
        yield np.array(part)


def _encoded(encoder: TextEncoder, missing: dict[bytes, str], kind: np.dtype) -> Iterator[np.ndarray]:
    """Encode texts chunk by chunk, the longest first, and keep each chunk before it is yielded."""
    order = sorted(missing, key=lambda key: (-len(missing[key]), key))
    with progress.bar(total=len(order), desc="sentences", unit="text") as bar:
        for start in range(0, len(order), CHUNK):
            keys = order[start : start + CHUNK]
            part = np.zeros(len(keys), kind)
            part["key"] = keys
            part["vector"] = encoder.encode([missing[key] for key in keys])
            save_array(folder_of(encoder) / f"{hash_of(*keys, length=24)}.npy", part)
            bar.update(len(keys))
            yield part


def open_encoder(name: str) -> TextEncoder:
    """Open an encoder of texts; errors as of :func:`mumu_lib.encoders.make`."""
    return encoders.make(name)  # type: ignore[return-value]
