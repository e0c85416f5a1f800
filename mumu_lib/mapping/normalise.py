"""Normal forms of album titles and artist names, for matching.

Paper: Section 3.  Notebook: 01.
"""

import re

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# Longest text in characters; the rest is cut off.
LONGEST = 300
_EDITION = (
    r"re-?master|re-?issue|deluxe|edition|expanded|bonus|\bimport\b|explicit|anniversary|digi-?pa[ck]k?|vinyl|\blp\b|"
    r"\bs?acd\b|\bcds?\b|\bdvd\b|\bdis[ck]s?\b|limited|original recording|enhanced|audio"
)
_EDITION_IN_BRACKETS = rf"\s*[\(\[][^\(\)\[\]]*(?:{_EDITION})[^\(\)\[\]]*[\)\]]"
_EDITION_AT_END = (
    r"\s*(?:[-:,]\s*(?:\d{4}\s+)?(?:digital(?:ly)?\s+)?re-?master(?:ed)?(?:\s+version)?(?:\s+\d{4})?"
    r"|[-:,]?\s*\b(?:dis[ck]|cd)\s*(?:\d+|one|two|three))\s*$"
)
# Letters that Unicode normalisation does not decompose.
_LETTERS = (("æ", "ae"), ("œ", "oe"), ("ø", "o"), ("ß", "ss"), ("ł", "l"), ("đ|ð", "d"), ("þ", "th"), ("ı", "i"))
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}
_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5"}


def plain(texts: pd.Series) -> np.ndarray:
    """Convert to lower case and remove accents and punctuation; a text of punctuation only is kept.

    Parameters
    ----------
    texts : pd.Series [shape=(n,), str]

    Returns
    -------
    plain : np.ndarray [shape=(n,), str]
        At most ``LONGEST`` characters each.

    Examples
    --------
    >>> plain(pd.Series(["Café  del Mar!", "???"])).tolist()
    ['cafe del mar', '???']
    """
    return _numpy(_plain(_lower(texts)))


def titles(texts: pd.Series) -> np.ndarray:
    """Normalise titles, and remove names of editions and discs.

    Examples
    --------
    >>> titles(pd.Series(["Blue Rooms (Deluxe Edition)", "Red Roofs, Disc 2"])).tolist()
    ['blue rooms', 'red roofs']
    """
    lower = _lower(texts)
    short = pc.replace_substring_regex(lower, pattern=_EDITION_IN_BRACKETS, replacement="")
    short = pc.replace_substring_regex(short, pattern=_EDITION_AT_END, replacement="")
    return _numpy(_plain(_unless_empty(pc.utf8_trim_whitespace(short), lower)))


def artists(texts: pd.Series) -> np.ndarray:
    """Normalise artists, reorder names such as "Lennon, John", and remove a leading "the".

    Examples
    --------
    >>> artists(pd.Series(["Beatles, The", "Lennon, John"])).tolist()
    ['beatles', 'john lennon']
    """
    lower = _lower(texts)
    for pattern in (r"^\s*(.+), (the)\s*$", r"^\s*([^\s,]+), ([^\s,]+)\s*$"):
        lower = pc.replace_substring_regex(lower, pattern=pattern, replacement=r"\2 \1")
    whole = _plain(lower)
    whole = _unless_empty(pc.replace_substring_regex(whole, pattern=r"^the ", replacement=""), whole)
    return _numpy(
        pc.replace_substring_regex(whole, pattern=r"^(?:various|v a|va|various artist)$", replacement="various artists")
    )


def _lower(texts: pd.Series) -> pa.Array:
    return pc.utf8_lower(pa.array(texts.fillna("").astype(str), type=pa.large_string()))


def _plain(lower: pa.Array) -> pa.Array:
    """Remove accents and punctuation from lower-case text."""
    # NFKD may produce capitals, e.g. from a trade mark sign.
    text = pc.utf8_lower(pc.utf8_normalize(lower, form="NFKD"))
    for pattern, replacement in ((r"\p{M}|['’`]", ""), (r"[&+]", " and "), *_LETTERS, (r"[^\p{L}\p{N}]+", " ")):
        text = pc.replace_substring_regex(text, pattern=pattern, replacement=replacement)
    text = _unless_empty(pc.utf8_trim_whitespace(text), pc.utf8_trim_whitespace(lower))
    return pc.utf8_slice_codeunits(text, 0, LONGEST)


def _unless_empty(text: pa.Array, instead: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(text, ""), instead, text)


def _numpy(text: pa.Array) -> np.ndarray:
    return text.to_numpy(zero_copy_only=False)


def numbers(title: str) -> list[str]:
    """Find the numbers in a normalised title; after the first word also Roman and spelt-out numbers.

    Examples
    --------
    >>> numbers("hits volume ii"), numbers("one more time 1999")
    (['2'], ['1999'])
    """
    found = re.findall(r"\d+", title.split(" ", 1)[0])
    for word in title.split()[1:]:
        digits = _ROMAN.get(word) or _WORDS.get(word) or word
        found += re.findall(r"\d+", digits)
    return sorted(found)
