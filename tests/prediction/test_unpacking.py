"""Files of strangers: cut, foreign, changed, or made to do harm."""

import os
import shutil
import zipfile

import keras
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from mumu_lib.core.errors import BadDataError, MumuError
from mumu_lib.prediction import shared, sharing, trained, unpacking
from shared_files import manifest_of, parts_of, with_manifest, with_part

TEXT_RUN = "runs/text-cosine-vsm"


def test_it_is_unpacked_once_and_again_if_that_was_cut_short(away, tmp_path):
    folder = unpacking.unpack(away)
    before = os.stat(folder / "manifest.json").st_mtime_ns
    assert unpacking.unpack(away) == folder
    assert os.stat(folder / "manifest.json").st_mtime_ns == before
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == [folder.name]
    shutil.rmtree(folder)
    left = folder.with_name(f"{folder.name}.part")
    left.mkdir()
    (left / "half").touch()
    assert not (unpacking.unpack(away) / "half").exists()


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.9, -1, -30])
def test_a_file_that_was_cut_is_refused(away, kept):
    content = away.read_bytes()
    away.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(BadDataError, match=r"mine\.mumu is not a complete \.mumu file.*get the file again"):
        trained.open_trained(away)


def test_foreign_files_are_refused(away, tmp_path):
    away.write_bytes(b"ID3 some music")
    with pytest.raises(BadDataError, match="not a complete"):
        trained.open_trained(away)
    with zipfile.ZipFile(away, "w") as archive:
        archive.writestr("holiday.jpg", b"x")
    with pytest.raises(BadDataError, match=r"it has no manifest\.json"):
        trained.open_trained(away)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 2}, "version 2 of the format, and this program reads up to 1; get a newer version of MuMu"),
        ({"version": "1"}, "must be a number"),
        ({"version": True}, "must be a number"),
        ({"version": 0}, "must be a number"),
        ({"format": "other"}, "not of format"),
        ({"labels": ["Jazz", "Jazz"]}, "some of them twice"),
        ({"labels": []}, "no label"),
        ({"labels": [1, 2]}, "a label must be a string"),
        ({"labels": None}, "malformed entry 'labels'"),
        ({"links": [[0, 4]]}, "a parent must be a label"),
        ({"links": [[-1, 0]]}, "a parent must be a label"),
        ({"links": [["a", "b"]]}, "not a complete"),
        ({"links": [[0]]}, "not a complete"),
        ({"name": "../../x"}, "cannot be a name in it"),
        ({"name": "a/b"}, "cannot be a name in it"),
        ({"runs": []}, "0 runs"),
        ({"runs": ["text-cosine-vsm"] * 2}, "twice"),
        ({"runs": [".."]}, "cannot be a name in it"),
        ({"runs": ["other"]}, "not a part"),
        ({"usual_tracks": "2"}, "malformed entry 'usual_tracks'"),
        ({"files": {}}, "lacks metrics.json"),
        ({"files": {"runs/../../../evil.npy": {"bytes": 1, "sha256": ""}}}, "not a part"),
        ({"files": {"/etc/passwd": {"bytes": 1, "sha256": ""}}}, "not a part"),
        ({"files": {f"{TEXT_RUN}/../../evil.npy": {"bytes": 1, "sha256": ""}}}, "not a part"),
        ({"files": {f"{TEXT_RUN}/run.py": {"bytes": 1, "sha256": ""}}}, "not a part"),
        ({"files": {"factors_../x.npy": {"bytes": 1, "sha256": ""}}}, "not a part"),
        ({"files": {"factors_3.npy": {"bytes": 1 << 50, "sha256": ""}}}, "cannot have"),
        ({"files": {"factors_3.npy": {"bytes": -1, "sha256": ""}}}, "cannot have"),
        ({"files": {"factors_3.npy": 5}}, "not a complete"),
        ({"files": {f"factors_{n}.npy": {"bytes": 7 << 30, "sha256": ""} for n in range(9)}}, "more than 8 GB"),
    ],
)
def test_a_manifest_is_not_taken_on_its_word(away, tmp_path, changes, reason):
    with pytest.raises(BadDataError, match=reason) as raised:
        trained.open_trained(with_manifest(away, tmp_path / "odd.mumu", **changes))
    assert "odd.mumu" in str(raised.value)
    assert not [path for path in (tmp_path / "elsewhere").rglob("*") if path.is_file() and path.name != "lock"]


def test_only_what_the_manifest_lists_is_written(away, tmp_path):
    with zipfile.ZipFile(away, "a") as archive:
        for name in ("../evil", "/evil", "evil.py", "runs/../../evil"):
            archive.writestr(name, b"x")
    trained.open_trained(away)
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def test_two_parts_of_one_name_are_refused(away):
    with zipfile.ZipFile(away, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("manifest.json", b"{}")
    with pytest.raises(BadDataError, match="two of its parts have the same name"):
        trained.open_trained(away)


def test_a_part_that_was_changed_is_refused(away, tmp_path):
    parts = parts_of(away)
    for content, reason in ((b"x" * len(parts["factors_3.npy"]), "was changed"), (b"x", "not have the size")):
        sharing.write({**parts, "factors_3.npy": content}, tmp_path / "odd.mumu")
        with pytest.raises(BadDataError, match=rf"factors_3\.npy .*{reason}"):
            trained.open_trained(tmp_path / "odd.mumu")
    parts.pop("factors_3.npy")
    sharing.write(parts, tmp_path / "odd.mumu")
    with pytest.raises(BadDataError, match="factors_3"):
        trained.open_trained(tmp_path / "odd.mumu")


def test_a_network_that_would_execute_something_is_refused_before_anything_is_there(away, tmp_path):
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: x)(inputs)).save(tmp_path / "evil.keras")
    name = f"{TEXT_RUN}/network/model.keras"
    odd = with_part(away, tmp_path / "odd.mumu", name, (tmp_path / "evil.keras").read_bytes())
    with pytest.raises(BadDataError, match=r"odd\.mumu, runs/text-cosine-vsm.*Lambda"):
        trained.open_trained(odd)
    assert not list((tmp_path / "elsewhere").rglob("*.keras"))


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_other_bytes_are_refused_or_say_the_same(away, tmp_path, data):
    content = bytearray(away.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    odd = tmp_path / "odd.mumu"
    odd.write_bytes(content)
    try:
        known = shared.Shared(odd)
    except MumuError:
        return
    assert known.labels == manifest_of(away)["labels"]
