"""The taxonomy and the scores: where they contradict each other, and scores made to agree."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from mumu_lib import catalogue, metrics, params, results, runs
from mumu_lib.core.errors import BadDataError
from mumu_lib.results import hierarchy

# Columns: 0 Pop, 1 Vocal Pop, 2 Vocal (a child of 1), 3 Jazz, 4 Scat (a child of Vocal and of Jazz).
LINKS = np.array([[1, 0], [2, 1], [4, 2], [4, 3]])
LABELS = ["Pop", "Vocal Pop", "Vocal", "Jazz", "Scat"]


def music_with(home, branches, genres=("Pop", "Rock", "Jazz", "Vocal Jazz", "Scat")):
    albums = pd.DataFrame({"album_id": list("abcd"), "title": "", "artist": "", "genres": [list(genres)] * 4})
    albums["split"] = ["train", "val", "test", "test"]
    nothing = pd.DataFrame({"track_id": [], "album_id": [], "audio": []})
    return catalogue.write(
        home / "data" / "small", name="small", albums=albums, tracks=nothing, reviews=nothing.drop(columns="track_id"),
        branches=branches, min_albums=2, source="test", roots={"audio": "a", "covers": "c"},
    )  # fmt: skip


def named(music):
    return {(music.labels[child], music.labels[parent]) for child, parent in hierarchy.links(music)}


def test_links_follow_the_branches(home):
    music = music_with(home, [["Pop"], ["Jazz", "Vocal Jazz", "Scat"], ["Rock", "Pop"]])
    assert named(music) == {("Vocal Jazz", "Jazz"), ("Scat", "Vocal Jazz"), ("Pop", "Rock")}


def test_a_name_that_is_no_label_is_passed_over(home):
    music = music_with(home, [["Jazz", "Too Rare", "Scat"], ["Jazz", "Jazz"]])
    assert named(music) == {("Scat", "Jazz")}


def test_a_label_in_two_branches_has_two_parents(home):
    music = music_with(home, [["Jazz", "Scat"], ["Pop", "Scat"]])
    assert named(music) == {("Scat", "Jazz"), ("Scat", "Pop")}


@pytest.mark.parametrize("branches", [[], [["Pop"], ["Rock"]]])
def test_without_a_taxonomy_nothing_is_contradicted_or_changed(home, branches):
    music = music_with(home, branches)
    links = hierarchy.links(music)
    assert links.shape == (0, 2)
    S = np.random.default_rng(0).normal(size=(4, 5))
    assert hierarchy.contradictions(S, links, music.labels).empty
    for every_parent in (True, False):
        np.testing.assert_array_equal(hierarchy.consistent(S, links, every_parent=every_parent), S)


def test_contradictions_are_counted_by_link():
    S = [[0.1, 0.5, 0.2, 0.9, 0.3], [0.5, 0.5, 0.9, 0.1, 0.9], [-0.9, -0.1, -0.5, 0, -1]]
    table = hierarchy.contradictions(S, LINKS, LABELS).set_index(["child", "parent"])
    assert table["albums"].to_dict() == {
        ("Vocal Pop", "Pop"): 2,  # level in the second album: no contradiction
        ("Scat", "Jazz"): 1,
        ("Scat", "Vocal"): 1,
        ("Vocal", "Vocal Pop"): 1,
    }
    assert table["share"].iloc[0] == pytest.approx(2 / 3)
    assert list(table["albums"]) == sorted(table["albums"], reverse=True)


scores = arrays(np.float64, st.tuples(st.integers(0, 5), st.just(5)), elements=st.floats(-1, 1))


@given(scores)
@settings(deadline=None)
def test_consistent_scores_are_the_highest_of_a_label_and_all_below_it(S):
    below = {0: [0, 1, 2, 4], 1: [1, 2, 4], 2: [2, 4], 3: [3, 4], 4: [4]}
    raised = hierarchy.consistent(S, LINKS)
    for label, columns in below.items():
        np.testing.assert_array_equal(raised[:, label], S[:, columns].max(axis=1))
    assert hierarchy.contradictions(raised, LINKS, LABELS)["albums"].sum() == 0


@given(scores)
@settings(deadline=None)
def test_one_parent_is_enough_where_asked(S):
    raised = hierarchy.consistent(S, LINKS, every_parent=False)
    assert (raised >= S).all()
    assert (raised[:, 4] <= np.maximum(raised[:, 2], raised[:, 3])).all()
    assert (raised[:, 1] <= raised[:, 0]).all()
    assert (raised <= hierarchy.consistent(S, LINKS)).all()
    # The parent that is ahead takes the child's score; the other keeps its own, unless something else raises it.
    jazz_ahead = S[:, 3] > S[:, 2]
    np.testing.assert_array_equal(raised[jazz_ahead, 2], S[jazz_ahead, 2])


def test_consistent_leaves_the_given_scores_alone_and_ends_in_a_circle():
    S = np.array([[0.1, 0.9, 0.5]])
    circle = np.array([[0, 1], [1, 2], [2, 0]])
    for every_parent in (True, False):
        np.testing.assert_array_equal(hierarchy.consistent(S, circle, every_parent=every_parent), [[0.9, 0.9, 0.9]])
    np.testing.assert_array_equal(S, [[0.1, 0.9, 0.5]])


def test_scores_of_another_catalogue_or_with_nan_are_an_error():
    with pytest.raises(BadDataError, match="albums x 5 labels"):
        hierarchy.consistent(np.zeros((2, 3)), LINKS)
    with pytest.raises(BadDataError):
        hierarchy.contradictions(np.full((2, 5), np.nan), LINKS, LABELS)


@pytest.mark.parametrize("kind", ["cosine", "logistic"])
def test_the_effect_on_a_run_is_told(tiny, kind):
    cfg = params.Results(catalogue="tiny", seed=0, resamples=10)
    S = np.random.default_rng(1).uniform(-1 if kind == "cosine" else 0, 1, (30, 4))
    facts = {"modality": "audio", "target": kind, "setting": "low_4x96", "auc": 0.5, "val_auc": 0.5}
    runs.start(tiny, "x", cfg).write(facts, album_ids=list(tiny.albums["album_id"]), scores=S)
    chosen, _ = results.comparable(tiny)
    links = hierarchy.links(tiny)
    row = hierarchy.effect(tiny, chosen, resamples=20).loc[f"audio/{kind}/low_4x96"]
    test = tiny.rows("test")
    truth = tiny.label_matrix()[test]
    assert row["contradicted"] == hierarchy.contradictions(S[test], links, tiny.labels)["share"].mean() > 0
    assert row["auc"] == metrics.macro_auc(truth, S[test])
    assert row["auc_consistent"] == metrics.macro_auc(truth, hierarchy.consistent(S[test], links))
    assert row["difference"] == pytest.approx(row["auc_consistent"] - row["auc"]) != 0
    assert row["coverage@1_consistent"] == metrics.coverage_at_k(hierarchy.consistent(S[test], links), 1)
    assert "coverage@5" not in row
    precision = metrics.METRICS["precision@1"]
    assert row["precision@1_consistent"] == precision(truth, hierarchy.consistent(S[test], links))
    printed = hierarchy.as_printed(hierarchy.effect(tiny, chosen, resamples=20))
    assert printed["AUC"].item() == f"{row['auc']:.3f}"
    assert "→" in printed["C@1"].item()
    assert printed["P@1"].item().startswith(f"{row['precision@1']:.2f} →")
