"""Test that the hash of the sound does not depend on the tags."""

import pytest

import taggable
import tagged_files as made
from mumu_lib.core.fingerprints import hash_of_file
from mumu_lib.sources.tagging import content, rewriting

# Of these all bytes count.
WHOLE = (".wma", ".wv", ".tta")


def put(path, *genres):
    rewriting.rewrite(path, lambda editor: editor.put(list(genres)), lambda _: None)


@pytest.mark.parametrize("ending", [*taggable.PLAIN, *taggable.BY_FFMPEG])
def test_the_name_stays_with_other_tags(tmp_path, ending):
    path = taggable.file(tmp_path, ending)
    was, digest = content.of_sound(path), hash_of_file(path)
    put(path, "Jazz", "Vocal Jazz")
    assert hash_of_file(path) != digest
    assert (content.of_sound(path) == was) == (ending not in WHOLE)


@pytest.mark.parametrize("ending", taggable.PLAIN)
def test_another_sound_has_another_name(tmp_path, ending):
    one, two = made.sound(tmp_path / f"a{ending}"), made.sound(tmp_path / f"b{ending}", seed=1)
    assert content.of_sound(one) != content.of_sound(two)
    assert content.of_sound(made.sound(tmp_path / f"c{ending}")) == content.of_sound(one) or ending in (
        ".ogg",
        ".oga",
        ".opus",
    )


@pytest.mark.parametrize(("ending", "rate"), [(".wav", 24), (".flac", 18), (".opus", None)])
def test_a_changed_form_has_another_name(tmp_path, ending, rate):
    path = made.sound(tmp_path / f"a{ending}")
    was, data = content.of_sound(path), bytearray(path.read_bytes())
    data[rate or data.index(b"OpusHead") + 16] ^= 1
    path.write_bytes(data)
    assert content.of_sound(path) != was


def test_what_is_no_sound_is_named_by_all_its_bytes(tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"<html>")
    assert content.of_sound(path) == hash_of_file(path)
