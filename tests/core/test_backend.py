"""Settings of the backend: set where the user has set none, and before the backend starts."""

import os

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
