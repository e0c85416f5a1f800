"""What semantics gain, paired on the albums."""

import numpy as np
import pytest

from mumu_lib import params, runs
from mumu_lib.results import semantic_gain


def test_the_gain_of_semantics_is_paired_and_names_the_genres(tiny):
    rng = np.random.default_rng(0)
    truth = tiny.label_matrix().toarray()
    cfg = params.Results(catalogue="tiny", seed=0, resamples=0)
    ids = list(tiny.albums["album_id"])
    assert semantic_gain.text_runs(tiny, "cosine") == {}
    for setting, noise, keep in (("vsm", 1.0, slice(0, 30)), ("vsm_sem", 0.01, slice(2, 30))):
        facts = {"modality": "text", "target": "cosine", "setting": setting, "auc": 0.5, "val_auc": 0.5}
        scores = (truth + noise * rng.normal(size=truth.shape))[keep]
        runs.start(tiny, f"text-cosine-{setting}", cfg).write(facts, album_ids=ids[keep], scores=scores)
    found = semantic_gain.text_runs(tiny, "cosine")
    gain, by_label = semantic_gain.semantic_gain(found["vsm"], found["vsm_sem"])
    assert gain["auc_vsm_sem"] == 1
    assert gain["difference"] == pytest.approx(1 - gain["auc_vsm"])
    assert gain["low"] <= gain["difference"] <= gain["high"]
    assert gain["difference"] > 0
    assert by_label["difference"].dropna().is_monotonic_decreasing
    assert gain["albums"] == len(tiny.rows("test"))
    same, _ = semantic_gain.semantic_gain(found["vsm"], found["vsm"])
    assert same["difference"] == same["low"] == same["high"] == 0
    tiny.__dict__["fingerprint"] = "made again"  # with other columns, for all that the runs know
    assert semantic_gain.text_runs(tiny, "cosine") == {}


def test_runs_of_two_recipes_are_compared_with_a_word_of_warning(tiny):
    cfg = params.Results(catalogue="tiny", seed=0, resamples=0)
    scores = tiny.label_matrix().toarray().astype(float)
    for setting, recipe in (("vsm", {}), ("vsm_sem", {"recipe": "ours"})):
        facts = {"modality": "text", "target": "cosine", "setting": setting, "auc": 0.5, "val_auc": 0.5, **recipe}
        runs.start(tiny, f"text-cosine-{setting}", cfg).write(
            facts, album_ids=list(tiny.albums["album_id"]), scores=scores
        )
    said, _ = semantic_gain.compare(tiny, "cosine")
    assert said.endswith("VSM was learned by 'paper', VSM+SEM by 'ours'")
