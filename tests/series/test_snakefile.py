"""The Snakefile: a catalogue's name reaches it as typed, and its rules have the names that the profiles use."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import dry_runs
from mumu_lib import series
from mumu_lib.core import paths
from mumu_lib.core.errors import MumuError, ParameterError
from mumu_lib.series import jobs
from mumu_lib.series.jobs import catalogue_name, tell_failures

# Names that Snakemake or YAML could take for something else -> another catalogue, which would then be meant.
NAMES = {
    "007": "7",
    "2017_02": "201702",
    "5e2": "500.0",
    "1.0": "1",
    "nan": "",
    "true": "",
    "two words #1": "two words",
}


def snakemake(*words):
    """Run Snakemake; return its exit status and what it says."""
    status, printed, said = dry_runs.snakemake("--workflow-profile", "params/profiles/local", "--cores", "1", *words)
    return status, printed + said


def planned(*words):
    """Name of the catalogue whose overview Snakemake would make."""
    code, said = snakemake("--dry-run", *words, "--", "overview")
    assert code == 0, said
    (path,) = re.findall(r"^ {4}input: (.*)", said, re.MULTILINE)
    return Path(path).parent.name


@pytest.fixture
def add(tiny):
    """Put a copy of the tiny catalogue under another name."""

    def copy(name):
        told = shutil.copytree(tiny.folder, tiny.folder.with_name(name)) / "catalogue.json"
        told.write_text(json.dumps({**json.loads(told.read_text(encoding="utf-8")), "name": name}), encoding="utf-8")

    return copy


@pytest.mark.parametrize("name", NAMES)
def test_the_catalogue_is_the_one_whose_name_was_typed(add, name):
    add(name)
    if NAMES[name]:
        add(NAMES[name])
    assert planned("--config", f"catalogue={name}") == name


def test_a_catalogue_that_is_missing_is_named_as_it_was_typed(add):
    add("7")
    code, said = snakemake("--dry-run", "--config", "catalogue=007")
    assert code != 0
    assert "no catalogue '007'" in said


@pytest.mark.parametrize("name", [*NAMES, "it's", "[x]", "a: b", "null", "True", "rock 'n'", "", "a=b"])
def test_the_name_is_the_text_after_the_last_equals_sign_of_its_word(name):
    assert catalogue_name(["profile=paper", f"catalogue={name}"], {"catalogue": 7}) == name
    assert catalogue_name(["catalogue=other", f"catalogue={name}"], {"catalogue": 7}) == name


@pytest.mark.parametrize("word", ["catalogue='007'", 'catalogue="007"'])
def test_quotes_that_reach_snakemake_are_not_of_the_name(word):
    assert catalogue_name([word], {"catalogue": 7}) == "007"


def test_without_a_name_it_is_the_sample():
    assert catalogue_name(["catalogues=x"], {}) == "sample"


@pytest.mark.parametrize("value", [7, 201702, 500.0, True, None, ["x"], {"a": "b"}])
def test_a_file_that_holds_no_text_is_refused_with_what_to_write(value):
    with pytest.raises(ParameterError, match=r'catalogue: "007" .* --config catalogue=007'):
        catalogue_name([], {"catalogue": value})


def test_a_file_may_name_the_catalogue_in_quotes_and_what_is_typed_comes_first(add, tmp_path):
    for name in ("007", "7"):
        add(name)
    told = tmp_path / "config.yaml"
    told.write_text("catalogue: 007\n", encoding="utf-8")
    code, said = snakemake("--dry-run", "--configfile", str(told))
    assert code != 0
    assert "put the name in quotes in that file" in said
    assert planned("--configfile", str(told), "--config", "catalogue=007") == "007"
    told.write_text('catalogue: "007"\n', encoding="utf-8")
    assert planned("--configfile", str(told)) == "007"


def test_a_series_whose_job_fails_ends_otherwise_than_one_that_is_refused(tiny):
    # papermill can write no notebook.
    (paths.home() / "runs" / "tiny" / "overview" / "notebook.ipynb").mkdir(parents=True)
    lock = series.started.series_lock(tiny)
    code, said = snakemake("--config", "catalogue=tiny", "--", "overview")
    assert code == 1
    assert said.count("another series is running") == 1
    lock.release()
    code, said = snakemake("--config", "catalogue=tiny", "--", "overview")
    # The number that  make paper  waits for.
    assert code == jobs.SOME_FAILED == 3, said
    assert "failed: 02_dataset_overview" in said
    assert f"Snakemake's own log: {paths.checkout()}" in said


@pytest.mark.skipif(not shutil.which("make") or os.name == "nt", reason="there is no make")
@pytest.mark.parametrize("code", [jobs.SOME_FAILED, 1])
def test_make_paper_goes_on_after_a_failure_but_not_after_a_refusal_and_fails_in_the_end(tmp_path, code):
    for name, ends in (("python", 0), ("snakemake", code)):
        script = tmp_path / name
        script.write_text(f'#!/bin/sh\necho {name} "$@" >> "{tmp_path}/said"\nexit {ends}\n', encoding="utf-8")
        script.chmod(0o755)
    words = ["-o", ".venv/.installed", f"BIN={os.path.relpath(tmp_path, paths.checkout())}", "CATALOGUE=2017_02"]
    command = ["make", "--silent", "paper", *words, "KNOWLEDGE=/my base"]
    done = subprocess.run(command, cwd=paths.checkout(), capture_output=True, encoding="utf-8")
    assert done.returncode != 0
    plan, *calls = (tmp_path / "said").read_text(encoding="utf-8").splitlines()
    assert plan == "python -m mumu_lib.series 2017_02 --knowledge /my base"
    assert "--keep-going --config catalogue=2017_02 knowledge=/my base profile=paper" in calls[0]
    if code == 1:
        assert len(calls) == 1
        return
    assert "Some rows failed" in done.stderr
    *three, tables = calls
    assert [line.partition(" parts=1")[2] for line in three] == ["", " rest=fusions", " rest=results"]
    assert all("--keep-going --config catalogue=2017_02 knowledge=/my base profile=paper" in line for line in three)
    assert tables == "python -m mumu_lib.runs 2017_02"


def test_shares_that_are_not_done_are_named(whole, capsys):
    found = series.possible(series.plan(whole, "paper"))
    features = series.features_done(whole)
    features.parent.mkdir(parents=True)
    for part in (0, 2, 3, 5):
        (features.parent / f"{part}-of-6.done").touch()
    (features.parent / "1-of-6.log").write_text("no memory", encoding="utf-8")
    tell_failures(found, features, {}, 6)
    said = capsys.readouterr().err
    assert "failed: features, share 1-of-6. The end of" in said
    assert "features: shares 1, 4 of 6 are not done; the others are kept" in said
    features.touch()
    tell_failures(found, features, {features.parent / "1-of-6.log": 0}, 6)
    assert "not done" not in capsys.readouterr().err


def workflow(*jobs, cores=None, remote=False, **executor):
    """What the library reads of Snakemake's workflow."""
    return SimpleNamespace(
        resource_settings=SimpleNamespace(cores=cores),
        remote_exec=remote,
        scheduler=SimpleNamespace(_executor=SimpleNamespace(**executor)),
        dag=SimpleNamespace(needrun_jobs=lambda: jobs),
    )


@pytest.mark.parametrize(
    ("cores", "remote", "here"), [(4, False, 4), (4, True, 0), (None, False, 0), (sys.maxsize, False, 0)]
)
def test_a_cluster_has_no_cores_of_its_own(cores, remote, here):
    assert jobs.cores_here(workflow(cores=cores, remote=remote)) == here


@pytest.mark.parametrize(
    ("rule", "here", "setting", "hours", "cores"),
    [("image", 0, "small", 0.01, 16), ("multimodal", 0, "mlp", 9.0, 4), ("image", 6, "resnet101", 9.0, 6), ("image", 6, "small", 0.05, 3),
     ("multimodal", 5, "mlp", 9.0, 3), ("multimodal", 5, "simultaneous", 9.0, 5), ("multimodal", 5, "simultaneous", 0.05, 3)],
)  # fmt: skip
def test_a_job_has_the_cores_of_the_machine_or_of_its_kind(monkeypatch, rule, here, setting, hours, cores):
    monkeypatch.setattr(jobs.forked, "usable", lambda: True)
    row = SimpleNamespace(stage=rule, setting=setting, hours=hours)
    assert jobs.cores_of(rule, here, row) == cores
    assert jobs.cores_of(rule, here) == (here or cores)


@pytest.mark.parametrize(
    ("stage", "setting", "threads"),
    [("text", "vsm", 6), ("multimodal", "mlp", 3), ("multimodal", "simultaneous", 6), ("results", "", 1)],
)
def test_a_fork_has_the_threads_of_linear_algebra_that_its_numbers_were_made_with(monkeypatch, stage, setting, threads):
    monkeypatch.setattr(jobs.forked, "usable", lambda: True)
    words = shlex.split(jobs.papermill(6, SimpleNamespace(stage=stage, setting=setting)))
    assert words == ["env", f"{jobs.forked.THREADS}={threads}", *jobs.forked.command("papermill")]


def test_papermill_starts_anew_on_a_cluster_and_where_nothing_is_forked(monkeypatch):
    row = SimpleNamespace(stage="text", setting="vsm", hours=0.01)
    anew = [sys.executable, "-m", "papermill"]
    monkeypatch.setattr(jobs.forked, "usable", lambda: True)
    assert shlex.split(jobs.papermill(0, row)) == anew
    monkeypatch.setattr(jobs.forked, "usable", lambda: False)
    assert shlex.split(jobs.papermill(2, row)) == anew
    # Snakemake would tell a job of one core to compute with one thread.
    assert jobs.cores_of("text", 2, row) == 2


def test_a_series_on_slurm_asks_first_and_does_not_run_jobs_twice(tiny, monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(jobs.slurm, "check", lambda asks: asked.extend(asks))
    monkeypatch.setattr(jobs.watch, "going_on", lambda run: ["12", "13"] if run == "first" else [])
    monkeypatch.setattr(jobs.watch.Watch, "start", lambda self: None)
    monkeypatch.setenv(jobs.started.TOKEN, "")
    job = SimpleNamespace(rule=SimpleNamespace(name="text"), threads=8, resources={"mem_mb": 1, "gpu": 1, "runtime": 5})
    lock, watcher = jobs.begin(workflow(job, run_uuid="first", slurm_logdir=tmp_path), tiny, [])
    assert [str(ask) for ask in asked] == ["text (8 cores, 1 MB, 5 minutes, 1 GPU)"]
    assert watcher.run_id == "first"
    again = workflow(job, run_uuid="second", slurm_logdir=tmp_path)
    with pytest.raises(MumuError, match="another series is running"):
        jobs.begin(again, tiny, [])
    lock.release()
    with pytest.raises(
        MumuError, match=r"2 jobs of an earlier series .* go on.*squeue --name first.*scancel --name first"
    ):
        jobs.begin(again, tiny, [])
    monkeypatch.setattr(jobs.watch, "going_on", lambda run: [])
    jobs.begin(again, tiny, [])


def test_a_series_on_one_machine_forks_its_jobs_and_on_a_cluster_none(tiny, monkeypatch):
    monkeypatch.setenv(jobs.forked.ADDRESS, "")
    forks = SimpleNamespace(environment={jobs.forked.ADDRESS: "there"})
    monkeypatch.setattr(jobs.forked, "Forks", lambda: forks)
    monkeypatch.setattr(jobs.forked, "usable", lambda: True)
    monkeypatch.setenv(jobs.started.TOKEN, "")
    lock, *kept = jobs.begin(workflow(cores=2), tiny, [])
    assert kept == [forks]
    assert os.environ[jobs.forked.ADDRESS] == "there"
    lock.release()
    assert len(jobs.begin(workflow(), tiny, [])) == 1


def test_a_series_on_one_machine_asks_no_scheduler(tiny, monkeypatch):
    monkeypatch.setattr(jobs.slurm, "check", lambda asks: pytest.fail("asked"))
    monkeypatch.setenv(jobs.started.TOKEN, "")
    (lock,) = jobs.begin(workflow(), tiny, [])
    assert lock.is_locked


def test_the_snakefile_stays_short():
    assert len((paths.checkout() / "Snakefile").read_text(encoding="utf-8").splitlines()) <= 120
