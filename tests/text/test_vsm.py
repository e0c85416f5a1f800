"""The text feature that leaves the words as they are."""

import pandas as pd

from mumu_lib.text import vsm


def test_nothing_is_added_and_nothing_linked(tiny):
    texts = pd.Series(["one", "two"])
    found = vsm.read(texts, tiny, {})
    assert found.texts is texts
    assert found.annotations.empty
    assert found.linker == ""
