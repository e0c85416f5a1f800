"""The series as a graph: which runs there are, and that finished ones are kept."""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mumu_lib import params, runs, series
from mumu_lib.core import paths
from mumu_lib.core.errors import MumuError
from mumu_lib.results import paper_rows
from mumu_lib.series import __main__, costs

PLUGINS = {"slurm": "snakemake_executor_plugin_slurm", "kubernetes": "snakemake_executor_plugin_cluster_generic"}


@pytest.fixture
def whole(tiny):
    """The tiny catalogue with a recording and a cover, so that every modality is there."""
    albums, tracks = tiny.folder / "albums.parquet", tiny.folder / "tracks.parquet"
    tiny.albums.assign(cover="c.png").to_parquet(albums), tiny.tracks.assign(audio="a.wav").to_parquet(tracks)
    for folder, name in (("audio", "a.wav"), ("covers", "c.png")):
        (tiny.folder / folder).mkdir()
        (tiny.folder / folder / name).touch()
    return type(tiny)(tiny.folder)


def dry_run(*config, on="local"):
    """Jobs by rule that Snakemake would run, and all that it says."""
    if not find_spec(PLUGINS.get(on, "snakemake")):
        pytest.skip(f"{PLUGINS[on]} is not installed")
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--workflow-profile",
        f"params/profiles/{on}",
        "--dry-run",
        "--cores",
        "2",
    ]
    done = subprocess.run(
        [*command, "--config", *config],
        cwd=paths.checkout(),
        capture_output=True,
        encoding="utf-8",
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = done.stdout + done.stderr
    table = said[said.find("count") :].splitlines()[2:]
    rows = [line.split() for line in table[: next((i for i, line in enumerate(table) if line.startswith("total")), 0)]]
    return {rule: int(count) for rule, count in rows}, said


@pytest.mark.parametrize("on", ["local", "slurm", "kubernetes"])
def test_the_paper_profile_has_every_row_of_table_2_and_ours(whole, on):
    jobs, said = dry_run("catalogue=tiny", "profile=paper", "parts=16", on=on)
    assert [jobs[rule] for rule in ("audio", "text", "image", "multimodal")] == [13, 4, 2, 10]
    assert len(paper_rows.grid()) == 26
    assert jobs["results"] == jobs["overview"] == jobs["factors"] == jobs["features"] == 1
    assert jobs["features_part"] == 16
    asked = dict(re.findall(r"wildcards: audio=(\S+)\n.*?resources: (.*?)\n", said, re.DOTALL))
    assert "gpu=0" in asked["audio-logistic-timbre_mlp"]
    assert "gpu=1" in asked["audio-cosine-high_3x3"]
    memory = [int(re.search(r"mem_mb=(\d+)", asked[f"audio-cosine-{width}_3x3"])[1]) for width in ("low", "high")]
    assert memory[0] < memory[1]


def test_the_sample_profile_has_the_rows_marked_as_such(whole):
    jobs, _ = dry_run("catalogue=tiny", "profile=sample")
    wanted = series.rows("sample")
    for rule, notebook in (
        ("audio", "04_audio"),
        ("text", "05_text"),
        ("image", "06_image"),
        ("multimodal", "07_multimodal"),
    ):
        assert jobs[rule] == (wanted.notebook == notebook).sum()


def test_one_machine_takes_one_training_or_two_fusions_at_a_time_of_a_catalogue_whose_name_is_a_number(whole):
    whole.folder.rename(whole.folder.with_name("2017"))
    jobs, said = dry_run("catalogue=2017", "profile=sample")
    training = re.findall(r"^rule (audio|text|image|multimodal):\n((?: {4}.*\n)+)", said, re.MULTILINE)
    assert len(training) == sum(jobs[rule] for rule in ("audio", "text", "image", "multimodal"))
    # A job of one thread is told none.
    alone = [rule != "multimodal" or "simultaneous" in job for rule, job in training]
    assert [("threads: 2" in job) for _, job in training] == alone
    assert not all(alone)


def test_rows_whose_modality_the_catalogue_lacks_are_named_and_left_out(tiny):
    jobs, said = dry_run("catalogue=tiny", "profile=paper")
    assert jobs["text"] == 4
    assert not {"audio", "image", "multimodal", "features"} & set(jobs)
    assert "left out, every row with audio" in said
    assert "left out, every row with covers" in said


def test_a_finished_run_is_kept(whole, home):
    cell = params.defaults(paths.checkout() / "notebooks" / "04_audio.ipynb")
    cfg = params.Audio(**{**cell, "catalogue": str(whole.folder), "filters": "low_4x96", "target": "logistic"})
    before = dry_run("catalogue=tiny", "profile=sample")[0]["audio"]
    done = home / "runs" / "tiny" / "features" / "all.done"
    done.parent.mkdir(parents=True)
    done.touch()
    run = runs.start(whole, "audio-logistic-low_4x96", cfg)
    run.finish({"auc": 0.5})
    assert dry_run("catalogue=tiny", "profile=sample")[0]["audio"] == before - 1


def test_notebooks_run_by_the_tests_are_not_the_whole_series(whole):
    once = {"02_dataset_overview": ("overview", params.Overview), "03_label_factors": ("factors", params.Factors),
            "08_results": ("results", params.Results), "09_your_album": ("your_album", params.YourAlbum)}  # fmt: skip
    for notebook, (run_id, kind) in once.items():
        cell = params.defaults(paths.checkout() / "notebooks" / f"{notebook}.ipynb")
        runs.start(whole, run_id, kind(**{**cell, "catalogue": str(whole.folder)})).finish({"rows": 1})
    jobs, _ = dry_run("catalogue=tiny", "profile=sample")
    assert jobs["audio"] == (series.rows("sample").notebook == "04_audio").sum()
    assert jobs["results"] == 1


@pytest.mark.parametrize("profile", ["sample", "paper"])
def test_every_row_is_a_run_that_its_notebook_would_name_so(profile):
    kinds = {
        "04_audio": params.Audio,
        "05_text": params.Text,
        "06_image": params.Image,
        "07_multimodal": params.Multimodal,
    }
    from mumu_lib import fusion

    for row in series.rows(profile).itertuples():
        cell = params.defaults(paths.checkout() / "notebooks" / f"{row.notebook}.ipynb")
        cfg = kinds[row.notebook](**{**cell, **series.arguments(row)})
        if row.notebook == "07_multimodal":
            assert fusion.named(cfg) == (row.modality, row.setting)
        else:
            assert cfg.target == row.target
            assert row.setting in (getattr(cfg, series.SETTING_IS[row.notebook]))


def of_size(tracks, training):
    """What the costs ask of a catalogue, with so many tracks, one an album."""
    split = np.where(np.arange(tracks) < training, "train", "test")
    albums = pd.DataFrame({"album_id": np.arange(tracks), "cover": "c.png", "split": split})
    return SimpleNamespace(
        albums=albums, tracks=albums[["album_id"]].assign(audio="a.mp3"), rows=lambda split: np.flatnonzero(albums.split == split)
    )  # fmt: skip


@pytest.mark.parametrize("profile", ["sample", "paper"])
def test_every_job_of_a_plan_has_a_cost(whole, profile):
    found = series.plan(whole, profile)
    assert (found[["hours", "gb", "minutes", "memory_mb"]] > 0).all(axis=None)
    assert set(found["gpu"]) == {0, 1}


def test_the_estimate_is_what_the_benchmarks_say_at_the_papers_size(whole):
    plan = series.plan(whole, "paper").drop(columns=["hours", "gb", "mb", "minutes", "memory_mb", "gpu"])
    values = series.values("paper")
    found = costs.estimate(of_size(147295, 115839), plan, {**values, "features": values["audio"]})
    hours = found.groupby(["stage", "setting"])["hours"].max()
    assert hours["features", "cqt"] == pytest.approx(10 / 2, rel=0.02)
    assert found.loc[found["stage"] == "features", "gb"].item() == pytest.approx(2 * 9.1, rel=0.01)
    epochs = {"low_4x96": 105 / 3600, "high_4x96": 14 / 60, "low_4x70": 22 / 60, "high_4x70": 1.9}
    assert {name: hours["audio", name] / 100 for name in epochs} == pytest.approx(epochs, rel=0.03)


def test_the_plan_is_printed_before_anything_runs(whole, capsys):
    found = series.plan(whole, "sample")
    done = found[found["setting"] == "low_4x96"].iloc[0]
    done["folder"].mkdir(parents=True)
    (done["folder"] / "metrics.json").touch()
    (whole.folder / "covers" / "c.png").unlink()
    assert __main__.main(["tiny", "--profile", "sample"]) == 0
    said = capsys.readouterr()
    assert re.search(rf"audio +{done['target']} +low_4x96 +finished", said.out)
    assert re.search(r"audio +logistic +low_4x70 +to run +\d", said.out)
    assert re.search(r"a\+i +cosine +mlp +left out", said.out)
    assert re.search(r"GB needed, .* GB free", said.out)
    assert "2 cores without a GPU" in said.out
    assert "left out, every row with covers" in said.err


def test_a_disk_that_is_too_small_stops_the_series_first(whole, capsys, monkeypatch):
    monkeypatch.setattr(costs.shutil, "disk_usage", lambda folder: SimpleNamespace(free=5e8))
    assert __main__.main(["tiny"]) == 1
    said = capsys.readouterr().err
    assert "0.5 GB are free" in said
    assert "MUMU_HOME" in said


def test_shards_that_are_there_are_not_counted_as_needed(whole):
    found = series.plan(whole, "paper")
    before = series.disk(whole, found)["needed"].sum()
    shard = whole.folder / "features" / "cqt" / "shards" / "x.npy"
    shard.parent.mkdir(parents=True)
    shard.write_bytes(bytes(2_000_000))
    assert series.disk(whole, found)["needed"].sum() == pytest.approx(before - 0.002)


def test_two_series_on_one_catalogue_do_not_run_at_once(tiny):
    first = series.alone(tiny)
    with pytest.raises(MumuError, match="another series is running on catalogue 'tiny'"):
        series.alone(tiny)
    first.release()
    assert series.alone(tiny).is_locked
