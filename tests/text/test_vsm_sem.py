"""The text feature that appends the categories of what a text mentions."""

import pandas as pd

from mumu_lib import linking
from mumu_lib.linking.base import Annotation
from mumu_lib.text import vsm_sem


class Linker:
    name = "of the test"

    def link(self, text):
        at = text.find("Miles")
        return [Annotation(at, at + 5, "Miles", "Miles_Davis", 1.0, self.name)] if at >= 0 else []

    def categories(self, titles):
        return {title: ["Jazz_trumpeters"] for title in titles}


def test_categories_of_what_is_mentioned_are_appended(tiny, monkeypatch):
    monkeypatch.setattr(linking, "make", lambda *_: Linker())
    texts = pd.Series(["Miles plays", "nobody", None], dtype="str")
    found = vsm_sem.read(texts, tiny, {"linker": "local", "knowledge": ""})
    assert found.texts[0] == "Miles plays cat_jazz_trumpeters"
    assert found.texts[1] == "nobody"
    assert found.annotations["title"].tolist() == ["Miles_Davis"]
    assert "1 mentions of 1 articles in 1 categories" in found.report()
