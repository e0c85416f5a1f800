"""Sixty-four shares of the features, of which some are killed and some fail for good."""

import shlex
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest

from mumu_lib.audio import shares, store
from mumu_lib.core.errors import MissingDataError, MumuError, ParameterError
from mumu_lib.features import build, workers
from six_recordings import collection

SHARES, KILLED, FAILING = 64, (3, 17, 18, 40, 63), (0, 31)


class Killed(BaseException):
    """A process ends in the middle, as by SIGKILL."""


def songs(folder, count=150):
    """A catalogue of published timbre, so that a track takes no time: a track a shard."""
    names = [f"{i}.mp3" for i in range(count)]
    music = collection(folder, names, msd="songs")
    (music.folder / "songs").mkdir()
    rng = np.random.default_rng(0)
    for track in music.tracks["track_id"]:
        with h5py.File(music.folder / "songs" / f"{track}.h5", "w") as file:
            file["analysis/segments_timbre"] = rng.normal(size=(5, 12))
    return music


@pytest.fixture
def here(monkeypatch):
    """Extract in this process; returns the ids of what is extracted."""
    seen = []

    def run(shards, workers_):
        for shard in shards:
            if not shard.index.is_file():
                seen.extend(track for track, *_ in shard.tracks)
                yield workers._extract(shard)

    monkeypatch.setattr(build, "SHARD", 1)
    monkeypatch.setattr(workers, "run", run)
    # Pytest's own would be switched off.
    monkeypatch.setattr(workers.faulthandler, "enable", lambda *_: None)
    monkeypatch.setattr(workers.faulthandler, "disable", lambda: None)
    return seen


def numbers(found):
    return np.array(found.values), found.index.drop(columns=["audio", "fingerprint"])


def test_the_join_names_what_is_lacking_and_a_repeat_does_only_that(tmp_path, here, monkeypatch):
    whole = numbers(store.extract(songs(tmp_path / "undisturbed"), "timbre"))
    music = songs(tmp_path / "songs")
    here.clear()
    write = workers._write

    def killed_in_the_middle(index, values, table):
        if len(list(index.parent.glob("*.npy"))) % 2:
            raise Killed
        Path(index.with_suffix(".npy.0123abcd.tmp")).write_bytes(b"half")
        raise Killed

    for part in range(SHARES):
        if part in FAILING:
            continue
        monkeypatch.setattr(workers, "_write", killed_in_the_middle if part in KILLED else write)
        if part in KILLED:
            with pytest.raises(Killed):
                store.extract_part(music, part, SHARES, "timbre")
        else:
            store.extract_part(music, part, SHARES, "timbre")
    monkeypatch.setattr(workers, "_write", write)
    kept = {path: path.stat().st_mtime_ns for path in music.folder.rglob("shards/*.npy")}
    here.clear()
    with pytest.raises(MissingDataError) as named:
        shares.join(music, SHARES, "timbre")
    lines = [line for line in str(named.value).splitlines() if line.startswith("  share")]
    assert "7 of 64 shares are not done; what is done is kept" in str(named.value)
    assert [int(line.split()[1].rstrip(",")) for line in lines] == sorted((*KILLED, *FAILING))
    assert not here
    for line in lines:
        words = shlex.split(line.partition("tracks:")[2])
        assert words[:3] == ["python", "-m", "mumu_lib.patches"]
        assert store.main(words[3:]) == 0
    lacking = [track for i, track in enumerate(music.tracks["track_id"]) if i % SHARES in (*KILLED, *FAILING)]
    assert sorted(here) == sorted(lacking)
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    here.clear()
    joined = numbers(shares.join(music, SHARES, "timbre"))
    assert not here
    np.testing.assert_array_equal(joined[0], whole[0])
    pd.testing.assert_frame_equal(joined[1], whole[1])
    assert not list(music.folder.rglob("*.tmp"))
    assert numbers(shares.join(music, SHARES, "timbre"))[0].shape == whole[0].shape


def test_a_share_that_fails_says_why_and_the_command_fails(tmp_path, here, monkeypatch, capsys):
    music = songs(tmp_path / "songs", 3)

    def no_memory(*_):
        raise MumuError("a process was killed while extracting features")

    monkeypatch.setattr(workers, "run", no_memory)
    assert store.main([str(music.folder), "--kind", "timbre", "--part", "1", "3"]) == 1
    assert "a process was killed" in capsys.readouterr().err
    assert store.main([str(music.folder), "--kind", "timbre", "--join", "3"]) == 1
    assert "3 of 3 shares are not done" in capsys.readouterr().err


def test_the_number_of_shares_is_checked(tmp_path, here):
    with pytest.raises(ParameterError, match="at least 1"):
        shares.join(songs(tmp_path / "songs", 1), 0, "timbre")
    with pytest.raises(SystemExit):
        store.main(["x", "--join", "3", "--part", "0", "3"])
