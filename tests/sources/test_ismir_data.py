"""Reading the published matrices, and refusing damaged ones."""

import numpy as np
import pytest
import scipy.sparse as sp

from mumu_lib.core.errors import BadDataError
from mumu_lib.sources import ismir_data
from published_release import write_ismir


def test_ismir_matrices(tmp_path):
    ismir = write_ismir(tmp_path)
    assert ismir_data.labels(ismir, "val").shape == (3, 250)
    X = ismir_data.features(ismir, "VSM", "train")
    np.testing.assert_allclose(X.toarray(), sp.random(24, 20, 0.3, "csr", rng=0).toarray(), rtol=1e-6)
    assert ismir_data.features(ismir, "model_audio", "val")[:, 0].tolist() == [3] * 3


def test_ismir_matrix_of_wrong_length(tmp_path):
    ismir = write_ismir(tmp_path)
    np.save(ismir / "splits" / "y_val_class_250_MuMu-albums.npy", np.ones((2, 250)))
    with pytest.raises(BadDataError, match=r"y_val.*expected 3 rows"):
        ismir_data.labels(ismir, "val")


def test_pickled_array_is_refused(tmp_path):
    ismir = write_ismir(tmp_path)
    np.save(ismir / "train_data" / "X_val_model_audio_MuMu-albums.npy", np.array([{}] * 3), allow_pickle=True)
    with pytest.raises(BadDataError, match="is not an array file"):
        ismir_data.features(ismir, "model_audio", "val")


def test_npz_of_another_form(tmp_path):
    ismir = write_ismir(tmp_path)
    np.savez(ismir / "train_data" / "X_val_VSM_MuMu-albums.npz", other=np.ones(3))
    with pytest.raises(BadDataError, match="not a CSR matrix"):
        ismir_data.features(ismir, "VSM", "val")


def test_ids_in_another_encoding(tmp_path):
    ismir = write_ismir(tmp_path)
    (ismir / "splits" / "items_index_val_MuMu-albums.tsv").write_bytes(b"\xff\xfeB\0")
    with pytest.raises(BadDataError, match=r"items_index_val.* is not UTF-8"):
        ismir_data.items(ismir, "val")


def test_sparse_indices_beyond_the_matrix(tmp_path):
    # scipy's compiled code would follow them.
    ismir = write_ismir(tmp_path)
    parts = {
        "data": np.ones(1),
        "indices": np.array([10**6]),
        "indptr": np.array([0, 1, 1, 1]),
        "shape": np.array([3, 4]),
    }
    np.savez(ismir / "train_data" / "X_val_VSM_MuMu-albums.npz", **parts)
    with pytest.raises(BadDataError, match="not a CSR matrix"):
        ismir_data.features(ismir, "VSM", "val")
