"""The published text matrices go to their albums."""

import shutil

import numpy as np
import pytest
import scipy.sparse as sp

from mumu_lib import text
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError
from mumu_lib.sources import mumu_release
from mumu_lib.text import release as text_release


def published(root, ids, kinds=("VSM", "VSM-SEM"), width=6):
    """An ``ismir-data`` folder in the authors' layout."""
    (root / "splits").mkdir(parents=True)
    (root / "train_data").mkdir()
    matrices = {}
    for split, of in ids.items():
        (root / "splits" / f"items_index_{split}_MuMu-albums.tsv").write_text("\n".join(of) + "\n")
        for number, kind in enumerate(kinds):
            X = sp.random(len(of), width, 0.6, format="csr", random_state=number, dtype=np.float32)
            X.data += 1
            parts = {"data": X.data, "indices": X.indices, "indptr": X.indptr, "shape": X.shape}
            np.savez(root / "train_data" / f"X_{split}_{kind}_MuMu-albums.npz", **parts)
            matrices[kind, split] = X.toarray()
    return matrices


@pytest.fixture
def release(tmp_path):
    """A published MuMu of six albums with its matrices, one album in no split."""
    lines = [f"B{i},m{i},T{i},r{i},a{i},{'Rock' if i % 2 else 'Pop'}" for i in range(6)]
    header = "amazon_id,album_mbid,MSD_track_id,recording_mbid,artist_mbid,genres"
    (tmp_path / "mumu").mkdir()
    (tmp_path / "mumu" / "MuMu_dataset_multi-label.csv").write_text("\n".join([header, *lines]))
    ids = {"train": ["B4", "B0", "B1"], "val": ["B2"], "test": ["B5"]}
    matrices = published(tmp_path / "mumu" / "ismir-data", ids)
    return mumu_release.build(tmp_path / "mumu", min_albums=1), matrices


@pytest.mark.parametrize(("features", "kind"), [("vsm", "VSM"), ("vsm_sem", "VSM-SEM")])
def test_published_matrices_go_to_their_albums(release, features, kind):
    music, matrices = release
    assert text_release.source_of(music, "auto", "") == text_release.source_of(music, "published", "") == "published"
    X = text_release.published(music, features).toarray()
    np.testing.assert_array_equal(X[[4, 0, 1]], matrices[kind, "train"])
    np.testing.assert_array_equal(X[[2, 5]], np.vstack([matrices[kind, "val"], matrices[kind, "test"]]))
    assert not X[3].any()
    assert 3 not in text.rows_with_features(sp.csr_matrix(X))


def test_published_matrices_that_are_not_there_or_contradict_themselves(release, tiny):
    music, _ = release
    with pytest.raises(MissingDataError, match="names no published matrices"):
        text_release.source_of(tiny, "published", "")
    with pytest.raises(ParameterError, match="is not one of"):
        text_release.published(music, "sem")
    folder = mumu_release.find(music.folder.parents[2], "ismir-data")
    listed = folder / "splits" / "items_index_val_MuMu-albums.tsv"
    listed.write_text("B4\n")
    with pytest.raises(BadDataError, match="'B4' is in more than one published split"):
        text_release.published(music, "vsm")
    shutil.rmtree(folder / "train_data")
    with pytest.raises(MissingDataError, match="train_data"):
        text_release.published(music, "vsm")


def test_an_encoder_reads_words_and_no_matrices(release, tiny):
    music, _ = release
    with pytest.raises(ParameterError, match=r"encoder 'minilm' cannot read; leave matrices out"):
        text_release.source_of(music, "published", "", "minilm")
    with pytest.raises(MissingDataError, match="review"):
        text_release.source_of(music, "auto", "", "minilm")
    assert text_release.source_of(tiny, "auto", "", "minilm") == "reviews"
