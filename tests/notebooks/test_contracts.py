"""What papermill may say to any notebook of the series, and what is answered to all else."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from papermill import cli

import notebook_processes as processes
from jobs_in_processes import no_right_to_write, obey_mode_bits
from mumu_lib import catalogue, params
from mumu_lib.audio import store as audio_store
from mumu_lib.core import paths
from mumu_lib.core.errors import ParameterError
from mumu_lib.features import build

KINDS = {
    "01_dataset_mapping": params.DatasetMapping,
    "02_dataset_overview": params.Overview,
    "03_label_factors": params.Factors,
    "04_audio": params.Audio,
    "05_text": params.Text,
    "06_image": params.Image,
    "07_multimodal": params.Multimodal,
    "08_results": params.Results,
    "09_your_album": params.YourAlbum,
}
PARAMETERS = [(notebook, f) for notebook, kind in KINDS.items() for f in fields(kind)]
every_notebook = pytest.mark.parametrize("notebook", KINDS)
every_parameter = pytest.mark.parametrize(
    ("notebook", "f"), PARAMETERS, ids=[f"{n[:2]}-{f.name}" for n, f in PARAMETERS]
)


def path_of(notebook):
    return paths.checkout() / "notebooks" / f"{notebook}.ipynb"


def read(notebook, **injected):
    """What a notebook makes of its parameters cell and of papermill's cell after it."""
    cell = params.defaults(path_of(notebook))
    source = "# Parameters\n" + "\n".join(f"{name} = {value!r}" for name, value in injected.items())
    return params.read(KINDS[notebook], {**cell, **injected, "In": ["", "defaults", source]})


def test_every_notebook_is_held_to_its_contract():
    assert [path_of(notebook) for notebook in KINDS] == sorted(paths.checkout().glob("notebooks/[0-9]*.ipynb"))


@every_notebook
def test_help_lists_every_parameter_with_type_and_help_and_the_codes_own_choices(notebook):
    shown = CliRunner().invoke(cli.papermill, ["--help-notebook", str(path_of(notebook))]).output
    listed = dict(re.findall(r"^  (\w+): (.*(?:\n {4,}.*)*)", shown, re.MULTILINE))
    assert list(listed) == list(params.defaults(path_of(notebook)))
    assert set(listed) == {f.name for f in fields(KINDS[notebook])}
    for f in fields(KINDS[notebook]):
        line = " ".join(listed[f.name].split())
        kind, meaning = re.fullmatch(r"(\w+) \(default .*?\) (.+)", line).groups()
        assert kind == f.type.__name__
        if "choices" in f.metadata:
            choices = re.sub(r" ?\(.*?\)|^\w+: ", "", meaning).split(" | ")
            # A network of one's own may be chosen without a word of it in the notebook.
            assert set(choices) <= set(f.metadata["choices"]), f.name
            # Empty is a choice that needs no name.
            assert len(choices) > 1 or len(set(f.metadata["choices"]) - {""}) == 1


@every_parameter
def test_a_misspelt_name_is_answered_with_the_right_one(notebook, f):
    with pytest.raises(ParameterError, match=f"unknown parameter '{f.name}x'.*did you mean '{f.name}'"):
        read(notebook, **{f"{f.name}x": 1})
    if KINDS[notebook].__name__.lower() in params.SECTIONS:
        section = KINDS[notebook].__name__.lower()
        with pytest.raises(ParameterError, match=f"'{f.name}x' in section '{section}'.*did you mean '{f.name}'"):
            read(notebook, **{section: {f"{f.name}x": 1}})


WRONG = {
    int: ["7", 1.5, True, None, "", "false", [1]],
    float: ["0.1", True, None, "", "false", [0.1]],
    bool: ["false", "False", "true", 0, 1, None, ""],
    str: [7, 0.5, True, None, ["a"]],
}


@every_parameter
def test_a_value_of_another_type_is_refused_by_name(notebook, f):
    for value in WRONG[f.type]:
        with pytest.raises(
            ParameterError, match=rf"^{f.name} must be {f.type.__name__}, got {re.escape(repr(value))} "
        ):
            read(notebook, **{f.name: value})


@every_parameter
def test_a_wrong_choice_is_answered_with_the_nearest(notebook, f):
    for choice in f.metadata.get("choices", []):
        assert getattr(read(notebook, **{f.name: choice}), f.name) == choice
        if not choice:
            continue
        with pytest.raises(ParameterError, match=rf"{f.name}='{choice}_' is not one of \[.*did you mean '{choice}'"):
            read(notebook, **{f.name: f"{choice}_"})
    if "choices" in f.metadata:
        with pytest.raises(ParameterError, match=f"{f.name}='false' is not one of"):
            read(notebook, **{f.name: "false"})


@every_parameter
def test_empty_text_is_refused_where_it_means_nothing(notebook, f):
    if f.default == "":
        assert getattr(read(notebook, **{f.name: ""}), f.name) == ""
    elif f.type is str:
        assert f.default is MISSING
        with pytest.raises(ParameterError, match=rf"{f.name}( is empty|='' is not one of)"):
            read(notebook, **{f.name: ""})


@pytest.mark.parametrize(
    ("notebook", "words", "meant"),
    [
        ("06_image", ["-p", "frozen_statistics", "false"], r"frozen_statistics must be bool, got 'false' .*-p frozen_statistics False"),
        ("07_multimodal", [], r"no finished audio run of catalogue 'generated' .* run  papermill 04_audio"),
    ],
)  # fmt: skip
def test_a_failed_run_keeps_the_error_in_its_notebook_and_has_no_metrics(notebook, words, meant, alone, tmp_path, home):
    out = tmp_path / "out.ipynb"
    catalogue_of = ["-p", "catalogue", str(alone / "untouched")]
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", path_of(notebook), out, *catalogue_of, *words]
    done = subprocess.run(command, cwd=path_of(notebook).parent, capture_output=True, text=True)
    assert done.returncode == 1
    assert re.search(meant, done.stderr)
    outputs = [output for cell in nbformat.read(out, as_version=4).cells for output in cell.get("outputs", [])]
    (error,) = [output for output in outputs if output.output_type == "error"]
    assert re.search(meant, error.evalue)
    assert not list(home.rglob("metrics.json"))


@pytest.mark.skipif(sys.platform != "linux", reason="gives up root's rights as Linux does")
def test_a_read_only_catalogue_works(alone, tmp_path):
    own, home = Path(shutil.copytree(alone / "untouched", tmp_path / "catalogue")), tmp_path / "home"
    listed = sorted(own.rglob("*"))
    modes = {path: path.stat().st_mode for path in (own, *listed)}
    [path.chmod(mode & ~0o222) for path, mode in modes.items()]
    try:
        jobs = [(no_right_to_write, {"folder": str(own)}), ("04", {"catalogue": str(own), "filters": "timbre_mlp"})]
        processes.run(jobs, home, before=obey_mode_bits)
    finally:
        [path.chmod(mode) for path, mode in modes.items()]
    assert sorted(own.rglob("*")) == listed
    assert json.loads((home / "runs/generated/audio-cosine-timbre_mlp/metrics.json").read_text())["auc"] > 0
    assert list((home / "data" / "features" / "generated").rglob("*.npy"))


def test_features_beside_a_read_only_catalogue_are_used(alone, monkeypatch, home):
    monkeypatch.setattr(build.os, "access", lambda *_: False)
    monkeypatch.setattr(build, "_extract_shards", lambda *_: pytest.fail("they are there"))
    assert audio_store.extract(catalogue.Catalogue(alone / "catalogue")).counts() == {"ok": processes.ALBUMS}
    assert not (home / "data").exists()
