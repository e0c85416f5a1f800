"""The rows of one album."""

import math

import numpy as np
import pandas as pd
import pytest

from mumu_lib.core.errors import ParameterError
from mumu_lib.prediction import COLUMNS, Prediction
from mumu_lib.prediction.library import rows
from mumu_lib.sources.tagging.names import Names


def predicted(keep=(True, False, False), threshold=0.5):
    parts = []
    for modality in ("fused", "audio"):
        table = pd.DataFrame({"genre": ["Jazz", "Pop", "Rock"], "score": [0.9, 0.4, 0.1], "rank": [1, 2, 3]})
        table["keep"] = keep if modality == "fused" else [True, True, True]
        table = table.assign(modality=modality, run=f"{modality}-run", threshold=threshold, predicted=table["keep"])
        why = "" if threshold == 0.5 else "no thresholds"
        parts.append(table.assign(precision=[0.8, np.nan, np.nan], precision_from="", sure="yes", why=why))
    genres = pd.concat(parts, ignore_index=True)[COLUMNS]
    return Prediction(genres, pd.DataFrame(), np.zeros(2), pd.DataFrame(columns=["file", "reason"]), {}, "fused")


def genres_of(found):
    return [(row["modality"], row["genre"]) for row in found]


def test_by_default_the_genres_that_are_kept():
    found = rows.of_album(predicted(), rows.Wanted())
    assert genres_of(found) == [("fused", "Jazz")]
    assert found[0]["precision"] == 0.8
    assert set(rows.OF_GENRE) == set(found[0])


def test_the_best_ones_and_all():
    assert genres_of(rows.of_album(predicted(), rows.Wanted(top=2))) == [("fused", "Jazz"), ("fused", "Pop")]
    everything = rows.of_album(predicted(), rows.Wanted(everything=True))
    assert len(everything) == 6
    assert everything[1]["precision"] is None


def test_an_album_without_a_genre_is_not_lost():
    [row] = rows.of_album(predicted(keep=(False,) * 3), rows.Wanted())
    assert (row["genre"], row["keep"], row["why"]) == ("", False, rows.NO_GENRE)
    [row] = rows.of_album(predicted(keep=(False,) * 3, threshold=np.nan), rows.Wanted())
    assert row["why"] == "no thresholds"


def test_kept_says_how_sure():
    assert rows.kept(predicted()) == [["Jazz", "yes", 0.8]]


def test_negative_numbers_are_refused():
    with pytest.raises(ParameterError, match="--top -1"):
        rows.Wanted(top=-1)


LABELS = ["Jazz", "Vocal Jazz", "Pop", "Rap & Hip-Hop"]


@pytest.mark.parametrize(
    ("heard", "tags", "expected"),
    [
        (["Jazz"], ["Jazz"], 1),
        (["Jazz", "Pop"], ["jazz"], 1 / 2),
        (["Jazz"], ["Pop"], 0),
        ([], ["Pop"], 0),
        (["Jazz", "Vocal Jazz"], ["Vocal Jazz"], 1),
        (["Jazz", "Vocal Jazz"], ["Jazz > Vocal Jazz"], 1),
        (["Vocal Jazz"], ["Jazz > Vocal Jazz"], 1 / 2),
        (["Rap & Hip-Hop"], ["Hip Hop"], 1),
        (["Jazz"], ["Jazz", "Zydeco"], 1 / 2),
    ],
)
def test_agreement(heard, tags, expected):
    names = Names({"Rap & Hip-Hop": "Hip-Hop"})
    assert rows.agreement(heard, tags, names, LABELS, {"Vocal Jazz": {"Jazz"}}) == expected


def test_without_tags_there_is_no_agreement():
    assert math.isnan(rows.agreement(["Jazz"], [], Names(), LABELS, {}))


def test_parents_of_parents():
    assert rows.parents_of(["a", "b", "c"], [(0, 1), (1, 2)]) == {"a": {"b", "c"}, "b": {"c"}}
    assert rows.parents_of(["a", "b"], [(0, 1), (1, 0)])["a"] == {"a", "b"}
