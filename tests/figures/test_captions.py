"""Every figure says what it is: its name, its caption, and what somebody is told who cannot see it."""

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

import drawn_figures as plots
from mumu_lib import figures
from mumu_lib.core.errors import ParameterError
from mumu_lib.figures import image, labels, mapping, text, training
from mumu_lib.figures.style import CaptionedFigure, counted, new_axes

every_figure = pytest.mark.parametrize("draw", plots.CASES, ids=lambda draw: draw.__name__)


def drawn(draw):
    return draw(np.random.default_rng(0))


@every_figure
def test_every_figure_carries_its_name_caption_and_alt_text(draw):
    figure = drawn(draw)
    assert isinstance(figure, CaptionedFigure)
    assert re.fullmatch(r"[a-z0-9_]+", figure.name)
    assert figure.caption.endswith(".")
    assert len(figure.alt) >= 20
    assert "nan" not in f"{figure.caption} {figure.alt}"
    assert figure.photographs == (draw.__name__ in plots.PHOTOGRAPHS)


def test_no_two_figures_have_one_name():
    names = [drawn(draw).name for draw in plots.CASES]
    assert len(set(names)) == len(names)


def test_save_writes_what_the_figure_carries(tiny, home):
    figure = drawn(plots.label_distribution)
    picture = figures.save(figure, tiny)
    written = (home / "figures" / "tiny" / "label_distribution.txt").read_text(encoding="utf-8")
    assert picture.alt == figure.alt
    assert written == (
        f"{figure.caption} Synthetic sample: these numbers say nothing about music.\n\nAlt text: {figure.alt}\n"
    )
    assert figure.alt.startswith("The most frequent of 40 labels is on 84 % of albums, the rarest on 0.3 %")


def test_what_is_given_comes_before_what_the_figure_carries(tiny, tmp_path):
    figure = drawn(plots.label_distribution)
    picture = figures.save(figure, tiny, folder=tmp_path, name="other", alt="Another text.")
    assert picture.alt == "Another text."
    assert (tmp_path / "other.txt").read_text(encoding="utf-8").startswith(figure.caption)
    assert not (tmp_path / "label_distribution.png").exists()


@pytest.mark.parametrize("figure", [Figure(), new_axes(2, 2)[0]], ids=["of matplotlib", "not described"])
def test_a_figure_without_a_name_is_not_saved(figure, tiny):
    with pytest.raises(ParameterError, match="no name"):
        figures.save(figure, tiny, caption="A caption.", alt="What it shows.")


def test_the_run_stands_in_the_caption():
    history = pd.DataFrame(
        {"epoch": [1, 2, 3], "loss": [3, 2, 1.0], "val_loss": [3, 2, 4.0], "best": [True, True, False]}
    )
    curves = training.learning_curves(history, "loss", "text-cosine-vsm")
    assert curves.caption == "Learning curves of text-cosine-vsm."
    assert "over 3 epochs; the weights of epoch 2, the lowest" in curves.alt
    auc = pd.Series({"a": 0.9, "b": np.nan, "c": 0.4, "d": 0.5, "e": 0.6})
    by_label = training.auc_by_label(auc, pd.Series(1, auc.index), run="text-cosine-vsm")
    assert by_label.caption == "AUC by genre of text-cosine-vsm."
    assert by_label.alt == "Best learned: a, e, d; worst: c, d, e."


def test_numbers_up_to_ten_are_words():
    assert [counted(n, "album") for n in (0, 1, 4, 10, 11)] == [
        "no albums", "one album", "four albums", "ten albums", "11 albums",
    ]  # fmt: skip


def test_a_caption_counts_what_is_drawn():
    assert drawn(plots.patch_examples).caption.startswith("One 15-second patch of two albums:")
    views = drawn(plots.view_examples)
    assert views.caption == "Two training covers: the test crop, and three random views each."
    assert views.alt.startswith("Two rows of four pictures:")
    assert drawn(plots.cover_map).caption.endswith("test albums of five frequent genres.")


def test_a_genre_without_a_telling_term_is_left_out_of_the_alt_text():
    table = pd.DataFrame({"genre": ["Jazz"], "term": ["sax"], "gain": [0.1], "kind": ["word"], "names": [""]})
    assert text.telling_terms(table, ["Jazz", "Pop"]).alt == "Bars by genre; the longest: Jazz: sax"


def test_the_largest_groups_of_a_map_come_first():
    genre = pd.Series(np.repeat(["Pop", "Jazz"], [3, 9]))
    xy = np.random.default_rng(0).normal(size=(12, 2))
    assert labels.genre_map(xy, genre).alt.endswith("Largest groups: Jazz, Pop.")
    assert "drawn by the seed" not in labels.genre_map(xy, genre, of=len(genre)).caption
    assert labels.genre_map(xy, genre, of=40_146).caption.endswith(f" {len(genre)} of 40,146, drawn by the seed.")


def test_without_a_truth_a_line_stands_in_the_place_of_the_curves(tiny):
    figure = mapping.agreement(pd.DataFrame(columns=["threshold", "precision", "recall"]), 0.9)
    assert figure.axes[0].texts[0].get_text() == "No truth is known for these sources."
    assert "no truth is known" in figures.save(figure, tiny).alt


def test_photographs_are_known_as_such(tiny):
    maps = image.class_maps(plots.stripes(1, 32), np.zeros((1, 2, 2)), pd.Series(["Jazz"]), np.array([0.5]), "image-x")
    assert maps.photographs
    assert maps.caption == "Class activation maps of image-x: where the network sees the genre."
