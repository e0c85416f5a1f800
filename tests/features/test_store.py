"""A store as it is read: rows, standardisation, memory."""

import copy
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from mumu_lib.audio import store as audio_store
from mumu_lib.core.errors import NothingUsableError
from mumu_lib.features import store, store as features_store
from mumu_lib.features.store import read_rows
from six_recordings import held_to_numpy


def test_rows_of_unknown_and_unusable_tracks_are_minus_one(good):
    good.audio_path("3.flac").unlink()
    store = audio_store.extract(good, workers=1)
    assert store.rows(["TR005", "TR003", "nobody", "TR000"]).tolist() == [5, -1, -1, 0]


def test_standardisation(shared, monkeypatch):
    monkeypatch.setattr(features_store, "CHUNK", 2)
    held_to_numpy(shared[1])


def test_a_bin_that_never_changes_is_not_divided_by_zero(shared):
    store = copy.copy(shared[1])
    store.values = np.array(store.values)
    store.values[..., 7] = -80
    mean, std = store.standardisation(np.arange(6))
    assert mean[7] == -80
    assert std[7] == 1
    assert (np.delete(std, 7) > 1e-3).all()


@pytest.mark.parametrize("rows", [[], [0, -1]])
def test_standardisation_refuses_rows_that_hold_nothing(shared, rows):
    with pytest.raises(NothingUsableError):
        shared[1].standardisation(np.array(rows, int))


@pytest.mark.parametrize("shape", [(40, 2, 322, 96), (300, 48)])
def test_take_copies_rows_of_a_memory_map(tmp_path, shape):
    values = np.random.default_rng(0).normal(size=shape).astype(np.float16)
    np.save(tmp_path / "values.npy", values)
    mapped = np.load(tmp_path / "values.npy", mmap_mode="r")
    views = {"itself": (mapped, values), "part": (mapped[5:], values[5:]), "flat": (mapped.reshape(-1, shape[-1]),
             values.reshape(-1, shape[-1])), "every second": (mapped[::2], values[::2]), "in memory": (values, values)}  # fmt: skip
    for view, expected in views.values():
        for rows in ([3, 0, 3, -1], [], [len(expected) - 1]):
            rows = np.array(rows, int)
            got = read_rows(view, rows)
            assert np.array_equal(got, expected[rows])
            got += 1  # a copy
    assert np.array_equal(mapped, values)


def test_take_leaves_changes_of_a_writable_map_alone(tmp_path):
    np.save(tmp_path / "values.npy", np.zeros((50, 4096), np.float32))
    private = np.load(tmp_path / "values.npy", mmap_mode="c")
    private[7] = 1
    read_rows(private, np.arange(50))
    assert (private[7] == 1).all()
    with pytest.raises(IndexError):
        read_rows(np.load(tmp_path / "values.npy", mmap_mode="r"), np.array([50]))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux counts resident pages there")
def test_take_keeps_no_pages_resident(tmp_path):
    np.save(tmp_path / "values.npy", np.ones((500, 322, 96), np.float16))
    mapped = np.load(tmp_path / "values.npy", mmap_mode="r")

    def resident():
        fields = dict(line.split(":") for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
        return int(fields["RssFile"].split()[0]) / 1e3

    before = resident()
    for start in range(0, 500, 25):
        read_rows(mapped, np.arange(start, start + 25))
    assert resident() - before < 5  # of 31 MB


def test_rows_of_a_sparse_matrix_become_dense_only_when_taken():
    X = sp.random(9, 5, 0.4, format="csr", random_state=0)
    np.testing.assert_array_equal(store.read_rows(X, np.array([7, 0, 7])), X.toarray()[[7, 0, 7]])
