"""Compare names of artists, and recognise names of various or unknown artists.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

# Many tracks have the same names.
CACHE_SIZE = 1 << 12

# Names for various artists.
NOBODY = frozenset({
    "various artists", "various artist", "various", "va", "v a", "v.a", "various composers", "various performers", "varios",
    "varios artistas", "varios interpretes", "artistes divers", "artistes varies", "divers", "divers artistes", "multi interpretes",
    "multi-interpretes", "verschiedene interpreten", "verschiedene", "verschiedene kunstler", "diverse", "diverse interpreten", "diverse kunstler",
    "diverse artiesten", "diverse artister", "artisti vari", "vari", "autori vari", "aa vv", "aa.vv", "aavv", "varios artists",
    "artistas varios", "varios autores", "rozni wykonawcy", "rozni", "ruzni", "ruzni interpreti", "blandade artister", "eri esittajia", "diversos",
    "diversos artistas", "разные исполнители", "разные артисты", "сборник", "ヴァリアス・アーティスト", "オムニバス", "群星", "合輯",
    "合辑", "compilation", "compilations", "soundtrack", "soundtracks", "ost", "original soundtrack", "sampler",
    "multiple artists", "many artists", "mixed", "various artistes", "diverse artists", "different artists", "assorted artists", "div interpreten",
    "diversen", "vari artisti", "vv aa", "vvaa", "diferentes artistas", "разные", "различные исполнители", "различные артисты", "різні виконавці",
    "διαφοροι", "διαφοροι καλλιτεχνες", "διαφοροι καλλιτεχνεσ", "cesitli", "cesitli sanatcilar", "cesitli sanatcılar", "valogatas", "vegyes eloadok", "אמנים שונים",
    "여러 아티스트", "多位艺人", "多位藝人", "华语群星", "華語群星", "v.a.(オムニバス)", "v.a(オムニバス)",
})  # fmt: skip
# Names for an unknown artist.
UNKNOWN = frozenset({
    "unknown artist", "unknown", "unbekannter interpret", "unbekannt", "artiste inconnu", "artista desconocido", "artista sconosciuto",
    "unbekannter kunstler", "неизвестныи исполнитель", "невідомии виконавець", "artista desconhecido", "onbekende artiest", "okand artist", "ukjent artist",
    "ukendt kunstner", "nieznany wykonawca", "ismeretlen eloado", "neznamy interpret", "未知艺术家", "未知藝術家", "不明なアーティスト", "알 수 없는 아티스트",
    "no artist", "[no artist]", "[unknown]", "<unknown>", "n/a", "none",
})  # fmt: skip
GUESTS = re.compile(r"\s*[\[(]?\b(?:feat|ft|featuring|with special guest)\b\.?.*", re.IGNORECASE)
SEVERAL = re.compile(r"\s*;\s*|,\s+|\s+/\s+|\s*[\[(]?\b(?:feat|ft|featuring)\b\.?\s*|[\])]\s*$", re.IGNORECASE)
# Names for various artists with an addition: "Various Artists (Ambient)", "VA - Mixed by".
MANY = re.compile(
    r"(?:the )?(?:various artists?|varios artistas|verschiedene interpreten|artistes divers|artisti vari|artistas varios|разные исполнители)\W.*"
    r"|(?:va|v\.\s?a\.?)\s*[-–—:(\[].*"
)
# Combining accents, without the grapheme joiner.
ACCENTS = re.compile("[\u0300-\u034e\u0350-\u036f]")
ARTICLE_LAST = re.compile(r"(.+), (the|die|der|das|les|los|las|a|an)", re.IGNORECASE)
ARTICLE_FIRST = re.compile(r"the\s+(?=\S)")


@lru_cache(CACHE_SIZE)
def folded(name: str) -> str:
    """Return a name in lower case with single blanks and without accents on Latin letters.

    Examples
    --------
    >>> folded("Sigur  Rós")
    'sigur ros'
    """
    parts = unicodedata.normalize("NFKD", name.casefold())
    plain = ACCENTS.sub("", parts)
    return " ".join(unicodedata.normalize("NFKC", plain).replace("_", " ").split())


def is_nobody(name: str) -> bool:
    """Return whether a name stands for various artists or an unknown artist.

    Examples
    --------
    >>> is_nobody("V.A."), is_nobody("Verschiedene Interpreten"), is_nobody("Varius Manx")
    (True, True, False)
    """
    small = folded(name)
    if small in UNKNOWN:
        return True
    bare = small.strip(" .;-/[]()")
    if MANY.fullmatch(f"{small} "):
        return True
    return small in NOBODY or bare in NOBODY or bare.replace("/", " ") in NOBODY or bare.replace(".", "") in NOBODY


def is_unknown(name: str) -> bool:
    """Return whether a name stands for an unknown artist.

    Examples
    --------
    >>> is_unknown("Unknown Artist"), is_unknown("Various Artists")
    (True, False)
    """
    return folded(name) in UNKNOWN


@lru_cache(CACHE_SIZE)
def artist_key(name: str) -> str:
    """Return a key that all spellings of an artist share; empty for various or unknown artists.

    Examples
    --------
    >>> artist_key("Beatles, The") == artist_key("the  Beatles"), artist_key("Various Artists")
    (True, '')
    >>> artist_key("Anna feat. Bert")
    'anna'
    """
    if is_nobody(name):
        return ""
    turned = ARTICLE_LAST.fullmatch(" ".join(name.split()))
    if turned:
        name = f"{turned[2]} {turned[1]}"
    alone = GUESTS.sub("", name) or name
    if is_nobody(alone):
        return ""
    return ARTICLE_FIRST.sub("", folded(alone), count=1)


def without_guests(names: Collection[str]) -> str:
    """Return the shortest of several spellings of an artist, without guests if the spellings differ.

    Examples
    --------
    >>> without_guests(["Anna feat. Bert", "Anna feat. Carl"]), without_guests(["Anna feat. Bert"])
    ('Anna', 'Anna feat. Bert')
    """
    first = min(names, key=lambda name: (len(name), name))
    if len(set(names)) == 1:
        return first
    return GUESTS.sub("", first) or first


def everyone(name: str) -> set[str]:
    """Return the keys of all artists in a name, which semicolons, commas, slashes or ``feat.`` separate.

    Examples
    --------
    >>> sorted(everyone("Anna feat. Carl")), everyone("Various Artists")
    (['anna', 'carl'], set())
    """
    whole = artist_key(name)
    if not whole:
        return set()
    found = {whole}
    for part in SEVERAL.split(name):
        key = artist_key(part)
        if key and key not in ("the", "die", "der", "das", "les", "los", "las", "a", "an"):
            found.add(key)
    return found
