import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import NearestNeighbors

from mumu_lib import labels
from mumu_lib.core.errors import BadDataError, ParameterError

binary = arrays(np.int8, st.tuples(st.integers(1, 12), st.integers(1, 6)), elements=st.integers(0, 1))


@given(binary)
@settings(max_examples=200)
def test_ppmi_is_equation_1_written_with_sets(M):
    n, L = M.shape
    sets = [set(np.flatnonzero(M[:, j])) for j in range(L)]
    expected = np.zeros((L, L))
    for i in range(L):
        for j in range(L):
            both, alone = len(sets[i] & sets[j]) / n, len(sets[i]) * len(sets[j]) / n**2
            expected[i, j] = max(0, np.log(both / alone)) if both else 0
    np.testing.assert_allclose(labels.ppmi(sp.csr_matrix(M)), expected, atol=1e-12)


@given(binary)
@settings(max_examples=100)
def test_all_factors_together_give_back_the_absolute_ppmi(M):
    X = labels.ppmi(sp.csr_matrix(M))
    if not X.any():
        return
    C = labels.label_factors(sp.csr_matrix(M), d=50)
    # C C^T = U S U^T is |X|, whatever the signs of the SVD are.
    values, vectors = np.linalg.eigh(X)
    np.testing.assert_allclose(C @ C.T, vectors * np.abs(values) @ vectors.T, atol=1e-8)


def test_dimensions_are_the_largest_singular_values_and_at_most_the_rank(tiny):
    M = tiny.label_matrix()
    full, two = labels.label_factors(M, 50), labels.label_factors(M, 2)
    assert full.shape[1] == np.linalg.matrix_rank(labels.ppmi(M)) <= 4
    np.testing.assert_allclose(two, full[:, :2])
    strengths = (full**2).sum(axis=0)
    assert (np.diff(strengths) <= 1e-12).all()


def test_album_factors_are_sums_of_label_factors(tiny):
    M = tiny.label_matrix()
    C = labels.label_factors(M, 3)
    F = labels.album_factors(M, C)
    row = tiny.albums.index[tiny.albums["genres"].map(set) == {"Pop", "Jazz"}][0]
    expected = C[tiny.labels.index("Pop")] + C[tiny.labels.index("Jazz")]
    np.testing.assert_allclose(F[row], expected, rtol=1e-5)


def test_factors_do_not_depend_on_the_test_albums(tiny):
    M = tiny.label_matrix()
    changed = M.tolil()
    changed[tiny.rows("test")] = 1
    part = tiny.rows("train", "val")
    np.testing.assert_array_equal(labels.label_factors(M[part]), labels.label_factors(changed.tocsr()[part]))


def test_a_label_without_albums_has_the_zero_vector():
    M = sp.csr_matrix([[1, 0, 0], [1, 0, 1], [0, 0, 1]])
    assert not labels.label_factors(M)[1].any()


def test_labels_that_share_albums_are_neighbours(tiny):
    C = labels.label_factors(tiny.label_matrix())
    near = labels.nearest_labels(C, tiny.labels, "Vocal Jazz", 3)
    assert near.index[0] == "Jazz"
    column = [tiny.labels.index(name) for name in ("Vocal Jazz", "Jazz")]
    assert near.iloc[0] == pytest.approx(cosine_similarity(C[column])[0, 1])
    with pytest.raises(ParameterError, match="did you mean 'Vocal Jazz'"):
        labels.nearest_labels(C, tiny.labels, "Vocal Jaz", 3)


def test_equally_close_labels_come_in_the_order_of_the_columns():
    C = np.array([[1.0, 0.0], [1.0, 0.1], [1.0, 0.1], [1.0, 0.5]])
    for rounding in (0, 1e-12, -1e-12):
        C[1, 1] = 0.1 + rounding
        assert list(labels.nearest_labels(C, list("abcd"), "a", 3).index) == ["b", "c", "d"]


@pytest.mark.parametrize("M", [np.ones((4, 3)), np.zeros((0, 3)), [[2, 1], [0, 1]]])
def test_nothing_to_factorize_is_said(M):
    with pytest.raises(BadDataError):
        labels.label_factors(sp.csr_matrix(M))


def test_three_million_albums_stay_sparse():
    # 60,000 albums x 500 labels, dense, would be 240 MB in float64; the sparse product needs the 500 x 500 result only.
    rng = np.random.default_rng(0)
    rows, columns = np.repeat(np.arange(60_000), 6), rng.zipf(1.3, 360_000) % 500
    M = sp.csr_matrix((np.ones(360_000), (rows, columns)), shape=(60_000, 500))
    M.data[:] = 1
    assert labels.album_factors(M, labels.label_factors(M)).shape == (60_000, 50)


def test_table1_counts_albums(tiny):
    table = labels.frequencies(tiny)
    expected = pd.Series([g for album in tiny.albums["genres"] for g in album]).value_counts()
    pd.testing.assert_series_equal(table["albums"].sort_index(), expected.sort_index(), check_names=False)
    np.testing.assert_allclose(table["percent"], 100 * table["albums"] / 30)
    top = labels.table1(tiny, 2)
    assert list(top["most represented"]) == list(table.index[:2])
    assert list(top["least represented"]) == list(table.index[-2:])
    assert top["% of albums"][0] == f"{table['percent'].iloc[0]:.2f}"


def test_figure_1_takes_albums_with_one_top_level_label(tiny):
    top = labels.single_top_label(tiny)
    genres = tiny.albums["genres"]
    assert len(top) == 20
    assert all(name in genres[row] and len(set(genres[row]) - {"Vocal Jazz"}) == 1 for row, name in top.items())


def test_neighbour_agreement_by_hand():
    F = np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1.0]])
    assert labels.neighbour_agreement(F, pd.Series(list("aabb")), k=1) == 1
    assert labels.neighbour_agreement(F, pd.Series(list("abab")), k=1) == 0
    assert np.isnan(labels.neighbour_agreement(F[:1], pd.Series(["a"])))


def test_neighbours_found_in_blocks_are_those_found_at_once(monkeypatch):
    F = np.random.default_rng(0).integers(0, 3, (40, 2)) + 1.0  # many albums of the same factors
    F[:30] += np.random.default_rng(1).normal(0, 0.2, (30, 2))
    group = pd.Series(np.resize(list("abc"), 40))
    near = NearestNeighbors(n_neighbors=3, metric="cosine").fit(F).kneighbors(return_distance=False)
    monkeypatch.setattr(labels, "CHUNK", 7)
    expected = (group.to_numpy()[near] == group.to_numpy()[:, None]).mean()
    assert labels.neighbour_agreement(F, group, k=3) == pytest.approx(expected)


def test_taxonomy_and_split_tables(tiny):
    levels = labels.taxonomy_levels(tiny)
    assert levels["names"].to_dict() == {1: 3, 2: 1}
    split = labels.split_table(tiny)
    assert split["albums"].to_dict() == {"train": 18, "val": 6, "test": 6}
    assert split["tracks"].to_dict() == {"train": 36, "val": 12, "test": 12}


def test_labels_equally_near_stand_in_the_order_of_columns_whatever_the_last_bit():
    C = np.array([[1.0, 1], [3.0, 0.1], [0.3, 0.01]])
    for _ in range(20):
        near = labels.nearest_labels(C, ["a", "b", "c"], "a", 2)
        assert list(near.index) == ["b", "c"]
        C[2] = np.nextafter(C[2], 0)


def test_learned_factors_know_no_test_album(tiny):
    before, of_all = labels.learned_factors(tiny, 3), labels.label_factors(tiny.label_matrix(), 3)
    test = tiny.albums["split"] == "test"
    tiny.albums["genres"] = [
        ["Rock"] if hidden else own for hidden, own in zip(test, tiny.albums["genres"], strict=True)
    ]
    np.testing.assert_array_equal(labels.learned_factors(tiny, 3), before)
    assert not np.allclose(labels.label_factors(tiny.label_matrix(), 3), of_all)


def test_albums_without_a_label_take_no_part_in_the_shares(tiny):
    tiny.albums["genres"] = [[] if i < 12 else genres for i, genres in enumerate(tiny.albums["genres"])]
    table = labels.frequencies(tiny)
    np.testing.assert_allclose(table["percent"], 100 * table["albums"] / 18)
    counts = labels.labels_per_album(tiny)
    assert counts.name == "labels"
    assert counts.to_dict() == {
        album.album_id: len(album.genres) for album in tiny.albums.itertuples() if len(album.genres)
    }
    tiny.albums["genres"] = [[]] * 30
    assert (labels.frequencies(tiny)["percent"] == 0).all()


def test_equally_frequent_labels_stand_by_name(tiny):
    table = labels.frequencies(tiny)
    assert table["albums"].to_dict() == {"Jazz": 15, "Pop": 15, "Rock": 10, "Vocal Jazz": 5}
    assert list(table.index) == ["Jazz", "Pop", "Rock", "Vocal Jazz"]
    assert labels.table1(tiny).to_numpy()[0].tolist() == ["Jazz", "50.00", "Jazz", "50.00"]


def test_signs_and_order_of_the_factors_are_fixed(tiny):
    C = labels.label_factors(tiny.label_matrix())
    largest = np.abs(C).argmax(axis=0)
    assert (C[largest, np.arange(C.shape[1])] > 0).all()
    assert labels.label_factors(tiny.label_matrix(), 1).shape == (4, 1)
    with pytest.raises(ParameterError, match="at least 1, got 0"):
        labels.label_factors(tiny.label_matrix(), 0)


def test_near_labels_are_as_many_as_asked_and_not_the_label_itself(tiny):
    C = labels.label_factors(tiny.label_matrix())
    near = labels.nearest_labels(C, tiny.labels, "Pop", 2)
    assert len(near) == 2
    assert "Pop" not in near.index
    assert near.is_monotonic_decreasing
    assert near.name == "Pop"
    many = [f"genre {i}" for i in range(9)]
    assert len(labels.nearest_labels(np.eye(9), many, "genre 3")) == 5


def test_neighbours_are_as_many_as_there_are():
    F, group = np.array([[1, 0], [1, 0.1], [0, 1.0]]), pd.Series(list("aab"))
    assert labels.neighbour_agreement(F, group) == pytest.approx(2 / 6)
    assert labels.neighbour_agreement(F[:2], group[:2]) == 1
    lengths_differ = np.array([[1, 0], [9, 0.5], [0, 1], [0.2, 9]])
    assert labels.neighbour_agreement(lengths_differ, pd.Series(list("aabb")), k=1) == 1
    seven = np.array([[np.cos(a), np.sin(a)] for a in np.arange(7) ** 2 / 40])
    assert labels.neighbour_agreement(seven, pd.Series(list("aaaaaab"))) == pytest.approx((5 + 4 / 5 + 0) / 7)


def test_levels_and_splits_name_their_labels(tiny):
    levels = labels.taxonomy_levels(tiny)
    assert levels["labels"].to_dict() == {1: 3, 2: 1}
    assert levels["most frequent"].to_dict() == {1: "Jazz, Pop, Rock", 2: "Vocal Jazz"}
    tiny.albums.loc[tiny.albums["split"] == "test", "genres"] = tiny.albums["genres"].map(lambda _: ["Rock"])
    split = labels.split_table(tiny)
    assert split["labels"].to_dict() == {"train": 4, "val": 4, "test": 1}
    assert split["labels without album"].to_dict() == {"train": 0, "val": 0, "test": 3}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("M", [np.zeros((0, 3)), [[2, 1], [0, 1]], [[0.5, 1], [0, 1]]])
def test_ppmi_is_of_zeros_and_ones_of_some_album(M):
    with pytest.raises(BadDataError, match="must hold 0 and 1 for at least one album"):
        labels.ppmi(sp.csr_matrix(M))
    assert labels.ppmi(sp.csr_matrix([[1, 0], [0, 1]]))[0, 1] == 0
    assert labels.ppmi(sp.csr_matrix([[1, 0], [0, 1]], dtype=bool))[0, 0] == pytest.approx(np.log(2))


def test_an_album_is_named_after_its_rarest_top_label(tiny):
    having = [["Pop", "Rock"], ["Jazz", "Pop"], ["Vocal Jazz"], ["Rock", "Jazz", "Vocal Jazz"], ["Pop"]]
    chosen = np.array([[label in some for label in tiny.labels] for some in having])
    named = labels.rarest_top_label(tiny, chosen)
    assert [named.categories[code] if code >= 0 else None for code in named.codes] == [
        "Rock",
        "Jazz",
        None,
        "Rock",
        "Pop",
    ]
    assert list(named.categories) == ["Pop", "Jazz", "Rock"]


def test_without_labels_no_album_has_a_rarest_one(tiny, monkeypatch):
    monkeypatch.setattr(type(tiny), "labels", [])
    monkeypatch.setattr(type(tiny), "label_matrix", lambda self, split=None: sp.csr_matrix((30, 0)))
    tiny.__dict__["top_labels"] = []
    assert labels.rarest_top_label(tiny, np.zeros((3, 0), bool)).isna().all()


def test_among_many_albums_of_the_same_factors_each_still_has_k_neighbours():
    F = np.vstack([np.ones((6, 2)), [[1.0, -1.0]] * 2])
    assert labels.neighbour_agreement(F, pd.Series(list("aaaaaabb")), k=1) == 1
    assert labels.neighbour_agreement(F[:6], pd.Series(list("aaaaaa")), k=2) == 1


def slowly(F, group, k, asked):
    """The same by every pair of albums, for tables without equal distances."""
    unit = F / np.linalg.norm(F, axis=1, keepdims=True)
    shares = []
    for row in asked:
        order = [other for other in np.argsort(-(unit @ unit[row]), kind="stable") if other != row]
        shares.append(np.mean(group.to_numpy()[order[:k]] == group.iloc[row]))
    return np.mean(shares)


def test_of_many_albums_some_are_asked_and_all_are_neighbours(monkeypatch, capsys):
    rng = np.random.default_rng(0)
    F, group = rng.normal(size=(300, 6)).astype(np.float32), pd.Series(rng.choice(list("abc"), 300))
    monkeypatch.setattr(labels, "MAX_EXACT", 299)
    monkeypatch.setattr(labels, "SAMPLE_SIZE", 40)
    found = labels.neighbour_agreement(F, group, k=4, seed=3)
    assert capsys.readouterr().out == "neighbours of 40 of 300 albums, drawn by the seed, among all of them\n"
    asked = labels._sampled_rows(300, 3)
    assert len(set(asked)) == 40
    assert found == pytest.approx(slowly(F, group, 4, asked))
    assert labels.neighbour_agreement(F, group, k=4, seed=3) == found
    assert not np.array_equal(labels._sampled_rows(300, 4), asked)
    monkeypatch.setattr(labels, "MAX_EXACT", 300)
    assert labels.neighbour_agreement(F, group, k=4) == pytest.approx(slowly(F, group, 4, range(300)))
    assert capsys.readouterr().out.count("drawn") == 1


def test_a_map_shows_all_albums_or_says_how_many(capsys):
    group = pd.Series(list("abcdef"), index=[3, 5, 8, 9, 10, 20])
    pd.testing.assert_series_equal(labels.drawn_for_map(group, 6), group)
    assert capsys.readouterr().out == ""
    some = labels.drawn_for_map(group, 4, seed=1)
    assert len(some) == 4
    pd.testing.assert_series_equal(some, group[some.index])
    assert some.index.is_monotonic_increasing
    assert capsys.readouterr().out == "on the map: 4 of 6 albums, drawn by the seed\n"


def test_rows_and_points_are_drawn_once_each_and_stay_in_order(capsys):
    rows = labels._sampled_rows(labels.MAX_EXACT + 1, seed=3)
    assert len(np.unique(rows)) == len(rows) == labels.SAMPLE_SIZE
    assert (np.diff(rows) > 0).all()
    shown = labels.drawn_for_map(pd.Series(range(50)), 45, seed=3)
    assert len(shown) == 45
    assert (np.diff(shown) > 0).all()
    assert capsys.readouterr().out == "on the map: 45 of 50 albums, drawn by the seed\n"
