"""What a pretrained network hears in an album: no catalogue, no training; and everything that can be wrong with one."""

import numpy as np
import pytest
import soundfile

import made_musicnn
import mumu_lib
from mumu_lib import encoders
from mumu_lib.__main__ import main
from mumu_lib.core.errors import MissingDataError, NothingUsableError, ParameterError
from mumu_lib.encoders import musicnn
from mumu_lib.prediction import listening

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """A home with both networks, of random weights."""
    home = tmp_path_factory.mktemp("home")
    source = made_musicnn.source(tmp_path_factory.mktemp("source"))
    for name in musicnn.MODELS:
        musicnn.convert(source, home / "data" / "pretrained" / name, name)
    return home


@pytest.fixture
def here(converted, monkeypatch):
    monkeypatch.setenv("MUMU_HOME", str(converted))


@pytest.fixture
def album(tmp_path):
    """Two recordings that can be heard, one of them on a CD of its own, and three that cannot."""
    folder = tmp_path / "An Album [1999]"
    (folder / "CD 2").mkdir(parents=True)
    soundfile.write(folder / "01 a.flac", RNG.normal(0, 0.1, 44100 * 10), 44100)
    soundfile.write(folder / "CD 2" / "01 b.wav", RNG.normal(0, 0.1, (16000 * 4, 2)), 16000)
    soundfile.write(folder / "03 short.wav", RNG.normal(0, 0.1, 16000), 16000)
    soundfile.write(folder / "04 silent.wav", np.zeros(16000 * 5), 16000)
    (folder / "05 broken.mp3").write_bytes(b"not music" * 1000)
    (folder / "README.md").write_text("a note", encoding="utf-8")
    return folder


HEARD = ["01 a.flac", "CD 2/01 b.wav"]


def test_every_tag_of_album_and_recordings(here, album):
    table = mumu_lib.listen(album)
    assert list(table.columns) == ["tag", "genre", "album", *HEARD]
    assert len(table) == 50
    assert table["album"].is_monotonic_decreasing
    np.testing.assert_allclose(table["album"], table[HEARD].mean(axis=1), rtol=1e-6)
    assert dict(zip(table["tag"], table["genre"], strict=True))["Hip-Hop"] == "Rap & Hip-Hop"
    assert table.attrs["model"] == "msd_musicnn"
    skipped = {line["file"]: line["reason"] for line in table.attrs["skipped"]}
    assert list(skipped) == ["03 short.wav", "04 silent.wav", "05 broken.mp3"]
    assert skipped["03 short.wav"].startswith("1.0 s")


def test_scores_are_those_of_the_network(here, album):
    heard = listening.hear(album, "mtt")
    y = soundfile.read(album / "CD 2" / "01 b.wav", dtype="float32")[0].mean(axis=1)
    wanted = musicnn.mtt().encode(y).scores.mean(axis=0)
    np.testing.assert_allclose(heard.tracks.loc["CD 2/01 b.wav"], wanted, atol=1e-5)
    assert heard.encoder == "mtt_musicnn"
    assert len(heard.windows["01 a.flac"].scores) == 3


def test_one_recording_by_itself_and_few_windows_of_it(here, album):
    table = mumu_lib.listen(album / "01 a.flac", "msd_musicnn", windows=1)
    assert list(table.columns) == ["tag", "genre", "album", "01 a.flac"]
    alone = musicnn.msd().encode(mumu_lib.audio.load(album / "01 a.flac", rate=16000), windows=1)
    np.testing.assert_allclose(table["album"], np.sort(alone.scores[0])[::-1], atol=1e-6)


def test_a_folder_without_recordings_is_said(here, tmp_path):
    with pytest.raises(NothingUsableError, match="no recording"):
        mumu_lib.listen(tmp_path)
    (tmp_path / "review.txt").write_text("A review of some length.", encoding="utf-8")
    with pytest.raises(NothingUsableError, match="no recording"):
        mumu_lib.listen(tmp_path)
    with pytest.raises(MissingDataError, match="is not a folder"):
        mumu_lib.listen(tmp_path / "nowhere")


def test_a_folder_of_which_nothing_can_be_heard_gives_the_reasons(here, album):
    for name in HEARD:
        (album / name).unlink()
    with pytest.raises(NothingUsableError, match=r"(?s)03 short\.wav: 1\.0 s.*05 broken\.mp3"):
        mumu_lib.listen(album)


@pytest.mark.parametrize(
    ("model", "said"), [("mds", "did you mean 'msd'"), ("", "mtt_musicnn"), ("minilm", "is not one of")]
)
def test_an_unknown_network_is_said(here, album, model, said):
    with pytest.raises(ParameterError, match=said):
        mumu_lib.listen(album, model)


def test_a_number_of_tags_below_1_is_refused(album):
    with pytest.raises(ParameterError, match="--top 0 is below 1"):
        listening.main([str(album), "--top", "0"])


def test_the_one_recording_that_was_heard_is_named(here, album, capsys):
    for name in HEARD[1:]:
        (album / name).unlink()
    assert main(["listen", str(album)]) == 0
    said = capsys.readouterr().out
    assert f"    {HEARD[0]}: " in said
    assert "left out: " in said


def test_no_window_is_refused_before_anything_is_decoded(album):
    with pytest.raises(ParameterError, match="1 or more"):
        mumu_lib.listen(album, windows=0)


def test_without_the_weights_the_command_that_brings_them_is_said(home, album, capsys):
    assert main(["listen", str(album)]) == 1
    assert "make pretrained" in capsys.readouterr().err
    assert encoders.installed() == []


def test_the_command_hears_several_folders_and_goes_on_after_a_bad_one(here, album, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["listen", str(tmp_path / "empty"), str(tmp_path / "nowhere"), str(album), "--top", "3"]) == 1
    said = capsys.readouterr()
    assert "no recording" in said.err
    assert "nowhere is not a folder" in said.err
    assert "An Album [1999], by msd_musicnn: recordings heard 2, left out 3" in said.out
    assert "left out: 04 silent.wav: nothing above" in said.out
    assert "CD 2/01 b.wav: " in said.out
    assert said.out.rstrip().endswith("(docs/weights-and-encoders.md).")
    assert main(["listen", str(album), "--model", "mtt", "--whole"]) == 0


def test_a_folder_of_several_albums_is_said_to_be_heard_as_one(here, album, capsys):
    assert main(["listen", str(album)]) == 0
    assert "folders of albums" not in capsys.readouterr().out
    for name in ("One", "Two"):
        (album.parent / "library" / name).mkdir(parents=True)
        soundfile.write(album.parent / "library" / name / "a.wav", RNG.normal(0, 0.1, 16000 * 4), 16000)
    assert main(["listen", str(album.parent / "library")]) == 0
    said = capsys.readouterr().out
    assert "2 folders of albums are in it, heard as one" in said
    assert str(album.parent / "library" / "One") in said


def test_stopped_by_hand_it_says_how_far_it_came(here, album, capsys, monkeypatch):
    hear = listening.hear
    calls = []

    def stop_at_the_second(*words, **more):
        calls.append(words)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return hear(*words, **more)

    monkeypatch.setattr(listening, "hear", stop_at_the_second)
    assert main(["listen", str(album), str(album)]) == 130
    said = capsys.readouterr()
    assert "recordings heard 2" in said.out
    assert "stopped: 1 of 2" in said.err
