"""``python -m mumu_lib disk``."""

import json
import os
import shlex
import time

import pytest
from filelock import FileLock

from mumu_lib.__main__ import main
from mumu_lib.series import storage


@pytest.fixture(autouse=True)
def no_checkout(tmp_path, monkeypatch):
    """What Snakemake and numba keep in the checkout is no test's to remove."""
    monkeypatch.setattr(storage, "checkout", lambda: tmp_path / "checkout")


@pytest.fixture
def unused(tiny):
    """A store that no run uses, of ten days ago."""
    folder = tiny.folder / "features" / "cqt-v1-fast-2x15s-seed5"
    folder.mkdir(parents=True)
    (folder / "0.npy").write_bytes(b"x" * 2_000_000)
    (folder / "lock").touch()
    ago = time.time() - 10 * 86400
    for path in (*folder.iterdir(), folder):
        os.utime(path, (ago, ago))
    return folder


def test_it_removes_nothing_until_it_is_told_by_the_command_that_it_prints(unused, capsys):
    assert main(["disk"]) == 0
    said = capsys.readouterr().out
    assert "2.0 MB  store      data/tiny/features/cqt-v1-fast-2x15s-seed5: no run uses" in said
    (command,) = [line for line in said.splitlines() if "--remove stores" in line]
    words = shlex.split(command)[3:]
    assert main([*words, "--dry-run"]) == 0
    assert unused.is_dir()
    assert main(words) == 0
    assert "2.0 MB removed" in capsys.readouterr().err
    assert not unused.exists()
    assert main(words) == 0
    assert "nothing of the kind" in capsys.readouterr().out


def test_a_folder_of_no_catalogue_is_refused_before_anything_goes(unused, capsys):
    assert main(["disk", "nowhere", "--remove", "stores"]) == 1
    assert "nowhere is no folder of a catalogue" in capsys.readouterr().err
    assert unused.is_dir()


def test_other_kinds_stay(unused):
    assert main(["disk", "--remove", "leftovers", "caches", "runs", "weights", "logs"]) == 0
    assert unused.is_dir()


def test_what_is_in_use_fails_the_command(unused, capsys):
    with FileLock(unused / "lock"):
        assert main(["disk", "--remove", "stores"]) == 1
    assert "a process is using it" in capsys.readouterr().err
    assert unused.is_dir()


def test_programs_are_told_in_json(unused, capsys):
    assert main(["disk", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    (row,) = [row for row in rows if row["kind"] == "stores"]
    assert row["bytes"] >= 2_000_000
    assert row["path"] == str(unused)


@pytest.mark.parametrize("kind", ["store", "everything"])
def test_a_word_that_is_no_kind_is_refused(kind, unused, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["disk", "--remove", kind])
    assert ended.value.code == 2
    assert (
        f"{kind!r} is not one of ['leftovers', 'stores', 'runs', 'weights', 'caches', 'logs']"
        in capsys.readouterr().err
    )
    assert unused.is_dir()
