"""Every figure of the library, drawn from made-up numbers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from mumu_lib.encoders import Heard
from mumu_lib.figures import (
    album as album_figures,
    audio as audio_figures,
    cover_map as cover_maps,
    fusion as fusion_figures,
    image as image_figures,
    labels as label_figures,
    listening as listening_figures,
    mapping as mapping_figures,
    results as result_figures,
    text as text_figures,
    training as training_figures,
)

NAMES = ["Pop", "Rock", "Jazz", "Folk", "Blues"]
# Figures that notebooks show at 75 dpi: pictures in them would make the notebooks too large for git.
PHOTOGRAPHS = {"cover_map", "cover_detail", "view_examples", "class_maps"}


def label_distribution(rng):
    names = pd.Index([f"genre {i}" for i in range(40)], name="label")
    percent = 84 / np.arange(1, 41) ** 1.5
    table = pd.DataFrame({"albums": (percent * 4).astype(int), "percent": percent}, index=names)
    return label_figures.label_distribution(table, pd.Series(rng.poisson(5, 400) + 1))


def genre_map(rng):
    genre = pd.Series(np.repeat(NAMES, [60, 50, 40, 30, 10]))
    centre = rng.uniform(-30, 30, (5, 2))[pd.factorize(genre)[0]]
    return label_figures.genre_map(centre + rng.normal(0, 3, centre.shape), genre, most=4)


def patch_examples(rng):
    slope = np.add.outer(np.arange(322) / 8, np.arange(96))
    return audio_figures.patch_examples(np.stack([-slope / 2, slope / 2 - 80]), ["falling", "rising"])


def learning_curves(rng):
    epoch = np.arange(1, 13)
    val = 0.5 / epoch + 0.01 * epoch
    history = pd.DataFrame({"epoch": epoch, "loss": 0.6 / epoch, "val_loss": val})
    history["best"] = val == np.minimum.accumulate(val)
    return training_figures.learning_curves(history, "cosine loss")


def auc_by_label(rng):
    names = [f"genre {i}" for i in range(26)]
    return training_figures.auc_by_label(
        pd.Series(np.linspace(0.45, 0.97, 26), names), pd.Series(np.arange(26) * 3 + 2, names)
    )


def grid(rng):
    n = 8
    auc = np.linspace(0.70, 0.82, n)
    runs = pd.DataFrame(
        {"target": ["logistic", "cosine"] * 4, "setting": np.repeat(["low_3x3", "high_3x3", "low_4x96", "high_4x70"], 2),
         "params": np.geomspace(1e5, 4e6, n), "seconds_per_epoch": np.geomspace(3, 90, n), "auc": auc,
         "auc_low": auc - 0.02, "auc_high": auc + 0.02}
    )  # fmt: skip
    return result_figures.grid(runs)


def funnel(rng):
    steps = ["albums of the shop", "with title and artist", "not ambiguous", "with tracks in the Million Song Dataset"]
    return mapping_figures.funnel(
        pd.DataFrame({"step": steps, "albums": [66000, 61000, 9000, 120], "tracks": [None, None, 21000, 709]})
    )


def agreement(rng):
    threshold = np.linspace(0.6, 1, 9)
    curve = {"threshold": threshold, "precision": threshold**0.3, "recall": 1 - threshold**9 / 4}
    return mapping_figures.agreement(pd.DataFrame(curve), 0.9)


def telling_terms(rng):
    genres = [name for name in NAMES[:4] for _ in range(6)]
    kinds = np.resize(["word", "word", "category"], len(genres))
    terms = [f"{kind} {i}" for i, kind in enumerate(kinds)]
    table = pd.DataFrame({"genre": genres, "term": terms, "gain": np.resize(np.geomspace(0.1, 0.01, 6), len(genres)),
                          "kind": kinds, "names": np.resize(["this genre", "", "", ""], len(genres))})  # fmt: skip
    return text_figures.telling_terms(table, NAMES[:4], top=6)


def stripes(n, side):
    """Pictures that differ, without noise, so that they stay small on disk."""
    shade = np.add.outer(np.arange(side), np.arange(side)) // (side // 4) % 2
    colours = np.linspace([220, 40, 90], [30, 200, 180], n)
    return (colours[:, None, None] * (0.4 + 0.6 * shade[None, ..., None])).astype(np.uint8)


def view_examples(rng):
    store = SimpleNamespace(values=stripes(2, 256), sizes=np.array([[300, 300], [400, 300]]))
    return image_figures.view_examples(store, np.arange(2), 64, views=3)


def class_maps(rng):
    maps = np.zeros((3, 2, 2))
    maps[np.arange(3), [0, 1, 1], [0, 1, 0]] = 1
    genre = pd.Series(["Jazz", "Jazz", "Dance & Electronic"])
    return image_figures.class_maps(stripes(3, 32), maps, genre, np.array([0.9, 0.5, 0.25]))


def covers():
    titles = [
        "The Unlikely Bicycles: Songs for the Wandering Canyon",
        "A: one",
        "Solo",
        "A title without any end to it",
    ] * 3
    cells = np.array([(x, y) for y in range(4) for x in range(4)])[:12]
    genre = pd.Series(np.resize(NAMES, 12))
    return cover_maps.CoverMap(cells, 4, stripes(12, 32)[:, :1, :1].repeat(32, 1).repeat(32, 2), genre, titles)


def cover_map(rng):
    return cover_maps.cover_map(covers(), (0, 0, 2, 2))


def cover_detail(rng):
    return cover_maps.cover_detail(covers(), (0, 0, 4, 3))


def missing_modalities(rng):
    patterns = ["audio + text + image", "audio + text", "audio", "image"]
    auc = np.array([0.91, 0.9, 0.8, 0.7])
    return fusion_figures.missing_modalities(pd.DataFrame({"AUC": auc, "from": auc - 0.05, "to": auc + 0.03}, patterns))


def branch_curves(rng):
    epochs = pd.RangeIndex(1, 8)
    known = {name: 0.9 - level / epochs for name, level in (("audio", 0.3), ("text", 0.2), ("image", 0.35))}
    return fusion_figures.branch_curves(pd.DataFrame(known, epochs))


def weight_search(rng):
    steps = np.arange(1, 9)
    words = steps // 4
    table = pd.DataFrame({"epoch": steps, "weight of audio": 1 - words / steps, "weight of text": words / steps})
    return fusion_figures.weight_search(table.assign(val_auc=0.92 - 0.02 / steps, seconds=0.1, best=steps == 8))


def ranked_genres(rng):
    said = [(m, f"A long name of genre {(i * k) % 9}", 0.9 - 0.1 * i) for k, m in enumerate(["fused", "audio", "text", "image"], 1)
            for i in range(8)]  # fmt: skip
    return album_figures.ranked_genres(pd.DataFrame(said, columns=["modality", "genre", "score"]))


def taggram(rng):
    scores = rng.uniform(0, 0.3, (8, 20)).astype(np.float32)
    scores[:, 4] = np.linspace(0.2, 1, 8)
    scores[3:, 11] += 0.5
    # The fourth window is missing, as in a recording of which only some are heard.
    starts = np.array([0, 1, 2, 4, 5, 6, 7, 8]) * 3.0
    tags = tuple(f"A tag with a name {i}" for i in range(20))
    return listening_figures.taggram(Heard(np.zeros((8, 2), np.float32), scores, starts), tags)


ROWS = [
    ("audio", "logistic", "low_4x96"),
    ("audio", "cosine", "high_4x70"),
    ("text", "cosine", "vsm_sem"),
    ("a+t+i", "cosine", "mlp"),
]


def beside_paper(rng):
    table = pd.DataFrame(ROWS, columns=["modality", "target", "setting"])
    paper = np.array([0.85, 0.88, 0.91, 0.93])
    ours = np.array([0.7, np.nan, 0.9, 0.92])
    return result_figures.beside_paper(
        table.assign(**{"auc paper": paper, "auc ours": ours, "auc_low": ours - 0.05, "auc_high": ours + 0.04})
    )


def by_frequency(rng):
    said = [("/".join(row), group, 15, 0.6 + 0.1 * i - 0.04 * j) for i, row in enumerate(ROWS)
            for j, group in enumerate(("head", "middle", "tail"))]  # fmt: skip
    table = pd.DataFrame(said, columns=["row", "group", "labels", "auc"])
    return result_figures.by_frequency(table.assign(low=table["auc"] - 0.06, high=table["auc"] + 0.05))


def claims(rng):
    said = [("5.4", "Learning the modalities one after the other beats learning them at once", "auc", "does not hold", -0.02, 0.07),
            ("6.2", "Cosine beats logistic on text, slightly", "auc", "holds", 0.06, 0.03),
            ("6.2", "Semantic enrichment raises the coverage", "coverage", "cannot tell here", 0.01, 0.04),
            ("6.4", "Fusions cover more labels with cosine", "coverage", "holds", 0.2, 0.3)]  # fmt: skip
    table = pd.DataFrame(said, columns=["section", "claim", "metric", "verdict", "difference", "paper_difference"])
    return result_figures.claims(table.assign(low=table["difference"] - 0.03, high=table["difference"] + 0.04))


CASES = [label_distribution, genre_map, patch_examples, learning_curves, auc_by_label, grid, funnel, agreement,
         telling_terms, view_examples, class_maps, cover_map, cover_detail, missing_modalities, branch_curves, weight_search,
         ranked_genres, beside_paper, by_frequency, claims, taggram]  # fmt: skip
