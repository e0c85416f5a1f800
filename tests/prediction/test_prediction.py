"""An own album through finished runs: judged as the album was, whatever part is missing."""

import numpy as np
import pandas as pd
import pytest

import mumu_lib
from mumu_lib import catalogue, prediction, results, runs
from mumu_lib.core.errors import MissingDataError
from mumu_lib.prediction import album as prediction_album, keeping, likeness, trained
from mumu_lib.results import decisions


def scores_of(table, modality, music):
    return table[table.modality == modality].set_index("genre").score[music.labels].to_numpy()


def test_an_albums_own_files_are_judged_as_the_album_was(music, own):
    table = mumu_lib.predict_album(own, music)
    ours = ["threshold", "predicted", "keep", "precision", "precision_from", "sure", "why"]
    assert list(table.columns) == ["modality", "genre", "score", "rank", "run", *ours]
    assert list(table.modality.unique()) == ["fused", "audio", "text", "image"]
    for modality, run_id in (
        ("audio", "audio-logistic-low_4x96"),
        ("text", "text-cosine-vsm"),
        ("image", "image-logistic-small"),
    ):
        run = runs.Run(run_id, music.folder.parents[1] / "runs" / "mine" / run_id, music)
        # The patch of a recording depends on its name; that of noise of 4 s hardly does.
        np.testing.assert_allclose(scores_of(table, modality, music), run.array("scores")[9], atol=1e-4)
    part = table[table.modality == "fused"]
    assert set(part.run) == {"a+t+i-cosine-mlp"}
    assert part.score.is_monotonic_decreasing
    assert list(part["rank"]) == [1, 2, 3, 4]
    assert table[table.modality == "text"].genre.iloc[0] == music.albums.genres[9][0]


def test_genres_are_said_by_the_thresholds_that_f1_is_measured_with(music, own):
    predicted = prediction.predict(prediction_album.read_album(own), music)
    chosen, _ = results.comparable(music)
    for (_, run_id), part in predicted.genres.groupby(["modality", "run"]):
        folder = chosen.set_index("run").folder[run_id]
        expected = decisions.thresholds_of(music, folder)
        part = part.set_index("genre").loc[music.labels]
        np.testing.assert_array_equal(part.threshold, expected.values)
        np.testing.assert_array_equal(part.predicted, part.score >= expected.values)
        assert predicted.thresholds[run_id] == str(expected)
        assert "on 4 validation albums; 4 of 4 labels" in predicted.thresholds[run_id]
    told = prediction.summary(predicted)
    assert told.count("\n") == 7
    # The threshold is the score of an album with the same text: rounding decides which side this one is on.
    by_text = predicted.genres[(predicted.genres.modality == "text") & predicted.genres.predicted]
    named = f"{', '.join(by_text.genre)} (expected precision " if len(by_text) else "nothing for sure"
    assert f"text: keep: {named}" in told
    assert mumu_lib.predict_album(own, music).attrs["thresholds"] == predicted.thresholds


def test_one_modality_decides_what_is_kept(music, own):
    predicted = prediction.predict(prediction_album.read_album(own), music)
    assert predicted.decides == "fused"
    table = prediction.kept(predicted)
    assert list(table.columns) == ["genre", "score", "precision", "sure", "why"]
    fused = predicted.genres[predicted.genres.modality == "fused"]
    assert list(table.genre) == list(fused.genre[fused.keep])
    assert set(table.sure) == {"yes"}
    found = mumu_lib.predict_album(own, music)
    assert found.attrs["keep"] == list(table.genre)
    assert found.attrs["decides"] == "fused"
    assert prediction.summary(predicted).startswith(f"fused: keep: {table.genre[0]}")
    for name in ("song.wav", "front.png"):
        (own / name).unlink()
    alone = mumu_lib.predict_album(own, music)
    assert alone.attrs["decides"] == "text"


def test_without_a_fusion_the_best_modality_by_validation_albums_decides(music, own):
    (own / "review.txt").unlink()
    (own / "song.wav").unlink()
    assert prediction.predict(prediction_album.read_album(own), music).decides == "image"


def test_a_parent_of_a_kept_genre_is_kept_and_says_why(music, own, monkeypatch):
    child, parent = music.labels.index("Vocal Jazz"), music.labels.index("Jazz")
    chosen = np.full(4, 9.0)
    chosen[child] = -9
    expected = decisions.thresholds.Expected(np.full(4, 0.8), np.full(4, 7))
    monkeypatch.setattr(
        trained.AtHome, "decisions", lambda *_: decisions.Decisions(chosen, albums=4, shared=0, expected=expected)
    )
    table = mumu_lib.predict_album(own, music).groupby("modality").get_group("text").set_index("genre")
    assert list(table.keep[["Vocal Jazz", "Jazz", "Rock", "Reggae"]]) == [True, True, False, False]
    assert list(table.predicted[["Vocal Jazz", "Jazz"]]) == [True, False]
    assert table.why["Jazz"] == "above Vocal Jazz"
    assert table.precision["Jazz"] == table.precision["Vocal Jazz"] == 0.8
    assert music.labels[parent] == "Jazz"


def test_tracks_that_disagree_make_a_genre_not_sure_by_the_fusion_too(music, own, monkeypatch):
    (own / "second.wav").write_bytes((music.folder / "files" / "2.wav").read_bytes())
    album = prediction_album.read_album(own)
    scores = prediction.predict(album, music).genres
    monkeypatch.setattr(keeping, "interval", lambda tracks: np.ptp(tracks, axis=0) * 1e6)
    predicted = prediction.predict(album, music)
    for modality in ("fused", "audio"):
        part = predicted.genres[predicted.genres.modality == modality]
        assert set(part.sure) == {"not sure"}, modality
        assert part.why.str.startswith("the tracks disagree: ").all()
    assert set(predicted.genres.sure[predicted.genres.modality == "text"]) == {"yes"}
    pd.testing.assert_series_equal(predicted.genres.score, scores.score)
    assert "fused: keep: nothing for sure; not sure of: Rock (the tracks disagree: " in prediction.summary(predicted)


def test_an_album_unlike_any_in_training_is_not_sure_of_anything(music, own, monkeypatch):
    far = likeness.Likeness(np.zeros(2048), np.ones(2048), np.full((1, 2048), 99.0), np.zeros(100))
    with monkeypatch.context() as patch:
        patch.setattr(trained.AtHome, "likeness", lambda _, folder: far if "text-" in folder.name else None)
        predicted = prediction.predict(prediction_album.read_album(own), music)
    by = predicted.genres.groupby("modality")
    for modality in ("text", "fused"):
        assert by.get_group(modality).why.str.contains("unlike any album in training: its texts are").all()
        assert set(by.get_group(modality).sure) == {"not sure"}
    assert set(by.get_group("audio").sure) == {"yes"}
    told = prediction.summary(predicted)
    assert "fused: keep: nothing for sure; not sure of: Rock (expected precision " in told
    assert "its texts are farther away than 100 of 100 validation albums)" in told


def test_one_recording_is_not_enough_where_albums_usually_have_several(music, own, monkeypatch):
    monkeypatch.setattr(trained.AtHome, "usual_tracks", 9)
    predicted = prediction.predict(prediction_album.read_album(own), catalogue.Catalogue(music.folder))
    part = predicted.genres[predicted.genres.modality == "fused"]
    assert set(part.why) == {"one recording only; albums in training usually have 9"}
    assert set(part.sure) == {"not sure"}


def test_a_run_without_scores_of_validation_albums_ranks_genres_and_says_none(music, own, monkeypatch):
    without = pd.DataFrame(columns=music.labels, dtype=float)
    monkeypatch.setattr(decisions, "split_scores", lambda *_: without)
    music = catalogue.Catalogue(music.folder)
    table = mumu_lib.predict_album(own, music)
    assert table.attrs["keep"] == []
    assert not table.predicted.any()
    assert table.threshold.isna().all()
    assert "kept no scores of validation albums" in table.attrs["thresholds"]["text-cosine-vsm"]
    told = prediction.summary(prediction.predict(prediction_album.read_album(own), music))
    assert "text: keep: nothing, there is no threshold: the run has kept no scores of validation albums" in told


@pytest.mark.parametrize(
    ("gone", "modalities", "fused_by"),
    [
        (["review.txt"], ["fused", "audio", "image"], "a+i-cosine-mlp"),
        (["front.png"], ["fused", "audio", "text"], "a+t+i-cosine-mlp_dropout"),
        (["front.png", "song.wav"], ["text"], None),
    ],
)
def test_any_part_may_be_missing(music, own, gone, modalities, fused_by):
    for name in gone:
        (own / name).unlink()
    table = mumu_lib.predict_album(own, music)
    assert list(table.modality.unique()) == modalities
    if fused_by:
        assert set(table[table.modality == "fused"].run) == {fused_by}


@pytest.mark.parametrize("worse_than", [["text"], None])
def test_a_fusion_that_is_worse_than_a_source_is_not_taken_and_that_is_said(music, own, monkeypatch, worse_than):
    table_of = runs.table

    def with_harm(name=None):
        table = table_of(name)
        harmful = table.index.get_loc("a+t+i-cosine-mlp")
        said = pd.Series([[]] * len(table), table.index, dtype=object)
        said.iloc[harmful] = worse_than
        table = table.assign(worse_than=said)
        # A run of before says nothing; its AUC stands against those of its sources.
        table.iloc[harmful, table.columns.get_loc("val_auc")] = 0.5
        return table

    monkeypatch.setattr(runs, "table", with_harm)
    found = mumu_lib.predict_album(own, music)
    assert set(found[found.modality == "fused"].run) == {"a+t+i-cosine-mlp_dropout"}
    skipped = {entry["file"]: entry["reason"] for entry in found.attrs["skipped"]}
    assert "a source alone is better" in skipped["a+t+i-cosine-mlp"]


def test_sixty_tracks(music, own):
    for i in range(59):
        (own / f"{i:02d}.wav").write_bytes((music.folder / "files" / f"{i % 12}.wav").read_bytes())
    predicted = prediction.predict(prediction_album.read_album(own), music)
    assert predicted.tracks.shape == (60, 4)
    pulled = prediction.strongest_tracks(predicted.tracks, ["Jazz"])
    assert predicted.tracks.Jazz.max() == pulled.score["Jazz"] == predicted.tracks.Jazz[pulled.track["Jazz"]]


def test_a_modality_without_a_run_is_named(music, own, monkeypatch):
    table_of = runs.table
    monkeypatch.setattr(runs, "table", lambda name=None: (t := table_of(name))[t.modality != "image"])
    skipped = {entry["file"]: entry["reason"] for entry in mumu_lib.predict_album(own, music).attrs["skipped"]}
    assert "06_image.ipynb" in skipped["image"]


def test_without_runs_the_notebooks_to_run_are_named(own, tiny):
    with pytest.raises(MissingDataError, match=r"no finished audio run.*no finished text run.*05_text\.ipynb"):
        mumu_lib.predict_album(own, tiny)


def words_of(rows):
    """What is said of rows of genre, keep, precision, sure and why."""
    table = pd.DataFrame(rows, columns=["genre", "keep", "precision", "sure", "why"]).assign(threshold=0.5)
    return prediction._in_words(table)


def test_what_is_not_sure_is_named_beside_what_is_kept():
    disagree = "the tracks disagree: .31 to .64, threshold .45"
    rows = [("Rock", True, 0.7, "yes", ""), ("Indie Rock", True, 0.74, "yes", "")]
    assert words_of(rows) == "keep: Rock, Indie Rock (expected precision .72)"
    folk = ("Folk", True, 0.5, "not sure", disagree)
    assert words_of([*rows, folk]) == (
        f"keep: Rock, Indie Rock (expected precision .72); not sure of: Folk ({disagree})"
    )
    others = [(f"G{i}", False, 0.5, "not sure", disagree) for i in range(5)]
    told = words_of([*rows, folk, *others])
    assert told.count("not sure of: ") == 4
    assert told.endswith("; nor of 2 more")
    assert words_of([("Rock", False, 0.7, "yes", "")]) == "keep: nothing for sure"
    assert words_of([("Rock", True, np.nan, "yes", "")]) == "keep: Rock (expected precision unknown)"
