"""Text as it was scraped from web pages: tags, scripts and style sheets are taken out, references resolved."""

import html
import re
from html.parser import HTMLParser
from typing import NamedTuple

from mumu_lib.core.parsing import storable

# Only names of HTML elements, since titles also hold "<Untitled>" and "I <3 You".
INLINE = frozenset(
    ["a", "abbr", "b", "big", "bdi", "bdo", "cite", "code", "del", "em", "font", "i", "ins", "kbd", "label", "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "tt", "u", "var"]
)  # fmt: skip
BLOCK = frozenset(
    [
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "button",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "embed",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "head",
        "header",
        "hr",
        "html",
        "iframe",
        "img",
        "input",
        "li",
        "link",
        "main",
        "meta",
        "nav",
        "noscript",
        "object",
        "ol",
        "option",
        "p",
        "param",
        "picture",
        "pre",
        "script",
        "section",
        "select",
        "source",
        "style",
        "svg",
        "table",
        "tbody",
        "td",
        "textarea",
        "tfoot",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
        "video",
    ]
)
_HIDDEN = frozenset({"script", "style"})
# References may be escaped more than once: "&amp;amp;".
_MOST_ROUNDS = 4
# Nothing longer is a title, and to parse what was made to be slow takes its square.
LONGEST = 20_000
_NAMES = "|".join(sorted(INLINE | BLOCK, key=len, reverse=True))
_CUT_START = re.compile(r"""^[^<>]{0,500}\b[\w-]+=(["'])[^"'<>]{0,500}\1\s?/?>""")
_CUT_END = re.compile(rf"</?(?:{_NAMES})(?:\s[^<>]*)?$|</$", re.IGNORECASE)
# What no title holds: statements of scripts, rules of style sheets, data. Blanks are single, and all repetitions are
# bounded, so that no text makes the search long.
_CODE = re.compile(
    r"""
      \b(?:var|const)\ [\w$]{1,80}\ ?=
    | \bfunction\ ?[\w$]{0,80}\ ?\([^()]{0,200}\)\ ?\{
    | \b(?:window|document|self|location)\.[\w$.]{1,80}\ ?[=(]
    | \bgetTime\ ?\(
    | \bnew\ Date\ ?\(
    | \bP\.(?:when|now|execute|register)\ ?\(
    | \b(?:ue_\w{1,40}|aPageStart|amznJQ)\b
    | \$\(\ ?(?:document|function|["'\#.])
    | \)\ ?=>\ ?\{
    | /[/*]\ ?<!\[CDATA\[
    | /\*[^*]{0,200}\*/
    | \{\ ?"[\w-]{1,80}"\ ?:
    | @(?:media|font-face|keyframes|-webkit-keyframes)\b[^{};]{0,200}\{
    | @import\ (?:url\(|["'])
    | \b(?:setTimeout|setInterval|addEventListener|getElementById|querySelector|console\.\w{1,20}|jQuery)\ ?\(
    | \bjQuery\.\w
    | \bif\ ?\(\ ?(?:typeof\ |!?\ ?(?:window|document|self)\b)
    | (?:[.\#][a-zA-Z][\w-]{0,80}|\b(?:html|body|div|span|table|td|tr|ul|li|img|h[1-6]|a|p|input|button))\b[^{}]{0,100}
      \{\ ?[a-z-]{2,40}\ ?:[^{}]{1,400}
    """,
    re.VERBOSE,
)
_UNSEEN = {ord(character): None for character in "\u200b\u200e\u200f\u2060\ufeff"}


class Cleaned(NamedTuple):
    """A text without its markup.

    Attributes
    ----------
    text : str
        What is left; the very text if there was nothing to take out.
    tags, prose, code : bool
        Whether it held tags; among them those of paragraphs, lists and the like; a script or a style sheet.
    """

    text: str
    tags: bool
    prose: bool
    code: bool


def clean(text: str) -> Cleaned:
    """Take tags, scripts and style sheets out of a text, and resolve its character references.

    Parameters
    ----------
    text : str
        What stands before a script is kept; where a text begins with one nothing is. Neither is of one with tags that
        is longer than ``LONGEST``.

    Examples
    --------
    >>> clean('<span class="a-size-large">Rock &amp;amp; Roll</span>').text
    'Rock & Roll'
    >>> clean("var aPageStart = (new Date()).getTime();")
    Cleaned(text='', tags=False, prose=False, code=True)
    >>> clean("<Untitled> I <3 You").text
    '<Untitled> I <3 You'
    """
    text = storable(resolved(text)).translate(_UNSEEN)
    tags = False
    prose = False
    code = False
    if len(text) > LONGEST and "<" in text:
        return Cleaned("", tags=True, prose=True, code=True)
    if "<" in text or ">" in text:
        reader = _Reader()
        whole = _CUT_END.sub("", _CUT_START.sub("", text))
        try:
            reader.feed(whole)
            reader.close()
        except AssertionError:  # What the parser of Python 3.11 says to "<![[".
            return Cleaned("", tags=True, prose=True, code=False)
        tags = bool(reader.elements) or whole != text
        prose = not reader.elements <= INLINE
        code = not reader.elements.isdisjoint(_HIDDEN)
        if tags:
            text = " ".join("".join(reader.pieces).split())
    found = _CODE.search(" ".join(text.split()))
    if found:
        code = True
        text = found.string[: found.start()].rstrip(" ;,|:({/*-").strip()
    return Cleaned(text, tags, prose, code)


def resolved(text: str) -> str:
    """Return a text with its character references resolved, also where they were escaped again and again."""
    for _ in range(_MOST_ROUNDS):
        if "&" not in text:
            break
        further = html.unescape(text)
        if further == text:
            break
        text = further
    return text


class _Reader(HTMLParser):
    """Collects what a browser would show of a text, and which elements there were."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[str] = []
        self.elements: set[str] = set()
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what is no element of HTML as it is written."""
        if tag not in INLINE and tag not in BLOCK:
            self.pieces.append(self.get_starttag_text() or "")
            return
        self.elements.add(tag)
        if ("class", "a-list-item") in attrs:  # A shop's name for an item of a list, on whatever element.
            self.elements.add("li")
        if tag in _HIDDEN:
            self._hidden = tag
        if tag in BLOCK:
            self.pieces.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take ``<br/>`` for ``<br>``; nothing is inside of it."""
        self.handle_starttag(tag, attrs)
        self._hidden = ""

    def handle_endtag(self, tag: str) -> None:
        """End what is hidden; an end without a beginning is markup as well."""
        if tag not in INLINE and tag not in BLOCK:
            self.pieces.append(f"</{tag}>")
            return
        self.elements.add(tag)
        if tag == self._hidden:
            self._hidden = ""
        if tag in BLOCK:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if not self._hidden:
            self.pieces.append(data)

    def handle_entityref(self, name: str) -> None:
        """Keep what looks like a reference and is none, such as R&B."""
        self.handle_data(f"&{name}")

    def handle_charref(self, name: str) -> None:
        """Keep what looks like a number of a character and is none."""
        self.handle_data(f"&#{name}")

    def handle_comment(self, data: str) -> None:
        """Drop a comment."""
        self.elements.add("span")

    def handle_pi(self, data: str) -> None:
        """Keep ``<?>``, which may be a title."""
        self.handle_data(f"<?{data}>")

    def handle_decl(self, decl: str) -> None:
        """Drop the type of a page."""
        self.elements.add("html")
