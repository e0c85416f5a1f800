"""What was learned, used on another machine: the same numbers, and nothing that a stranger could do with such a file."""

import io
import json
import os
import shutil
import zipfile

import keras
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

import mumu_lib
from mumu_lib import encoders, prediction
from mumu_lib.core.errors import BadDataError, MissingDataError, MumuError
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.prediction import album as prediction_album, likeness, shared, sharing, trained
from shared_files import manifest_of, moved, parts_of, with_manifest, with_part

TEXT_RUN = "runs/text-cosine-vsm"


@pytest.fixture
def away(exported, tmp_path, monkeypatch):
    """The file on another machine, whose home is empty."""
    monkeypatch.setenv("MUMU_HOME", str(tmp_path / "elsewhere"))
    return moved(exported, tmp_path / "inbox")


@pytest.mark.parametrize("gone", [[], ["review.txt"], ["front.png"], ["song.wav"], ["front.png", "song.wav"]])
def test_another_machine_says_the_same(music, own, away, gone, monkeypatch, tmp_path):
    for name in gone:
        (own / name).unlink()
    found = mumu_lib.predict_album(own, away)
    assert not (tmp_path / "elsewhere" / "runs").exists()
    with monkeypatch.context() as patch:
        patch.setenv("MUMU_HOME", str(music.folder.parents[1]))
        patch.setattr(likeness, "FEWEST", 1)
        expected = mumu_lib.predict_album(own, trained.AtHome(music))
    pd.testing.assert_frame_equal(found, expected, rtol=0, atol=1e-6)
    for what in ("keep", "decides", "thresholds", "skipped"):
        assert found.attrs[what] == expected.attrs[what]


def test_the_place_and_the_tracks_are_the_same_too(music, own, away):
    album = prediction_album.read_album(own)
    here = prediction.predict(album, trained.opened(away))
    there = prediction.predict(album, shared.Shared(away))
    np.testing.assert_array_equal(here.place, there.place)
    assert here.tracks.shape == (1, 4)
    assert here.decides == "fused"
    assert prediction.said(here).startswith("fused: keep: ")
    assert not prediction.kept(here).empty


def test_it_says_what_it_is_and_has_no_albums(away):
    known = trained.opened(away)
    assert known.catalogue is None
    assert repr(known) == (
        f"Shared 'mine.mumu': learned from catalogue 'mine', 4 labels, 6 runs, "
        f"made {known.manifest['made']['date']}; licence: CC0-1.0"
    )


def test_it_is_unpacked_once_and_again_if_that_was_cut_short(away, tmp_path):
    folder = shared.unpack(away)
    before = os.stat(folder / "manifest.json").st_mtime_ns
    assert shared.unpack(away) == folder
    assert os.stat(folder / "manifest.json").st_mtime_ns == before
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == [folder.name]
    shutil.rmtree(folder)
    left = folder.with_name(f"{folder.name}.part")
    left.mkdir()
    (left / "half").touch()
    assert not (shared.unpack(away) / "half").exists()


def test_a_modality_that_it_has_no_run_of_is_named(own, away, tmp_path, music, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("MUMU_HOME", str(music.folder.parents[1]))
        sharing.export(music, tmp_path / "text.mumu", only=["text-cosine-vsm"])
    table = mumu_lib.predict_album(own, tmp_path / "text.mumu")
    skipped = {entry["file"]: entry["reason"] for entry in table.attrs["skipped"]}
    assert "text.mumu has no audio run, only text; ask whoever made it for a file with one" in skipped["audio"]
    (own / "review.txt").unlink()
    with pytest.raises(MissingDataError, match=r"no audio run.*no image run"):
        mumu_lib.predict_album(own, tmp_path / "text.mumu")


def test_a_file_that_is_not_there_is_said(tmp_path, own):
    with pytest.raises(MissingDataError, match=r"nowhere\.mumu is missing; give the path of a file made by"):
        mumu_lib.predict_album(own, tmp_path / "nowhere.mumu")


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, 0.9, -1, -30])
def test_a_file_that_was_cut_is_refused(away, kept):
    content = away.read_bytes()
    away.write_bytes(content[: int(kept * len(content)) if isinstance(kept, float) else kept])
    with pytest.raises(BadDataError, match=r"mine\.mumu is no whole \.mumu file.*get the file again"):
        trained.opened(away)


def test_foreign_files_are_refused(away, tmp_path):
    away.write_bytes(b"ID3 some music")
    with pytest.raises(BadDataError, match="no whole"):
        trained.opened(away)
    with zipfile.ZipFile(away, "w") as archive:
        archive.writestr("holiday.jpg", b"x")
    with pytest.raises(BadDataError, match=r"it has no manifest\.json"):
        trained.opened(away)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"version": 2}, "version 2 of the format, and this program reads up to 1; get a newer version of MuMu"),
        ({"version": "1"}, "is no number"),
        ({"version": True}, "is no number"),
        ({"version": 0}, "is no number"),
        ({"format": "other"}, "not of format"),
        ({"labels": ["Jazz", "Jazz"]}, "some of them twice"),
        ({"labels": []}, "no label"),
        ({"labels": [1, 2]}, "a label is no text"),
        ({"labels": None}, "does not say 'labels'"),
        ({"links": [[0, 4]]}, "a parent is no label"),
        ({"links": [[-1, 0]]}, "a parent is no label"),
        ({"links": [["a", "b"]]}, "no whole"),
        ({"links": [[0]]}, "no whole"),
        ({"name": "../../x"}, "cannot be a name in it"),
        ({"name": "a/b"}, "cannot be a name in it"),
        ({"runs": []}, "0 runs"),
        ({"runs": ["text-cosine-vsm"] * 2}, "twice"),
        ({"runs": [".."]}, "cannot be a name in it"),
        ({"runs": ["other"]}, "does not have"),
        ({"usual_tracks": "2"}, "does not say 'usual_tracks'"),
        ({"files": {}}, "lacks metrics.json"),
        ({"files": {"runs/../../../evil.npy": {"bytes": 1, "sha256": ""}}}, "does not have"),
        ({"files": {"/etc/passwd": {"bytes": 1, "sha256": ""}}}, "does not have"),
        ({"files": {f"{TEXT_RUN}/../../evil.npy": {"bytes": 1, "sha256": ""}}}, "does not have"),
        ({"files": {f"{TEXT_RUN}/run.py": {"bytes": 1, "sha256": ""}}}, "does not have"),
        ({"files": {"factors_../x.npy": {"bytes": 1, "sha256": ""}}}, "does not have"),
        ({"files": {"factors_3.npy": {"bytes": 1 << 50, "sha256": ""}}}, "cannot have"),
        ({"files": {"factors_3.npy": {"bytes": -1, "sha256": ""}}}, "cannot have"),
        ({"files": {"factors_3.npy": 5}}, "no whole"),
        ({"files": {f"factors_{n}.npy": {"bytes": 7 << 30, "sha256": ""} for n in range(9)}}, "more than 8 GB"),
    ],
)
def test_a_manifest_is_not_taken_on_its_word(away, tmp_path, changes, reason):
    with pytest.raises(BadDataError, match=reason) as raised:
        trained.opened(with_manifest(away, tmp_path / "odd.mumu", **changes))
    assert "odd.mumu" in str(raised.value)
    assert not [path for path in (tmp_path / "elsewhere").rglob("*") if path.is_file() and path.name != "lock"]


def test_only_what_the_manifest_lists_is_written(away, tmp_path):
    with zipfile.ZipFile(away, "a") as archive:
        for name in ("../evil", "/evil", "evil.py", "runs/../../evil"):
            archive.writestr(name, b"x")
    trained.opened(away)
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


def test_two_parts_of_one_name_are_refused(away):
    with zipfile.ZipFile(away, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("manifest.json", b"{}")
    with pytest.raises(BadDataError, match="two of its parts have one name"):
        trained.opened(away)


def test_a_part_that_was_changed_is_refused(away, tmp_path):
    parts = parts_of(away)
    for content, reason in ((b"x" * len(parts["factors_3.npy"]), "was changed"), (b"x", "not of the size")):
        sharing.write({**parts, "factors_3.npy": content}, tmp_path / "odd.mumu")
        with pytest.raises(BadDataError, match=rf"factors_3\.npy is .*{reason}"):
            trained.opened(tmp_path / "odd.mumu")
    parts.pop("factors_3.npy")
    sharing.write(parts, tmp_path / "odd.mumu")
    with pytest.raises(BadDataError, match="factors_3"):
        trained.opened(tmp_path / "odd.mumu")


def test_a_network_that_would_execute_something_is_refused_before_anything_is_there(away, tmp_path):
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: x)(inputs)).save(tmp_path / "evil.keras")
    name = f"{TEXT_RUN}/network/model.keras"
    odd = with_part(away, tmp_path / "odd.mumu", name, (tmp_path / "evil.keras").read_bytes())
    with pytest.raises(BadDataError, match=r"odd\.mumu, runs/text-cosine-vsm.*Lambda"):
        trained.opened(odd)
    assert not list((tmp_path / "elsewhere").rglob("*.keras"))


def as_npy(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        as_npy(np.array([{"a": 1}] * 4, dtype=object), allow_pickle=True),
        as_npy(np.zeros(3)),
        as_npy(np.zeros((4, 1))),
        as_npy(np.array(["a"] * 4)),
        b"\x80\x04N.",
        b"",
    ],
)
@pytest.mark.parametrize("name", ["thresholds", "constant", "centres"])
def test_arrays_of_another_kind_are_refused(away, own, tmp_path, name, content):
    if name == "centres" and content == as_npy(np.zeros((4, 1))):
        pytest.skip("two dimensions are right there, but not their length")
    odd = with_part(away, tmp_path / "odd.mumu", f"{TEXT_RUN}/{name}.npy", content)
    with pytest.raises(BadDataError, match=f"{name}"):
        mumu_lib.predict_album(own, odd)


def test_facts_of_another_kind_are_refused(away, own, tmp_path):
    for content in (b"[]", b"{}", b'{"reason": "", "albums": "x", "shared": 1, "usual_words": 1}'):
        odd = with_part(away, tmp_path / f"{hash_of(content)[:8]}.mumu", f"{TEXT_RUN}/learned.json", content)
        with pytest.raises(BadDataError, match=r"learned\.json"):
            mumu_lib.predict_album(own, odd)


def test_a_run_with_an_encoder_needs_that_very_encoder(away, own, tmp_path, monkeypatch):
    facts = json.loads(parts_of(away)[f"{TEXT_RUN}/metrics.json"])
    facts["encoder"] = {"name": "minilm", "digest": "a" * 64, "licence": "Apache-2.0", "learned_from": "texts"}
    odd = with_part(away, tmp_path / "odd.mumu", f"{TEXT_RUN}/metrics.json", json.dumps(facts).encode())

    class Other:
        about = encoders.About("minilm", "text", 384, "Apache-2.0", "b" * 64, "texts")

    monkeypatch.setattr(encoders, "make", lambda name: Other())
    with pytest.raises(BadDataError, match="another version of the encoder 'minilm'"):
        mumu_lib.predict_album(own, odd)
    Other.about = encoders.About("minilm", "text", 384, "Apache-2.0", "a" * 64, "texts")
    assert shared.Shared(odd).best("text").name == "text-cosine-vsm"
    monkeypatch.undo()
    facts["encoder"]["name"] = "of tomorrow"
    monkeypatch.setenv("MUMU_HOME", str(tmp_path / "elsewhere"))
    odd = with_part(away, tmp_path / "newer.mumu", f"{TEXT_RUN}/metrics.json", json.dumps(facts).encode())
    with pytest.raises(MissingDataError, match=r"needs the encoder 'of tomorrow'.*newer version"):
        shared.Shared(odd).best("text")


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
