"""What prediction knows of a catalogue's runs, found out once."""

import os

import numpy as np

from mumu_lib import catalogue, targets
from mumu_lib.prediction import encoding, trained
from mumu_lib.results import decisions


def folder_of(music, run):
    return music.folder.parents[1] / "runs" / "mine" / run


def test_what_is_open_already_is_not_opened_again(music):
    known = trained.open_trained(music)
    assert trained.open_trained(music) is known
    assert trained.open_trained(known) is known
    assert trained.open_trained("mine") is not known
    assert trained.open_trained("mine").labels == music.labels
    assert known.catalogue is music


def test_scores_are_those_that_notebooks_make(music):
    known = trained.AtHome(music)
    objective = known.target(folder_of(music, "text-cosine-vsm"), {"target": "cosine", "dimensions": 3})
    other = targets.make(music, "cosine", 3)
    outputs = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_array_equal(objective.scores(outputs), other.scores(outputs))
    logistic = known.target(folder_of(music, "text-cosine-vsm"), {"target": "logistic", "dimensions": 3})
    assert isinstance(logistic, targets.Logistic)


def test_a_run_is_looked_at_once_unless_it_is_made_again(music, monkeypatch):
    asked = []
    kept = decisions.thresholds_of
    monkeypatch.setattr(trained, "thresholds_of", lambda *a, **k: asked.append(a) or kept(*a, **k))
    known = trained.AtHome(music)
    folder = folder_of(music, "text-cosine-vsm")
    assert known.decisions(folder) is known.decisions(folder)
    assert known.decisions(folder).expected is not None
    assert len(asked) == 1
    path = folder / "metrics.json"
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    known.decisions(folder)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert len(asked) == 2


def test_tracks_that_albums_usually_have(music, tiny):
    assert trained.AtHome(music).usual_tracks == 1
    tiny.tracks["audio"] = "there.mp3"
    assert trained.AtHome(tiny).usual_tracks == 2
    tiny.tracks["audio"] = ""
    assert trained.AtHome(tiny).usual_tracks == 1


def test_the_share_of_words_is_that_of_validation_albums(music):
    known = trained.AtHome(catalogue.Catalogue(music.folder))
    folder = folder_of(music, "text-cosine-vsm")
    texts = music.reviews.set_index("album_id").text[music.albums.album_id[music.rows("val")]]
    usual = known.usual_words(folder, {"characters": 1000, "seed": 0})
    assert usual == encoding.known_share(texts, folder)
    assert 0 < usual < 1
