"""Figures and tables as they are saved and shown: with caption, alternative text and an honest mark."""

import pandas as pd

from mumu_lib import figures, labels
from mumu_lib.figures import labels as label_figures


def test_a_figure_is_saved_with_caption_alt_text_and_an_honest_mark(tiny, home):
    figure = label_figures.label_distribution(labels.frequencies(tiny), labels.labels_per_album(tiny))
    picture = figures.save(figure, tiny, name="f", caption="A caption.", alt="What it shows.")
    folder = home / "figures" / "tiny"
    assert (folder / "f.png").read_bytes() == picture.data
    assert picture.alt == "What it shows."
    assert "Synthetic sample" in (folder / "f.txt").read_text()
    assert "synthetic sample" in (folder / "f.svg").read_text()


def test_the_same_figure_is_the_same_file(tiny, home):
    written = []
    for _ in range(2):
        figure = label_figures.label_distribution(labels.frequencies(tiny), labels.labels_per_album(tiny))
        figures.save(figure, tiny, name="f", caption="", alt="")
        written.append([(home / "figures" / "tiny" / f"f.{kind}").read_bytes() for kind in ("png", "svg")])
    assert written[0] == written[1]


def test_a_table_says_that_it_is_synthetic(tiny, home):
    table = pd.DataFrame({"a|b": ["0.10", "<b>"], "c": [1, 2]})
    text = figures.save_table(table, "t", tiny, title="Table", notes=("A note.",)).data
    assert text.startswith("**Table (synthetic sample)**")
    assert "0.10" in text
    assert r"| a\|b" in text
    assert "&lt;b>" in text
    assert text.endswith("A note.")
    assert pd.read_csv(home / "figures" / "tiny" / "t.csv").shape == (2, 2)


def test_a_table_that_is_only_shown_is_marked_and_escaped(tiny, home):
    shown = figures.show_table(pd.DataFrame({"<i>a</i>": ["<img src=x>"]}), tiny, title="A <b> title").data
    assert "A &lt;b&gt; title (synthetic sample)" in shown
    assert "<img" not in shown
    assert "<i>" not in shown
    assert not (home / "figures").exists()
