"""Reviews and titles are shown as written."""

import pandas as pd

from mumu_lib.figures import text as text_figures


def test_an_attack_in_a_review_or_a_title_is_shown_as_written():
    written = '<script>alert("x")</script> by <b onload=x>Nas</b>'
    annotations = pd.DataFrame({"start": [27, 28, 0], "end": [30, 50, 8], "title": ['"><img src=x>', "B", "C"]})
    shown = text_figures.highlight(written, annotations, {'"><img src=x>': ["<i>"]}).data
    body = shown.removeprefix('<p dir="auto">').removesuffix("</p>")
    assert "<" not in body.replace("<mark title=", "").replace("</mark>", "")
    assert body.count("<mark ") == 2
    assert "&quot;&gt;&lt;img src=x&gt;: &lt;i&gt;" in shown
