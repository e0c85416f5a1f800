"""Cleaning the genres, artists and titles of a shop's pages."""

import pytest
from hypothesis import given, strategies as st

from mumu_lib.sources import categories


@pytest.mark.parametrize(
    ("credit", "artist"),
    [
        ("\n\n\n\n    The Band\n\n    Format: Audio CD", "The Band"),
        ("by\n    \n    The Band", "The Band"),
        ("by The Band (Artist), Other (Producer)", "The Band"),
        ("By\n  The Band", "The Band"),
        ("By Divine Right", "By Divine Right"),
        ("byebye", "byebye"),
        ("by", ""),
        ("Visit Amazon's The Band Page", "The Band"),
        ("Visit Amazon's The Band Page search results", "The Band"), ("Learn more about Amazon Prime.", ""),
        ("Visit the Queen Store", "Queen"),
        ("Brand: Queen", "Queen"),
        ("<a href='/e/B1'>The Band</a>", "The Band"),
        ("Earth, Wind &amp;amp; Fire", "Earth, Wind & Fire"),
        ("Format: Audio CD", ""),
        ("var x = new Date();", ""),
        ("$12.99", ""), ("$9.99 - $12.99", ""), ("12,99 €", ""), ("EUR 5", ""),
        ("$12.99 & FREE Shipping", ""), ("List Price: $12.99", ""), ("&#36;9.99", ""), ("Audio CD (June 5, 2001)", ""),
        ("Release Date: June 5, 2001", ""), ("<span>by</span> <a href='/x'>The Band</a> (Artist)", "The Band"),
        ("$2 Pistols", "$2 Pistols"), ("50 Cent", "50 Cent"), ("Vinyl Theatre", "Vinyl Theatre"),
        ("June 5, 2001", ""), ("5 Jun 2001", ""), ("2001-06-05", ""), ("6/5/2001", ""),
        ("#1,234 in CDs & Vinyl (See Top 100)", ""), ("4.5 out of 5 stars", ""), ("---", ""),
        ("311", "311"), ("1927", "1927"), ("!!!", "!!!"), ("+/-", "+/-"), ("The 1975", "The 1975"), ("June of 44", "June of 44"),
    ],
)  # fmt: skip
def test_artists(credit, artist):
    found = categories.artist(credit)
    assert found.text == artist
    assert bool(found.reason) == (not artist and credit != "Format: Audio CD")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("<span>Blue &amp; Green</span>", "Blue & Green"),
        ("&lt;span&gt;Blue&lt;/span&gt;", "Blue"),
        ("&lt;br&gt;", "<br>"),
        ("&lt;img src=x onerror=alert(1)&gt; (Deluxe)", "<img src=x onerror=alert(1)> (Deluxe)"),
        ("&lt;/span&gt;", ""),
        ("<br>", ""),
        ("&lt;script&gt;x()&lt;/script&gt;", ""),
    ],
)
def test_titles(text, title):
    assert categories.title(text).text == title


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        (["CDs & Vinyl", "Pop", "Oldies"], [["Pop", "Oldies"]]),
        (["CDs &amp;amp; Vinyl", "R&amp;B"], [["R&B"]]),
        ([["CDs & Vinyl", "Pop"], ["CDs & Vinyl", "Rock"], ["CDs & Vinyl"], []], [["Pop"], ["Rock"]]),
        (["CDs & Vinyl", "Pop", "CDs & Vinyl", "Jazz"], [["Pop"], ["Jazz"]]),
        ("CDs & Vinyl > Jazz > Bebop", [["Jazz", "Bebop"]]),
        ("CDs & Vinyl &gt; Jazz", [["Jazz"]]),
        ("CDs & Vinyl|Jazz", [["Jazz"]]),
        ("CDs & Vinyl › Jazz", [["Jazz"]]),
        ("CDs & Vinyl/Jazz/Bebop", [["Jazz", "Bebop"]]),
        ("CDs & Vinyl, Jazz", [["Jazz"]]),
        ("['CDs & Vinyl', 'Jazz']", [["Jazz"]]),
        ('["CDs & Vinyl", "Jazz"]', [["Jazz"]]),
        (["CDs & Vinyl > Pop > Oldies", "CDs & Vinyl > Jazz"], [["Pop", "Oldies"], ["Jazz"]]),
        (["CDs & Vinyl", "<a href='/j'>Jazz</a>"], [["Jazz"]]),
        (["CDs & Vinyl", "Soul/R&B"], [["Soul/R&B"]]),
        ([], []), (None, []), ("", []), ([None], []), ([[]], []), ("[", [["["]]),
    ],
)  # fmt: skip
def test_branches_in_any_form(listed, found):
    left_out = []
    assert categories.branches(listed, left_out) == found
    assert left_out == []


@pytest.mark.parametrize(
    "item",
    [
        "</span></span></span>",
        '<span class="a-list-item"><p>100% made up</p></span>',
        '<span class="a-list-item">100% made up</span>',
        "var aPageStart = (new Date()).getTime();",
        ".a-list { display: none; }",
        "x" * 81,
        "https://example.org/a",
        "1-Click ordering is not available for this item.",
        "Format: CD",
        "© 2018 Amazon",
        "$9.99",
        "June 5, 2001",
        "#1,234 in CDs & Vinyl",
        7,
        {"name": "Jazz"},
    ],
)
def test_texts_that_are_not_genres_are_left_out_and_listed(item):
    left_out = []
    assert categories.branches(["CDs & Vinyl", item, "Jazz"], left_out) == [["Jazz"]]
    assert left_out[0][0] == str(item)
    assert left_out[0][1]


json_like = st.recursive(
    st.none() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=2),
)


@given(json_like)
def test_any_record_gives_branches(listed):
    for branch in categories.branches(listed, []):
        assert branch
        assert all(branch)


@given(st.text())
def test_any_text_gives_an_artist_and_a_title(credit):
    assert isinstance(categories.artist(credit).text, str)
    assert isinstance(categories.title(credit).text, str)
