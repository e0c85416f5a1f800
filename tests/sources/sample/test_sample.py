"""Test the properties of the embedded sample, and that its seed reproduces it."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from PIL import Image
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

from mumu_lib.core.errors import MissingDataError, ParameterError
from mumu_lib.sources import open_catalogue, sample
from mumu_lib.sources.sample import arrangements, covers, sound, styles, words

ALBUMS = 24


@pytest.fixture(scope="module")
def full():
    return sample.tables(400, 0)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return sample.build(tmp_path_factory.mktemp("small"), albums=ALBUMS)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_every_style_has_sound_words_and_look():
    for table in (arrangements.SOUNDS, words.VOCABULARY, covers.LOOKS):
        assert set(table) == set(styles.NAMES)
    for style in styles.STYLES.values():
        assert set(style.companions) <= set(styles.NAMES)


def test_same_seed_same_bytes_after_an_interruption(small, tmp_path, monkeypatch):
    drawn = []

    def interrupted(*args):
        drawn.append(1)
        if len(drawn) == 9:
            raise KeyboardInterrupt
        return render(*args)

    render = sound.render
    monkeypatch.setattr(sound, "render", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sample.build(tmp_path, albums=ALBUMS)
    assert not (tmp_path / "catalogue.json").exists()
    half = {p: p.stat().st_mtime_ns for p in (tmp_path / "audio").iterdir()}
    monkeypatch.setattr(sound, "render", render)
    sample.build(tmp_path, albums=ALBUMS)
    assert contents(tmp_path) == contents(small.folder)
    assert half
    assert all(path.stat().st_mtime_ns == then for path, then in half.items())


def test_another_seed_replaces_the_sample_but_nothing_else(tmp_path):
    first = sample.build(tmp_path, albums=4, seed=0)
    before, fingerprint = contents(tmp_path), first.fingerprint
    own = tmp_path / "audio" / "mine.mp3"
    own.write_bytes(b"mine")
    second = sample.build(tmp_path, albums=3, seed=1)
    after = contents(tmp_path)
    assert second.fingerprint != fingerprint
    assert own.read_bytes() == b"mine"
    for root, listed in (("audio", [*second.tracks["audio"], "mine.mp3"]), ("covers", second.albums["cover"])):
        assert {p.name for p in (tmp_path / root).iterdir()} == set(listed) - {""}
    common = [name for name in after if name in before and name.startswith(("audio/", "covers/"))]
    assert common
    assert all(after[name] != before[name] for name in common)


def test_a_sample_cut_short_while_it_replaced_another_is_none(tmp_path, monkeypatch):
    sample.build(tmp_path, albums=3, seed=0)
    with monkeypatch.context() as patch:
        patch.setattr(sample, "_run", lambda jobs: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            sample.build(tmp_path, albums=3, seed=1)
    with pytest.raises(MissingDataError):
        open_catalogue(tmp_path)
    sample.build(tmp_path, albums=3, seed=1)
    made = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    assert sample.build(tmp_path, albums=3, seed=1).name == "sample"
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == made


def test_recordings_decode_and_last_long_enough(small):
    for audio in small.tracks["audio"]:
        y, rate = sf.read(small.audio_path(audio))
        assert 15.0 <= len(y) / rate <= 30.5
        assert np.isfinite(y).all()
        assert 0.02 < np.abs(y).max() <= 1.0


def test_covers_are_images_of_300_pixels(small):
    assert {Image.open(small.cover_path(cover)).size for cover in small.albums["cover"] if cover} == {(300, 300)}


def test_it_says_that_it_is_synthetic(small):
    assert small.synthetic
    assert small.info["source"] == "synthetic sample, seed 0"
    assert small.validate().loc[["audio", "reviews", "covers"], "missing"].eq(0).all()


def test_imbalance_of_the_real_release(full):
    counts = Counter(genre for genres in full.albums["genres"] for genre in genres)
    shares = [n / 400 for _, n in counts.most_common()]
    assert counts.most_common(1)[0][0] == "Pop"
    assert 0.80 < shares[0] < 0.88
    assert 0.45 < shares[1] < 0.6
    assert np.median(shares) < 0.1
    labels = [genre for genre, n in counts.items() if n >= 8]
    assert 38 <= len(labels) <= 48
    assert set(counts) - set(labels) == {branch[-1] for branch in styles.RARE}
    per_album = full.albums["genres"].map(len)
    assert 5 < per_album.mean() < 7
    assert 2.5 < per_album.std() < 4
    assert max(len(branch) for branch in full.branches) == 4


def test_nearly_every_label_can_be_learned_and_tested(full):
    counts = full.albums.explode("genres").groupby(["genres", "split"]).size().unstack(fill_value=0)
    labels = counts[counts.sum(axis=1) >= 8]
    assert (labels[["train", "val", "test"]] > 0).all(axis=1).mean() > 0.9


def test_enough_albums_of_one_first_level_genre_for_figure_1(full):
    tops = full.albums["branches"].map(lambda branches: {branch[0] for branch in branches})
    single = Counter(next(iter(top)) for top in tops if len(top) == 1)
    assert sum(single.values()) > 60
    assert len(single) >= 6
    assert single["Pop"] < 0.6 * sum(single.values())


def test_artists_tracks_and_titles(full):
    assert 90 <= full.albums["artist"].nunique() <= 150
    assert full.albums["artist"].value_counts().max() >= 4
    assert Counter(full.tracks.groupby("album_id").size()).most_common(1)[0][0] == 2
    assert set(full.tracks["rate"]) == {22050, 44100}
    assert {Path(audio).suffix for audio in full.tracks["audio"]} == {".mp3", ".ogg", ".flac", ".wav"}
    assert 16 <= full.tracks["seconds"].min() < full.tracks["seconds"].max() <= 30
    assert words.HOSTILE_TITLE in set(full.albums["title"])
    assert not all(title.isascii() for title in full.albums["title"])
    assert 0 < (full.albums["cover"] == "").sum() < 20


def test_reviews(full):
    per_album = full.reviews.groupby("album_id")["text"].agg([len, lambda texts: len(" ".join(texts).split())])
    assert len(per_album) == 400
    assert per_album.iloc[:, 0].between(1, 12).all()
    assert per_album.iloc[:, 1].between(40, 400).all()
    text = " ".join(full.reviews["text"])
    assert "&amp;" in text
    assert "\N{FIRE}" in text
    assert full.reviews["rating"].isin([1, 2, 3, 4, 5]).all()


def test_tables_do_not_depend_on_anything_but_the_seed(full):
    again, other = sample.tables(400, 0), sample.tables(400, 1)
    for name in ("tracks", "reviews"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(full, name))
        assert not getattr(other, name).equals(getattr(full, name))


@pytest.mark.parametrize("modality", styles.MODALITIES)
def test_each_modality_sees_the_genres_and_none_sees_all(full, modality):
    seen = [
        styles.view(mixture, np.random.default_rng(i), **sample.VIEWS[modality])
        for i, mixture in enumerate(full.albums["mixture"])
    ]
    right = np.mean([styles.NAMES[np.argmax(s)] == main for s, main in zip(seen, full.albums["main"], strict=True)])
    assert 0.25 < right < 0.8


def test_reviews_carry_genre_but_not_all_of_it(full):
    texts = full.reviews.groupby("album_id")["text"].agg(" ".join).reindex(full.albums["album_id"]).str[:1000]
    features = TfidfVectorizer(sublinear_tf=True, max_df=0.5).fit_transform(texts)
    aucs = []
    for label in ("Rock", "Jazz", "Metal", "Dance & Electronic", "Folk", "World Music"):
        truth = full.albums["genres"].map(lambda genres, label=label: label in genres).to_numpy()
        model = LogisticRegression(C=10)
        scores = cross_val_predict(model, features, truth, cv=5, method="predict_proba")[:, 1]
        aucs.append(roc_auc_score(truth, scores))
    assert 0.75 < np.mean(aucs) < 0.97


@pytest.mark.parametrize(("albums", "seed"), [(0, 0), (3, -1), (5000, 0)])
def test_impossible_requests(albums, seed):
    with pytest.raises(ParameterError):
        sample.tables(albums, seed)
