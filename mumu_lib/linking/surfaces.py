"""Define the names that a text may use for an article: the rules of the local linker's dictionary.

Paper: Section 5.2 leaves this to Babelfy; the rules here are ours.

* A title is a name as written and without its qualifier: ``Kiss (band)`` is also *Kiss*, and ``Newport, Rhode Island``
  is also *Newport* if the text after the comma is the title of an article. A redirect is a name of its target.
* Names are case-sensitive, which distinguishes *The Who* from *the who*. Since Wikipedia capitalises the first letter of
  every title, a title of several words without further capitals (``Electric guitar``) is also a name in lower case,
  unless all of its words are common (``So far``). ``The`` may always be *the*.
* A title of one word is a name in lower case only if its article is the main article of a category: *piano* (of
  ``Pianos``), but not *plays*. At the start of a sentence, where any word has a capital, the same rule holds for
  ordinary words, which other titles or categories have in lower case.
* A single common word (*The*, *Music*, *Help*), a string without letters and a single letter are never names.
* Lists and pages that are not articles are left out.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

from mumu_lib.core.parsing import storable

LONGEST = 100
NO_ARTICLE = re.compile(
    r"(?:Category|Template|File|Image|Wikipedia|Portal|Help|Module|Draft|User|MediaWiki|Book|Talk):|Lists?_of_"
)
QUALIFIER = re.compile(r"(?P<bare>.+?)(?: \([^()]+\)|, (?P<place>[^,]+))")
# Replacements of equal length, which keep offsets valid.
LIKE = {"\n": " ", "\r": " ", "\t": " ", "\xa0": " ", "\u2018": "'", "\u2019": "'", "\u2010": "-", "\u2011": "-", "\u2013": "-"}  # fmt: skip
WORD = re.compile(r"\w+")

# In addition to scikit-learn's stop words: frequent words of English reviews of any music.
OFTEN = """
able actually again album albums amazing ago air all also america american art artist artists audio author away
awesome baby bad band bands beat beats beautiful beauty before begin beginning best better big bit black blue body
book box boy boys bring brother business buy came car cd cds century change child children city class classic clear
close collection color come coming concert cool copy country cover dance dark daughter day days dead deal death deep
different disc discs disk door dream dreams early earth easy edition effect end english enjoy even evening ever every
excellent experience eye eyes face fact fair family famous fan fans far fast father favorite feel feeling feelings few
film final fine fire five fly follow food foot force forever form format four free fresh friend friends full fun future
game girl girls give glad go god gold gone good got great green group groups guy guys hand hands happy hard head hear
heard heaven help here high history hit hits hold home hope hot hour hours house human idea image important
instrument instruments intro island job key kid kind kids know label lady land language large late later learn
leave left less let letter level life light like line lines list listen listener live lives living local long
look lost lot loud love loved lover low lyric lyrics machine magic main make man many mark market matter maybe mean
media member members memory men message mind mine minute minutes miss model modern moment money month months mood moon
morning mother mouth movie movies much music musical musician musicians name nature near need never new news next
nice night nights nine noise none note notes now number numbers office ok okay old one only open opening order original
outside page part party past peace people perfect perform performance performances person phone picture piece pieces
place plan play played player players plays please point pop position power present press price problem process
product production public purchase quality question quick quiet radio rain rating read reader ready real really
reason record recorded recording recordings records red release released rest result review reviews rhythm rich right
river road rock role room round run sad same save say school score sea season second seem self sense series service set
seven sex shadow short show shows side sign silence silver simple sing singer singers singing single singles sister site
six sky sleep slow small smile social society solo something son song songs sorry soul sound sounds soundtrack space
special speech spirit spring square stage standard star stars start state stay step stereo still stop store
story street strong studio study stuff style summer sun sure surprise sweet system take tale talk taste teacher team
tell ten test text thank thanks theme thing things think thought thousand time times title titles today together tone
tonight top touch tour track tracks trade tradition tree trip true truth try tune tunes turn two type
understand unit use used value version versions video view voice voices volume wait walk wall want war watch water way
weak week weeks well white wife wild wind window winter woman women wonder wonderful word words work works world worth
write writer wrong year years yellow yes yesterday young youth zero
"""


@cache
def stop_words() -> frozenset[str]:
    """Return articles, pronouns and similar words in lower case."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return ENGLISH_STOP_WORDS


@cache
def common() -> frozenset[str]:
    """Return the words in lower case that are too common to be names."""
    return stop_words().union(OFTEN.split())


def alike(text: str) -> str:
    """Return a text of the same length with one kind of blank, apostrophe and hyphen.

    Examples
    --------
    >>> alike("Guns N\u2019 Roses")
    "Guns N' Roses"
    """
    for written, plain in LIKE.items():
        text = text.replace(written, plain)
    return storable(text)


def forms(title: str, *, is_article: Callable[[str], bool], is_topic: bool) -> Iterator[str]:
    """Yield the names of a title by the rules above.

    Parameters
    ----------
    title : str
        Title of an article or a redirect, with ``_`` for blanks.
    is_article : callable
        Returns whether a title is the title of an article.
    is_topic : bool
        Whether the article is the main article of a category.

    Examples
    --------
    >>> sorted(forms("Kiss_(band)", is_article=bool, is_topic=False))
    ['Kiss', 'Kiss (band)', 'kiss (band)']
    >>> sorted(forms("Electric_guitar", is_article=bool, is_topic=False))
    ['Electric guitar', 'electric guitar']
    """
    if NO_ARTICLE.match(title):
        return
    whole = alike(title.replace("_", " ")).strip()
    for written in {whole, bare(whole, is_article)}:
        yield from _cases(written, is_topic)


def bare(written: str, is_article: Callable[[str], bool]) -> str:
    """Return a title without its qualifier."""
    qualified = QUALIFIER.fullmatch(written)
    if not qualified:
        return written
    place = qualified["place"]
    if place and not is_article(place.replace(" ", "_")):
        return written
    return qualified["bare"]


def _cases(written: str, is_topic: bool) -> Iterator[str]:
    """Yield a name as written, and with a first letter in lower case if the rules allow it."""
    words = WORD.findall(written)
    if not words or not 2 <= len(written) <= LONGEST:
        return
    if written[0] != words[0][0] or not any(map(str.isalpha, written)):
        return
    is_one_word = written == words[0]
    if is_one_word and written.lower() in common():
        return
    yield written
    lower = written[0].lower() + written[1:]
    if lower == written or len(lower) != len(written):
        return
    if is_one_word:
        may_be_lower = is_topic
    elif words[0] == "The":
        may_be_lower = True
    else:
        has_capitals = any(map(str.isupper, written[1:]))
        may_be_lower = not has_capitals and not common().issuperset(map(str.lower, words))
    if may_be_lower:
        yield lower


def sentence_start(text: str, start: int) -> bool:
    """Return whether a sentence, a line or the text begins at an offset.

    Examples
    --------
    >>> sentence_start("Loud. Rush", 6), sentence_start("I like Rush", 7)
    (True, False)
    """
    at = start - 1
    while at >= 0 and text[at] in " \"'(\xa0":
        at -= 1
    return at < 0 or text[at] in "\0.!?:;\u2026\n\r\u201c\u201d\u2018"
