"""Figures of an album: names are shown as written."""

import io

import pandas as pd

from mumu_lib.figures import album as album_figures, training as training_figures


def test_a_dollar_in_a_name_is_a_dollar():
    auc = pd.Series({"a$_$": 0.6, "b": 0.7})
    figure = training_figures.auc_by_label(auc, pd.Series({"a$_$": 3, "b": 4}))
    genres = pd.DataFrame({"modality": "audio", "genre": ["A$b_$", "b"], "score": [0.2, 0.1]})
    for drawn in (figure, album_figures.ranked_genres(genres)):
        drawn.savefig(io.BytesIO())
