import io

import numpy as np
import pandas as pd
import pytest

from mumu_lib import figures, labels
from mumu_lib.core.errors import BadDataError
from mumu_lib.figures import (
    album as album_figures,
    fusion as fusion_figures,
    labels as label_figures,
    projection,
    training as training_figures,
)


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


def test_the_map_keeps_neighbours_together_and_is_seeded():
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(c, 0.05, (40, 4)) for c in np.eye(4)[:3]])
    group = pd.Series(np.repeat(list("abc"), 40))
    one, two = projection.tsne(X, seed=1), projection.tsne(X, seed=1)
    np.testing.assert_array_equal(one, two)
    distances = np.linalg.norm(one[:, None] - one, axis=2) + np.eye(120) * 1e9
    assert (group.to_numpy()[distances.argmin(axis=1)] == group).mean() > 0.95
    assert len(label_figures.genre_map(one, group, most=2).axes[0].collections) == 3


@pytest.mark.parametrize("n", [5, 9])
def test_a_map_of_a_handful(n):
    assert np.isfinite(projection.tsne(np.random.default_rng(0).normal(size=(n, 3)))).all()


def test_too_few_for_a_map_is_said():
    with pytest.raises(BadDataError, match="at least 5"):
        projection.tsne(np.eye(4))


def test_auc_by_label_copes_with_undefined_labels():
    auc = pd.Series({"a": 0.9, "b": np.nan, "c": 0.4})
    figure = training_figures.auc_by_label(auc, pd.Series({"a": 3, "b": 0, "c": 8}))
    shown = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert shown == ["c (8)", "a (3)"]


def test_a_dollar_in_a_name_is_a_dollar():
    auc = pd.Series({"a$_$": 0.6, "b": 0.7})
    figure = training_figures.auc_by_label(auc, pd.Series({"a$_$": 3, "b": 4}))
    genres = pd.DataFrame({"modality": "audio", "genre": ["A$b_$", "b"], "score": [0.2, 0.1]})
    for drawn in (figure, album_figures.ranked_genres(genres)):
        drawn.savefig(io.BytesIO())


def test_an_interval_need_not_hold_its_point():
    table = pd.DataFrame({"AUC": [0.72], "from": [0.6], "to": [0.7]}, ["audio"])
    fusion_figures.missing_modalities(table).savefig(io.BytesIO())
