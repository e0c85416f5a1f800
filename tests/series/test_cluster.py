"""The series on a cluster: jobs that really run through an executor, and what its commands say."""

import json
import os
import subprocess
import sys
import textwrap
from importlib.util import find_spec, module_from_spec, spec_from_file_location

import pytest

import sixty_six_tracks
from mumu_lib import series
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
    else:
        code = jobs / f"{{sys.argv[3]}}.code"
        ended = code.read_text(encoding="utf-8").strip() if code.is_file() else ""
        print({{"": "/", "0": "1/"}}.get(ended, "/1"))
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
    snakemake(*call, PATH=path)
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
    snakemake(*call, PATH=path)
    assert len(list(jobs.glob("*.json"))) == 5


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
def test_kubernetes_is_asked_again_when_it_does_not_answer(monkeypatch, capsys, code, answer, complaint, said):
    spec = spec_from_file_location("job", PROFILES / "kubernetes" / "job.py")
    job = module_from_spec(spec)
    spec.loader.exec_module(job)
    monkeypatch.setattr(
        job.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], code, answer, complaint)
    )
    assert job.main(["status", "x"]) == 0
    assert capsys.readouterr().out.strip() == said
