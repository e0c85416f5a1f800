"""What stands in the stores tells of the labels, and fits the stores."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from mumu_lib.audio import store as audio_store
from mumu_lib.image.store import CoverRecipe
from mumu_lib.rehearsal import contents, tables


def recipe(kind):
    if kind == "cover":
        return contents.MadeCovers(0)
    plain = audio_store.settings(kind, 1, 0, "fast")
    return contents.MadeSound(plain.kind, plain.patches, plain.seed, plain.method, 0)


def rows(kind, n):
    made = recipe(kind)
    ids = [tables.ALBUM_ID.format(i) if kind == "cover" else tables.TRACK_ID.format(i, 0) for i in range(n)]
    return np.stack([made.row(item, "", "")[0].astype(np.float32) for item in ids])


@pytest.mark.parametrize("kind", ["cqt", "timbre", "cover"])
def test_a_row_fits_its_store_and_is_the_same_each_time(kind):
    made = recipe(kind)
    item = tables.TRACK_ID.format(7, 2)
    values, facts = made.row(item, "", "")
    again, _ = made.row(item, "", "")
    assert values.shape == made.shape
    assert np.array_equal(values, again)
    assert np.isfinite(values.astype(made.dtype)).all()
    assert {*made.facts, "status", "message"} == set(facts)


def test_stores_go_by_the_names_of_real_ones():
    assert recipe("cqt").name == audio_store.settings("cqt", 1, 0, "fast").name
    assert recipe("timbre").name == audio_store.settings("timbre", 1, 0, "fast").name
    assert recipe("cover").name == CoverRecipe().name


def test_no_two_covers_are_the_same():
    found = {recipe("cover").row(tables.ALBUM_ID.format(i), "", "")[1]["content"] for i in range(50)}
    assert len(found) == 50


@pytest.mark.parametrize("kind", ["cqt", "timbre", "cover"])
def test_labels_can_be_learned_a_little(kind):
    X = rows(kind, 500)
    if kind == "cqt":
        X = X.mean(axis=(1, 2))
    if kind == "cover":
        X = X.reshape(len(X), 4, 64, 4, 64, 3).mean(axis=(2, 4)).reshape(len(X), -1)
    encoded_targets = np.array([1 in tables.labels_of(0, i) for i in range(500)])
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    line = LogisticRegression(C=0.1).fit(X[:350], encoded_targets[:350])
    assert roc_auc_score(encoded_targets[350:], line.decision_function(X[350:])) > 0.6
