"""The made-up albums: labels of MuMu's marginals, tracks, and reviews whose words tell of the labels.

Paper: Section 3.

Whatever an album has follows from the seed and its number alone, so that tables, stores and knowledge base agree.
"""

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from mumu_lib.catalogue import splits
from mumu_lib.core.files import write_atomically
from mumu_lib.sources.sample.knowledge import PREDICATES, RESOURCE

ALBUMS, TRACKS, REVIEWS = 31_471, 147_295, 447_583
LABELS, FIRST_LEVEL = 250, 27
LABELS_AN_ALBUM, POP = 5.97, 0.84
# The rarest label has a little more than the twelve albums that a label needs.
RAREST = 16 / ALBUMS
FEWEST = 12
# How long ids are says which album a track is of.
ALBUM_ID, TRACK_ID = "B0REH{:07d}", "TRREH{:07d}{:03d}"
SOUND, COVER = "tone.wav", "cover.jpg"
WORDS_OF_A_REVIEW = 110
COMMON, OWN, ARTICLES, SHARED_CATEGORIES = 60_000, 20, 40, 500
# Of the words of a review: those of the album's labels, and names of articles.
OWN_SHARE, ARTICLE_SHARE = 0.12, 0.015
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstv" for vowel in "aeiou"]


class Size(NamedTuple):
    """How much is made up."""

    albums: int
    tracks: int
    seed: int

    @property
    def reviews(self) -> int:
        """As many an album as in MuMu."""
        return round(self.albums * REVIEWS / ALBUMS)

    @property
    def source(self) -> str:
        """What the catalogue says of itself."""
        return f"rehearsal: {self.albums} albums and {self.tracks} tracks, all made up, seed {self.seed}"


class Genres(NamedTuple):
    """The labels: ``share`` of the albums that each stands on, ``parent`` (-1 on the first level), ``name``."""

    share: np.ndarray
    parent: np.ndarray
    name: list[str]


@cache
def genres(seed: int) -> Genres:
    """Return 250 labels, the most frequent first: Pop on 84 % of the albums, 5.97 labels an album.

    Their shares fall as a power of the rank and then ever faster, as MuMu's. A label below the first level stands only
    on albums that have its parent.
    """
    rank = np.arange(1, LABELS + 1)

    def falling(power: float) -> np.ndarray:
        rate = (np.log(POP / RAREST) - power * np.log(LABELS)) / (LABELS - 1)
        return POP * rank**-power * np.exp(-rate * (rank - 1))

    power = brentq(lambda power: falling(power).sum() - LABELS_AN_ALBUM, 0.1, 1.38)
    share = falling(power)
    rng = np.random.default_rng([seed, 1])
    parent = np.full(LABELS, -1)
    for label in range(FIRST_LEVEL, LABELS):
        weight = share[:FIRST_LEVEL]
        parent[label] = rng.choice(FIRST_LEVEL, p=weight / weight.sum())
    names = ["Pop"] + [f"Genre {number:03d}" for number in range(2, LABELS + 1)]
    return Genres(share, parent, names)


def labels_of(seed: int, number: int) -> np.ndarray:
    """Return the labels of an album [shape=(n,), int], one at least."""
    known = genres(seed)
    rng = np.random.default_rng([seed, 2, number])
    drawn = rng.random(LABELS)
    chance = known.share.copy()
    below = known.parent >= 0
    chance[below] /= known.share[known.parent[below]]
    has = drawn < chance
    has[below] &= has[known.parent[below]]
    found = np.flatnonzero(has)
    if not found.size:
        found = rng.integers(1, FIRST_LEVEL, 1)
    return found


def number_of(item: str) -> int:
    """Return the number of the album that an album's or a track's id is of.

    >>> number_of(TRACK_ID.format(31, 4))
    31
    """
    return int(item[5:12])


def albums(size: Size) -> pd.DataFrame:
    """Return the album table, with ``genres`` and the split."""
    known = genres(size.seed)
    lists = []
    for number in range(size.albums):
        lists.append([known.name[label] for label in labels_of(size.seed, number)])
    ids = [ALBUM_ID.format(number) for number in range(size.albums)]
    return pd.DataFrame(
        {
            "album_id": ids,
            "title": [f"Album {number}" for number in range(size.albums)],
            "artist": [f"Artist {number // 3}" for number in range(size.albums)],
            "genres": lists,
            "cover": COVER,
            "split": splits.assign(lists, seed=size.seed),
        }
    )


def tracks(size: Size) -> pd.DataFrame:
    """Return the track table: as many an album as divide evenly. All name one and the same file."""
    each, rest = divmod(size.tracks, size.albums)
    count = np.full(size.albums, each)
    count[:rest] += 1
    album = np.repeat(np.arange(size.albums), count)
    place = np.arange(size.tracks) - np.repeat(np.cumsum(count) - count, count)
    ids = []
    for number, k in zip(album, place, strict=True):
        ids.append(TRACK_ID.format(number, k))
    of = [ALBUM_ID.format(number) for number in album]
    return pd.DataFrame({"track_id": ids, "album_id": of, "title": ids, "audio": SOUND})


@cache
def vocabulary(seed: int) -> np.ndarray:
    """Return all words: common ones, those of each label, then the names of each label's articles."""
    rng = np.random.default_rng([seed, 3])
    n_words = COMMON + LABELS * OWN + 2 * LABELS * ARTICLES
    syllables = np.array(SYLLABLES)[rng.integers(0, len(SYLLABLES), (n_words, 4))]
    length = rng.integers(1, 5, n_words)
    words: list[str] = []
    for row, n in zip(syllables, length, strict=True):
        words.append("".join(row[: n + (len(words) >= COMMON)]))
    first = COMMON + LABELS * OWN
    names = []
    for one, other in zip(words[first::2], words[first + 1 :: 2], strict=True):
        names.append(f"{one.capitalize()} {other.capitalize()}")
    return np.array(words[:first] + names, dtype=object)


def reviews(size: Size) -> pd.DataFrame:
    """Return the review table: one for every album, the others by lot, for some albums many."""
    rng = np.random.default_rng([size.seed, 4])
    popularity = rng.gamma(0.7, size=size.albums)
    count = 1 + rng.multinomial(size.reviews - size.albums, popularity / popularity.sum())
    texts: list[str] = []
    for number in range(size.albums):
        texts += _written(size.seed, number, int(count[number]))
    of = [ALBUM_ID.format(number) for number in np.repeat(np.arange(size.albums), count)]
    helpful = rng.random(size.reviews).round(2)
    return pd.DataFrame({"album_id": of, "text": texts, "rating": rng.integers(1, 6, size.reviews), "helpful": helpful})


@cache
def _zipf() -> np.ndarray:
    """Return the share of the common words up to each rank."""
    weight = 1 / np.arange(1, COMMON + 1)
    return np.cumsum(weight) / weight.sum()


def _written(seed: int, number: int, n: int) -> list[str]:
    """Write the reviews of an album."""
    rng = np.random.default_rng([seed, 5, number])
    length = np.clip(rng.lognormal(np.log(WORDS_OF_A_REVIEW) - 0.3, 0.8, n), 5, 1500).astype(int)
    total = int(length.sum())
    words = np.minimum(np.searchsorted(_zipf(), rng.random(total)), COMMON - 1)
    label = rng.choice(labels_of(seed, number), total)
    kind = rng.random(total)
    own = kind < OWN_SHARE
    words[own] = COMMON + label[own] * OWN + rng.integers(0, OWN, own.sum())
    named = kind > 1 - ARTICLE_SHARE
    words[named] = COMMON + LABELS * OWN + label[named] * ARTICLES + rng.integers(0, ARTICLES, named.sum())
    text = vocabulary(seed)[words].tolist()
    ends = np.cumsum(length)
    found = []
    for start, end in zip(ends - length, ends, strict=True):
        found.append(" ".join(text[start:end]))
    return found


def branches(seed: int) -> list[tuple[str, ...]]:
    """Return the taxonomy: every label alone or under its parent."""
    known = genres(seed)
    found: list[tuple[str, ...]] = []
    for label, parent in enumerate(known.parent):
        above = (known.name[parent],) if parent >= 0 else ()
        found.append((*above, known.name[label]))
    return found


def write_dump(path: Path, seed: int) -> None:
    """Write a dump of article categories, as DBpedia's: articles that reviews name, with categories of their label."""
    known = genres(seed)
    titles = vocabulary(seed)[COMMON + LABELS * OWN :]
    shared = np.random.default_rng([seed, 6]).integers(0, SHARED_CATEGORIES, len(titles))
    lines = []
    for place, title in enumerate(titles):
        genre = known.name[place // ARTICLES]
        for category in (f"{genre} musicians", f"{genre} albums", f"Things of kind {shared[place]}"):
            subject = RESOURCE + title.replace(" ", "_")
            target = f"{RESOURCE}Category:{category.replace(' ', '_')}"
            lines.append(f"<{subject}> <{PREDICATES['categories']}> <{target}> .")
    write_atomically(path, "\n".join(lines) + "\n")
