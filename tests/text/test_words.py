"""Texts made ready by the module that a text feature names."""

import pandas as pd

from mumu_lib.text.words import Words, read

SETTINGS = {"linker": "local", "knowledge": ""}


def test_a_feature_is_read_by_its_own_module(tiny):
    texts = pd.Series(["the blues", None], dtype="str")
    assert read("vsm", texts, tiny, SETTINGS).texts is texts


def test_a_report_counts_mentions_articles_and_categories():
    annotations = pd.DataFrame({"text": [0, 0, 2], "title": ["Blues", "Jazz", "Blues"]})
    found = Words(pd.Series(["a", "b", "c"]), annotations, {"Blues": ["music", "genres"], "Jazz": ["music"]}, "local")
    assert found.report().splitlines() == [
        "local: 3 mentions of 2 articles in 2 categories",
        "2 of 3 albums have one; for example genres, music",
    ]
    assert Words(pd.Series(["a"])).report() == "the words as they are, no entities linked"
