"""What the documents show is what the commands print, and what files for other machines name is there."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from mumu_lib.core.paths import checkout
from mumu_lib.sources import folder

DOCUMENTS = [
    "README.md", "COLLECTION.md", "TROUBLESHOOTING.md", "CHANGELOG.md",
    *sorted(f"docs/{path.name}" for path in (checkout() / "docs").glob("*.md")),
]  # fmt: skip
ENVIRONMENTS = ["environment.yml", "environment-gpu.yml"]


def read(name: str) -> str:
    return (checkout() / name).read_text(encoding="utf-8")


def blocks(document: str, kind: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)\n```$", read(document), re.DOTALL | re.MULTILINE)
    return [inside for name, inside in fenced if name == kind]


def anchors(document: str) -> set[str]:
    titles = re.findall(r"^#+ (.*)$", read(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def instructions() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile: name and the rest, continued lines joined."""
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", read("Dockerfile"), flags=re.MULTILINE)).splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines if line)]


def test_the_table_of_the_worked_example_gives_what_it_says(home, tmp_path, monkeypatch, capsys):
    manifest = blocks("COLLECTION.md", "csv")[0]
    songs = tmp_path / "songs"
    (songs / "lyrics").mkdir(parents=True)
    (songs / "manifest.csv").write_text(manifest, encoding="utf-8")
    for number, row in enumerate(manifest.splitlines()[1:], 1):
        path, *_, lyrics = row.split(",")
        wave = np.sin(np.arange(4 * 22050) * 0.01 * number).astype(np.float32)
        soundfile.write(songs / path, wave, 22050)
        (songs / lyrics).write_text(f"la la {number}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    command = shlex.split(next(b for b in blocks("COLLECTION.md", "sh") if "--manifest" in b))
    assert command[:3] == ["python", "-m", "mumu_lib.sources.folder"]
    assert folder.main([*command[3:], "--out", "data/songs"]) == 0
    said = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert said.replace(os.sep, "/") == blocks("COLLECTION.md", "")[-1]


def test_the_readme_is_short():
    assert len(read("README.md").split()) <= 900


def table_rows(document: str) -> list[list[str]]:
    """Return the cells of every line of every table."""
    lines = re.findall(r"^\|(.*)\|$", read(document), re.MULTILINE)
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def test_the_readme_shows_four_stored_rows_of_table_2():
    stored = {}
    header, *rows = [row for row in table_rows("figures/sample/table2.md") if len(row) > 4]
    for row in rows:
        cells = dict(zip(header, row, strict=True))
        name = ", ".join(cells[column] for column in ("Modality", "Target", "Setting"))
        stored[name] = [cells[column] for column in ("AUC paper", "AUC ours", "AUC 95 %")]
    shown = {name: numbers for name, *numbers in table_rows("README.md") if name in stored}
    assert len(shown) == 4
    for name, numbers in shown.items():
        assert numbers == stored[name], name
    title = next(row for row in table_rows("README.md") if row[0].startswith("Table 2"))
    assert "synthetic" in title[0]


def test_every_target_of_make_is_in_its_help_or_is_a_file():
    targets = re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE)
    described = re.findall(r"^([a-z-]+):.*##", read("Makefile"), re.MULTILINE)
    assert targets == described
    (phony,) = re.findall(r"^\.PHONY: (.*)$", read("Makefile"), re.MULTILINE)
    assert set(phony.split()) == set(targets)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_inside_the_repository_lead_somewhere(document):
    for target in re.findall(r"\]\(([^)\s]+)\)", read(document)):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        aimed = (checkout() / document).parent / path
        assert aimed.exists(), target
        if anchor:
            named = aimed.resolve().relative_to(checkout()).as_posix() if path else document
            assert anchor in anchors(named), target


@pytest.mark.parametrize("document", DOCUMENTS)
def test_pictures_have_alt_text(document):
    assert not re.findall(r"!\[\s*\]\(|<img(?![^>]*\balt=)", read(document))


def test_modules_that_the_documents_start_can_be_started():
    named = {module for name in [*DOCUMENTS, ".binder/postBuild", "Makefile"]
             for module in re.findall(r"python -m (mumu_lib[\w.]*)", read(name))}  # fmt: skip
    assert len(named) > 3
    for module in named:
        spec = importlib.util.find_spec(module)
        source = (
            checkout() / module.replace(".", "/") / "__main__.py" if spec.submodule_search_locations else spec.origin
        )
        assert "__main__" in Path(source).read_text(encoding="utf-8"), module


def test_every_description_of_the_environment_means_the_same_python():
    (_, image), *_ = instructions()
    conda = [yaml.safe_load(read(name))["dependencies"][0] for name in ENVIRONMENTS]
    least = tomllib.loads(read("pyproject.toml"))["project"]["requires-python"]
    found = {re.search(r"3\.\d+", text).group() for text in (image, *conda, read(".binder/runtime.txt"), least)}
    assert found == {"3.11"}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_conda_files_install_the_lock_and_the_library(name):
    *_, pip = yaml.safe_load(read(name))["dependencies"]
    lines = [line.replace('"', "") for line in pip["pip"]]
    assert "-r requirements.lock" in lines
    assert any(line.startswith("-e .") for line in lines)


def test_the_dockerfile_copies_and_starts_what_is_there():
    steps = instructions()
    ignored = {line.strip("/") for line in read(".dockerignore").splitlines()}
    for path in (path for name, rest in steps if name == "COPY" for path in rest.split()[1:-1]):
        assert (checkout() / path).exists()
        assert path not in ignored
    needed = {
        "requirements.lock",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "Makefile",
        "Snakefile",
        "mumu_lib",
        "notebooks",
        "params",
    }
    assert not needed & ignored
    users = [rest for name, rest in steps if name == "USER"]
    assert users == ["1000:1000"]
    command = json.loads(dict(steps)["CMD"])
    assert f"--port={dict(steps)['EXPOSE']}" in command
    assert "--notebook-dir=notebooks" in command
    assert dict(steps)["WORKDIR"] in dict(steps)["ENV"]


def test_the_development_container_builds_the_same_image():
    described = json.loads(read(".devcontainer/devcontainer.json"))
    assert (checkout() / ".devcontainer" / described["build"]["dockerfile"]).resolve() == checkout() / "Dockerfile"
    workdir = dict(instructions())["WORKDIR"]
    assert f"{workdir}/.venv" in described["postCreateCommand"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights")
@pytest.mark.parametrize("before", ["nothing", "folder", "link"])
def test_the_development_container_links_its_environment_whatever_is_there(tmp_path, before):
    if before == "folder":
        (tmp_path / ".venv" / "bin").mkdir(parents=True)
    if before == "link":
        (tmp_path / ".venv").symlink_to(tmp_path)
    words = json.loads(read(".devcontainer/devcontainer.json"))["postCreateCommand"].partition(" && .venv/bin/python")[
        0
    ]
    subprocess.run(["sh", "-c", words], cwd=tmp_path, check=True)
    assert os.readlink(tmp_path / ".venv") == f"{dict(instructions())['WORKDIR']}/.venv"
    assert (tmp_path / ".venv-outside" / "bin").is_dir() == (before == "folder")


@pytest.mark.skipif(not shutil.which("make") or os.name == "nt", reason="there is no make")
@pytest.mark.parametrize("catalogue", ["/big/my music/", "mine", "2017"])
def test_make_hands_on_a_catalogue_as_it_is_given(tmp_path, catalogue):
    for name in ("python", "snakemake"):
        (tmp_path / name).write_text(
            f'#!/bin/sh\nprintf "%s|" {name} "$@" >> "{tmp_path}/said"; echo >> "{tmp_path}/said"\n'
        )
        (tmp_path / name).chmod(0o755)
    words = ["-o", ".venv/.installed", f"BIN={os.path.relpath(tmp_path, checkout())}", f"CATALOGUE={catalogue}"]
    subprocess.run(["make", "--silent", "paper", "features", *words], cwd=checkout(), check=True)
    plan, series, tables, features = (tmp_path / "said").read_text(encoding="utf-8").splitlines()
    assert plan == f"python|-m|mumu_lib.series|{catalogue}|"
    assert f"|--config|catalogue={catalogue}|profile=paper|" in series
    assert tables == f"python|-m|mumu_lib.runs|{catalogue.strip('/').split('/')[-1]}|"
    assert features == f"python|-m|mumu_lib.patches|{catalogue}|"


def test_binder_installs_from_the_lock():
    first, second = read(".binder/requirements.txt").split("\n")[:2]
    assert (checkout() / ".binder" / first.removeprefix("-r ")).is_file()
    assert second == "-e ."


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither bash nor the executable bit")
def test_binder_can_run_what_it_runs_after_the_build():
    script = checkout() / ".binder" / "postBuild"
    assert os.access(script, os.X_OK)
    subprocess.run(["bash", "-n", script], check=True)


def test_the_version_is_the_same_everywhere():
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    cited = yaml.safe_load(read("CITATION.cff"))
    assert cited["version"] == version
    assert {"title", "message", "authors", "cff-version"} <= set(cited)
    assert f"## {version}" in read("CHANGELOG.md")


def test_the_form_for_problems_asks_for_what_the_report_prints():
    form = yaml.safe_load(read(".github/ISSUE_TEMPLATE/problem.yml"))
    fields = {part["id"]: part for part in form["body"] if part["type"] != "markdown"}
    assert fields["hello"]["validations"]["required"]
    asked = re.findall(r"^(\w+):", fields["hello"]["attributes"]["placeholder"], re.MULTILINE)
    assert asked == ["versions", "device", "system", "tools", "commit", "home", "catalogues"]
