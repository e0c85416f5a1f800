"""Embed album texts with a pretrained encoder, and store the embeddings.

Paper: none; section 5.2 counts words.  Notebooks: 05_text, 09_your_album.

Embeddings are stored by text under ``data/features/text/`` and shared by catalogues, targets and resumed runs. A lock
makes a second process wait for the first instead of encoding the same texts.
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

# Increase this when the embedding of a text changes.
FORMAT = 1
KEY = 32
# Texts per file; written files survive an interruption.
CHUNK = 512
# Encoding fewer texts is faster than reading the store.
FEW = 16
REMOVE_HINT = "remove it and run again; its texts will be encoded again"


def embed(encoder: TextEncoder, texts: pd.Series) -> np.ndarray:
    """Return the embedding of each text, from the store if it is there.

    Parameters
    ----------
    encoder : TextEncoder
        From :func:`mumu_lib.encoders.make`.
    texts : pd.Series
        From :func:`mumu_lib.text.aggregate`.

    Returns
    -------
    embeddings : np.ndarray [shape=(texts, length), float32]
        NaN for a missing text.
    """
    embeddings = np.full((len(texts), encoder.about.length), np.nan, np.float32)
    rows = np.flatnonzero(texts.notna().to_numpy())
    written = [storable(str(texts.iloc[row])) for row in rows]
    if len(written) < FEW:
        embeddings[rows] = encoder.encode(written)
        return embeddings
    with locked(folder_of(encoder)):
        embeddings[rows] = _through_store(encoder, written)
    return embeddings


def folder_of(encoder: TextEncoder) -> Path:
    """Return the store of an encoder; each version of its weights has its own folder."""
    about = encoder.about
    return home() / "data" / "features" / "text" / f"{about.name}-v{FORMAT}-{about.digest[:8]}"


def _through_store(encoder: TextEncoder, texts: list[str]) -> np.ndarray:
    """Return the embeddings of texts; encode and store those that the store lacks."""
    kind = np.dtype([("key", f"S{KEY}"), ("vector", np.float32, (encoder.about.length,))])
    keys = [hash_of(text, length=KEY).encode() for text in texts]
    embeddings: dict[bytes, np.ndarray] = {}
    for part in _stored(folder_of(encoder), kind):
        embeddings.update(zip(part["key"].tolist(), part["vector"], strict=True))
    missing = {}
    for key, text in zip(keys, texts, strict=True):
        if key not in embeddings:
            missing[key] = text
    for part in _encoded(encoder, missing, kind):
        embeddings.update(zip(part["key"].tolist(), part["vector"], strict=True))
    return np.stack([embeddings[key] for key in keys])


def _stored(folder: Path, kind: np.dtype) -> Iterator[np.ndarray]:
    """Yield the content of every file of the store: keys of texts, and their embeddings."""
    for path in sorted(folder.glob("*.npy")):
        part = read_array(path, REMOVE_HINT)
        if part.dtype != kind or part.ndim != 1:
            raise BadDataError(f"{path} holds {part.dtype}, not embeddings of texts; {REMOVE_HINT}")
        yield np.array(part)


def _encoded(encoder: TextEncoder, missing: dict[bytes, str], kind: np.dtype) -> Iterator[np.ndarray]:
    """Encode texts in chunks, longest first; store each chunk before yielding it."""
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
    """Open a sentence encoder; raises as :func:`mumu_lib.encoders.make`."""
    return encoders.make(name)  # type: ignore[return-value]
