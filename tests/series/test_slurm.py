"""What is asked of SLURM before the first job, with a stand-in for its commands; tests/cluster has a real one."""

import os

import pytest

from mumu_lib.core.errors import MumuError
from mumu_lib.series import slurm
from mumu_lib.series.slurm import Ask, Node, ask_of, gpus_of, lacking, minutes_of

CPU = Node("n1", "cpu", True, 8, 16000, 0, 1440, "idle")
GPU = Node("n2", "gpu", False, 32, 64000, 2, 2880, "mixed")
NODES = "n1|cpu*|8|16000|(null)|1-00:00:00|idle\nn2|gpu|32|64000|gpu:a100:2(S:0-1)|2-00:00:00|mixed\n"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="SLURM's commands are shell scripts here")


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Let commands of SLURM's say something; the second is how they end."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    def say(name, text, code=0):
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
        script = tmp_path / name
        script.write_text(
            f'#!/bin/sh\necho "$@" >> {tmp_path}/typed\ncat {script}.txt\nexit {code}\n', encoding="utf-8"
        )
        script.chmod(0o755)

    say("sinfo", NODES)
    say("sbatch", "Job 1 to start")
    say.typed = lambda: (tmp_path / "typed").read_text(encoding="utf-8")
    return say


@pytest.mark.parametrize(
    ("ask", "options"),
    [
        (Ask("text", 8, 8000, 60, 0), []),
        (Ask("image", 16, 8000, 60, 0), ["--set-resources image:slurm_partition=gpu"]),
        (Ask("image", 64, 8000, 60, 0), ["--set-threads image=8"]),
        (Ask("image", 4, 8000, 60, 1), ["--set-resources image:slurm_partition=gpu"]),
        (Ask("image", 4, 8000, 60, 3), ["--set-resources image:gpu=0"]),
        (Ask("image", 4, 8000, 60, 3, ("--partition=gpu",)), ["--set-resources image:gpu=2"]),
        (Ask("image", 4, 99000, 9999, 0),
         ["--set-resources image:mem_mb=16000", "--set-resources image:runtime=1440"]),
        (Ask("image", 99, 1, 1, 0, ("--partition=cpu,gpu",)), ["--set-threads image=32"]),
        (Ask("image", 99, 1, 1, 0, ("--partition=elsewhere",)), []),
    ],
)  # fmt: skip
def test_what_makes_a_job_fit_is_said_as_it_is_typed(ask, options):
    found = lacking(ask, [CPU, GPU])
    assert [" ".join(pair) for pair in found] == options
    settled = {}
    for option, value in found:
        name = "cores" if option == "--set-threads" else value.partition(":")[2].partition("=")[0]
        settled[name] = value.rpartition("=")[2]
    numbers = {"cores": ask.cores, "mem_mb": ask.memory_mb, "runtime": ask.minutes, "gpu": ask.gpus}
    numbers |= {name: int(value) for name, value in settled.items() if name != "slurm_partition"}
    words = (f"--partition={settled['slurm_partition']}",) if "slurm_partition" in settled else ask.words
    if found:
        assert lacking(Ask(ask.rule, *numbers.values(), words), [CPU, GPU]) == []


def test_jobs_that_fit_are_let_through(commands):
    slurm.check([ask_of("text", 8, {"mem_mb": 8000, "runtime": 60, "gpu": 0, "tmpdir": "/tmp"})])
    assert "--test-only --cpus-per-task=8 --mem=8000 --time=60 --wrap=true" in commands.typed()


def test_jobs_that_fit_nowhere_are_refused_together_with_one_line_to_type(commands):
    commands("sbatch", "allocation failure: Requested node configuration is not available", 1)
    with pytest.raises(MumuError) as refused:
        slurm.check([Ask("image", 64, 8000, 60, 0), Ask("audio", 99, 8000, 60, 0), Ask("audio", 99, 8000, 60, 0)])
    said = str(refused.value)
    assert "audio (99 cores, 8000 MB, 60 minutes): Requested node configuration is not available" in said
    assert "1 x partition gpu: 32 cores, 64000 MB, 2 GPU, at most 2880 minutes" in said
    assert "OPTIONS='--set-threads image=8 audio=8'" in said


def test_a_job_whose_nodes_are_drained_waits_and_this_is_said(commands, capsys):
    commands("sbatch", "allocation failure: Requested node configuration is not available", 1)
    slurm.check([Ask("text", 8, 8000, 60, 0)])
    assert "will wait, since each node that it fits on is drained or down" in capsys.readouterr().err


def test_another_refusal_is_passed_on(commands):
    commands("sbatch", "allocation failure: Invalid account or account/partition combination specified", 1)
    ask = ask_of("text", 8, {"slurm_account": "nobody", "slurm_partition": "cpu", "qos": "long", "constraint": "fast"})
    with pytest.raises(MumuError, match=r"(?s)text \(.*--partition=cpu .*\): Invalid account.*slurm_account=ACCOUNT"):
        slurm.check([ask])


def test_a_limit_of_time_that_slurm_itself_does_not_mind_is_refused(commands):
    with pytest.raises(MumuError, match=r"(?s)it would wait for ever.*--set-resources text:gpu=0 text:runtime=1440"):
        slurm.check([Ask("text", 8, 8000, 9999, 3)])


@pytest.mark.parametrize(("text", "code"), [("slurm_load_partitions: Unable to contact slurm controller", 1)])
def test_a_scheduler_that_does_not_answer_is_said(commands, text, code):
    commands("sinfo", text, code)
    with pytest.raises(MumuError, match=r"SLURM does not answer .*Unable to contact"):
        slurm.check([])


def test_a_machine_without_slurm_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MumuError, match=r"there is no program sinfo here.*login node"):
        slurm.check([])


def test_a_scheduler_that_hangs_is_given_up(monkeypatch, tmp_path):
    script = tmp_path / "sinfo"
    script.write_text("#!/bin/sh\nexec sleep 60\n", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(slurm, "PATIENCE", 0.2)
    with pytest.raises(MumuError, match="sinfo has said nothing for"):
        slurm.check([])


@pytest.mark.parametrize(
    ("gres", "count"),
    [("(null)", 0), ("gpu:1", 1), ("gpu:a100:4(S:0-1)", 4), ("gpu:a100:4,gpu:v100:2", 6), ("shard:8", 0),
     ("gpu:1g.5gb:7", 7), ("mps:100,gpu:2", 2)],
)  # fmt: skip
def test_gpus_are_counted(gres, count):
    assert gpus_of(gres) == count


@pytest.mark.parametrize(
    ("limit", "minutes"), [("7-00:00:00", 10080), ("12:30:00", 750), ("30:00", 30), ("1-12:00:00", 2160)]
)
def test_limits_of_time_are_read(limit, minutes):
    assert minutes_of(limit) == minutes
    assert minutes_of("infinite") > 10**9


def test_values_that_are_not_known_yet_ask_for_nothing():
    assert ask_of("x", 1, {"mem_mb": "<TBD>"}) == Ask("x", 1, 0, 0, 0)


@pytest.mark.parametrize(
    ("resources", "options"),
    [
        ({"gpu": 2, "gpu_model": "a100"}, ["--cpus-per-task=4", "--gpus=a100:2"]),
        ({"gpu": 0, "gres": "gpu:a100:2"}, ["--cpus-per-task=4", "--gres=gpu:a100:2"]),
        ({"gpu": 0, "gres": "gpu"}, ["--cpus-per-task=4", "--gres=gpu"]),
        ({"slurm_account": "one, two"}, ["--cpus-per-task=4", "--account=one"]),
        ({"slurm_extra": "--exclusive '--licenses=a b'"}, ["--cpus-per-task=4", "--exclusive", "--licenses=a b"]),
        ({"clusters": "other"}, ["--cpus-per-task=4", "--clusters=other"]),
        ({"cpus_per_task": 2, "mem_mb_per_cpu": 100}, ["--cpus-per-task=2", "--mem=200"]),
        ({"cpus_per_task": -1}, []),
    ],
)
def test_what_the_plugin_hands_on_is_asked_for(resources, options):
    assert ask_of("text", 4, resources).options == options


@pytest.mark.parametrize(("gres", "count"), [("gpu:a100:2", 2), ("gpu:3", 3), ("gpu", 1), ("gpu:a100", 1), ("", 0)])
def test_gpus_that_are_asked_for_as_generic_resources_are_counted(gres, count):
    assert ask_of("text", 4, {"gres": gres}).gpus == count


def test_nodes_of_another_cluster_are_left_to_slurm():
    assert lacking(Ask("image", 99, 1, 1, 9, ("--clusters=other",)), [CPU, GPU]) == []


def test_what_helps_keeps_what_is_typed_already(commands, monkeypatch):
    monkeypatch.setattr(slurm.sys, "argv", ["snakemake", "--set-threads", "text=2", "image=64"])
    with pytest.raises(MumuError, match=r"OPTIONS='--set-threads text=2 image=8'$"):
        slurm.check([Ask("image", 64, 8000, 60, 0)])
