"""What refers to what; and that what cannot be read counts as in use."""

import json
from dataclasses import replace

import pytest

from mumu_lib import params, runs
from mumu_lib.core.paths import checkout
from mumu_lib.series import references, sizes

STORE = "cqt-v1-fast-2x15s-seed5"


@pytest.fixture
def cfg():
    return params.Audio(**{**params.defaults(checkout() / "notebooks" / "04_audio.ipynb"), "catalogue": "tiny"})


def why(music, name=STORE):
    return references.of_home().why_store_unused(music.folder / "features" / name, music.name)


def test_a_store_is_in_use_as_long_as_a_run_has_its_settings(tiny, cfg):
    assert why(tiny) == references.NO_RUN
    runs.start(tiny, "audio-cosine-low_4x96", replace(cfg, patches=2, seed=5))
    assert why(tiny) == ""
    assert why(tiny, "own-store") == ""
    assert why(tiny, "covers-v0-64") == references.OLD


@pytest.mark.parametrize("hidden", ["params", "run", "runs"])
def test_where_a_run_cannot_be_read_its_features_count_as_in_use(tiny, cfg, hidden, monkeypatch):
    run = runs.start(tiny, "audio-cosine-low_4x96", replace(cfg, patches=2, seed=5)).folder
    if hidden == "params":
        (run / "params.json").write_text("{", encoding="utf-8")
    else:
        closed = run if hidden == "run" else run.parent
        (run / "params.json").unlink()
        monkeypatch.setattr(references, "is_open", lambda path: path != closed and sizes.is_open(path))
    assert why(tiny) == ""


def test_of_two_catalogues_of_one_name_nobody_knows_whose_the_runs_are(tiny, home, cfg):
    run = runs.start(tiny, "overview", cfg).folder
    stored = json.loads((run / "params.json").read_text(encoding="utf-8"))
    (run / "params.json").write_text(json.dumps({**stored, "fingerprint": "0"}), encoding="utf-8")
    assert references.of_home().why_unused(run) == references.CHANGED
    copy = home / "data" / "copy"
    copy.mkdir()
    for path in tiny.folder.glob("*.*"):
        (copy / path.name).write_bytes(path.read_bytes())
    assert references.of_home().why_unused(run) == ""


def test_runs_that_are_fused_by_name_are_in_use(tiny, home):
    folder = home / "runs" / "gone" / "fused"
    folder.mkdir(parents=True)
    (folder / "params.json").write_text(json.dumps({"embeddings": "text-cosine-vsm, x.npy"}), encoding="utf-8")
    found = references.of_home()
    assert found.why_unused(folder.with_name("text-cosine-vsm")) == ""
    assert found.why_unused(folder.with_name("text-cosine-vsm_sem")) == references.ELSEWHERE
