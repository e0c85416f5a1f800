"""Six recordings: to change, with their store, and in shards of two."""

import pytest

from mumu_lib.audio import store as audio_store
from mumu_lib.features import build
from six_recordings import six_clips


@pytest.fixture
def good(tmp_path):
    return six_clips(tmp_path / "own")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A catalogue that no test changes, with its store."""
    music = six_clips(tmp_path_factory.mktemp("shared") / "own")
    return music, audio_store.extract(music, workers=1)


@pytest.fixture
def shards_of_two(monkeypatch):
    monkeypatch.setattr(build, "SHARD", 2)
