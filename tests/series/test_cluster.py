"""The series on a cluster: jobs that really run through an executor, and what its commands say."""

import json
import os
import subprocess
import sys
import textwrap
from importlib.util import find_spec, module_from_spec, spec_from_file_location

import numpy as np
import pandas as pd
import pytest
import soundfile

from mumu_lib import catalogue, series
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
    rng, n = np.random.default_rng(0), 33
    (home / "data" / "small" / "audio").mkdir(parents=True)
    for i in range(3):
        soundfile.write(home / "data" / "small" / "audio" / f"{i}.wav", rng.uniform(-0.3, 0.3, 4 * 22050), 22050)
    ids = [f"A{i:02d}" for i in range(n)]
    genres = [[["Pop"], ["Rock"], ["Jazz"], ["Pop", "Jazz"]][i % 4] for i in range(n)]
    words = [" ".join(rng.choice([*" ".join(g).lower().split(), "loud", "slow", "song", "night"], 12)) for g in genres]
    split = np.resize(["train"] * 6 + ["val"] * 2 + ["test"] * 2, n)
    return catalogue.write(
        home / "data" / "small", name="small", min_albums=2, source="test", synthetic=True,
        albums=pd.DataFrame({"album_id": ids, "title": ids, "artist": ids, "genres": genres, "split": split}),
        tracks=pd.DataFrame({"track_id": [f"{i}{t}" for i in ids for t in "ab"], "album_id": np.repeat(ids, 2),
                             "audio": [f"{i % 3}.wav" for i in range(2 * n)]}),
        reviews=pd.DataFrame({"album_id": ids, "text": words}), branches=[["Pop"], ["Rock"], ["Jazz"]],
        roots={"audio": "audio", "covers": "covers"},
    )  # fmt: skip


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
