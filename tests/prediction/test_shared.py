"""What was learned, used on another machine: the same numbers, and nothing that a stranger could do with such a file."""

import io
import json

import numpy as np
import pandas as pd
import pytest

import mumu_lib
from mumu_lib import encoders, prediction
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.prediction import album as prediction_album, likeness, shared, sharing, trained
from shared_files import parts_of, with_part

TEXT_RUN = "runs/text-cosine-vsm"


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
    here = prediction.predict(album, trained.open_trained(away))
    there = prediction.predict(album, shared.Shared(away))
    np.testing.assert_array_equal(here.place, there.place)
    assert here.tracks.shape == (1, 4)
    assert here.decides == "fused"
    assert prediction.summary(here).startswith("fused: keep: ")
    assert not prediction.kept(here).empty


def test_it_says_what_it_is_and_has_no_albums(away):
    known = trained.open_trained(away)
    assert known.catalogue is None
    assert repr(known) == (
        f"Shared 'mine.mumu': learned from catalogue 'mine', 4 labels, 6 runs, "
        f"made {known.manifest['made']['date']}; licence: CC0-1.0"
    )


def test_a_modality_that_it_has_no_run_of_is_named(own, away, tmp_path, music, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setenv("MUMU_HOME", str(music.folder.parents[1]))
        sharing.export(music, tmp_path / "text.mumu", only=["text-cosine-vsm"])
    table = mumu_lib.predict_album(own, tmp_path / "text.mumu")
    skipped = {entry["file"]: entry["reason"] for entry in table.attrs["skipped"]}
    assert "text.mumu has no audio run, only text; ask its author for a file with one" in skipped["audio"]
    (own / "review.txt").unlink()
    with pytest.raises(MissingDataError, match=r"no audio run.*no image run"):
        mumu_lib.predict_album(own, tmp_path / "text.mumu")


def test_a_file_that_is_not_there_is_said(tmp_path, own):
    with pytest.raises(MissingDataError, match=r"nowhere\.mumu is missing; give the path of a file made by"):
        mumu_lib.predict_album(own, tmp_path / "nowhere.mumu")


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
