"""What must stay as it is, since people's stores, runs, scripts and notebooks hold on to it."""

import ast
import importlib.util
import inspect
import os
import re
from functools import reduce
from pathlib import Path

import nbformat
import numpy as np
import pytest
import scipy.sparse as sp

import mumu_lib as mm
from mumu_lib.audio import store as audio_store
from mumu_lib.core import fingerprints, paths
from mumu_lib.features import build
from mumu_lib.fusion import Source, joint
from mumu_lib.image import store as covers

WRITTEN = 1_600_000_000


@pytest.fixture
def file(tmp_path):
    """A file whose size and time are always the same."""
    path = tmp_path / "some.wav"
    path.write_bytes(b"RIFF" * 25)
    os.utime(path, (WRITTEN, WRITTEN))
    return path


def test_settings_of_audio_features_are_written_as_ever():
    assert repr(audio_store.settings("cqt", 2, 7, "fast")) == "Settings(kind='cqt', patches=2, seed=7, method='fast')"
    assert (
        repr(audio_store.settings("timbre", 2, 7, "fast"))
        == "Settings(kind='timbre', patches=1, seed=0, method='mfcc')"
    )
    assert audio_store.settings("cqt", 2, 7, "fast").name == "cqt-v1-fast-2x15s-seed7"
    assert audio_store.settings("timbre", 2, 7, "fast").name == "timbre-v1"
    assert covers.CoverRecipe().name == "covers-v1-256"


def test_a_fingerprint_of_a_file_is_what_it_was(file):
    assert fingerprints.fingerprint(file, [1, "made"], "audio") == "89571f68f64b38d9269f8c31"
    assert fingerprints.fingerprint(None, [1, "made"], "audio") == "41b26db5cb1f41f7405bcdc1"


def test_jobs_of_a_catalogue_are_what_they_were(tiny, file):
    (tiny.folder / "audio").mkdir()
    tiny.tracks["audio"] = "some.wav"
    file.rename(tiny.folder / "audio" / "some.wav")
    jobs = audio_store.jobs(tiny, audio_store.settings("cqt", 1, 0, "fast"))
    assert list(jobs.columns) == ["track_id", "audio", "source", "fingerprint"]
    assert jobs["fingerprint"][0] == "a25346e4193457c06edf8897"
    assert build._digest(jobs) == "63eac8cce5023bc1"
    assert (
        audio_store.jobs(tiny, audio_store.settings("timbre", 1, 0, "fast"))["fingerprint"][0]
        == "847721b71eb27b60a2330216"
    )


def test_jobs_of_covers_are_what_they_were(tiny, file):
    (tiny.folder / "covers").mkdir()
    tiny.albums["cover"] = "some.png"
    file.rename(tiny.folder / "covers" / "some.png")
    assert covers.jobs(tiny)["fingerprint"][0] == "59c7ccc28f14f1a0c6fa2e3b"


def test_names_of_what_a_training_learned_from_are_what_they_were():
    X = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert fingerprints.digest(X) == "d53aaec8"
    assert fingerprints.digest(sp.csr_matrix(X)) == "5bc5c58e"
    np.testing.assert_allclose(fingerprints.signature(X)[1], [11.75351, -4.78641, 10.95524, -18.23339], atol=1e-4)


def test_a_network_learned_at_once_lies_where_it_did(tiny, home):
    folder = home / "runs" / "tiny" / "audio-cosine-low_4x96"
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text('{"network": "tracks-01234567"}', encoding="utf-8")
    source = Source("audio", folder.name, np.zeros((30, 2)))
    assert joint.folder_name(tiny, [source]) == "together-4cedf78b"


PROMISED = {
    "open_catalogue": ["name_or_path"],
    "predict_album": ["folder", "catalogue"],
    "hello": [],
    "sources.folder.build": ["root", "manifest", "name"],
    "labels.ppmi": ["M"],
    "labels.label_factors": ["M", "d"],
    "labels.album_factors": ["M", "C"],
    "audio.load": ["path"],
    "audio.log_cqt": ["y"],
    "models.cnn": ["filters", "target", "n_labels", "d"],
    "models.text_mlp": [],
    "models.resnet": [],
    "models.fusion": [],
    "models.album_mlp": [],
    "targets.Logistic": [],
    "targets.Cosine": [],
    "metrics.macro_auc": ["Y", "S"],
    "metrics.coverage_at_k": ["S", "k"],
    "metrics.bootstrap": ["Y", "S", "metric", "n", "seed"],
    "runs.table": [],
}


@pytest.mark.parametrize("name", PROMISED)
def test_promised_names_take_what_they_did(name):
    if name.startswith("sources."):
        importlib.import_module(f"mumu_lib.{name.rpartition('.')[0]}")
    taken = list(inspect.signature(reduce(getattr, name.split("."), mm)).parameters)
    assert set(PROMISED[name]) <= set(taken)


COMMANDS = [
    "mumu_lib", "mumu_lib.patches", "mumu_lib.runs", "mumu_lib.series", "mumu_lib.linking.build",
    "mumu_lib.sources.fetch", "mumu_lib.sources.folder", "mumu_lib.sources.sample",
]  # fmt: skip


@pytest.mark.parametrize("module", COMMANDS)
def test_modules_that_are_started_can_be(module):
    found = importlib.util.find_spec(module)
    if found.submodule_search_locations:
        found = importlib.util.find_spec(f"{module}.__main__")
    assert 'if __name__ == "__main__":' in Path(found.origin).read_text(encoding="utf-8")


def names_called():
    """What the notebooks call of the library, as they write it."""
    called = set()
    for path in sorted((paths.checkout() / "notebooks").glob("[0-9]*.ipynb")):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                called |= {ast.unparse(n) for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Attribute)}
    return sorted(name for name in called if re.match(r"mm\.", name) and "(" not in name)


@pytest.mark.parametrize("name", names_called())
def test_names_that_notebooks_call_are_there(name):
    reduce(getattr, name.split(".")[1:], mm)
