"""Splits: groups whole, rare genres in every part, the same from the same seed."""

from collections import Counter

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings, strategies as st
from sklearn.preprocessing import MultiLabelBinarizer

from mumu_lib.catalogue.splits import _indicators, assign, missing_labels
from mumu_lib.core.errors import ParameterError

GENRES = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=4, unique=True), max_size=40)


def long_tail(n=600, labels=40, seed=0):
    rng = np.random.default_rng(seed)
    p = np.maximum(0.8 / np.arange(1, labels + 1), 12 / n)
    return [[f"g{j}" for j in np.flatnonzero(rng.random(labels) < p)] for _ in range(n)]


def shares(genres, split, part):
    total = Counter(g for album in genres for g in album)
    there = Counter(g for album, s in zip(genres, split, strict=True) if s == part for g in album)
    return {g: there[g] / total[g] for g in total}


@settings(max_examples=80, deadline=None)
@given(genres=GENRES, seed=st.integers(0, 5), data=st.data())
def test_every_album_gets_a_part_and_groups_stay_whole(genres, seed, data):
    n = len(genres)
    groups = data.draw(st.lists(st.sampled_from(["", "x", "y", "z", "w"]), min_size=n, max_size=n))
    for given_groups in (None, groups):
        split = assign(genres, seed=seed, groups=given_groups)
        assert len(split) == n
        assert set(split) <= {"train", "val", "test"}
        assert n == 0 or "train" in split
        np.testing.assert_array_equal(split, assign(genres, seed=seed, groups=given_groups))
        if n >= 10 and given_groups is None:
            assert set(split) == {"train", "val", "test"}
    for group in set(groups) - {""}:
        assert len({s for s, g in zip(split, groups, strict=True) if g == group}) == 1


@settings(max_examples=40, deadline=None)
@given(sizes=st.lists(st.integers(1, 9), min_size=3, max_size=8), seed=st.integers(0, 5))
def test_three_groups_are_enough_to_fill_three_parts(sizes, seed):
    groups = [f"artist {i}" for i, size in enumerate(sizes) for _ in range(size)]
    split = assign([["a"]] * len(groups), seed=seed, groups=groups)
    assert len(groups) < 5 or len(set(split)) == 3


def test_rare_genres_reach_every_part_where_chance_would_miss_some():
    genres = long_tail()
    split = assign(genres)
    for part, share in (("train", 0.8), ("val", 0.1), ("test", 0.1)):
        assert np.mean(split == part) == pytest.approx(share, abs=0.02)
        stratified = np.array(list(shares(genres, split, part).values()))
        assert (stratified > 0).all()
        by_chance = np.random.default_rng(0).choice(["train", "val", "test"], len(genres), p=[0.8, 0.1, 0.1])
        random = np.array(list(shares(genres, by_chance, part).values()))
        assert np.abs(stratified - share).mean() < np.abs(random - share).mean() / 2


def test_single_label_split_is_exact():
    split = assign([["a"]] * 100 + [["b"]] * 30 + [["c"]] * 10)
    for start, stop in ((0, 100), (100, 130), (130, 140)):
        n = stop - start
        assert Counter(split[start:stop]) == {"train": 0.8 * n, "val": 0.1 * n, "test": 0.1 * n}


def test_albums_without_genres_even_out_the_sizes():
    assert Counter(assign([["a"]] * 40 + [[]] * 60)) == {"train": 80, "val": 10, "test": 10}
    assert Counter(assign([[]] * 50)) == {"train": 40, "val": 5, "test": 5}


def test_empty_group_names_are_groups_of_their_own():
    assert Counter(assign([["a"]] * 50, groups=[""] * 50)) == {"train": 40, "val": 5, "test": 5}


def test_filling_an_empty_part_takes_no_label_away_from_training():
    # Each of the ten labels is on one album, so all ask for training; the last four albums share a label.
    genres = [[str(i)] for i in range(10)] + [["common"]] * 4
    for seed in range(5):
        split = assign(genres, seed=seed, fractions=(0.98, 0.01, 0.01))
        assert set(split) == {"train", "val", "test"}
        assert (split[:10] == "train").all()
        # Not even where the albums of the shared label come in larger groups.
        artists = [f"solo {i}" for i in range(10)] + [f"duo {i}" for i in range(4) for _ in "ab"]
        split = assign([*genres, *[["common"]] * 4], seed=seed, fractions=(0.98, 0.01, 0.01), groups=artists)
        assert (split[:10] == "train").all()


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_tiny_catalogues_have_training_albums(n):
    assert "train" in assign([[str(i)] for i in range(n)])


def test_part_of_fraction_zero_stays_empty():
    assert Counter(assign([["a"]] * 18, fractions=(8 / 9, 1 / 9, 0))) == {"train": 16, "val": 2}


def test_seed_changes_who_but_not_how_many():
    genres = [["a"]] * 50
    one, two = assign(genres, seed=1), assign(genres, seed=2)
    assert (one != two).any()
    assert Counter(one) == Counter(two)


@pytest.mark.parametrize(
    "options",
    [
        {"fractions": (0.5, 0.4, 0.2)},
        {"fractions": (1.2, -0.1, -0.1)},
        {"fractions": (float("nan"), 0.5, 0.5)},
        {"fractions": (0.9, 0.1)},
        {"groups": ["x"]},
        {"seed": -1},
    ],
)
def test_nonsense_is_refused(options):
    with pytest.raises(ParameterError):
        assign([["a"], ["b"]], **options)


@pytest.mark.parametrize("seed", range(5))
def test_indicators_are_those_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    genres = [[f"g{i}" for i in rng.integers(0, 9, rng.integers(0, 5))] for _ in range(20)]
    theirs = MultiLabelBinarizer(sparse_output=True).fit_transform(genres)
    theirs.sort_indices()
    ours = _indicators(genres)
    for part in ("data", "indices", "indptr"):
        np.testing.assert_array_equal(getattr(ours, part), getattr(theirs, part))
    assert ours.shape == theirs.shape


def test_labels_missing_from_parts_are_counted_once_a_part():
    M = sp.csr_matrix([[1, 0, 1], [0, 0, 1], [0, 1, 1]])
    assert missing_labels(M, np.array(["train", "val", "test"])) == 4
    assert missing_labels(M, np.array(["train", "train", "train"])) == 0
