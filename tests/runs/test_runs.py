"""Runs on disk: each has a folder, is done when its metrics are there, and is judged by its scores."""

import json
import threading
from dataclasses import dataclass, field, replace

import numpy as np
import pytest

import fused_runs
from mumu_lib import catalogue, metrics, params, runs
from mumu_lib.core import paths
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.metrics import thresholds
from run_facts import facts


def test_a_run_is_done_when_its_metrics_are_there(tiny, cfg):
    run = runs.start(tiny, "audio-cosine-low_4x96", cfg)
    assert not run.finished
    run.write(facts(), album_ids=["A00", "Bé"], embeddings=np.eye(2), scores=np.ones((2, 4)))
    again = runs.start(tiny, "audio-cosine-low_4x96", cfg)
    assert again.finished
    assert again.folder == run.folder
    assert again.album_ids == ["A00", "Bé"]
    np.testing.assert_array_equal(again.array("embeddings"), np.eye(2))
    assert again.metrics["synthetic"] is True
    assert again.metrics["fingerprint"] == tiny.fingerprint
    assert {"versions", "device", "commit"} <= set(again.metrics)


def test_a_run_says_what_it_is(tiny, cfg):
    run = runs.start(tiny, "audio-cosine-low_4x96", cfg)
    assert str(run) == "audio-cosine-low_4x96 on 'tiny' (synthetic sample, not finished)"
    run.write(facts(albums=6, auc_low=0.61234, auc_high=None))
    assert str(run) == "audio-cosine-low_4x96 on 'tiny' (synthetic sample, 6 test albums): AUC 0.700 [0.612, nan]"
    run = runs.start(tiny, "overview", cfg)
    run.write({"albums": 30})
    assert str(run).endswith("(synthetic sample, finished)")
    run = runs.start(tiny, "newer", cfg)
    run.write(facts(albums=6, auc_low=0.6, auc_high=0.8, f1=0.25))
    assert str(run).endswith("AUC 0.700 [0.600, 0.800], macro F1 0.250")


def test_other_parameters_get_a_folder_of_their_own(tiny, cfg):
    first = runs.start(tiny, "x", cfg)
    other = runs.start(tiny, "x", replace(cfg, resamples=20))
    assert other.folder != first.folder
    assert runs.start(tiny, "x", replace(cfg, resamples=20)).folder == other.folder
    assert runs.start(tiny, "x", cfg).folder == first.folder
    assert runs.folder_of(tiny, "x", cfg) == first.folder


@dataclass(frozen=True, kw_only=True)
class Later(params.Results):
    """Notebook 08 as it may be one day: with a parameter more, first in order."""

    recipe: str = field(metadata={"choices": ("paper", "ours"), "before": "paper"})
    seed: int = 0


def later(cfg, recipe):
    return Later(catalogue=cfg.catalogue, resamples=cfg.resamples, recipe=recipe)


def test_a_run_from_before_a_parameter_existed_stays_valid(tiny, cfg):
    old = runs.start(tiny, "x", cfg)
    written = (old.folder / "params.json").read_bytes()
    assert "recipe" not in runs.parameters(old.folder, params.Results)
    assert runs.start(tiny, "x", later(cfg, "paper")).folder == old.folder
    assert runs.parameters(old.folder, Later)["recipe"] == "paper"
    assert (old.folder / "params.json").read_bytes() == written
    other = runs.start(tiny, "x", later(cfg, "ours")).folder
    assert other != old.folder
    assert runs.folder_of(tiny, "x", later(cfg, "ours")) == other
    assert runs.parameters(other, Later)["recipe"] == "ours"


def test_a_run_beside_the_first_is_found_however_its_folder_was_named(tiny, cfg):
    runs.start(tiny, "x", cfg)
    second = runs.start(tiny, "x", replace(cfg, resamples=20))
    renamed = second.folder.with_name("x-0123abcd")
    second.folder.rename(renamed)
    assert runs.start(tiny, "x", later(replace(cfg, resamples=20), "paper")).folder == renamed


def test_the_order_of_stored_parameters_does_not_matter(tiny, cfg):
    folder = runs.start(tiny, "x", cfg).folder
    stored = json.loads((folder / "params.json").read_text(encoding="utf-8"))
    (folder / "params.json").write_text(json.dumps(dict(reversed(stored.items()))), encoding="utf-8")
    assert runs.start(tiny, "x", cfg).folder == folder
    assert runs.start(tiny, "x", replace(cfg, seed=1)).folder != folder


def test_parameters_that_cannot_be_read_belong_to_no_run(tiny, cfg):
    folder = runs.start(tiny, "x", cfg).folder
    (folder / "params.json").write_text("[1", encoding="utf-8")
    assert runs.start(tiny, "x", cfg).folder != folder


def test_the_number_of_workers_is_no_other_run(tiny):
    cell = params.defaults(paths.checkout() / "notebooks" / "04_audio.ipynb") | {"catalogue": "tiny"}
    one, two = (runs.start(tiny, "x", params.Audio(**{**cell, "workers": n})) for n in (1, 2))
    assert one.folder == two.folder


def test_arrays_and_ids_must_have_one_length(tiny, cfg):
    run = runs.start(tiny, "x", cfg)
    with pytest.raises(BadDataError, match="1 album ids"):
        run.write(facts(), album_ids=["A00"], scores=np.ones((2, 4)))
    assert not run.finished


def test_judging_uses_test_albums_and_chooses_by_validation_albums(tiny):
    rows = np.arange(len(tiny.albums))
    scores = np.random.default_rng(0).normal(size=(len(rows), len(tiny.labels)))
    result, by_label = runs.evaluate(tiny, rows, scores)
    truth = tiny.label_matrix()
    test, val = tiny.rows("test"), tiny.rows("val")
    assert result["auc"] == metrics.macro_auc(truth[test], scores[test])
    assert result["val_auc"] == metrics.macro_auc(truth[val], scores[val])
    assert by_label["albums"].sum() == truth[test].sum()
    chosen = thresholds.choose(truth[val], scores[val])
    assert result["f1"] == thresholds.f1(truth[test], scores[test], chosen) > 0
    shuffled = rows[::-1]
    assert runs.evaluate(tiny, shuffled, scores[::-1])[0]["auc"] == pytest.approx(result["auc"])


def test_without_a_label_on_a_validation_album_a_run_is_judged_all_the_same(tiny):
    scores = np.random.default_rng(0).normal(size=(30, 4))
    kept = np.setdiff1d(np.arange(30), tiny.rows("val"))
    result, _ = runs.evaluate(tiny, kept, scores[kept])
    assert np.isnan(result["f1"])
    assert np.isnan(result["val_auc"])
    assert np.isfinite(result["auc"])


def test_unseen_labels_are_named(tiny):
    table = tiny.albums
    table.loc[table["genres"].map(lambda g: "Vocal Jazz" in g), "split"] = "test"
    scores = np.zeros((len(table), len(tiny.labels)))
    assert runs.evaluate(tiny, np.arange(len(table)), scores)[0]["labels_not_in_training"] == ["Vocal Jazz"]


def test_metrics_are_plain_json(tiny, cfg):
    run = runs.start(tiny, "x", cfg)
    scores = np.random.default_rng(0).normal(size=(30, 4))
    run.write({**facts(), **runs.evaluate(tiny, np.arange(30), scores)[0]})
    assert json.loads((run.folder / "metrics.json").read_text())["labels_left_out"] == {
        "no positive": [],
        "no negative": [],
    }


def test_an_undefined_number_is_null(tiny, cfg):
    run = runs.start(tiny, "x", cfg)
    run.write(facts(auc=float("nan")))
    assert "NaN" not in (run.folder / "metrics.json").read_text()
    assert run.metrics["auc"] is None


@pytest.mark.parametrize(
    "facts", ["[1]", "{", '{"auc": "high"}', '{"auc": true}', '{"auc": 0.5, "modality": 3}', "[" * 100_000]
)
def test_metrics_that_are_none_name_the_file(tiny, facts):
    path = paths.home() / "runs" / "tiny" / "one" / "metrics.json"
    path.parent.mkdir(parents=True)
    path.write_text(facts)
    with pytest.raises(BadDataError, match=r"one.metrics\.json.*delete the folder and run its notebook again"):
        runs.table("tiny")


def test_a_name_is_no_pattern(home, tiny, cfg):
    other = catalogue.write(
        home / "data" / "live", name="Jazz [live]", albums=tiny.albums, tracks=tiny.tracks, reviews=tiny.reviews,
        branches=tiny.taxonomy["branch"], min_albums=2, source="test", roots=tiny.info["roots"],
    )  # fmt: skip
    runs.start(other, "audio-cosine-low_4x96", replace(cfg, catalogue="live")).write(facts())
    assert len(runs.table(other)) == len(runs.table("Jazz [live]")) == len(runs.table()) == 1


def test_a_run_whose_validation_auc_is_undefined_is_never_the_best(tiny, cfg):
    runs.start(tiny, "undefined", cfg).write(facts(val_auc=float("nan")))
    assert runs.by_validation(runs.table(tiny))["val_auc"].isna().all()
    runs.start(tiny, "defined", cfg).write(facts(val_auc=0.1))
    assert list(runs.by_validation(runs.table(tiny)).index) == ["defined", "undefined"]


def test_a_run_is_judged_by_label_frequency_in_the_training_albums(tiny):
    S = np.random.default_rng(0).normal(size=(30, 4))
    result, _ = runs.evaluate(tiny, np.arange(30), S)
    groups = metrics.frequency_groups(tiny.label_matrix("train").getnnz(axis=0))
    test = tiny.rows("test")
    for group, columns in groups.items():
        expected = metrics.macro_auc(tiny.label_matrix()[test][:, columns], S[test][:, columns])
        assert result[f"auc_{group}"] == pytest.approx(expected, nan_ok=True)


def test_two_runs_of_one_id_that_start_together_get_folders_of_their_own(tiny, cfg):
    other, folders = replace(cfg, resamples=20), {}
    starts = [
        threading.Thread(target=lambda n=n, c=c: folders.setdefault(n, runs.start(tiny, "results", c).folder))
        for n, c in enumerate([cfg, other] * 8)
    ]
    [start.start() for start in starts]
    [start.join() for start in starts]
    assert len({folders[n] for n in range(0, 16, 2)}) == len({folders[n] for n in range(1, 16, 2)}) == 1
    assert folders[0] != folders[1]


@pytest.mark.parametrize("gone", ["scores.npy", "album_ids.txt", "metrics.json"])
def test_a_runs_file_that_is_gone_is_named_with_the_remedy(tiny, cfg, gone):
    run = runs.start(tiny, "x", cfg)
    run.write({"auc": 1.0}, album_ids=["A00"], scores=np.ones((1, 4)))
    (run.folder / gone).unlink()
    with pytest.raises(MissingDataError, match=f"{gone} is missing; delete the folder and run its notebook again"):
        run.album_ids, run.metrics, run.array("scores")


def test_the_name_of_an_encoder_is_settled_before_a_run_is_looked_for(tiny):
    cell = params.defaults(paths.checkout() / "notebooks" / "04_audio.ipynb")
    cfg = params.Audio(**{**cell, "catalogue": "tiny", "encoder": "musicnn"})
    settled = params.Audio(**{**cell, "catalogue": "tiny", "encoder": "mtt_musicnn"})
    run = runs.start(tiny, ("audio", "cosine", "mtt_musicnn"), cfg)
    assert runs.start(tiny, ("audio", "cosine", "mtt_musicnn"), settled).folder == run.folder
    assert runs.parameters(run.folder, params.Audio)["encoder"] == "mtt_musicnn"


def test_a_run_whose_encoder_has_heard_the_albums_is_never_the_best(tiny):
    for setting, auc in (("low_4x96", 0.6), ("mtt_musicnn", 0.7), ("msd_musicnn", 0.9)):
        fused_runs.finished(tiny, "audio", setting, np.ones((30, 3)), auc)
    assert runs.best_run(tiny, "audio")["setting"] == "msd_musicnn"
    tiny.info["roots"]["msd"] = "msd"
    assert runs.best_run(tiny, "audio")["setting"] == "mtt_musicnn"
