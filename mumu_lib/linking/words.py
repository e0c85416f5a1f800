"""Words of a text as arrays, and a filter that says at which of them a name may begin, and how long it may be.

The dictionary's trie is exact but costs microseconds a look; most words of a text begin no name. A table of bits,
indexed by hashes of one, two and three words in a row, rules those out for all words of a text at once.
"""

import re
import sys
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

# Of a polynomial hash modulo 2**64, of words in a row, and of two places in the table; any large odd numbers would do.
BASE, PAIR, *MIXES = (
    np.uint64(n) for n in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F)
)
REACH = 3
LONG = 1 << 18
INVERSE = np.uint64(pow(int(BASE), -1, 1 << 64))
BITS_A_NAME = 32


class Words(NamedTuple):
    r"""Words (runs of ``\w``) of a text.

    Attributes
    ----------
    start, end : np.ndarray [shape=(n,), int]
        Offsets into the Python string; ``end`` is exclusive.
    hashes : np.ndarray [shape=(3, n), uint64]
        Of each word, of it with the next, and with the next two; the last words' are those of fewer.
    """

    start: np.ndarray
    end: np.ndarray
    hashes: np.ndarray


@cache
def _is_word() -> np.ndarray:
    r"""Which characters ``\w`` matches [shape=(code points,), bool]."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    table = np.zeros(len(every), bool)
    for found in re.finditer(r"\w+", every):
        table[found.start() : found.end()] = True
    return table


@lru_cache
def _powers(of: np.uint64, n: int) -> np.ndarray:
    return np.multiply.accumulate(np.full(n, of))


def read(text: str) -> Words:
    """Words of a text with their hashes."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    inside = np.zeros(len(codes) + 2, bool)
    inside[1:-1] = _is_word()[codes]
    edges = (inside[1:] != inside[:-1]).nonzero()[0]
    start, end = edges[::2], edges[1::2]
    room = 1 << (len(codes) + 1).bit_length()
    # Those of an enormous text would stay in memory for good.
    powers = _powers if room <= LONG else _powers.__wrapped__
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * powers(BASE, room)[: len(codes)], out=sums[1:])
    hashes = np.empty((REACH, len(start)), np.uint64)
    # The hash of a word must not depend on where it stands.
    hashes[0] = (sums[end] - sums[start]) * powers(INVERSE, room)[start]
    for n in range(1, REACH):
        hashes[n] = hashes[n - 1] * PAIR
        hashes[n, :-n] += hashes[0, n:]
    return Words(start, end, hashes)


def mark(names: Sequence[str], bits: np.ndarray) -> None:
    """Set the bits of names: of their words, or of the first three.

    Parameters
    ----------
    bits : np.ndarray [shape=(2**k,), uint8]
        One byte a bit, changed in place; pack it with :func:`numpy.packbits` when all names are in.
    """
    found = read("\n".join(names))
    ends = np.cumsum([len(name) + 1 for name in names])
    owner = np.searchsorted(ends, found.start, side="right")
    begins = np.flatnonzero(np.diff(owner, prepend=-1))
    counts = np.diff(begins, append=len(owner))
    hashes = found.hashes[np.minimum(counts, REACH) - 1, begins]
    for probe in MIXES:
        bits[_place(hashes, probe, len(bits))] = 1


def size(names: int) -> int:
    """Bits of a filter for so many names: a power of two."""
    return 1 << int(max(names, 64) * BITS_A_NAME - 1).bit_length()


def candidates(found: Words, packed: np.ndarray) -> tuple[list[int], list[int]]:
    """At which words a name may begin, and of how many words at most (3: or more).

    Returns
    -------
    places, reach : list of int
        Numbers of words in ascending order, and how far the longest may reach from each.
    """
    hashes, bits = found.hashes.ravel(), 8 * len(packed)
    may = np.arange(len(hashes))
    for probe in MIXES:
        place = _place(hashes[may], probe, bits)
        # packbits puts the first of eight in the highest bit.
        may = may[(packed[place >> np.uint64(3)] << (place & np.uint64(7)).astype(np.uint8) & np.uint8(128)) > 0]
    reach = np.zeros(len(found.start), np.uint8)
    # The longest come last and overwrite the shorter.
    reach[may % len(reach)] = may // len(reach) + 1
    places = reach.nonzero()[0]
    return places.tolist(), reach[places].tolist()


def _place(hashes: np.ndarray, mix: np.uint64, bits: int) -> np.ndarray:
    return (hashes ^ (hashes >> np.uint64(29))) * mix >> np.uint64(65 - bits.bit_length())
