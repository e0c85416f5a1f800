"""Settings of the backend: set where the user has set none, and before the backend starts."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mumu_lib.core import backend


def test_what_is_not_set_is_set(monkeypatch):
    for name in backend.DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    backend.set_defaults()
    assert {name: os.environ[name] for name in backend.DEFAULTS} == backend.DEFAULTS


def test_what_the_user_has_set_stays(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    backend.set_defaults()
    assert (os.environ["KERAS_BACKEND"], os.environ["TF_CPP_MIN_LOG_LEVEL"]) == ("jax", "0")


@pytest.fixture
def no_caches_set(monkeypatch):
    for name in backend.CACHES:
        monkeypatch.delenv(name, raising=False)
        # What is set meanwhile is taken back at the end.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def test_caches_go_to_mumu_home_where_the_users_home_cannot_be_written(tmp_path, monkeypatch, no_caches_set):
    monkeypatch.setenv("MUMU_HOME", str(tmp_path / "mine"))
    monkeypatch.setattr(backend, "_user_home", lambda: None)
    backend.set_defaults()
    assert os.environ["NUMBA_CACHE_DIR"] == str(tmp_path / "mine" / "cache" / "numba")
    assert all(Path(os.environ[name]).is_relative_to(tmp_path) for name in backend.CACHES)
    monkeypatch.setenv("NUMBA_CACHE_DIR", "/my/own")
    backend.set_defaults()
    assert os.environ["NUMBA_CACHE_DIR"] == "/my/own"


def test_caches_stay_where_they_are_where_the_users_home_can_be_written(tmp_path, monkeypatch, no_caches_set):
    monkeypatch.setattr(backend, "_user_home", lambda: tmp_path)
    backend.set_defaults()
    assert not any(name in os.environ for name in backend.CACHES)


def test_a_folder_that_is_not_there_can_be_written_if_the_one_above_it_can(tmp_path):
    assert backend._can_write(tmp_path / "a" / "b")
    (tmp_path / "file").write_text("")
    assert not backend._can_write(tmp_path / "file" / "b")
    assert not backend._can_write(None)


def test_one_wrong_warning_is_kept_back_and_no_other(caplog):
    backend.set_defaults()
    logger = logging.getLogger("tensorflow")
    with caplog.at_level(logging.WARNING, logger="tensorflow"):
        logger.warning(
            "%s out of the last %s calls to %s triggered tf.function retracing. Tracing is expensive", 5, 5, "f"
        )
        logger.warning("something else")
    assert [record.getMessage() for record in caplog.records] == ["something else"]


def test_several_notebooks_can_share_a_gpu(monkeypatch):
    growing = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    for name in growing:
        monkeypatch.delenv(name, raising=False)
    code = f"import os, mumu_lib; print(*(os.environ.get(name) for name in {list(growing)}))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == list(growing.values())
