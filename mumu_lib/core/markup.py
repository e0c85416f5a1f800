"""Clean text that was scraped from web pages: remove tags, scripts and style sheets, resolve character references."""

import html
import re
from html.parser import HTMLParser
from typing import NamedTuple

from mumu_lib.core.parsing import storable

# Only names of HTML elements count as tags, since titles also contain "<Untitled>" and "I <3 You".
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
# No title is longer, and the time to parse malicious text grows with the square of its length.
LONGEST = 20_000
_NAMES = "|".join(sorted(INLINE | BLOCK, key=len, reverse=True))
_CUT_START = re.compile(r"""^[^<>]{0,500}\b[\w-]+=(["'])[^"'<>]{0,500}\1\s?/?>""")
_CUT_END = re.compile(rf"</?(?:{_NAMES})(?:\s[^<>]*)?$|</$", re.IGNORECASE)
# Code that does not occur in titles: script statements, style sheet rules, data. Blanks are single, and all repetitions
# are bounded to keep the search fast on any text.
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
    """Hold a text without its markup.

    Attributes
    ----------
    text : str
        The remaining text; unchanged if there was no markup.
    tags, prose, code : bool
        Whether the text contained tags; block tags such as paragraphs and lists; a script or a style sheet.
    """

    text: str
    tags: bool
    prose: bool
    code: bool


def clean(text: str) -> Cleaned:
    """Remove tags, scripts and style sheets from a text, and resolve its character references.

    Parameters
    ----------
    text : str
        Everything from the first script on is removed. Texts with tags that are longer than ``LONGEST`` are removed
        completely.

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
        except AssertionError:  # Raised by the parser of Python 3.11 for "<![[".
            return Cleaned("", tags=True, prose=True, code=False)
        tags = bool(reader.elements) or whole != text
        prose = not reader.elements <= INLINE
        code = not reader.elements.isdisjoint(_HIDDEN)
        if tags:
            text = " ".join("".join(reader.pieces).split())
    match = _CODE.search(" ".join(text.split()))
    if match:
        code = True
        text = match.string[: match.start()].rstrip(" ;,|:({/*-").strip()
    return Cleaned(text, tags, prose, code)


def resolved(text: str) -> str:
    """Return a text with its character references resolved, even if they were escaped several times.

    Examples
    --------
    >>> resolved("Rock &amp;amp; Roll")
    'Rock & Roll'
    """
    for _ in range(_MOST_ROUNDS):
        if "&" not in text:
            break
        further = html.unescape(text)
        if further == text:
            break
        text = further
    return text


class _Reader(HTMLParser):
    """Collect the text that a browser would show, and the names of the elements."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.pieces: list[str] = []
        self.elements: set[str] = set()
        self._hidden = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Record an HTML element; keep anything else unchanged."""
        if tag not in INLINE and tag not in BLOCK:
            self.pieces.append(self.get_starttag_text() or "")
            return
        self.elements.add(tag)
        if ("class", "a-list-item") in attrs:  # A shop's class for list items, on any element.
            self.elements.add("li")
        if tag in _HIDDEN:
            self._hidden = tag
        if tag in BLOCK:
            self.pieces.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Treat ``<br/>`` as ``<br>``, without contents."""
        self.handle_starttag(tag, attrs)
        self._hidden = ""

    def handle_endtag(self, tag: str) -> None:
        """End a hidden element; an end tag without a start tag counts as markup as well."""
        if tag not in INLINE and tag not in BLOCK:
            self.pieces.append(f"</{tag}>")
            return
        self.elements.add(tag)
        if tag == self._hidden:
            self._hidden = ""
        if tag in BLOCK:
            self.pieces.append(" ")

    def handle_data(self, data: str) -> None:
        """Keep visible text."""
        if not self._hidden:
            self.pieces.append(data)

    def handle_entityref(self, name: str) -> None:
        """Keep text that only looks like a character reference, such as R&B."""
        self.handle_data(f"&{name}")

    def handle_charref(self, name: str) -> None:
        """Keep text that only looks like a numeric character reference."""
        self.handle_data(f"&#{name}")

    def handle_comment(self, data: str) -> None:
        """Drop a comment."""
        self.elements.add("span")

    def handle_pi(self, data: str) -> None:
        """Keep ``<?>``, which may be a title."""
        self.handle_data(f"<?{data}>")

    def handle_decl(self, decl: str) -> None:
        """Drop a document type declaration."""
        self.elements.add("html")
