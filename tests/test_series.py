"""The series as a graph: which runs there are, and that finished ones are kept."""

import os
import subprocess
import sys

from mumu_lib import params, runs


def dry_run(*config):
    """Jobs by rule that Snakemake would run."""
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
    return {rule: int(count) for rule, count in rows}


def test_the_paper_profile_has_every_audio_row_of_table_2(tiny):
    jobs = dry_run("catalogue=tiny", "profile=paper")
    assert jobs["audio"] == (runs.grid()["modality"] == "audio").sum() == 13
    assert jobs["results"] == jobs["overview"] == jobs["factors"] == jobs["features"] == 1


def test_the_sample_profile_has_the_rows_marked_in_the_grid(tiny):
    assert dry_run("catalogue=tiny", "profile=sample")["audio"] == (runs.grid()["sample"] == "yes").sum()


def test_features_can_be_shared_out(tiny):
    assert dry_run("catalogue=tiny", "profile=paper", "parts=16")["features_part"] == 16


def test_a_finished_run_is_kept(tiny, home):
    cell = params.defaults(params.checkout() / "notebooks" / "04_audio.ipynb")
    cfg = params.Audio(**{**cell, "catalogue": str(tiny.folder), "filters": "low_4x96", "target": "logistic"})
    run = runs.start(tiny, "audio-logistic-low_4x96", cfg)
    before = dry_run("catalogue=tiny", "profile=sample")["audio"]
    done = home / "runs" / "tiny" / "features" / "all.done"
    done.parent.mkdir(parents=True)
    done.touch()
    run.finish({"auc": 0.5})
    assert dry_run("catalogue=tiny", "profile=sample")["audio"] == before - 1
