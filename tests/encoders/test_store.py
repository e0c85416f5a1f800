"""Vectors of an encoder of every track: fingerprints, refusals, resuming, and what a recording becomes."""

import importlib.util

import numpy as np
import pytest
import soundfile

import fabricated_graphs
import fake_encoders
from mumu_lib.audio import store as audio_store
from mumu_lib.core.errors import MissingDataError, NothingUsableError, ParameterError
from mumu_lib.encoders import store
from mumu_lib.features import workers
from sounds import tone


@pytest.fixture
def heard(tiny):
    """The tiny catalogue with a recording of six tracks, one of them broken and one silent."""
    folder = tiny.folder / "audio"
    folder.mkdir()
    for number in range(6):
        soundfile.write(folder / f"{number}.wav", (0.1 + 0.1 * number) * tone(4 + number, 200 * (number + 1)), 22050)
    (folder / "2.wav").write_bytes(b"no sound")
    soundfile.write(folder / "3.wav", np.zeros(22050 * 4), 22050)
    names = [f"{n}.wav" if n < 6 else "" for n in range(len(tiny.tracks))]
    tiny.tracks["audio"] = names
    return tiny


@pytest.fixture
def fake(monkeypatch):
    fake_encoders.install(monkeypatch, "mtt_musicnn")


def test_a_track_is_the_mean_of_its_windows_and_the_others_are_listed(heard, fake):
    made = store.encode(heard, "mtt_musicnn", workers=1)
    assert made.values.shape == (60, fake_encoders.LENGTH)
    assert made.counts() == {"missing": 54, "ok": 4, "corrupt": 1, "silent": 1}
    y, _ = soundfile.read(heard.folder / "audio" / "5.wav")
    assert made.index["windows"].tolist()[:6] == [4, 5, 0, 0, 8, 9]
    np.testing.assert_allclose(made.index["seconds"][5], 9, atol=0.01)
    np.testing.assert_allclose(made.values[5, 0], y.std(), rtol=1e-2)
    np.testing.assert_allclose(made.values[5, 1], 2 * 1200 / 16000, rtol=0.02)
    assert made.source == "vectors of mtt_musicnn, mean over at most 20 windows a track"
    assert made.rows(heard.tracks["track_id"]).tolist()[:6] == [0, 1, -1, -1, 4, 5]


def test_what_is_there_is_taken_and_other_weights_are_another_store(heard, fake, monkeypatch):
    store.encode(heard, "mtt_musicnn", workers=1)
    monkeypatch.setattr(workers, "_extract", lambda shard: pytest.fail("encoded again"))
    store.encode(heard, "mtt_musicnn", workers=1)
    chosen = store.settings("mtt_musicnn")
    before = store.jobs(heard, chosen)["fingerprint"].tolist()
    fake_encoders.install(monkeypatch, "mtt_musicnn", digest="1" * 64)
    after = store.jobs(heard, store.settings("mtt_musicnn"))["fingerprint"].tolist()
    assert not set(before) & set(after)
    assert not set(before) & set(store.jobs(heard, store.settings("mtt_musicnn", 5))["fingerprint"])


def test_a_recording_that_changed_is_encoded_again_and_the_others_are_kept(heard, fake, monkeypatch):
    store.encode(heard, "mtt_musicnn", workers=1)
    soundfile.write(heard.folder / "audio" / "2.wav", 0.5 * tone(5, 440), 22050)
    seen = []
    row = store.Settings.row
    monkeypatch.setattr(store.Settings, "row", lambda self, item, *rest: seen.append(item) or row(self, item, *rest))
    made = store.encode(heard, "mtt_musicnn", workers=1)
    assert seen == [heard.tracks["track_id"][2]]
    assert made.counts()["ok"] == 5


def test_shares_of_several_machines_are_joined(heard, fake, monkeypatch):
    assert sum(store.encode_part(heard, part, 2, "mtt_musicnn") for part in range(2)) == 60
    monkeypatch.setattr(workers, "_extract", lambda shard: pytest.fail("encoded again"))
    assert store.join(heard, 2, "mtt_musicnn").counts()["ok"] == 4


def test_a_share_that_is_not_done_is_named(heard, fake):
    store.encode_part(heard, 1, 2, "mtt_musicnn")
    with pytest.raises(MissingDataError, match=r"1 of 2 shares are not done(.|\n)*--part 0 2 --kind mtt_musicnn"):
        store.join(heard, 2, "mtt_musicnn")
    with pytest.raises(ParameterError, match="join=0 must be at least 1"):
        store.join(heard, 0, "mtt_musicnn")


def test_long_recordings_are_heard_at_so_many_places(heard, fake):
    soundfile.write(heard.folder / "audio" / "0.wav", 0.5 * tone(50, 440), 22050)
    made = store.encode(heard, "mtt_musicnn")
    assert made.index["windows"][0] == store.WINDOWS == 20


def test_without_weights_or_usable_sound_it_says_so(heard, tiny, monkeypatch, home):
    with pytest.raises(ParameterError, match="encoder='minilm' is not an audio encoder"):
        store.settings("minilm")
    with pytest.raises(MissingDataError):
        store.settings("discogs_effnet")
    fake_encoders.install(monkeypatch, "mtt_musicnn")
    tiny.tracks["audio"] = ""
    with pytest.raises(NothingUsableError, match="60 missing"):
        store.encode(tiny, "mtt_musicnn")


def test_the_first_recording_is_described_with_the_licence(heard, fake):
    said = store.first_sound(heard, "mtt_musicnn")
    assert said.startswith("4.0 s of sound -> 4 windows, each 5 numbers of mtt_musicnn\n")
    assert "licence of its weights: none" in said


def test_settings_name_everything_that_vectors_depend_on(fake):
    # Fingerprints of stores that people have hold this text: whoever changes it encodes all their music anew.
    chosen = store.settings("mtt_musicnn")
    assert repr(chosen) == f"Settings(encoder='mtt_musicnn', digest='{'0' * 64}', length=5, windows=20)"
    assert chosen.name == "mtt_musicnn-v1-5-20windows"


def test_the_command_of_features_knows_encoders(heard, fake, capsys, monkeypatch):
    monkeypatch.setattr(audio_store, "open_catalogue", lambda name: heard)
    assert audio_store.main(["tiny", "--kind", "mtt_musicnn", "--part", "0", "1"]) == 0
    assert capsys.readouterr().out == "60 tracks\n"
    assert audio_store.main(["tiny", "--kind", "mtt_musicnn", "--workers", "1"]) == 0
    assert capsys.readouterr().out.split("ok", 1)[1].split()[0] == "4"


def test_the_command_says_what_lacks(heard, capsys, monkeypatch):
    monkeypatch.setattr(audio_store, "open_catalogue", lambda name: heard)
    assert audio_store.main(["tiny", "--kind", "discogs_effnet"]) == 1
    assert "put discogs-effnet-bs64-1.pb there" in capsys.readouterr().err


def test_processes_fit_into_memory(monkeypatch):
    monkeypatch.setattr(store, "cpu_count", lambda: 16)
    for gigabytes, expected in ((1, 1), (4, 1), (16, 6), (128, 16)):
        monkeypatch.setattr(store, "_memory", lambda gigabytes=gigabytes: gigabytes * 10**9)
        assert store.processes(0) == expected
        assert store.processes(3) == 3


def test_a_machine_that_does_not_say_its_memory_gets_four(monkeypatch):
    monkeypatch.setattr(store, "cpu_count", lambda: 16)
    monkeypatch.delattr("os.sysconf", raising=False)
    assert store.processes(0) == 4


@pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="TensorFlow reads the graph")
def test_worker_processes_give_what_this_process_gives(heard, home):
    fabricated_graphs.write(home / "data" / "pretrained" / "discogs_effnet" / "discogs-effnet.pb")
    made = store.encode(heard, "discogs_effnet", workers=1)
    found, facts = store.hear("x", str(heard.folder / "audio" / "4.wav"), "discogs_effnet")
    np.testing.assert_allclose(made.values[4], found.vectors.mean(axis=0), rtol=1e-5)
    assert facts["windows"] == made.index["windows"][4]
    assert made.counts()["ok"] == 4
