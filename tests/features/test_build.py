"""The making of a store: resumable, the same whoever made it, and only what changed made again."""

import os
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from mumu_lib import audio
from mumu_lib.audio import store as audio_store
from mumu_lib.core.errors import NothingUsableError, ParameterError, WriteError
from mumu_lib.features import build, workers as features_workers
from six_recordings import RATE, clip, collection


def test_work_that_will_not_fit_stops_before_it_begins(tiny, monkeypatch):
    monkeypatch.setattr(build, "_extract_shards", lambda *_: pytest.fail("began"))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9 - 10**6, 10**6))
    with pytest.raises(WriteError, match=r"needs 0\.01 GB, but only 0\.00 GB are free there; make room"):
        audio_store.extract(tiny)


def content(store):
    return np.array(store.values), store.index.drop(columns=["fingerprint"])


def same(a, b):
    assert np.array_equal(a[0], b[0])
    pd.testing.assert_frame_equal(a[1], b[1])


def test_nothing_usable_says_so_and_keeps_the_reasons(tmp_path):
    music = collection(tmp_path / "void", ["a.mp3", "b.mp3"])
    for _ in range(2):
        with pytest.raises(NothingUsableError, match=r"none of the 2 tracks.*2 missing(.|\n)*a\.mp3"):
            audio_store.extract(music, workers=1)


def again(shared, folder):
    """A catalogue of the same recordings without a store."""
    return collection(folder, [f"{i}.flac" for i in range(6)], audio=str(shared[0].folder / "audio"))


def test_the_result_does_not_depend_on_workers_or_shards(shared, tmp_path, shards_of_two):
    same(content(shared[1]), content(audio_store.extract(again(shared, tmp_path / "other"), workers=2)))


def test_a_finished_store_is_opened_and_not_made_again(shared, monkeypatch):
    music, store = shared
    monkeypatch.setattr(features_workers, "run", lambda *_: pytest.fail("extracted again"))
    same(content(store), content(audio_store.extract(music, workers=2)))


def extracted(monkeypatch):
    """Track ids that are extracted from now on."""
    seen, original = [], features_workers.run

    def spy(shards, workers):
        seen.extend(track[0] for shard in shards for track in shard.tracks)
        return original(shards, workers)

    monkeypatch.setattr(features_workers, "run", spy)
    return seen


def test_only_what_changed_is_extracted_again(good, monkeypatch):
    before = audio_store.extract(good, workers=1)
    old = np.array(before.values)
    soundfile.write(good.audio_path("2.flac"), clip(16, 4), RATE)
    soundfile.write(good.audio_path("new.flac"), clip(16, 3), RATE)
    seen = extracted(monkeypatch)
    longer = collection(good.folder, ["0.flac", "1.flac", "2.flac", "3.flac", "4.flac", "5.flac", "new.flac"])
    after = audio_store.extract(longer, workers=1)
    assert seen == ["TR002", "TR006"]
    assert len(after.values) == 7
    changed = [not np.array_equal(after.values[i], old[i]) for i in range(6)]
    assert changed == [False, False, True, False, False, False]
    assert len(list((good.folder / "features").rglob("*.npy"))) == 1


def test_features_of_another_transform_are_not_taken_for_these(good, monkeypatch):
    audio_store.extract(good, workers=1)
    settings = audio_store.settings("cqt", 1, 0, "fast")
    assert build._shards(good.folder / "features" / settings.name, audio_store.jobs(good, settings), settings)[1] == []
    monkeypatch.setattr(audio, "RECIPE", (*audio.RECIPE[:1], 512, *audio.RECIPE[2:]))
    (shard,) = build._shards(good.folder / "features" / settings.name, audio_store.jobs(good, settings), settings)[1]
    assert len(shard.tracks) == 6


def test_a_file_that_appears_later_is_taken_in(good):
    parked = good.audio_path("4.flac").rename(good.folder / "parked.flac")
    assert audio_store.extract(good, workers=1).counts() == {"ok": 5, "missing": 1}
    parked.rename(good.audio_path("4.flac"))
    assert audio_store.extract(good, workers=1).counts() == {"ok": 6}


def test_parts_made_apart_are_joined(shared, tmp_path, shards_of_two, monkeypatch):
    other = again(shared, tmp_path / "parts")
    assert [audio_store.extract_part(other, part, 2, workers=1) for part in (1, 0)] == [2, 4]
    same(content(shared[1]), content(audio_store.extract(other, workers=1)))
    assert audio_store.extract_part(other, 0, 2) == 0
    # As if the catalogue were read-only by now: new stores would lie elsewhere, the finished one is still found.
    monkeypatch.setattr(build, "features_folder", lambda _: tmp_path / "apart")
    assert audio_store.extract_part(other, 0, 2) == 0
    with pytest.raises(ParameterError, match="part=2"):
        audio_store.extract_part(other, 2, 2)


def test_a_read_only_catalogue_keeps_its_features_at_home(good, home, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    store = audio_store.extract(good, workers=1)
    assert Path(store.values.filename).is_relative_to(home)
    assert not (good.folder / "features").exists()


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_shard_that_another_process_takes_away_meanwhile_stops_nothing(good):
    chosen = audio_store.settings("cqt", 1, 0, "fast")
    audio_store.extract(good, workers=1)
    before = build.statuses(good, chosen)
    gone = build.features_folder(good) / chosen.name / "shards" / "gone.parquet"
    gone.parent.mkdir(exist_ok=True)
    gone.symlink_to(gone.with_name("nowhere"))
    assert build.statuses(good, chosen) == before
    gone.unlink()
