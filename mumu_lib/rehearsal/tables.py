"""Generate the tables of a rehearsal: albums with MuMu's label frequencies, tracks, and reviews that suit the labels.

Paper: Section 3.

Everything about an album depends only on the seed and its number, which keeps tables, stores and knowledge base
consistent.
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

# Sizes of MuMu.
ALBUMS = 31_471
TRACKS = 147_295
REVIEWS = 447_583
LABELS = 250
# Labels on the first level of the taxonomy.
FIRST_LEVEL = 27
LABELS_AN_ALBUM = 5.97
# Shares of the albums with the most frequent label, and with the rarest.
POP = 0.84
RAREST = 16 / ALBUMS
# Fewest albums of a label at this size.
MIN_ALBUMS = 12
# Ids contain the number of the album; those of tracks also the number within the album.
ALBUM_ID = "B0REH{:07d}"
TRACK_ID = "TRREH{:07d}{:03d}"
SOUND = "tone.wav"
COVER = "cover.jpg"
WORDS_OF_A_REVIEW = 110
# Words of the vocabulary: common ones, those of each label, and names of articles of each label.
COMMON = 60_000
OWN = 20
ARTICLES = 40
SHARED_CATEGORIES = 500
# Shares of the words of a review that belong to the album's labels, or are names of articles.
OWN_SHARE = 0.12
ARTICLE_SHARE = 0.015
SYLLABLES = [consonant + vowel for consonant in "bdfgklmnprstv" for vowel in "aeiou"]


class Size(NamedTuple):
    """Describe the size of a rehearsal, and its seed."""

    albums: int
    tracks: int
    seed: int

    @property
    def reviews(self) -> int:
        """Number of reviews, as many for each album as in MuMu."""
        return round(self.albums * REVIEWS / ALBUMS)

    @property
    def source(self) -> str:
        """Text that identifies the catalogue of a rehearsal."""
        return f"rehearsal: {self.albums} albums and {self.tracks} tracks, all made up, seed {self.seed}"


class Genres(NamedTuple):
    """Hold the labels: ``share`` of the albums with each, ``parent`` (-1 on the first level), ``name``."""

    share: np.ndarray
    parent: np.ndarray
    name: list[str]


@cache
def genres(seed: int) -> Genres:
    """Return 250 labels, the most frequent first: Pop on 84 % of the albums, and 5.97 labels an album.

    As in MuMu, the shares decay with a power of the rank and, for rare labels, exponentially. An album has a label
    below the first level only if it has the parent label.
    """
    rank = np.arange(1, LABELS + 1)

    def shares(power: float) -> np.ndarray:
        rate = (np.log(POP / RAREST) - power * np.log(LABELS)) / (LABELS - 1)
        return POP * rank**-power * np.exp(-rate * (rank - 1))

    power = brentq(lambda power: shares(power).sum() - LABELS_AN_ALBUM, 0.1, 1.38)
    share = shares(power)
    rng = np.random.default_rng([seed, 1])
    parent = np.full(LABELS, -1)
    for label in range(FIRST_LEVEL, LABELS):
        weight = share[:FIRST_LEVEL]
        parent[label] = rng.choice(FIRST_LEVEL, p=weight / weight.sum())
    names = ["Pop"] + [f"Genre {number:03d}" for number in range(2, LABELS + 1)]
    return Genres(share, parent, names)


def labels_of(seed: int, number: int) -> np.ndarray:
    """Return the labels of an album [shape=(n,), int], at least one.

    Examples
    --------
    >>> 0 in labels_of(seed=0, number=31)
    True
    """
    taxonomy = genres(seed)
    rng = np.random.default_rng([seed, 2, number])
    drawn = rng.random(LABELS)
    probability = taxonomy.share.copy()
    below = taxonomy.parent >= 0
    probability[below] /= taxonomy.share[taxonomy.parent[below]]
    has_label = drawn < probability
    has_label[below] &= has_label[taxonomy.parent[below]]
    labels = np.flatnonzero(has_label)
    if not labels.size:
        labels = rng.integers(1, FIRST_LEVEL, 1)
    return labels


def number_of(item: str) -> int:
    """Return the number of the album from its id, or from the id of one of its tracks.

    Examples
    --------
    >>> number_of(TRACK_ID.format(31, 4))
    31
    """
    return int(item[5:12])


def albums(size: Size) -> pd.DataFrame:
    """Return the album table, with ``genres`` and the split."""
    names = genres(size.seed).name
    lists = []
    for number in range(size.albums):
        lists.append([names[label] for label in labels_of(size.seed, number)])
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
    """Return the track table, evenly divided among the albums. All tracks have the same audio file."""
    each, rest = divmod(size.tracks, size.albums)
    count = np.full(size.albums, each)
    count[:rest] += 1
    album = np.repeat(np.arange(size.albums), count)
    place = np.arange(size.tracks) - np.repeat(np.cumsum(count) - count, count)
    ids = []
    for number, k in zip(album, place, strict=True):
        ids.append(TRACK_ID.format(number, k))
    album_ids = [ALBUM_ID.format(number) for number in album]
    return pd.DataFrame({"track_id": ids, "album_id": album_ids, "title": ids, "audio": SOUND})


@cache
def vocabulary(seed: int) -> np.ndarray:
    """Return all words: common ones, those of each label, then the article names of each label."""
    rng = np.random.default_rng([seed, 3])
    n_words = COMMON + LABELS * OWN + 2 * LABELS * ARTICLES
    syllables = np.array(SYLLABLES)[rng.integers(0, len(SYLLABLES), (n_words, 4))]
    length = rng.integers(1, 5, n_words)
    words: list[str] = []
    for row, n in zip(syllables, length, strict=True):
        words.append("".join(row[: n + (len(words) >= COMMON)]))
    first = COMMON + LABELS * OWN
    names = []
    for first_name, last_name in zip(words[first::2], words[first + 1 :: 2], strict=True):
        names.append(f"{first_name.capitalize()} {last_name.capitalize()}")
    return np.array(words[:first] + names, dtype=object)


def reviews(size: Size) -> pd.DataFrame:
    """Return the review table: one for every album, the others drawn at random, many of them for popular albums."""
    rng = np.random.default_rng([size.seed, 4])
    popularity = rng.gamma(0.7, size=size.albums)
    count = 1 + rng.multinomial(size.reviews - size.albums, popularity / popularity.sum())
    texts: list[str] = []
    for number in range(size.albums):
        texts += _written(size.seed, number, int(count[number]))
    ids = [ALBUM_ID.format(number) for number in np.repeat(np.arange(size.albums), count)]
    helpful = rng.random(size.reviews).round(2)
    rating = rng.integers(1, 6, size.reviews)
    return pd.DataFrame({"album_id": ids, "text": texts, "rating": rating, "helpful": helpful})


@cache
def _zipf() -> np.ndarray:
    """Return the cumulative distribution of the common words by rank (Zipf's law)."""
    weight = 1 / np.arange(1, COMMON + 1)
    return np.cumsum(weight) / weight.sum()


def _written(seed: int, number: int, n: int) -> list[str]:
    """Generate the reviews of an album."""
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
    reviews = []
    for start, end in zip(ends - length, ends, strict=True):
        reviews.append(" ".join(text[start:end]))
    return reviews


def branches(seed: int) -> list[tuple[str, ...]]:
    """Return the taxonomy as branches: a label of the first level, or a parent with a child.

    Examples
    --------
    >>> branches(0)[0]
    ('Pop',)
    """
    taxonomy = genres(seed)
    result: list[tuple[str, ...]] = []
    for label, parent in enumerate(taxonomy.parent):
        if parent >= 0:
            result.append((taxonomy.name[parent], taxonomy.name[label]))
        else:
            result.append((taxonomy.name[label],))
    return result


def write_dump(path: Path, seed: int) -> None:
    """Write article categories in the format of DBpedia: articles named in reviews, with categories of their label."""
    genre_names = genres(seed).name
    titles = vocabulary(seed)[COMMON + LABELS * OWN :]
    shared = np.random.default_rng([seed, 6]).integers(0, SHARED_CATEGORIES, len(titles))
    lines = []
    for place, title in enumerate(titles):
        genre = genre_names[place // ARTICLES]
        for category in (f"{genre} musicians", f"{genre} albums", f"Things of kind {shared[place]}"):
            subject = RESOURCE + title.replace(" ", "_")
            target = f"{RESOURCE}Category:{category.replace(' ', '_')}"
            lines.append(f"<{subject}> <{PREDICATES['categories']}> <{target}> .")
    write_atomically(path, "\n".join(lines) + "\n")
