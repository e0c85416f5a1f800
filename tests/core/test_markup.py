"""Scraped text: what a page shows is kept, what it is made of is not, and no title is taken for markup."""

import html

import pytest
from hypothesis import given, strategies as st

from mumu_lib.core import markup

CODE = [
    "var aPageStart = (new Date()).getTime();\n        var ue_t0=ue_t0||+new Date();  window.ue_ihb = 1;",
    "(function(f) { return f })()",
    "if(window.ue) { ue.tag('x') }",
    "P.when('A').execute(function(A) {});",
    "jQuery.noConflict()",
    "$(document).ready()",
    ".a-size-large { font-size: 21px }",
    "#productTitle{color:red;}",
    "body { margin: 0 }",
    "/* of all pages */ .a { color: red }",
    "@media screen and (max-width: 9px) { .x }",
    '{"data-hook": {"url": "x"}}',
]
TITLES = [
    "Let X=X / It Tango", "Live {Deluxe: Remastered}", "<Untitled>", "I <3 You", "1 < 2 > 0", "R&B/Soul", "AT&T", "<?>",
    "->", "Var", "The Function", "New Date", "Window", "a\tb", "Q&A; Part 1", "body: language", "$9.99", "/*", "x" * 30_000,
]  # fmt: skip


@pytest.mark.parametrize("text", CODE)
def test_code_is_no_text(text):
    assert markup.clean(text)[::3] == ("", True)
    assert markup.clean(f"Blue Hour {text}").text == "Blue Hour"


@pytest.mark.parametrize("text", TITLES)
def test_titles_stay_as_they_are(text):
    assert markup.clean(text) == (text, False, False, False)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('<span id="productTitle" class="a-size-large">Blue Hour</span>', "Blue Hour"),
        ("Blue<br/>Hour</a>", "Blue Hour"),
        ("Blue Hour<script>alert(1)</script>", "Blue Hour"),
        ("Blue Hour<script>alert(1)", "Blue Hour"),
        ("<style>.a{}</style>Blue Hour", "Blue Hour"),
        ('Blue Hour<span class="a-si', "Blue Hour"),
        ('id="x" class="y">Blue Hour</span>', "Blue Hour"),
        ("<!-- hidden -->Blue Hour", "Blue Hour"),
        ("&amp;lt;b&amp;gt;Blue&amp;lt;/b&amp;gt; &amp;amp; Hour", "Blue & Hour"),
        ("<b>R&B</b>", "R&B"),
        ("</span></span></span>", ""),
    ],
)
def test_tags_are_taken_off(text, shown):
    found = markup.clean(text)
    assert (found.text, found.tags) == (shown, True)


def test_what_stands_in_paragraphs_and_lists_is_prose():
    assert markup.clean('<span class="a-list-item">100% made up</span>').prose
    assert markup.clean("<p>A sentence.</p>").prose
    assert not markup.clean("<a href='/jazz'>Jazz</a>").prose


@given(st.text(max_size=60), st.integers(0, 3))
def test_escaping_again_and_again_changes_nothing(text, times):
    once = markup.resolved(text)
    escaped = once
    for _ in range(times):
        escaped = html.escape(escaped)
    if markup.resolved(once) == once:
        assert markup.resolved(escaped) == once


@given(st.text(alphabet="<>/ab =\"'!-&;{}[](.#:?\n", max_size=80))
def test_nothing_that_looks_like_markup_stops_it(text):
    assert isinstance(markup.clean(text).text, str)


@pytest.mark.parametrize("part", ["<a ", "<", "</span", "&amp;", "function ", "{a:", ".a ", "<!--", "&#", "var "])
def test_long_repetitions_are_read(part):
    markup.clean(part * 200_000)
