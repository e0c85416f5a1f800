"""Test the search for names in texts of any length against a regular expression."""

import re
from itertools import pairwise

from hypothesis import HealthCheck, given, settings, strategies as st

from knowledge_bases import linker
from mumu_lib.linking import surfaces


def test_ten_megabytes_of_one_word(tmp_path):
    local = linker(tmp_path, {"Banjo": ["Banjos"]})
    assert local.link("a" * 10_000_000) == []
    assert local.link("The " * 2_500_000) == []
    assert len(local.link("banjo " * 100_000)) == 100_000


def slow(text, local):
    known = local.knowledge
    names = sorted(known._names.iterkeys(), key=len, reverse=True)
    ends = [re.escape(name) + (r"(?!\w)" if re.match(r"\w", name[-1]) else "") for name in names]
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(ends)})")
    for found in pattern.finditer(surfaces.alike(text)):
        weak = known._arrays["weak"][known._names[found[0]]]
        if not (weak and re.search(r"(?:^|[\0.!?:;\u2026\n\r\u201c\u201d\u2018])[ \"'(\xa0]*$", text[: found.start()])):
            yield found.start(), found.end()


WORDS = [
    "Blue",
    "blue",
    "The",
    "the",
    "Rush",
    "rush",
    "O'Neil",
    "Łódź",
    "İz",
    "Big",
    "Apple",
    "pie",
    "x",
    "ß",
    "\U0001d400b",
]
ENDS = ["", "!", " (band)", ", Blue", "."]
NAMES = st.builds(lambda words, end: " ".join(words) + end, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.sampled_from(ENDS))  # fmt: skip
BETWEEN = st.sampled_from([" ", "  ", ". ", "\n", "-", "\u2019", "", "\U0001f600", " \u05e9 ", "_", "!", "\ud800"])
TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), BETWEEN), max_size=25).map(
    lambda parts: "".join(a + b for a, b in parts)
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(names=st.lists(NAMES, min_size=1, max_size=8, unique=True), texts=st.lists(TEXTS, min_size=1, max_size=8))
def test_annotations_equal_those_of_a_regular_expression(tmp_path_factory, names, texts):
    folder = tmp_path_factory.mktemp("small")
    local = linker(
        folder, {"Anchor": ["Rushes of blue"]} | {name[:1].upper() + name[1:]: ["Rushes", "Pies"] for name in names}
    )
    assert list(local.link_all(texts)) == [local.link(text) for text in texts]
    for text in texts:
        found = local.link(text)
        assert [(a.start, a.end) for a in found] == list(slow(text, local))
        assert all(text[a.start : a.end] == a.surface for a in found)
        assert all(before.end <= after.start for before, after in pairwise(found))
        assert all(0 <= a.start < a.end <= len(text) and 0 <= a.score <= 1 for a in found)
