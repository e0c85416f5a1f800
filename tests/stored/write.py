"""Write the home that ``test_stored.py`` opens:  python tests/stored/write.py FILE.tar.xz

It was run once, by version 0.1.0 before the library's modules moved, and is kept to show how. What it wrote is not to be
written again by later code: the test would then say nothing about the runs that people have.

The archive also holds what notebook 01 made of the sample with its defaults, catalogue and run, put beside by hand.

A catalogue of thirty albums with recordings, covers and reviews; its stores of features and covers; a finished run of
every notebook that makes one. Networks keep a few thousand of their weights and the rest is zero, so that they pack: the
notebooks run again on these networks, and what is stored is what they say of them.
"""

import json
import os
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))
import notebook_processes as processes
from mumu_lib import catalogue

GENRES = [["Pop"], ["Pop", "Rock"], ["Jazz", "Vocal Jazz"], ["Jazz"], ["Pop", "Jazz"], ["Rock"]]
WORDS = {"Pop": "chorus hook dance", "Rock": "guitar riff loud", "Jazz": "swing horn blue", "Vocal Jazz": "singer"}
PERIODS = {"Pop": 80, "Rock": 50, "Jazz": 32, "Vocal Jazz": 20}
ALBUMS = 30
RATE = 8000
# Fingerprints hold a file's time; an archive keeps whole seconds.
WRITTEN = 1_600_000_000
KEPT = 4000

# Notebook and parameters, in order. The test runs the same ones, and names the one recipe that there was then.
SINGLE = [
    ("02", {}),
    ("03", {"perplexity": 4.0}),
    ("04", {"filters": "timbre_mlp", "album_epochs": 20}),
    ("04", {"filters": "low_4x96", "epochs": 2, "album_epochs": 20}),
    ("05", {"features": "vsm", "epochs": 8}),
    ("05", {"features": "vsm", "epochs": 8, "seed": 1}),
    ("05", {"features": "vsm", "embeddings": "own.npy", "epochs": 2, "recipe": "paper"}),
    ("06", {"image_size": 32, "head_epochs": 0, "epochs": 1}),
]
FUSED = [
    ("07", {"modalities": "ati", "epochs": 20}),
    ("07", {"modalities": "ai", "target": "logistic", "missing": "dropout", "epochs": 20}),
    ("07", {"modalities": "a", "embeddings": "own.npy", "epochs": 20}),
    ("07", {"modalities": "", "embeddings": "audio-cosine-low_4x96,text-cosine-vsm", "learning": "late", "epochs": 20}),
]
ONCE = [("07", {"modalities": "ti", "learning": "simultaneous", "together_epochs": 1})]
LAST = [("08", {"resamples": 20}), ("09", {})]


def music(folder: Path) -> catalogue.Catalogue:
    """Thirty albums that sound, read and look a little like their genres, and pack well."""
    rng = np.random.default_rng(0)
    ids, genres = [f"A{i:02d}" for i in range(ALBUMS)], [GENRES[i % len(GENRES)] for i in range(ALBUMS)]
    for part in ("audio", "covers"):
        (folder / part).mkdir(parents=True)
    texts = []
    for number, (album_id, own) in enumerate(zip(ids, genres, strict=True)):
        t = np.arange(16 * RATE)
        tones = [np.sin(2 * np.pi * t / PERIODS[genre]) for genre in own]
        loud = 0.2 + 0.1 * np.sin(2 * np.pi * t / (800 * (1 + number % 7)))
        soundfile.write(folder / "audio" / f"{album_id}.wav", loud * np.mean(tones, axis=0), RATE)
        pixels = np.full((64, 64, 3), 30 + 40 * list(WORDS).index(own[0]), np.uint8)
        pixels[:, : 8 + number] += 20
        pixels[: 2 * number + 2, :, number % 3] += 60
        Image.fromarray(pixels).save(folder / "covers" / f"{album_id}.png")
        known = " ".join(WORDS[genre] for genre in own).split()
        texts.append(" ".join(rng.permutation(known + [f"word{i}" for i in rng.integers(0, 12, 6)])))
    splits = np.resize(["train"] * 6 + ["val"] * 2 + ["test"] * 2, ALBUMS)
    albums = {"album_id": ids, "title": [f"Title {i}" for i in ids], "artist": [f"Artist {i}" for i in ids],
              "genres": genres, "split": splits, "cover": [f"{i}.png" for i in ids]}  # fmt: skip
    tracks = {"track_id": [f"T{i}" for i in ids], "album_id": ids, "title": "Song", "audio": [f"{i}.wav" for i in ids]}
    made = catalogue.write(
        folder, name="stored", albums=pd.DataFrame(albums), tracks=pd.DataFrame(tracks),
        reviews=pd.DataFrame({"album_id": ids, "text": texts}), branches=[["Pop"], ["Rock"], ["Jazz", "Vocal Jazz"]],
        min_albums=2, source="test", roots={"audio": "audio", "covers": "covers"}, synthetic=True,
    )  # fmt: skip
    for path in [*folder.glob("audio/*"), *folder.glob("covers/*")]:
        os.utime(path, (WRITTEN, WRITTEN))
    return made


def own_vectors(home: Path) -> None:
    """Album vectors in a file of the user's own; they say nothing, so that no fusion takes their run for the best."""
    np.save(home / "own.npy", np.tile(np.arange(1, 7, dtype=np.float32), (ALBUMS, 1)))
    (home / "own.txt").write_text("\n".join(f"A{i:02d}" for i in range(ALBUMS)), encoding="utf-8")


def thin(runs: Path) -> None:
    """Set all but the largest weights of every network to zero, and forget the optimisers."""
    import keras

    for path in runs.rglob("model.keras"):
        model = keras.saving.load_model(path, compile=False)
        weights = model.get_weights()
        for w in weights:
            if w.size > KEPT:
                w[np.abs(w) < np.sort(np.abs(w), axis=None)[-KEPT]] = 0
        model.set_weights([np.round(w, 2) for w in weights])
        model.save(path)


def play(home: Path, jobs: list) -> None:
    """Run notebooks in the home, as somebody in that folder would."""
    shared = {"catalogue": "stored"}
    processes.run([(os.chdir, {"path": str(home)}), *((n, {**shared, **own}) for n, own in jobs)], home)
    for log in home.glob("*.log"):
        log.unlink()


def main(archive: str) -> None:
    """Make the home and pack it."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        music(home / "data" / "stored")
        own_vectors(home)
        runs = home / "runs" / "stored"
        play(home, SINGLE)
        thin(runs)
        # Album networks learn from what the track network says; that is now something else.
        for stale in runs.glob("audio-*-low_*/albums-*"):
            shutil.rmtree(stale)
        play(home, SINGLE)
        thin(runs)
        play(home, [*SINGLE, *FUSED])
        play(home, ONCE)
        thin(runs)
        play(home, [*SINGLE, *FUSED, *ONCE, *LAST])
        for path in [*home.rglob("lock"), *home.rglob("*.png"), *home.rglob("*.svg")]:
            if "covers" not in path.parts:
                path.unlink()
        facts = {
            p.parent.name: json.loads(p.read_text(encoding="utf-8")).get("auc") for p in runs.glob("*/metrics.json")
        }
        print(json.dumps(facts, indent=1))
        with tarfile.open(archive, "w:xz", preset=9, format=tarfile.PAX_FORMAT) as packed:
            packed.add(home, "home", filter=_nobody)
    print(f"{Path(archive).stat().st_size / 1e6:.2f} MB")


def _nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """An entry without owner, its time in whole seconds."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = int(entry.mtime)
    return entry


if __name__ == "__main__":
    main(sys.argv[1])
