"""Find the words of a text at which a name may begin, with a Bloom filter.

Paper: none.  A look-up in the dictionary's trie is exact but takes microseconds, and few words of a text begin a name. A
Bloom filter, indexed by hashes of one, two and three consecutive words, rules out the others in one array operation.
"""

import re
import sys
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np

# Large odd numbers: the base of the polynomial hash modulo 2**64, the factor that combines consecutive words, and the
# factors of the two hash functions of the filter.
BASE = np.uint64(0x9E3779B97F4A7C15)
PAIR = np.uint64(0xC2B2AE3D27D4EB4F)
MIXES = (np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA0761D6478BD642F))
# Number of consecutive words that are hashed together.
REACH = 3
# Longest array of powers that is cached.
LONG = 1 << 18
INVERSE = np.uint64(pow(int(BASE), -1, 1 << 64))
BITS_PER_NAME = 32


class Words(NamedTuple):
    r"""Words (runs of ``\w``) of a text.

    Attributes
    ----------
    start, end : np.ndarray [shape=(n,), int]
        Offsets into the Python string; ``end`` is exclusive.
    hashes : np.ndarray [shape=(3, n), uint64]
        Hashes of each word alone, with the next word and with the next two; the last words have fewer.
    """

    start: np.ndarray
    end: np.ndarray
    hashes: np.ndarray


@cache
def _is_word() -> np.ndarray:
    r"""Return which characters ``\w`` matches [shape=(code points,), bool]."""
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    table = np.zeros(len(every), bool)
    for found in re.finditer(r"\w+", every):
        table[found.start() : found.end()] = True
    return table


@lru_cache
def _powers(base: np.uint64, n: int) -> np.ndarray:
    """Return the first n powers of a number, modulo 2**64."""
    return np.multiply.accumulate(np.full(n, base))


def read(text: str) -> Words:
    """Return the words of a text with their hashes.

    Examples
    --------
    >>> found = read("Soul from Memphis")
    >>> found.start.tolist(), found.end.tolist()
    ([0, 5, 10], [4, 9, 17])
    """
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    inside = np.zeros(len(codes) + 2, bool)
    inside[1:-1] = _is_word()[codes]
    edges = (inside[1:] != inside[:-1]).nonzero()[0]
    start = edges[::2]
    end = edges[1::2]
    room = 1 << (len(codes) + 1).bit_length()
    powers: Callable[[np.uint64, int], np.ndarray] = _powers
    if room > LONG:
        # Without the cache, which would keep large arrays in memory.
        powers = _powers.__wrapped__
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * powers(BASE, room)[: len(codes)], out=sums[1:])
    hashes = np.empty((REACH, len(start)), np.uint64)
    # Division by the power of the start makes the hash of a word independent of its position.
    hashes[0] = (sums[end] - sums[start]) * powers(INVERSE, room)[start]
    for n in range(1, REACH):
        hashes[n] = hashes[n - 1] * PAIR
        hashes[n, :-n] += hashes[0, n:]
    return Words(start, end, hashes)


def mark(names: Sequence[str], bits: np.ndarray) -> None:
    """Set the bits of names, by their first three words at most.

    Parameters
    ----------
    bits : np.ndarray [shape=(2**k,), uint8]
        One byte per bit, changed in place; pack it with :func:`numpy.packbits` after the last name.
    """
    found = read("\n".join(names))
    lengths = np.fromiter(map(len, names), np.int64)
    ends = np.cumsum(lengths + 1)
    owner = np.searchsorted(ends, found.start, side="right")
    begins = np.flatnonzero(np.diff(owner, prepend=-1))
    counts = np.diff(begins, append=len(owner))
    hashes = found.hashes[np.minimum(counts, REACH) - 1, begins]
    for probe in MIXES:
        bits[_place(hashes, probe, len(bits))] = 1


def size(names: int) -> int:
    """Return the number of bits in a filter for a number of names, a power of two.

    Examples
    --------
    >>> size(1000)
    32768
    """
    return 1 << int(max(names, 64) * BITS_PER_NAME - 1).bit_length()


def candidates(found: Words, packed: np.ndarray) -> tuple[list[int], list[int]]:
    """Return the words at which a name may begin, and the maximum number of words in it (3: three or more).

    Returns
    -------
    places, reach : list of int
        Indices of words in ascending order, and the number of words in the longest possible name at each.
    """
    hashes = found.hashes.ravel()
    bits = 8 * len(packed)
    may = np.arange(len(hashes))
    for probe in MIXES:
        place = _place(hashes[may], probe, bits)
        # packbits stores the first of eight bits as the highest.
        may = may[(packed[place >> np.uint64(3)] << (place & np.uint64(7)).astype(np.uint8) & np.uint8(128)) > 0]
    reach = np.zeros(len(found.start), np.uint8)
    # Longer names come later and overwrite shorter ones.
    reach[may % len(reach)] = may // len(reach) + 1
    places = reach.nonzero()[0]
    return places.tolist(), reach[places].tolist()


def _place(hashes: np.ndarray, mix: np.uint64, bits: int) -> np.ndarray:
    """Return the index of a bit in the filter for each hash."""
    return (hashes ^ (hashes >> np.uint64(29))) * mix >> np.uint64(65 - bits.bit_length())
