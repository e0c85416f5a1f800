"""Scores of a run read again, split by split."""

import numpy as np
import pytest

from mumu_lib import results
from mumu_lib.core import paths
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.results import scores


def test_scores_of_each_split_in_the_catalogues_order(tiny, write):
    kept = np.array([9, 8, 7, 6, 5, 4])
    S = write("audio/cosine/low_4x96", 0.5, albums=kept)
    folder = paths.home() / "runs" / "tiny" / "audio-cosine-low_4x96"
    for split in ("train", "val", "test"):
        found = scores.split_scores(tiny, folder, split)
        rows = [row for row in tiny.rows(split) if row in kept]
        assert list(found.index) == list(tiny.albums["album_id"].iloc[rows])
        np.testing.assert_array_equal(found, S[rows])
    assert results.test_scores(tiny, str(folder)).equals(scores.split_scores(tiny, folder, "test"))
    np.testing.assert_array_equal(scores.truth(tiny, found.index), tiny.label_matrix()[rows].toarray() > 0)
    positives, n = scores.training_counts(tiny, folder)
    assert n == 2
    np.testing.assert_array_equal(positives, tiny.label_matrix()[[4, 5]].toarray().sum(axis=0))


def test_a_run_without_albums_of_a_split_has_no_rows(tiny, write):
    write("audio/cosine/low_4x96", 0.5, albums=tiny.rows("test"))
    folder = paths.home() / "runs" / "tiny" / "audio-cosine-low_4x96"
    assert scores.split_scores(tiny, folder, "val").empty
    assert scores.training_counts(tiny, folder)[1] == 0


def test_what_cannot_be_read_is_named(tiny, write):
    write("audio/cosine/low_4x96", 0.5)
    folder = paths.home() / "runs" / "tiny" / "audio-cosine-low_4x96"
    np.save(folder / "scores.npy", np.zeros((30, 2)))
    with pytest.raises(BadDataError, match="not albums x labels"):
        scores.split_scores(tiny, folder, "val")
    (folder / "album_ids.txt").unlink()
    with pytest.raises(MissingDataError, match=r"album_ids\.txt"):
        scores.split_scores(tiny, folder, "val")
