"""all-MiniLM-L6-v2: sentence embeddings of 384 numbers.

Paper: none; section 5.2 counts words.  Notebooks: 05_text, 09_your_album.

The network is BERT's encoder in Keras, six layers of twelve heads, for every backend; only the tokenizer needs another
library. A text of more than 256 tokens is cut into pieces of nearly equal length; its embedding is their mean, weighted
by the numbers of tokens.
"""

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.fingerprints import hash_of_file
from mumu_lib.core.parsing import parsing, storable
from mumu_lib.encoders import About, bert, folder
from mumu_lib.encoders.choice import INSTALL

NAME = "minilm"
WEIGHTS = "model.safetensors"
TOKENIZER = "tokenizer.json"
# SHA-256 of the files of ``make pretrained``.
DIGESTS = {
    WEIGHTS: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
COMMAND = "make pretrained"
LEARNED_FROM = "1.17 billion pairs of English sentences: questions and answers, titles and abstracts, captions, reviews"
UNKNOWN = "[UNK]"
# Largest number of tokens in training, including the two that open and close a text.
LONGEST = 256
# Every batch is padded to one of these lengths: few shapes need compiling.
LENGTHS = (16, 32, 48, 64, 96, 128, 160, 192, 224, LONGEST)
# Larger batches do not fit the processor's cache and are not faster.
TOKENS_IN_A_BATCH = 4096


class MiniLM:
    """The sentence encoder; implements :class:`mumu_lib.encoders.TextEncoder`.

    Parameters
    ----------
    place : Path
        Folder of :data:`WEIGHTS` and :data:`TOKENIZER`.
    digests : mapping, optional
        File -> SHA-256 that it must have.

    Attributes
    ----------
    about : About

    Raises
    ------
    MissingDataError
        The weights, or the libraries that read them, are not installed.
    BadDataError
        A file has another digest, or lacks a variable.
    """

    def __init__(self, place: Path, digests: Mapping[str, str] = DIGESTS) -> None:
        tokenizers, safetensors = _libraries()
        for name, digest in digests.items():
            _check(place / name, digest)
        path = place / TOKENIZER
        with parsing(path, f"remove it and run  {COMMAND}", trouble="is not a tokenizer"):
            self._tokenizer = tokenizers.Tokenizer.from_file(str(path))
        # The file sets truncation and padding to 128 tokens.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._first, self._last = _marks(self._tokenizer, path)
        with parsing(place / WEIGHTS, f"remove it and run  {COMMAND}", trouble="does not contain weights"):
            weights = safetensors.load_file(str(place / WEIGHTS))
        self.network = bert.network(weights, place / WEIGHTS, f"remove it and run  {COMMAND}")
        length = self.network.output_shape[-1]
        self.about = About(NAME, "text", length, "Apache-2.0", digests[WEIGHTS], LEARNED_FROM)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts.

        Parameters
        ----------
        texts : sequence of str
            Of any length; the embedding of a text without words has no meaning.

        Returns
        -------
        vectors : np.ndarray [shape=(texts, 384), float32]
            Of length 1.
        """
        pieces: list[list[int]] = []
        owners = []
        for number, words in enumerate(self._words(texts)):
            for piece in cut(words, LONGEST - 2):
                pieces.append([self._first, *piece, self._last])
                owners.append(number)
        vectors = self._encode_pieces(pieces)
        weights = np.array(list(map(len, pieces)), dtype=np.float32)
        total = np.zeros((len(texts), self.about.length), np.float32)
        np.add.at(total, np.array(owners, dtype=int), vectors * weights[:, None])
        return _of_length_1(total)

    def known(self, texts: Sequence[str]) -> float:
        """Return the share of words that are single tokens; words of other languages are split into pieces."""
        single = []
        plain = [storable(text) for text in texts]
        for text, encoding in zip(plain, self._tokenizer.encode_batch(plain, add_special_tokens=False), strict=True):
            parts = Counter(encoding.word_ids)
            before = None
            for word, token, (start, end) in zip(encoding.word_ids, encoding.tokens, encoding.offsets, strict=True):
                # Punctuation and numbers do not count.
                if word != before and text[start:end].isalpha():
                    single.append(parts[word] == 1 and token != UNKNOWN)
                before = word
        if not single:
            return 0.0
        return float(np.mean(single))

    def _words(self, texts: Sequence[str]) -> Iterator[list[int]]:
        """Yield the token ids of each text."""
        plain = [storable(text) for text in texts]
        for encoding in self._tokenizer.encode_batch(plain, add_special_tokens=False):
            yield encoding.ids

    def _encode_pieces(self, pieces: list[list[int]]) -> np.ndarray:
        """Return the embedding of each piece [shape=(pieces, length)]; pieces of similar length share a batch."""
        vectors = np.zeros((len(pieces), self.about.length), np.float32)
        for rows, length in batches(list(map(len, pieces))):
            tokens, known = filled([pieces[row] for row in rows], length)
            places = np.broadcast_to(np.arange(length, dtype=np.int32), tokens.shape)
            outputs = self.network.predict_on_batch([tokens, places, known])
            vectors[rows] = np.asarray(outputs, np.float32)[: len(rows)]
        return _of_length_1(vectors)


def make() -> MiniLM:
    """Open the encoder in ``data/pretrained/minilm``; errors as in :class:`MiniLM`."""
    return _opened(folder(NAME))


@lru_cache(maxsize=1)
def _opened(place: Path) -> MiniLM:
    return MiniLM(place)


def _libraries() -> tuple[Any, Any]:
    """Return the two libraries that read the files."""
    # With threads the tokenizer warns at every later fork; compared with the network they save no time.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import safetensors.numpy
        import tokenizers
    except ImportError as error:
        raise MissingDataError(f"the encoder {NAME!r} needs {error.name or error}; run  {INSTALL}") from None
    return tokenizers, safetensors.numpy


def _check(path: Path, digest: str) -> None:
    """Refuse a file that is missing or has another digest."""
    if not path.is_file():
        raise MissingDataError(f"{path} is missing; run  {COMMAND}")
    with parsing(path, f"run  {COMMAND}"):
        actual = hash_of_file(path)
    if actual != digest:
        raise BadDataError(
            f"{path} is not the expected file (SHA-256 {actual[:12]}... instead of {digest[:12]}...); "
            f"remove it and run  {COMMAND}"
        )


def _marks(tokenizer: Any, path: Path) -> tuple[int, int]:
    """Return the ids of the tokens that open and close a text."""
    return _token_id(tokenizer, "[CLS]", path), _token_id(tokenizer, "[SEP]", path)


def _token_id(tokenizer: Any, name: str, path: Path) -> int:
    """Return the id of a special token."""
    number = tokenizer.token_to_id(name)
    if number is None:
        raise BadDataError(f"{path} has no token {name}; remove it and run  {COMMAND}")
    return int(number)


def cut(words: list[int], most: int) -> list[list[int]]:
    """Cut a text into the least number of pieces, of nearly equal length.

    Parameters
    ----------
    words : list of int
        Its token ids.
    most : int > 0
        Largest number of tokens in a piece.

    Examples
    --------
    >>> cut([1, 2, 3, 4, 5], 3)
    [[1, 2, 3], [4, 5]]
    >>> cut([], 3)
    [[]]
    """
    count = max(1, -(-len(words) // most))
    size = max(1, -(-len(words) // count))
    pieces = []
    for number in range(count):
        pieces.append(words[number * size : (number + 1) * size])
    return pieces


def batches(lengths: Sequence[int]) -> Iterator[tuple[np.ndarray, int]]:
    """Yield the pieces of each batch, and the length to which they are padded; the longest pieces first.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each piece, at most :data:`LONGEST`.

    Examples
    --------
    >>> list(batches([10, 200, 12]))
    [(array([1, 2, 0]), 224)]
    """
    order = np.argsort(-np.asarray(lengths, dtype=int), kind="stable")
    start = 0
    while start < len(order):
        longest = lengths[order[start]]
        length = next(some for some in LENGTHS if some >= longest)
        end = start + max(1, TOKENS_IN_A_BATCH // length)
        yield order[start:end], length
        start = end


def filled(pieces: list[list[int]], length: int) -> tuple[np.ndarray, np.ndarray]:
    """Pad pieces to one array, and mark the tokens of the text.

    Parameters
    ----------
    length : int
        To which every piece is padded.

    Returns
    -------
    tokens : np.ndarray [shape=(rows, length), int32]
        The number of rows is the next power of two from the number of pieces.
    known : np.ndarray [shape=(rows, length), float32]
        1 for a token of the text; a row without a piece has one 1, for its mean to be defined.

    Examples
    --------
    >>> filled([[7, 8]], 4)
    (array([[7, 8, 0, 0]], dtype=int32), array([[1., 1., 0., 0.]], dtype=float32))
    """
    rows = 1 << (len(pieces) - 1).bit_length()
    tokens = np.zeros((rows, length), np.int32)
    known = np.zeros((rows, length), np.float32)
    known[:, 0] = 1
    for row, piece in enumerate(pieces):
        tokens[row, : len(piece)] = piece
        known[row, : len(piece)] = 1
    return tokens, known


def _of_length_1(vectors: np.ndarray) -> np.ndarray:
    """Scale vectors to length 1; leave zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.maximum(lengths, np.finfo(np.float32).tiny)
