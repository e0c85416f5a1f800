"""What is said of jobs on SLURM, with a stand-in for squeue; tests/cluster has a real one."""

import os

import pytest

from mumu_lib.series.watch import Watch, end_of, going_on

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SLURM's commands are shell scripts here")


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """What squeue says."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def say(text, code=0):
        (tmp_path / "jobs").write_text(text, encoding="utf-8")
        script = tmp_path / "squeue"
        script.write_text(f"#!/bin/sh\ncat {tmp_path}/jobs\nexit {code}\n", encoding="utf-8")
        script.chmod(0o755)

    return say


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("7|PENDING|rule_audio|PartitionConfig", "lets job 7 (rule_audio) wait: PartitionConfig;  scancel 7"),
        ("7|PENDING|rule_audio_wildcards_a|b|Nodes required for job are DOWN, DRAINED", "wait: Nodes required"),
        ("7|PENDING|rule_audio|AssocGrpCpuLimit", "AssocGrpCpuLimit"),
        ("7|CANCELLED|rule_audio|None", "job 7 (rule_audio): CANCELLED, somebody or a limit"),
        ("7|OUT_OF_MEMORY|rule_audio|OutOfMemory", "the next try asks for twice as much"),
        ("7|TIMEOUT|rule_audio|TimeLimit", "goes on with its next epoch"),
        ("7|NODE_FAIL|rule_audio|NodeDown", "its node failed"),
        ("7|FAILED|rule_audio|NonZeroExitCode", "It has left no log in"),
    ],
)
def test_what_a_user_must_know_is_said_once(queue, capsys, tmp_path, line, said):
    watch = Watch("run", tmp_path / "logs")
    queue(line + "\n")
    watch.look()
    assert said in capsys.readouterr().err
    watch.look()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "line",
    ["7|PENDING|x|Priority", "7|PENDING|x|Resources", "7|PENDING|x|(None)", "7|RUNNING|x|None", "7|COMPLETED|x|None"],
)
def test_what_passes_by_itself_is_not_said(queue, capsys, tmp_path, line):
    queue(line)
    Watch("run", tmp_path).look()
    assert capsys.readouterr().err == ""


def test_a_scheduler_that_is_away_is_said_once(queue, capsys, tmp_path):
    watch = Watch("run", tmp_path)
    queue("Unable to contact slurm controller", 1)
    watch.look()
    watch.look()
    assert capsys.readouterr().err.count("SLURM does not answer") == 1


def test_what_nodes_say_of_their_clocks_is_passed_on_once(queue, capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("mumu_lib.series.started.clocks", lambda: ["the clock of node n1 is 300 s behind"])
    queue("")
    watch = Watch("run", tmp_path)
    watch.look()
    watch.look()
    assert capsys.readouterr().err.count("300 s behind") == 1


def test_the_end_of_a_failed_jobs_log_is_shown(queue, capsys, tmp_path):
    log = tmp_path / "rule_audio" / "a" / "7.log"
    log.parent.mkdir(parents=True)
    log.write_text("\n".join(f"line {i}" for i in range(99)), encoding="utf-8")
    queue("7|FAILED|rule_audio|NonZeroExitCode")
    Watch("run", tmp_path).look()
    said = capsys.readouterr().err
    assert f"The end of {log}:" in said
    assert "line 98" in said
    assert "line 80" not in said


@pytest.mark.parametrize(
    ("log", "meaning"),
    [
        (
            "/var/spool/slurm_script: line 4: /x/.venv/bin/python: No such file or directory",
            "does not see the environment",
        ),
        (
            "slurmstepd: error: execve(): /x/.venv/bin/python3.12: No such file or directory",
            "does not see the environment",
        ),
        ("sh: 1: /x/.venv/bin/python: not found", "does not see the environment"),
        ("python: /lib64/libc.so.6: version `GLIBC_2.38' not found", "cannot run the environment"),
        ("/usr/bin/python: No module named snakemake", "lacks a package"),
        ("slurmstepd: error: StepId=9.0 exceeded memory limit (99 > 61), being killed", "used more memory"),
        ("slurmstepd: error: *** JOB 9 ON n1 CANCELLED AT 1 DUE TO TIME LIMIT ***", "ran out of time"),
        ("MissingDataError: no catalogue 'x'", ""),
    ],
)
def test_a_log_of_a_job_that_never_began_is_explained(log, meaning):
    said = end_of(f"first\n\n{log}\n")
    assert log in said
    assert meaning in said
    assert len(said.splitlines()) == (3 if meaning else 2)


def test_jobs_of_a_killed_call_are_found(queue):
    queue("12\n13\n")
    assert going_on("run") == ["12", "13"]
    queue("Invalid", 1)
    assert going_on("run") == []


def test_the_watch_ends_when_it_is_told(queue, monkeypatch, tmp_path):
    monkeypatch.setattr("mumu_lib.series.watch.EVERY", 0.01)
    queue("")
    watch = Watch("run", tmp_path)
    watch.start()
    watch.over.set()
    watch.join(5)
    assert not watch.is_alive()
