"""Which fusion an album can feed, and its vectors track by track."""

import json

import numpy as np
import pandas as pd
import pytest

from mumu_lib.prediction import fusing
from mumu_lib.prediction.encoding import Encoded
from mumu_lib.results.decisions import Decisions


@pytest.fixture
def finished(tmp_path):
    """Three fusions over runs of two modalities, and a file of vectors."""
    for name in ("audio", "text"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.json").write_text(json.dumps({"modality": name}))
    both = [{"origin": "audio", "length": 2}, {"origin": "text", "length": 3}]
    with_file = [*both, {"origin": "vectors.npy", "length": 4}]
    rows = [
        ("audio", 0.7, None, "complete", None),
        ("text", 0.8, None, "complete", None),
        ("plain", 0.85, both, "complete", []),
        ("better", 0.9, both, "complete", []),
        ("dropout", 0.95, with_file, "dropout", []),
        ("file", 0.99, with_file, "complete", []),
        ("worse", 0.75, both, "complete", None),
        ("harm", 0.99, both, "complete", ["text"]),
    ]
    table = pd.DataFrame(rows, columns=["run", "val_auc", "sources", "missing", "worse_than"])
    return table.assign(folder=[str(tmp_path / run) for run in table.run]).set_index("run")


def test_what_lacks_least_comes_first_and_then_the_best_by_validation_albums(finished):
    usable, harmful = fusing.choices(finished, ["audio", "text"])
    assert [run["folder"].rsplit("/", 1)[-1] for run, _ in usable] == ["better", "plain", "dropout"]
    assert harmful == ["worse", "harm"]
    assert usable[0][1] == [finished.folder["audio"], finished.folder["text"]]


def test_an_album_with_one_modality_feeds_none(finished):
    assert fusing.choices(finished, ["text"])[0] == []
    assert fusing.choices(finished.drop(columns="sources"), ["audio", "text"]) == ([], [])


def encoded(vectors):
    return Encoded(
        "r", "cosine", 2, 0.9, np.zeros(2), np.zeros(2), np.zeros(2), Decisions(np.zeros(2)), track_vectors=vectors
    )


def test_a_track_takes_the_place_of_all_in_every_source_that_hears_it():
    one = encoded({"a.mp3": np.array([1, 1]), "b.mp3": np.array([2, 2])})
    other = encoded({"a.mp3": np.array([5, 5])})
    text = encoded({})
    vectors = [np.zeros(2), np.full(2, 9), np.zeros(2)]
    found = fusing._by_track([one, text, other], vectors)
    assert list(found) == ["a.mp3"]
    np.testing.assert_array_equal(np.stack(found["a.mp3"]), [[1, 1], [9, 9], [5, 5]])
    np.testing.assert_array_equal(np.stack(vectors), [[0, 0], [9, 9], [0, 0]])
    assert fusing._by_track([text, None], vectors[:2]) == {}
