"""An own album through finished runs: made once, of small untrained networks and a text run that knows its words."""

import keras
import numpy as np
import pandas as pd
import PIL.Image
import pytest
import soundfile
from sklearn.metrics.pairwise import cosine_similarity

import mumu_lib
from mumu_lib import catalogue, fusion, labels, metrics, models, params, prediction, runs, targets, text, training
from mumu_lib.audio import store as audio_store
from mumu_lib.core import environment, paths
from mumu_lib.core.errors import MissingDataError, NothingUsableError, ParameterError
from mumu_lib.fusion import joint
from mumu_lib.image import finetuning, store as covers
from mumu_lib.prediction import album as prediction_album, queries
from mumu_lib.training import albums

GENRES = [["Jazz"], ["Rock"], ["Jazz", "Vocal Jazz"], ["Reggae"]]
WORDS = {"Jazz": "sax swing", "Rock": "guitar loud", "Vocal Jazz": "voice standards", "Reggae": "dub island"}
D = 3


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Twelve albums with everything, and a run of each modality and of their fusions."""
    place = tmp_path_factory.mktemp("prediction")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUMU_HOME", str(place))
        music = write(place / "data" / "mine")
        environment.seed_everything(0)
        audio_run(music, "logistic"), text_run(music), image_run(music)
        fusion_run(music, "ati", "mlp"), fusion_run(music, "ai", "mlp"), fusion_run(music, "ati", "mlp_dropout")
    return music


@pytest.fixture
def music(made, monkeypatch):
    monkeypatch.setenv("MUMU_HOME", str(made.folder.parents[1]))
    return made


def write(folder):
    rng, n = np.random.default_rng(0), 12
    (folder / "files").mkdir(parents=True)
    for i in range(n):
        soundfile.write(folder / "files" / f"{i}.wav", rng.normal(0, 0.1, 4 * 22050), 22050)
        PIL.Image.fromarray(rng.integers(0, 255, (40, 40, 3), np.uint8)).save(folder / "files" / f"{i}.png")
    ids = [f"A{i}" for i in range(n)]
    frame = pd.DataFrame(
        {"album_id": ids, "title": ids, "artist": "X", "genres": [GENRES[i % 4] for i in range(n)],
         "cover": [f"{i}.png" for i in range(n)], "split": ["train"] * 4 + ["val"] * 4 + ["test"] * 4}
    )  # fmt: skip
    reviews = pd.DataFrame(
        {"album_id": ids, "text": [" ".join(WORDS[g] for g in GENRES[i % 4]) + f" n{i}" for i in range(n)]}
    )
    tracks = pd.DataFrame({"track_id": ids, "album_id": ids, "audio": [f"{i}.wav" for i in range(n)]})
    return catalogue.write(
        folder, name="mine", albums=frame, tracks=tracks, reviews=reviews, min_albums=1, source="test",
        branches=[["Jazz", "Vocal Jazz"], ["Rock"], ["Reggae"]], roots={"audio": "files", "covers": "files"},
    )  # fmt: skip


def settings(kind, music, **own):
    notebook = {"Audio": "04_audio", "Text": "05_text", "Image": "06_image", "Multimodal": "07_multimodal"}[
        kind.__name__
    ]
    cell = params.defaults(paths.checkout() / "notebooks" / f"{notebook}.ipynb")
    return kind(**{**cell, "catalogue": str(music.folder), "dimensions": D, **own})


def goal_of(music, target):
    return targets.Cosine(factors(music)) if target == "cosine" else targets.Logistic(len(music.labels))


def factors(music):
    return labels.label_factors(music.label_matrix(("train", "val")), D)


def finish(run, music, outputs, vectors, target, setting, modality, val_auc, **facts):
    run.finish(
        {"modality": modality, "target": target, "setting": setting, "auc": 0.5, "val_auc": val_auc, **facts},
        album_ids=list(music.albums.album_id), embeddings=vectors, scores=goal_of(music, target).scores(outputs),
    )  # fmt: skip


def audio_run(music, target):
    run = runs.start(
        music, f"audio-{target}-low_4x96", settings(params.Audio, music, filters="low_4x96", target=target)
    )
    store = audio_store.extract(music, workers=1)
    network = models.cnn("low_4x96", target, 4, D, mean=np.full(96, -50), std=np.full(96, 10))
    tracks, flat = audio_store.track_table(music, store), audio_store.flat_patches(store)
    vectors = albums.album_vectors(network, training.Batches(flat, tracks.row.to_numpy()), tracks.album, 12)
    shallow = models.album_mlp(vectors.shape[1], target, 4, D)
    for name, model in (("tracks", network), ("albums", shallow)):
        (run.folder / name).mkdir()
        model.save(run.folder / name / "model.keras")
    finish(
        run,
        music,
        shallow.predict(vectors, verbose=0),
        vectors,
        target,
        "low_4x96",
        "audio",
        0.6,
        features=store.source,
    )


def text_run(music):
    run = runs.start(music, "text-cosine-vsm", settings(params.Text, music, features="vsm", target="cosine"))
    X, vectorizer = text.tfidf(text.aggregate(music), music.rows("train"))
    text.save_vectorizer(
        run.folder, vectorizer, {"features": "vsm", "characters": 1000, "linker": "local", "knowledge": ""}
    )
    network = models.text_mlp(X.shape[1], "cosine", 4, D)
    wanted = goal_of(music, "cosine").encode(music.label_matrix())
    rows = music.rows("train")
    fed = [training.Batches(X, rows, wanted[rows], batch_size=4, seed=0)] * 2
    training.fit(
        network, goal_of(music, "cosine").loss, *fed, epochs=20, patience=20, learning_rate=0.001, seed=0, lines=False
    )
    (run.folder / "net").mkdir()
    network.save(run.folder / "net" / "model.keras")
    vectors, outputs = both(network, X.toarray())
    finish(run, music, outputs, vectors, "cosine", "vsm", "text", 0.9, network="net", source="reviews")


def image_run(music):
    run = runs.start(music, "image-logistic-small", settings(params.Image, music, backbone="small", image_size=32))
    network = models.resnet("small", "logistic", 4, D, weights="random", image_size=32)
    (run.folder / "all").mkdir()
    network.save(run.folder / "all" / "model.keras")
    store = covers.decode(music, workers=1)
    vectors, outputs = finetuning.describe(network, finetuning.CoverBatches(store, np.arange(12), size=32))
    finish(run, music, outputs, vectors, "logistic", "small", "image", 0.55, network="all")


def fusion_run(music, letters, setting):
    missing = "dropout" if setting == "mlp_dropout" else "complete"
    cfg = settings(params.Multimodal, music, modalities=letters, missing=missing, target="cosine")
    found = fusion.sources(music, cfg)
    run = runs.start(music, f"{'+'.join(letters)}-cosine-{setting}", cfg)
    X = fusion.join(found)
    network = models.fusion([s.vectors.shape[1] for s in found], "cosine", 4, D)
    (run.folder / "net").mkdir()
    network.save(run.folder / "net" / "model.keras")
    finish(run, music, network.predict(X, verbose=0), X, "cosine", setting, "+".join(letters), 0.9 + len(letters) / 100 - 0.001 * len(setting),
           network="net", **fusion.recorded(cfg, found))  # fmt: skip


def both(network, x):
    return keras.Model(network.input, [network.get_layer(models.FEATURES).output, network.output]).predict(x, verbose=0)


@pytest.fixture
def own(music, tmp_path):
    """The files of album 9, as somebody would keep them."""
    folder, files = tmp_path / "Artist" / "Album", music.folder / "files"
    folder.mkdir(parents=True)
    (folder / "song.wav").write_bytes((files / "9.wav").read_bytes())
    (folder / "front.png").write_bytes((files / "9.png").read_bytes())
    (folder / "review.txt").write_text(music.reviews.text[9])
    return folder


def scores_of(table, modality, music):
    return table[table.modality == modality].set_index("genre").score[music.labels].to_numpy()


def test_an_albums_own_files_are_judged_as_the_album_was(music, own):
    table = mumu_lib.predict_album(own, music)
    assert list(table.columns) == ["modality", "genre", "score", "rank", "run"]
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


def test_what_cannot_be_used_is_listed_and_the_rest_goes_on(music, own):
    (own / "CD 2").mkdir()
    (own / "CD 2" / "broken.mp3").write_bytes(b"not audio at all")
    (own / "CD 2" / "other.m4a").write_bytes(b"x")
    (own / "front.png").write_text("<html>no such page</html>")
    (own / "review.txt").write_text("Δεν υπάρχει καμία λέξη")
    (own / ".hidden.wav").write_bytes(b"")
    table = mumu_lib.predict_album(own, music)
    reasons = {entry["file"]: entry["reason"] for entry in table.attrs["skipped"]}
    assert "another language" in reasons["text-cosine-vsm"]
    assert "HTML" in reasons["image-logistic-small"]
    assert "convert it" in reasons["CD 2/other.m4a"]
    assert "CD 2/broken.mp3" in reasons
    assert ".hidden.wav" not in reasons
    assert list(table.modality.unique()) == ["audio"]


def test_a_text_with_few_known_words_is_used_and_named(music, own):
    (own / "review.txt").write_text("sax " + " ".join(f"palabra{i}" for i in range(9)))
    table = mumu_lib.predict_album(own, music)
    assert "knows 10% of the words, usually" in " ".join(entry["reason"] for entry in table.attrs["skipped"])
    assert "text" in set(table.modality)


def test_sixty_tracks(music, own):
    for i in range(59):
        (own / f"{i:02d}.wav").write_bytes((music.folder / "files" / f"{i % 12}.wav").read_bytes())
    predicted = prediction.predict(prediction_album.read_album(own), music)
    assert predicted.tracks.shape == (60, 4)
    pulled = prediction.pulling_tracks(predicted.tracks, ["Jazz"])
    assert predicted.tracks.Jazz.max() == pulled.score["Jazz"] == predicted.tracks.Jazz[pulled.track["Jazz"]]


def test_a_folder_with_nothing_usable(music, own):
    for path in own.iterdir():
        path.unlink()
    (own / "film.mov").touch()
    with pytest.raises(NothingUsableError, match="no recording"):
        mumu_lib.predict_album(own, music)
    (own / "song.wav").write_bytes(b"")
    with pytest.raises(NothingUsableError, match=r"song\.wav"):
        mumu_lib.predict_album(own, music)
    with pytest.raises(MissingDataError, match="not a folder"):
        mumu_lib.predict_album(own / "nowhere", music)


def test_a_modality_without_a_run_is_named(music, own, monkeypatch):
    table_of = runs.table
    monkeypatch.setattr(runs, "table", lambda name=None: (t := table_of(name))[t.modality != "image"])
    skipped = {entry["file"]: entry["reason"] for entry in mumu_lib.predict_album(own, music).attrs["skipped"]}
    assert "06_image.ipynb" in skipped["image"]


def test_without_runs_the_notebooks_to_run_are_named(own, tiny):
    with pytest.raises(MissingDataError, match=r"04_audio\.ipynb.*05_text\.ipynb"):
        mumu_lib.predict_album(own, tiny)


def test_nearest_albums_share_the_genres(music, own):
    predicted = prediction.predict(prediction_album.read_album(own), music)
    place = targets.Cosine(factors(music)).encode(music.label_matrix())[9]
    nearest = queries.nearest_albums(place, music, n=3)
    assert list(nearest.genres.map(list)) == [GENRES[1]] * 3
    assert nearest.similarity.to_numpy() == pytest.approx(1)
    assert predicted.place.shape == (D,)


def test_a_mix_of_labels_is_a_place_between_them(music):
    answer = queries.query("jazz + Reggae", music, n=12)
    assert answer.attrs["together"] == 0
    run = runs.Run("", music.folder.parents[1] / "runs" / "mine" / answer.attrs["run"], music)
    assert answer.attrs["run"] == "a+t+i-cosine-mlp"
    C, outputs = factors(music), keras.saving.load_model(run.folder / "net" / "model.keras", compile=False)
    place = sum(C[i] / np.linalg.norm(C[i]) for i in (music.labels.index("Jazz"), music.labels.index("Reggae")))
    expected = cosine_similarity(outputs.predict(run.array("embeddings"), verbose=0), place[None])[:, 0]
    np.testing.assert_allclose(answer.similarity[run.album_ids], expected, atol=1e-5)
    assert answer.similarity.is_monotonic_decreasing
    with pytest.raises(ParameterError, match="did you mean 'Reggae'"):
        queries.query("Jazz + Regae", music)


def test_the_mix_proposed_is_of_frequent_labels_that_never_meet(music):
    first, second = queries.unseen_mix(music).split(" + ")
    M = music.label_matrix("train").toarray()
    assert not (M[:, music.labels.index(first)] * M[:, music.labels.index(second)]).any()


def test_the_example_is_a_test_album_with_all_its_files(music):
    album = prediction_album.read_album(prediction_album.example_album(music))
    assert album.modalities == ["audio", "text", "image"]
    assert album.texts == [music.reviews.text[music.rows("test")[0]]]


def test_the_example_holds_what_is_there_and_nothing_else(tiny, home):
    tiny.albums["cover"] = "gone.jpg"
    strange = home / "data" / "your-album" / "tiny" / "CD 1"
    strange.mkdir(parents=True)
    assert [path.name for path in prediction_album.example_album(tiny).iterdir()] == ["review.txt"]
    tiny.albums["split"] = "train"
    with pytest.raises(MissingDataError, match="no test album"):
        prediction_album.example_album(tiny)


def test_a_run_that_cannot_judge_new_texts_gives_way_to_one_that_can(music, own, monkeypatch):
    table_of = runs.table

    def with_a_better_encoder(name=None):
        table = table_of(name)
        better = table[table.modality == "text"].assign(val_auc=0.999, source="embeddings", folder="nowhere")
        return pd.concat([table, better])

    monkeypatch.setattr(runs, "table", with_a_better_encoder)
    table = mumu_lib.predict_album(own, music)
    assert set(table[table.modality == "text"].run) == {"text-cosine-vsm"}


def test_networks_learned_at_once_are_kept_by_what_they_are_made_of(music):
    cfg = settings(params.Multimodal, music, learning="simultaneous")
    found = fusion.sources(music, cfg)
    names = {joint.folder_name(music, some) for some in (found, found[:2], found[1:])}
    assert len(names) == 3
    assert joint.folder_name(music, found) in names


@pytest.fixture
def together(music):
    """The three networks joined anew, and a function that trains them for some epochs."""

    def build(epochs, folder):
        cfg = settings(params.Multimodal, music, learning="simultaneous", target="cosine", together_epochs=epochs)
        environment.seed_everything(0)
        goal = goal_of(music, "cosine")
        made = joint.build(music, fusion.sources(music, cfg), goal, goal.encode(music.label_matrix()), cfg)
        return made, joint.fit(made, cfg, folder)

    return build


def test_learning_all_at_once_goes_on_where_it_was_stopped(together, tmp_path, monkeypatch):
    whole, history = together(2, tmp_path / "whole")
    assert len(history) == 2
    finish_training = training._Keeper.finish
    monkeypatch.setattr(training._Keeper, "finish", lambda *_: None)
    together(1, tmp_path / "stopped")
    monkeypatch.setattr(training._Keeper, "finish", finish_training)
    again, resumed = together(2, tmp_path / "stopped")
    np.testing.assert_allclose(resumed.loss, history.loss, rtol=1e-6)
    for ours, theirs in zip(again.network.get_weights(), whole.network.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-6)
    assert list(again.curves) == ["audio", "text", "image"]
    pd.testing.assert_frame_equal(again.curves, whole.curves)


def test_the_joined_vectors_lead_to_the_outputs_of_the_whole_network(together, tmp_path, music):
    made, _ = together(1, tmp_path)
    parts = joint.encode(made)
    assert [part.vectors.shape for part in parts] == [(12, 256), (12, 2048), (12, 128)]
    X = fusion.join(parts)
    whole = made.network.predict(made.examples[np.arange(12)], verbose=0)
    np.testing.assert_allclose(made.judge.predict(X[made.examples.table.album], verbose=0), whole, atol=1e-5)
    for part in parts:
        np.testing.assert_allclose(np.linalg.norm(part.vectors, axis=1), 1, rtol=1e-4)
    val, kept = music.rows("val"), np.cumsum([0, 256, 2048, 128])
    for name, start, end in zip(made.curves, kept[:-1], kept[1:], strict=True):
        alone = np.zeros_like(X[val])
        alone[:, start:end] = X[val, start:end]
        scores = made.goal.scores(made.judge.predict(alone, verbose=0))
        assert made.curves[name].iloc[0] == pytest.approx(metrics.macro_auc(music.label_matrix()[val], scores))
