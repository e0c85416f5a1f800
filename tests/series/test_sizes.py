"""How much files and folders take, and which names are those of half-written files."""

import os
import time

import pytest

from mumu_lib.core.files import atomic_path
from mumu_lib.series import sizes


@pytest.mark.parametrize(
    ("name", "half"),
    [("a.npy.0123abcd.tmp", True), ("a.npy.0123abcd.tmp.keras", True), (".part-ab_12xyz", True), ("base.old.tmp", True),
     ("0123456789abcdef01234567.part", True), ("notes.tmp", False), ("mumu.zip.part", False), ("a.npy", False)],
)  # fmt: skip
def test_what_is_half_written_is_known_by_its_name(tmp_path, name, half):
    path = tmp_path / name
    path.touch()
    assert sizes.half_written([path]) == []
    ago = time.time() - 2 * sizes.DAY
    os.utime(path, (ago, ago))
    assert sizes.half_written([path]) == [path] * half


def test_names_under_which_files_are_written_are_known(tmp_path):
    with atomic_path(tmp_path / "a.npy") as part:
        part.touch()
        assert sizes.HALF_WRITTEN.fullmatch(part.name)


def test_a_file_of_two_names_counts_once_and_a_link_nothing(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 10_000)
    once = sizes.size_of(tmp_path)
    os.link(tmp_path / "a", tmp_path / "b")
    (tmp_path / "c").symlink_to(tmp_path / "a")
    assert sizes.size_of(tmp_path) == once >= 10_000
    assert sizes.size_of(tmp_path / "gone") == 0


def test_what_goes_while_it_is_counted_counts_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(sizes.os, "walk", lambda *_, **__: [(str(tmp_path), [], ["gone"])])
    assert sizes.measure(tmp_path) == (0, [])
    assert not sizes.is_young(tmp_path, -10)


def test_what_is_written_ahead_of_this_clock_is_young(tmp_path):
    soon = time.time() + 3600
    os.utime(tmp_path, (soon, soon))
    assert sizes.is_young(tmp_path)
