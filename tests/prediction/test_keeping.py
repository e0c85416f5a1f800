"""The rule of what to keep: thresholds, parents, precision, and the three reasons not to be sure."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy import stats

from mumu_lib.metrics.thresholds import Expected
from mumu_lib.prediction import keeping
from mumu_lib.prediction.keeping import Evidence
from mumu_lib.results.decisions import Decisions

LABELS = ["Rock", "Indie Rock", "Jazz", "Folk"]
LINKS = np.array([[1, 0]])
NONE = np.zeros((0, 2), int)


def decisions(values, precision=(0.9, 0.6, 0.5, 0.4)):
    values = np.array(values, float)
    return Decisions(values, albums=40, expected=Expected(np.array(precision[: len(values)]), np.arange(len(values))))


def decide(scores, values=(0.5, 0.5, 0.5, 0.5), links=LINKS, labels=LABELS, **evidence):
    return keeping.decide(np.array(scores, float), decisions(values), links, labels, Evidence(**evidence))


def test_what_reaches_its_threshold_is_kept_with_its_precision():
    table = decide([0.5, 0.4, 0.9, 0.1], [0.5, 0.5, 0.2, 0.05])
    assert list(table.keep) == list(table.predicted) == [True, False, True, True]
    assert list(table.precision) == [0.9, 0.6, 0.5, 0.4]
    assert list(table.precision_from) == [0, 1, 2, 3]
    assert set(table.sure) == {"yes"}
    assert set(table.why) == {""}


def test_a_parent_is_kept_for_its_child_with_the_childs_precision():
    table = decide([0.1, 0.9, 0.1, 0.1])
    assert list(table.keep) == [True, True, False, False]
    assert not table.predicted["Rock"]
    assert table.precision["Rock"] == 0.6
    assert table.why["Rock"] == "above Indie Rock"
    # One that reaches its threshold by itself has the precision of its own decisions.
    own = decide([0.9, 0.9, 0.1, 0.1])
    assert own.precision["Rock"] == 0.9
    assert own.why["Rock"] == ""


def test_of_several_parents_one_is_kept_and_none_if_one_is_there_already():
    links = np.array([[3, 0], [3, 2]])
    table = decide([0.1, 0.1, 0.3, 0.9], links=links)
    assert list(table.keep) == [False, False, True, True]
    assert list(decide([0.6, 0.1, 0.3, 0.9], links=links).keep) == [True, False, False, True]
    # Indie Rock brings Rock, so that Folk need not bring Jazz.
    links = np.array([[1, 0], [3, 0], [3, 2]])
    assert list(decide([0.1, 0.9, 0.3, 0.9], links=links).keep) == [True, True, False, True]


def test_grandparents_and_circles():
    chain = np.array([[3, 2], [2, 1], [1, 0]])
    table = decide([0.1, 0.1, 0.1, 0.9], links=chain)
    assert table.keep.all()
    assert list(table.precision) == [0.4] * 4
    assert table.why["Rock"] == "above Indie Rock"
    circle = np.array([[0, 1], [1, 0]])
    assert list(decide([0.9, 0.1, 0.1, 0.1], links=circle).keep) == [True, True, False, False]


@given(
    scores=st.lists(st.floats(0, 1), min_size=6, max_size=6),
    links=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] != pair[1]), max_size=9),
)
@settings(max_examples=200, deadline=None)
def test_every_kept_genre_has_a_kept_parent_if_it_has_any(scores, links):
    pairs = np.array(links, int).reshape(-1, 2)
    found = keeping.decide(np.array(scores), decisions([0.5] * 6, [0.5] * 6), pairs, list("abcdef"), Evidence())
    keep = found.keep.to_numpy()
    assert (keep >= found.predicted).all()
    for child in np.flatnonzero(keep):
        parents = pairs[pairs[:, 0] == child, 1]
        assert not len(parents) or keep[parents].any()
    if not found.predicted.any():
        assert not keep.any()


def test_tracks_on_both_sides_of_the_threshold_are_not_sure_on_either_side():
    tracks = np.array([[0.9, 0.2, 0.7, 0.4], [0.8, 0.1, 0.5, 0.6], [0.9, 0.2, 0.5, 0.4]])
    table = decide(tracks.mean(axis=0), tracks=tracks, usual=9, links=NONE)
    assert list(table.sure) == ["yes", "yes", "not sure", "not sure"]
    assert table.why["Jazz"] == "the tracks disagree: .44 to .69, threshold .50"
    assert list(table.keep) == [True, False, True, False]


def test_the_interval_is_students():
    tracks = np.random.default_rng(0).normal(size=(7, 3))
    low, high = stats.t.interval(0.8, 6, tracks.mean(axis=0), stats.sem(tracks, axis=0))
    np.testing.assert_allclose(keeping.interval(tracks), (high - low) / 2)


def test_with_more_tracks_that_say_the_same_it_becomes_sure():
    few = np.array([[0.7, 0, 0, 0], [0.45, 0, 0, 0]])
    many = np.tile(few, (20, 1))
    assert decide(few.mean(axis=0), tracks=few, usual=9).sure["Rock"] == "not sure"
    assert decide(many.mean(axis=0), tracks=many, usual=9).sure["Rock"] == "yes"


@pytest.mark.parametrize(("usual", "sure"), [(1, "yes"), (2, "not sure")])
def test_one_track_is_enough_only_where_albums_usually_have_one(usual, sure):
    one = np.array([[0.7, 0.1, 0.1, 0.1]])
    assert set(decide(one[0], tracks=one, usual=usual).sure) == {sure}


def test_an_album_unlike_any_is_not_sure_of_anything_and_keeps_what_it_would():
    table = decide([0.1, 0.9, 0.1, 0.1], unlike="unlike any album in training: ...")
    assert set(table.sure) == {"not sure"}
    assert table.why["Rock"] == "above Indie Rock; unlike any album in training: ..."
    assert list(table.keep) == [True, True, False, False]


def test_a_parent_is_as_sure_as_its_surest_child():
    tracks = np.array([[0.7, 0.9, 0, 0], [0.4, 0.9, 0, 0]])
    table = decide(tracks.mean(axis=0), tracks=tracks, usual=2)
    assert list(table.sure[["Rock", "Indie Rock"]]) == ["yes", "yes"]
    # A child that is not kept says nothing of it.
    tracks[:, 1] = 0.1
    assert decide(tracks.mean(axis=0), tracks=tracks, usual=2).sure["Rock"] == "not sure"


def test_without_thresholds_nothing_is_kept_and_the_reason_is_said():
    none = Decisions(np.full(4, np.nan), "the run has kept no scores")
    table = keeping.decide(np.array([0.9, 0.9, 0.1, 0.1]), none, LINKS, LABELS, Evidence())
    assert not table.keep.any()
    assert table.precision.isna().all()
    assert set(table.why) == {"no threshold: the run has kept no scores"}


@pytest.mark.parametrize(
    ("nearer", "albums", "flagged"), [(18, 18, False), (19, 19, True), (0, 0, False), (95, 100, False), (96, 100, True)]
)
def test_unlike_is_what_one_in_twenty_albums_of_the_kind_would_be(nearer, albums, flagged):
    assert bool(keeping.unlike(nearer, albums, "cover")) is flagged


@pytest.mark.parametrize(
    ("number", "text"), [(0.724, ".72"), (-0.31, "-.31"), (0.999, "1.00"), (10.5, "10.50"), (0, ".00"), (-1, "-1.00")]
)
def test_numbers_are_brief(number, text):
    assert keeping.brief(number) == text
