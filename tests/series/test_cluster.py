"""The series on a cluster: jobs that really run through an executor, and what its commands say."""

import json
import os
import subprocess
import sys
import textwrap
from importlib.util import find_spec, module_from_spec, spec_from_file_location

import pytest
import yaml

import sixty_six_tracks
from mumu_lib import series
from mumu_lib.audio import shares as shares_module
from mumu_lib.core import paths

PROFILES = paths.checkout() / "params" / "profiles"
# Stands in for kubectl: starts the container's command on this machine, which like a pod does not know the caller's
# MUMU_HOME, and says how it ended.
KUBECTL = """\
    #!{python}
    import json, os, subprocess, sys
    from pathlib import Path
    jobs = Path({jobs!r})
    if sys.argv[1] == "create":
        job = json.load(sys.stdin)
        name = f"{{job['metadata']['generateName']}}{{len(list(jobs.glob('*.json')))}}"
        (jobs / f"{{name}}.json").write_text(json.dumps(job), encoding="utf-8")
        pod = job["spec"]["template"]["spec"]["containers"][0]
        code = jobs / f"{{name}}.code"
        run = f'"$@"; echo $? > "{{code}}.part"; mv "{{code}}.part" "{{code}}"'
        os.environ.pop("MUMU_HOME")
        with open(jobs / f"{{name}}.log", "wb") as log:
            subprocess.Popen(["sh", "-c", run, "sh", *pod["command"]], cwd=pod["workingDir"], stdout=log, stderr=log,
                             start_new_session=True)
        print(name)
    elif sys.argv[1] == "get":
        code = jobs / f"{{sys.argv[3]}}.code"
        ended = code.read_text(encoding="utf-8").strip() if code.is_file() else ""
        print({{"": "/", "0": "1/"}}.get(ended, "/1"))
"""


# Python runs it at its start: a node whose clock is ten minutes behind or, for every other file, ahead.
OTHER_CLOCK = """\
import os

replace = os.replace


def replace_by_another_clock(source, target, **options):
    replace(source, target, **options)
    if os.path.basename(target) == "metrics.json":
        other = os.stat(target).st_mtime + (600 if len(str(target)) % 2 else -600)
        os.utime(target, (other, other))


os.replace = replace_by_another_clock
"""


def snakemake(*words, **environment):
    """What Snakemake says."""
    command = [sys.executable, "-m", "snakemake", *words]
    done = subprocess.run(
        command, cwd=paths.checkout(), capture_output=True, encoding="utf-8", env={**os.environ, **environment}
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    return done.stdout + done.stderr


@pytest.fixture
def small(tmp_path, monkeypatch):
    """Sixty-six tracks, two shards of them, of three short clips; under a folder with a blank in its name."""
    home = tmp_path / "shared disk"
    monkeypatch.setenv("MUMU_HOME", str(home))
    return sixty_six_tracks.write(home)


@pytest.mark.skipif(os.name == "nt", reason="job scripts need a shell")
@pytest.mark.skipif(not find_spec("snakemake_executor_plugin_cluster_generic"), reason="the executor plugin is missing")
def test_jobs_run_through_the_generic_executor_and_are_not_run_twice(small, tmp_path):
    jobs, kubectl = tmp_path / "jobs", tmp_path / "bin" / "kubectl"
    jobs.mkdir(), kubectl.parent.mkdir()
    kubectl.write_text(textwrap.dedent(KUBECTL).format(python=sys.executable, jobs=str(jobs)), encoding="utf-8")
    kubectl.chmod(0o755)
    plan = series.plan(small, "sample").set_index("stage")
    text = plan[(plan["target"] == "cosine") & (plan["setting"] == "vsm")].loc["text", "folder"]
    wanted = [plan.loc["overview", "folder"], text]
    call = ["--workflow-profile", str(PROFILES / "kubernetes"), "--latency-wait", "5", "--retries", "0",
            "--seconds-between-status-checks", "1", "--config", "catalogue=small", "profile=sample", "parts=2", "--",
            *(str(folder / "metrics.json") for folder in wanted), str(series.features_done(small))]  # fmt: skip
    path = os.pathsep.join([str(kubectl.parent), os.path.dirname(sys.executable), os.environ["PATH"]])
    clock = tmp_path / "clock"
    clock.mkdir()
    (clock / "sitecustomize.py").write_text(OTHER_CLOCK, encoding="utf-8")
    packages = os.pathsep.join(filter(None, [str(clock), os.environ.get("PYTHONPATH", "")]))
    snakemake(*call, PATH=path, PYTHONPATH=packages)
    assert all(
        json.loads((folder / "metrics.json").read_text(encoding="utf-8"))["catalogue"] == "small" for folder in wanted
    )
    asked = [
        json.loads(job.read_text(encoding="utf-8"))["spec"]["template"]["spec"]["containers"][0]
        for job in jobs.glob("*.json")
    ]
    assert len(asked) == 5
    assert sorted(pod["resources"]["limits"]["cpu"] for pod in asked) == ["1", "4", "4", "4", "8"]
    assert [pod["resources"]["limits"].get("nvidia.com/gpu") for pod in asked].count("1") == 1  # the text network
    logs = sorted(series.features_done(small).parent.glob("*-of-2.log"))
    assert [log.read_text(encoding="utf-8").split()[-2:] for log in logs] == [["64", "tracks"], ["2", "tracks"]]
    # What nodes with other clocks have made is neither old nor of the future.
    snakemake(*call, PATH=path)
    assert len(list(jobs.glob("*.json"))) == 5


@pytest.fixture(scope="module")
def job():
    """The script that makes manifests."""
    spec = spec_from_file_location("job", PROFILES / "kubernetes" / "job.py")
    script = module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def shares():
    """The manifest of the shares."""
    return yaml.safe_load((PROFILES / "kubernetes" / "shares.yaml").read_text(encoding="utf-8"))


def as_created(job, gpu, path):
    """What kubectl is given by the profile's command."""
    given = []

    def run(command, input, **options):
        given.append(json.loads(input))
        return subprocess.CompletedProcess(command, 0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(job.subprocess, "run", run)
        words = ["--image", "python:3.12", "--claim", f"mumu:{path}", "--cores", "4", "--memory-mb", "9000"]
        assert job.main(["submit", *words, "--minutes", "90", "--gpu", str(gpu), "/mnt/job.sh"]) == 0
    return given[0]


@pytest.mark.parametrize("version", ["1.29", "1.31", "1.33", "1.35", "1.37"])
def test_manifests_are_as_the_published_schema_of_kubernetes_wants_them(job, version):
    schemas = pytest.importorskip("kubernetes_validate", reason="pip install kubernetes-validate has the schemas")
    found = [shares(), as_created(job, 0, "/mnt/mumu"), as_created(job, 2, "/mnt/mumu")]
    for manifest in found:
        assert schemas.validate(manifest, version, strict=True).startswith(version)
    # The schema is worth something only if it refuses.
    found[0]["spec"]["completion"] = 3
    with pytest.raises(schemas.ValidationError):
        schemas.validate(found[0], version, strict=True)


def test_manifests_ask_for_what_the_job_needs(job):
    for gpu in (0, 2):
        made = as_created(job, gpu, "/mnt/a:b")
        pod = made["spec"]["template"]["spec"]
        assert made["spec"]["activeDeadlineSeconds"] == 5400
        limits = {"cpu": "4", "memory": "9000M", **({"nvidia.com/gpu": "2"} if gpu else {})}
        assert pod["containers"][0]["resources"]["limits"] == limits
        assert pod["containers"][0]["volumeMounts"][0]["mountPath"] == "/mnt/a:b"
        assert pod["volumes"][0]["persistentVolumeClaim"]["claimName"] == "mumu"


@pytest.mark.skipif(os.name == "nt", reason="the container has a shell")
def test_the_job_of_shares_makes_them_and_they_are_joined(small, tmp_path):
    made = shares()
    (container,) = made["spec"]["template"]["spec"]["containers"]
    *shell, line = container["command"]
    count = str(made["spec"]["completions"])
    assert made["spec"]["parallelism"] == made["spec"]["completions"] == made["spec"]["maxFailedIndexes"]
    assert line.count(f" {count} ") == 1
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    # No link: Python would look for its packages where the link lies.
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    line = line.replace(" mine ", " small ").replace(f" {count} ", " 2 ").replace("--workers 4", "--workers 1")
    for index in range(2):
        environment = {**os.environ, "JOB_COMPLETION_INDEX": str(index)}
        subprocess.run([*shell, line], cwd=tmp_path, env=environment, check=True, stdout=subprocess.DEVNULL)
    assert len(shares_module.join(small, 2).index) == 66


@pytest.mark.parametrize(
    ("code", "answer", "complaint", "said"),
    [
        (0, "1/", "", "success"),
        (0, "/1", "", "failed"),
        (0, "/", "", "running"),
        (1, "", 'Error from server (NotFound): jobs.batch "x" not found', "failed"),
        (1, "", "Unable to connect to the server", "running"),
    ],
)
def test_kubernetes_is_asked_again_when_it_does_not_answer(job, monkeypatch, capsys, code, answer, complaint, said):
    monkeypatch.setattr(
        job.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], code, answer, complaint)
    )
    assert job.main(["status", "x"]) == 0
    assert capsys.readouterr().out.strip() == said


def test_the_end_of_a_failed_pods_log_is_said_and_what_it_lacked(job, monkeypatch, capsys):
    def run(command, **options):
        if command[1] == "get":
            return subprocess.CompletedProcess(command, 0, "/1", "")
        assert command[1:] == ["logs", "--tail=15", "job/mumu-x"]
        return subprocess.CompletedProcess(command, 0, "job.sh: 3: /mnt/mumu/.venv/bin/python: not found\n", "")

    monkeypatch.setattr(job.subprocess, "run", run)
    assert job.main(["status", "mumu-x"]) == 0
    said = capsys.readouterr()
    assert said.out == "failed\n"
    assert "    job.sh: 3: /mnt/mumu/.venv/bin/python: not found" in said.err
    assert f"does its pod see the environment? It needs {sys.prefix}" in said.err
