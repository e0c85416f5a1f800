"""The series as a graph: which runs there are, and that finished ones are kept."""

import os
import subprocess
import sys

import pytest

from mumu_lib import params, runs, series


@pytest.fixture
def whole(tiny):
    """The tiny catalogue with a recording and a cover, so that every modality is there."""
    albums, tracks = tiny.folder / "albums.parquet", tiny.folder / "tracks.parquet"
    tiny.albums.assign(cover="c.png").to_parquet(albums), tiny.tracks.assign(audio="a.wav").to_parquet(tracks)
    for folder, name in (("audio", "a.wav"), ("covers", "c.png")):
        (tiny.folder / folder).mkdir()
        (tiny.folder / folder / name).touch()
    return tiny


def dry_run(*config):
    """Jobs by rule that Snakemake would run, and what it says about rows left out."""
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        "2",
        "--dry-run",
        "--quiet",
        "reason",
        "--rerun-triggers",
        "mtime",
    ]
    done = subprocess.run(
        [*command, "--config", *config], cwd=params.checkout(), capture_output=True, text=True, env=dict(os.environ)
    )
    assert done.returncode == 0, done.stderr[-2000:]
    table = done.stdout[done.stdout.find("count") :].splitlines()[2:]
    rows = [line.split() for line in table[: next((i for i, line in enumerate(table) if line.startswith("total")), 0)]]
    return {rule: int(count) for rule, count in rows}, done.stderr


def test_the_paper_profile_has_every_row_of_table_2_and_ours(whole):
    jobs, _ = dry_run("catalogue=tiny", "profile=paper")
    assert [jobs[rule] for rule in ("audio", "text", "image", "multimodal")] == [13, 4, 2, 10]
    assert len(runs.grid()) == 26
    assert jobs["results"] == jobs["overview"] == jobs["factors"] == jobs["features"] == 1


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


def test_rows_whose_modality_the_catalogue_lacks_are_named_and_left_out(tiny):
    jobs, said = dry_run("catalogue=tiny", "profile=paper")
    assert jobs["text"] == 4
    assert not {"audio", "image", "multimodal", "features"} & set(jobs)
    assert "left out, every row with audio" in said
    assert "left out, every row with image" in said


def test_features_can_be_shared_out(whole):
    assert dry_run("catalogue=tiny", "profile=paper", "parts=16")[0]["features_part"] == 16


def test_a_finished_run_is_kept(whole, home):
    cell = params.defaults(params.checkout() / "notebooks" / "04_audio.ipynb")
    cfg = params.Audio(**{**cell, "catalogue": str(whole.folder), "filters": "low_4x96", "target": "logistic"})
    before = dry_run("catalogue=tiny", "profile=sample")[0]["audio"]
    done = home / "runs" / "tiny" / "features" / "all.done"
    done.parent.mkdir(parents=True)
    done.touch()
    run = runs.start(sources_open(whole), "audio-logistic-low_4x96", cfg)
    run.finish({"auc": 0.5})
    assert dry_run("catalogue=tiny", "profile=sample")[0]["audio"] == before - 1


def sources_open(music):
    """The catalogue as it is now on disk."""
    return type(music)(music.folder)


def test_notebooks_run_by_the_tests_are_not_the_whole_series(whole):
    music = sources_open(whole)
    once = {"02_dataset_overview": ("overview", params.Overview), "03_label_factors": ("factors", params.Factors),
            "08_results": ("results", params.Results), "09_your_album": ("your_album", params.YourAlbum)}  # fmt: skip
    for notebook, (run_id, kind) in once.items():
        cell = params.defaults(params.checkout() / "notebooks" / f"{notebook}.ipynb")
        runs.start(music, run_id, kind(**{**cell, "catalogue": str(music.folder)})).finish({"rows": 1})
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
        cell = params.defaults(params.checkout() / "notebooks" / f"{row.notebook}.ipynb")
        cfg = kinds[row.notebook](**{**cell, **series.arguments(row)})
        if row.notebook == "07_multimodal":
            assert fusion.named(cfg) == (row.modality, row.setting)
        else:
            assert cfg.target == row.target
            assert row.setting in (getattr(cfg, series.SETTING_IS[row.notebook]))
