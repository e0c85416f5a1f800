"""What an issue report begins with; seeds."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mumu_lib.core import environment


def lines(capsys):
    environment.report()
    return dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())


def test_the_report_has_a_line_for_each_thing_that_is_asked_back(tiny, home, capsys):
    run = home / "runs" / "tiny" / "one"
    run.mkdir(parents=True)
    (run / "metrics.json").write_text("{}")
    said = lines(capsys)
    assert list(said) == ["versions", "device", "system", "tools", "commit", "home", "catalogues"]
    assert said["catalogues"] == "tiny (1 finished runs)"
    assert "MUMU_HOME" in said["home"]
    assert "GB free" in said["home"]


def test_without_networks_no_device_is_named_and_no_keras_imported():
    code = "import sys, mumu_lib as mm; mm.hello(networks=False); print(sorted({'keras', 'tensorflow'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[0].startswith("versions: python ")
    assert said[1:] == ["[]"]


def test_the_report_does_not_name_the_user(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.setenv("MUMU_HOME", str(tmp_path / "music"))
    assert lines(capsys)["home"] == "~/music (MUMU_HOME) is not there yet"
    (tmp_path / "music").mkdir()
    assert lines(capsys)["home"].startswith("~/music (MUMU_HOME), ")


def test_the_report_copes_without_git_and_without_a_tool(monkeypatch, capsys):
    monkeypatch.setattr(environment, "git_commit", lambda: "")
    monkeypatch.setattr(environment, "TOOLS", ("mumu-no-such-tool",))
    said = lines(capsys)
    assert said["commit"] == "none, this is not a git checkout"
    assert said["tools"] == "mumu-no-such-tool missing"
    assert said["catalogues"] == "none"


@pytest.mark.skipif(
    os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere, and Windows has no such bits"
)
def test_the_report_says_that_the_home_is_read_only(home, capsys):
    home.mkdir()
    home.chmod(0o500)
    assert "read-only" in lines(capsys)["home"]


def test_a_git_that_does_not_answer_costs_no_run(monkeypatch):
    def slow(*_, **options):
        raise subprocess.TimeoutExpired("git", options["timeout"])

    monkeypatch.setattr(environment.subprocess, "run", slow)
    assert environment.git_commit() == ""


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_the_commit_of_a_repository_around_the_checkout_is_not_ours(tmp_path, monkeypatch):
    inside = tmp_path / "archive"
    inside.mkdir()
    write = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--allow-empty", "--message", "x"]
    for words in (["init", "--quiet"], write):
        subprocess.run(["git", "-C", str(tmp_path), *words], check=True)
    monkeypatch.setattr(environment, "checkout", lambda: tmp_path.resolve())
    assert len(environment.git_commit()) == 12
    monkeypatch.setattr(environment, "checkout", lambda: inside.resolve())
    assert environment.git_commit() == ""


def test_seeds_repeat_weights():
    from mumu_lib import models

    drawn = []
    for seed in (0, 0, 1):
        environment.seed_everything(seed)
        drawn.append(json.dumps(models.album_mlp(8, "logistic", 4).get_weights()[0].tolist()))
    assert drawn[0] == drawn[1] != drawn[2]


def test_versions_name_the_backend_in_use_and_no_other(monkeypatch):
    monkeypatch.setattr(environment, "_backend", lambda: "jax")
    assert list(environment.versions())[:4] == ["python", "mumu-lib", "keras", "jax"]
    assert "tensorflow" not in environment.versions()
    monkeypatch.setattr(environment, "_backend", lambda: "not-installed")
    assert environment.versions()["not-installed"] == "missing"


@pytest.mark.parametrize(("said", "backend"), [("jax", "jax"), ("", "tensorflow"), (None, "tensorflow")])
def test_the_backend_is_known_before_keras_is_imported(monkeypatch, said, backend):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    if said is not None:
        monkeypatch.setenv("KERAS_BACKEND", said)
    assert environment._backend() == backend
