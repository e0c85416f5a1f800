"""Recognise discs and sides of an album in names of folders and album tags.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

CACHE_SIZE = 1 << 12

# Words that always mean a part of an album, in many languages.
STRONG = (
    "cds?|dis[ck]s?|compact dis[ck]s?|dvds?(?:-audio)?|sacd|hdcd|hqcd|shm-cd|xrcd|dualdis[ck]|blu-?ray|digital media|"
    "digipa[ck]k?|disque|disqu|dysk|p[łl]yta|schijf|plaat|skiva|plade|plate|levy|schallplatte|platte|scheibe|tonträger|"
    "диск|пластинка|ディスク|光盘|光碟|碟|盘|디스크|시디|씨디|δίσκοσ|δισκοσ|דיסק|lemez|ploča|ploca|deska|platňa|discul|đĩa|แผ่นที่|แผ่น|قرص|cakram"
)
# Words that may also be in the name of an album ("LP1", "Disco 3", "Side A"): a part only next to other parts.
WEAK = (
    "disco|lp|vinyls?|vinilo|vinile|vinyle|records?|sides?|seite|face|lado|cara|lato|sida|kant|strona|сторона|faccia|"
    "tapes?|cassettes?|kassette|mc|cassetta|mini-?dis[ck]"
)
KIND_OF_DISC = r"(?:hybrid|enhanced|copy control|compact|audio|bonus|extra|8cm|(?:7|10|12)\s*(?:[\"”″]|''|inch)?)"
NUMBERS = (
    (
        "one",
        "first",
        "eins",
        "erste",
        "un",
        "une",
        "premier",
        "première",
        "uno",
        "una",
        "primo",
        "primero",
        "um",
        "i",
        "a",
        "一",
    ),
    (
        "two",
        "second",
        "zwei",
        "zweite",
        "deux",
        "deuxième",
        "second",
        "dos",
        "due",
        "secondo",
        "segundo",
        "dois",
        "ii",
        "b",
        "二",
    ),
    (
        "three",
        "third",
        "drei",
        "dritte",
        "trois",
        "troisième",
        "tres",
        "tre",
        "terzo",
        "tercero",
        "três",
        "iii",
        "c",
        "三",
    ),
    (
        "four",
        "fourth",
        "vier",
        "vierte",
        "quatre",
        "quatrième",
        "cuatro",
        "quattro",
        "quarto",
        "cuarto",
        "iv",
        "d",
        "四",
    ),
    ("five", "fifth", "fünf", "fünfte", "cinq", "cinquième", "cinco", "cinque", "quinto", "v", "e"),
    ("six", "sixth", "sechs", "sechste", "sixième", "seis", "sei", "sexto", "vi", "f"),
    ("seven", "seventh", "sieben", "siebte", "sept", "siete", "sette", "sete", "vii", "g"),
    ("eight", "eighth", "acht", "achte", "huit", "ocho", "otto", "oito", "viii", "h"),
    ("nine", "ninth", "neun", "neunte", "neuf", "nueve", "nove", "ix"),
    ("ten", "tenth", "zehn", "zehnte", "dix", "diez", "dieci", "dez", "x"),
)
VALUES: dict[str, int] = {}
for _value, _words in enumerate(NUMBERS, 1):
    for _word in _words:
        VALUES.setdefault(unicodedata.normalize("NFKC", _word), _value)

_WORD = "|".join(sorted(VALUES, key=len, reverse=True))
# Digits may follow without a blank ("CD1"), words and letters only after a separator ("CD One", "Side A").
_NUMBER = rf"(?:[\s._#:№(\[-]*(?:n[o°º]\.?\s*)?(?P<digits>\d{{1,2}})(?!\d)|(?:[\s._:-]+|(?=[一二三四]))(?P<word>{_WORD})(?!\w))"
_OF = r"(?:\s*(?:of|von|de|di|sur|av|из|/|-)\s*\d{1,2}(?!\d))?"
_OPEN = r"[\[({{【]?\s*"
_TITLE = r"\s*[\])}】]?(?:\s*[-–—:.,_(\[{]\s*.*|\s+.*)?"
PURE = {
    True: re.compile(rf"{_OPEN}(?:{KIND_OF_DISC}\s*)*(?:{STRONG}){_NUMBER}{_OF}{_TITLE}"),
    False: re.compile(rf"{_OPEN}(?:{KIND_OF_DISC}\s*)*(?:{WEAK}){_NUMBER}{_OF}{_TITLE}"),
}
COUNTED = re.compile(
    rf"{_OPEN}(?:{STRONG})?\s*(?P<digits>\d{{1,2}})\s*(?:of|von|de|di|sur|av|из)\s*(?P<all>\d{{1,2}}){_TITLE}"
)
ORDINAL = re.compile(
    rf"{_OPEN}第?(?:(?P<digits>\d{{1,2}})(?:\.|st|nd|rd|th|er|e|ème|[ªº])?|(?P<word>{_WORD}))[\s-]*(?:{STRONG}|{WEAK}){_TITLE}"
)
BONUS = re.compile(rf"{_OPEN}(?:bonus|extra)[\s._-]*(?:{STRONG}){_TITLE}")
# Folders of file formats inside an album.
FORMATS = frozenset({
    "cd", "cds", "disc", "disk", "flac", "mp3", "wav", "ogg", "opus", "aac", "alac", "m4a", "aiff", "lossless", "lossy", "mp3 320",
    "mp3-320", "mp3 v0", "320", "v0", "audio", "music",
})  # fmt: skip
PLAIN_NUMBER = re.compile(r"\d{1,2}")
EXTRAS = frozenset({"bonus", "extras", "extra", "bonus tracks", "bonustracks", "bonus material", "b-sides"})

# "Album (Disc 1)", "Album [CD2] [FLAC]"; "Album - CD 2", "Album CD1 - Live".
BRACKETED = re.compile(r"[\s\-–—:,_.]*[\[({【](?P<part>[^\[\](){}【】]+)[\])}】]")
ONLY_BRACKETS = re.compile(r"(?:\s*[\[({【][^\[\](){}【】]*[\])}】])*\s*")
TRAILING = re.compile(
    rf"(?P<base>.*?[^\s\-–—:,_.(\[])(?P<gap>[\s._]*[,:;–—-]?[\s._]+|[-–—_.,])"
    rf"(?P<part>(?:(?:{STRONG}|{WEAK}){_NUMBER.replace('?P<digits>', '').replace('?P<word>', '')}{_OF}"
    rf"|\d{{1,2}}\s*(?:of|von|de|di|sur|из)\s*\d{{1,2}}|(?:bonus|extra)\s+(?:{STRONG}))(?:\s*[-–—:(\[].*)?)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Disc:
    """Part of an album that a name denotes.

    Attributes
    ----------
    number : int
        From 1; 0 for a part without a number, such as a bonus disc.
    strong : bool
        Whether the name is unambiguous.
    base : str
        Name of the album before the part; empty if the name has only the part.
    """

    number: int
    strong: bool
    base: str = ""


def folded(name: str) -> str:
    """Return a name in lower case and normal form NFKC with single blanks.

    Examples
    --------
    >>> folded("CD_2  Live")
    'cd 2 live'
    """
    return " ".join(unicodedata.normalize("NFKC", name.replace("_", " ")).casefold().split())


@lru_cache(CACHE_SIZE)
def pure(name: str) -> Disc | None:
    """Parse a name that has only the part, such as ``CD1``, ``Disc 2 (Live)``, ``1 of 2`` or ``Side A``.

    Examples
    --------
    >>> pure("CD 2 - Live"), pure("LP1").strong, pure("Disco Inferno")
    (Disc(number=2, strong=True, base=''), False, None)
    """
    small = folded(name)
    counted = COUNTED.fullmatch(small)
    if counted and 1 <= int(counted["digits"]) <= int(counted["all"]):
        return Disc(int(counted["digits"]), True)
    for strong, pattern in PURE.items():
        match = pattern.fullmatch(small)
        if match:
            return Disc(_number(match), strong)
    ordinal = ORDINAL.fullmatch(small)
    if ordinal:
        return Disc(_number(ordinal), bool(re.search(STRONG, small)))
    if BONUS.fullmatch(small):
        return Disc(0, True)
    if small in EXTRAS or small in FORMATS:
        return Disc(0, False)
    if PLAIN_NUMBER.fullmatch(small):
        return Disc(int(small), False)
    return None


def _number(match: re.Match[str]) -> int:
    if match["digits"]:
        return int(match["digits"])
    return VALUES[match["word"]]


@lru_cache(CACHE_SIZE)
def suffix(name: str) -> Disc | None:
    """Parse the name of an album followed by a part, such as ``Album (Disc 1)`` or ``Album - CD 2``.

    Examples
    --------
    >>> suffix("Ummagumma (Disc 2)")
    Disc(number=2, strong=True, base='Ummagumma')
    >>> suffix("Now 45"), suffix("Disco 2000")
    (None, None)
    """
    name = unicodedata.normalize("NFKC", name)
    for brackets in BRACKETED.finditer(name):
        base = name[: brackets.start()]
        disc = _part(brackets["part"])
        if disc and base.strip() and ONLY_BRACKETS.fullmatch(name[brackets.end() :]):
            return Disc(disc.number, disc.strong, _clean(base))
    trailing = TRAILING.fullmatch(name)
    if trailing:
        disc = _part(trailing["part"])
        if disc:
            return Disc(disc.number, disc.strong, _clean(trailing["base"]))
    return None


def _part(text: str) -> Disc | None:
    """Parse the part after an album's name, where ``2``, ``Bonus`` and ``FLAC`` do not count."""
    small = folded(text)
    if PLAIN_NUMBER.fullmatch(small) or small in EXTRAS or small in FORMATS:
        return None
    return pure(text)


def _clean(base: str) -> str:
    return " ".join(base.split()).rstrip(" -–—:,_")


def without(album: str) -> str:
    """Return the name of an album in tags without its part.

    Examples
    --------
    >>> without("The Wall [Disc 1]"), without("LP1")
    ('The Wall', 'LP1')
    """
    disc = suffix(album)
    if disc and disc.strong:
        return disc.base
    return album
