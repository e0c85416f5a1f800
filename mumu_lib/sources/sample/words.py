"""Write the reviews of the sample, and invent the names of artists, albums and tracks."""

from collections.abc import Sequence
from itertools import product

import numpy as np
import pandas as pd

from mumu_lib.core.errors import ParameterError
from mumu_lib.sources.sample.styles import NAMES, STYLES

# styles | words | places, instruments and other things with an article in an encyclopedia
# Styles on one line have the same words and differ in their sound.
TABLE = """
Vocal Pop, Dance Pop | song catchy chorus hit radio single hooks star glamour sweet ballad polished | Los Angeles, Stockholm, Eurovision
Traditional Pop | song standards crooner orchestra evergreen elegant romantic velvet nostalgic strings | Las Vegas, Broadway, tuxedo
Adult Contemporary | song mellow relaxing ballad grown heartfelt soothing evening piano wedding tender | Nashville, Vancouver, piano
Blues Rock, Progressive Rock | band riff solo guitarist amplifier jam album epic power vinyl tour drummer | London, Birmingham, Hammond organ
Folk Rock, Contemporary Folk | songwriter acoustic strumming harmonies campfire lyrics tender story gentle road | Newport, California, acoustic guitar
Indie & Lo-Fi, New Wave | band quirky bedroom jangle demo melancholy synths scene student obscure tape angular | Manchester, Portland, drum machine
Hardcore & Punk | band fast loud angry anthem mosh shout three-chord raw basement politics skate | New York, Washington, skateboard
Death Metal, Thrash & Speed Metal | band brutal heavy growl riffs shredding double-bass evil crushing headbang speed darkness | Tampa, Gothenburg, electric guitar
Vocal Jazz, Big Band | swing standards orchestra phrasing elegant brass arrangement smoky singer ballroom | Chicago, New Orleans, trumpet
Bebop | improvisation quartet tenor sideman virtuoso changes session swing modal smoky | Harlem, New York, saxophone
Chicago Blues | harmonica slide heartache shuffle bluesman twelve-bar moan juke whiskey guitarist | Chicago, Mississippi, harmonica
Bluegrass | picking fiddle porch mountain yodel fast strings twang barn gospel | Nashville, Kentucky, banjo
East Coast | dope rhymes beats flow emcee sampling street verses crew producer | Brooklyn, Bronx, turntable
Soul | groove smooth soulful singer love sensual bass falsetto slow passion | Detroit, Memphis, Hammond organ
House, Techno, Ambient | beats synths club loops dancefloor hypnotic trance producer remix minimal texture night | Berlin, Detroit, synthesizer
Dancehall, Dub | riddim bass island sunshine groove deejay vibes echo roots skank irie selector | Jamaica, Kingston, Caribbean Sea
Celtic | reel jig fiddle pipes ballad traditional misty highland lilt harp | Dublin, Scotland, tin whistle
Chamber Music | quartet adagio composer movement conductor sonata recording strings interpretation sublime | Vienna, Salzburg, cello
"""
# Common words and filler words of reviews; adjectives, nouns, first names and last names for invented names.
LISTS = """
great good album music really listen cd love record sound best track favorite heard years bought time new old people think highly recommend amazing nice collection voice feel little wonderful first every something always again fan disc quality release beautiful different classic work
the and of to a in is it this that for with on was my but not have you are as be so all just from one like at what they there if out when more can
Paper Crooked Borrowed Velvet Hollow Electric Lazy Marble Second Invisible Salty Quiet Copper Clumsy Midnight Lunar Plastic Wandering Feral Polite Rusty Silver Unlikely Distant
Lighthouse Umbrella Otter Staircase Teapot Comet Harbour Typewriter Walnut Orchard Pigeon Lantern Ferry Cactus Magnet Turnip Violin Canyon Bicycle Almanac Glacier Compass Beetle Parade
Otis Maribel Tobias Wilhelmina Zéphyrine Ignatz Perpetua Björn Lucinda Thelonius Agnė Casimir Odalys Rutger Señorita Philippa
Fennimarrow Quillfeather Brambleton Vandersnoot Ólafsdrum Pocketwhistle Underhay Marzipane Křídlo Tumbledown Applequist Noiseworthy Łazienka Ravensock
"""
COMMON, FILLERS, ADJECTIVES, NOUNS, FIRST, LAST = map(str.split, LISTS.strip().splitlines())
OPENINGS = (
    "I bought this {w} album last {t} and",
    "For me this is",
    "My {p} told me about it:",
    "After the first listen,",
    "What a {w} record,",
    "Five years later",
    "Honestly,",
    "If you like {w} music,",
)
TIMES = ("winter", "week", "summer", "May", "year")
PERSONS = ("brother", "neighbour", "daughter", "boss", "teacher")
SUMMARIES = (
    "Great!",
    "a {w} one",
    "Not what I expected",
    "{w} and {w}",
    "Must have",
    "ok",
    "Buy it",
    "My {w} favorite",
)
ODDITIES = (
    "&quot;{w}&quot; says it all",
    "rock &amp; roll &lt;3",
    "\N{FIRE}\N{FIRE}",
    "10/10 \N{MULTIPLE MUSICAL NOTES}",
    "caf&eacute; music",
)

FOREIGN_ARTISTS = ("Бумажный Маяк", "Χάρτινο Φανάρι", "紙の灯台")
FOREIGN_TITLES = ("Été à l’Envers", "Тихая Черепаха", "Αργό Ποδήλατο", "Señales de Ñandú", "Das Übermüde Öl")
# Runs in any page that does not escape titles.
HOSTILE_TITLE = "<img src=x onerror=alert(1)>"


def _read(table: str) -> dict[str, tuple[list[str], list[str]]]:
    """Return the words and the things of each style."""
    vocabulary: dict[str, tuple[list[str], list[str]]] = {}
    for line in table.strip().splitlines():
        names, words, things = map(str.strip, line.split("|"))
        vocabulary |= dict.fromkeys(names.split(", "), (words.split(), things.split(", ")))
    return vocabulary


VOCABULARY = _read(TABLE)
# Share of the words from the vocabulary of the style that a sentence is about.
INFORMATIVE = 0.13


def artists(n: int, rng: np.random.Generator) -> list[str]:
    """Return distinct invented names of bands and persons.

    Raises
    ------
    ParameterError
        If n is larger than the number of names.

    Examples
    --------
    >>> artists(4, np.random.default_rng(0))
    ['Бумажный Маяк', 'Χάρτινο Φανάρι', '紙の灯台', 'Rutger Quillfeather']
    """
    bands = []
    for adjective, noun in product(ADJECTIVES, NOUNS):
        bands.append(f"The {adjective} {noun}s")
    persons = list(map(" ".join, product(FIRST, LAST)))
    if n > len(bands) + len(persons) + len(FOREIGN_ARTISTS):
        raise ParameterError(f"there are not enough invented names for {n} artists; choose fewer albums")
    names = [*FOREIGN_ARTISTS, *rng.permutation(bands + persons).tolist()]
    return names[:n]


def titles(n: int, rng: np.random.Generator) -> list[str]:
    """Return invented album titles, some of them with accents, other alphabets or markup."""
    made = [title(rng) for _ in range(n)]
    special = (*FOREIGN_TITLES, HOSTILE_TITLE)
    for place, name in zip(rng.permutation(n), special, strict=False):
        made[place] = name
    return made


def title(rng: np.random.Generator) -> str:
    """Return the invented title of an album or a track.

    Examples
    --------
    >>> title(np.random.default_rng(0))
    'Turnip and Ferry'
    """
    adjective = rng.choice(ADJECTIVES)
    noun = rng.choice(NOUNS)
    other = rng.choice(NOUNS)
    patterns = (
        f"{adjective} {noun}",
        f"{noun} and {other}",
        f"Songs for the {adjective} {noun}",
        f"{noun} Nº {rng.integers(2, 9)}",
    )
    return str(rng.choice(patterns))


def reviews(weights: np.ndarray, peers: dict[str, list[str]], rng: np.random.Generator) -> pd.DataFrame:
    """Write the customer reviews of one album.

    Parameters
    ----------
    weights : np.ndarray [shape=(styles,)]
        Weights of the styles in the album, from ``styles.view``.
    peers : dict
        Artists of each style, for comparisons.

    Returns
    -------
    reviews : pd.DataFrame
        1 to 12 rows of text, summary, rating (1 to 5) and helpful (votes); 40 to 400 words in total, without the short
        remark at the end of some reviews.

    Examples
    --------
    >>> weights = np.full(len(NAMES), 1 / len(NAMES))
    >>> peers = dict.fromkeys(NAMES, ["The Paper Otters"])
    >>> list(reviews(weights, peers, np.random.default_rng(0)))
    ['text', 'summary', 'rating', 'helpful']
    """
    count = int(np.clip(rng.geometric(0.3), 1, 12))
    words = np.exp(rng.uniform(np.log(55), np.log(370)))
    shares = np.clip(rng.dirichlet(np.full(count, 1.5)) * words, 3, None)
    return pd.DataFrame(
        {
            "text": [_review(weights, int(share), peers, rng) for share in shares],
            "summary": [_fill(_choice(SUMMARIES, rng), weights, rng) for _ in shares],
            "rating": rng.choice([1.0, 2, 3, 4, 5], count, p=[0.04, 0.05, 0.11, 0.24, 0.56]),
            "helpful": rng.poisson(2.5, count).astype(float),
        }
    )


def _review(weights: np.ndarray, length: int, peers: dict[str, list[str]], rng: np.random.Generator) -> str:
    """Write sentences until the review has ``length`` words."""
    sentences: list[str] = []
    written = 0
    while written < length:
        style = NAMES[rng.choice(len(NAMES), p=weights)]
        sentence = _sentence(style, min(int(rng.integers(6, 15)), length - written), peers, rng)
        sentences.append(sentence)
        written += len(sentence.split())
    if rng.random() < 0.06:
        sentences.append(_fill(_choice(ODDITIES, rng), weights, rng))
    return " ".join(sentences)


def _sentence(style: str, length: int, peers: dict[str, list[str]], rng: np.random.Generator) -> str:
    """Write a sentence about a style; the order of the random draws is part of the sample."""
    own, things = VOCABULARY[style]
    pools = (FILLERS, COMMON, own)
    kinds = np.searchsorted((0.5, 1 - INFORMATIVE), rng.random(length))
    words = [_choice(pools[kind], rng) for kind in kinds]
    if length > 8:
        if rng.random() < 0.3:
            words[:2] = [_choice(OPENINGS, rng)]
        # Both are drawn for every sentence, though few sentences have one.
        thing = _choice(things, rng)
        peer = _choice(peers[style], rng)
        ending = int(rng.integers(9))
        if ending == 0:
            words[-3:] = ["from", thing]
        elif ending == 1:
            words[-3:] = ["like", peer]
        if rng.random() < 0.06:
            words[-2:] = [_choice(STYLES[style].branch, rng).lower(), "music"]
    text = _fill(" ".join(words), np.eye(len(NAMES))[NAMES.index(style)], rng)
    return text[:1].upper() + text[1:] + _choice([".", ".", ".", "!", "..."], rng)


def _fill(template: str, weights: np.ndarray, rng: np.random.Generator) -> str:
    """Replace ``{w}`` by a word (in a quarter of the cases about the style), ``{t}`` by a time, ``{p}`` by a person."""
    own, _ = VOCABULARY[NAMES[rng.choice(len(NAMES), p=weights)]]
    pool = COMMON
    if rng.random() < 0.25:
        pool = own
    word = _choice(pool, rng)
    return template.format(w=word, t=_choice(TIMES, rng), p=_choice(PERSONS, rng))


def _choice(pool: Sequence[str], rng: np.random.Generator) -> str:
    """Draw from a list several times faster than ``rng.choice``, which first makes an array of it."""
    return pool[int(rng.random() * len(pool))]
