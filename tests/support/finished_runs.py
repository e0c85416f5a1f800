"""Twelve albums with everything, and a finished run of each modality."""

import keras
import numpy as np
import pandas as pd
import PIL.Image
import pytest
import soundfile

from mumu_lib import catalogue, fusion, labels, models, params, runs, targets, text, training
from mumu_lib.audio import store as audio_store
from mumu_lib.core import environment, paths
from mumu_lib.image import finetuning, store as covers
from mumu_lib.training import albums

GENRES = [["Jazz"], ["Rock"], ["Jazz", "Vocal Jazz"], ["Reggae"]]
WORDS = {"Jazz": "sax swing", "Rock": "guitar loud", "Vocal Jazz": "voice standards", "Reggae": "dub island"}
D = 3


def make(place):
    """The albums and their runs, in a home of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUMU_HOME", str(place))
        music = write(place / "data" / "mine")
        environment.seed_everything(0)
        audio_run(music, "logistic"), text_run(music), image_run(music)
        fusion_run(music, "ati", "mlp"), fusion_run(music, "ai", "mlp"), fusion_run(music, "ati", "mlp_dropout")
    return music


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
    run.write(
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
    vectors = albums.album_embeddings(network, training.Batches(flat, tracks.row.to_numpy()), tracks.album, 12)
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
        network="tracks",
        album_network="albums",
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
           network="net", **fusion.metadata(cfg, found))  # fmt: skip


def both(network, x):
    return keras.Model(network.input, [network.get_layer(models.FEATURES).output, network.output]).predict(x, verbose=0)
