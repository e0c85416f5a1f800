"""Figures against stored pictures. After a change that is meant, look at the new ones:

pytest tests/test_plots_mpl.py --mpl-generate-path=tests/baseline
"""

import numpy as np
import pandas as pd
import pytest

from mumu_lib import plots

# Text is drawn with the font matplotlib brings along; the tolerance is for another FreeType, not for another figure.
same_picture = pytest.mark.mpl_image_compare(
    baseline_dir="baseline", tolerance=2, style="default", savefig_kwargs={"dpi": 50}, deterministic=True
)


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@same_picture
def test_label_distribution(rng):
    names = pd.Index([f"genre {i}" for i in range(40)], name="label")
    percent = 84 / np.arange(1, 41) ** 1.5
    table = pd.DataFrame({"albums": (percent * 4).astype(int), "percent": percent}, index=names)
    return plots.label_distribution(table, pd.Series(rng.poisson(5, 400) + 1))


@same_picture
def test_genre_map(rng):
    genre = pd.Series(np.repeat(["Pop", "Rock", "Jazz", "Folk", "Blues"], [60, 50, 40, 30, 10]))
    centre = rng.uniform(-30, 30, (5, 2))[pd.factorize(genre)[0]]
    return plots.genre_map(centre + rng.normal(0, 3, centre.shape), genre, most=4)


@same_picture
def test_patch_examples(rng):
    slope = np.add.outer(np.arange(322) / 8, np.arange(96))
    return plots.patch_examples(np.stack([-slope / 2, slope / 2 - 80]), ["falling", "rising"])


@same_picture
def test_learning_curves():
    epoch = np.arange(1, 13)
    val = 0.5 / epoch + 0.01 * epoch
    history = pd.DataFrame({"epoch": epoch, "loss": 0.6 / epoch, "val_loss": val})
    history["best"] = val == np.minimum.accumulate(val)
    return plots.learning_curves(history, "cosine loss")


@same_picture
def test_auc_by_label():
    names = [f"genre {i}" for i in range(26)]
    return plots.auc_by_label(pd.Series(np.linspace(0.45, 0.97, 26), names), pd.Series(np.arange(26) * 3 + 2, names))


@same_picture
def test_grid():
    n = 8
    auc = np.linspace(0.70, 0.82, n)
    runs = pd.DataFrame(
        {"target": ["logistic", "cosine"] * 4, "setting": np.repeat(["low_3x3", "high_3x3", "low_4x96", "high_4x70"], 2),
         "params": np.geomspace(1e5, 4e6, n), "seconds_per_epoch": np.geomspace(3, 90, n), "auc": auc,
         "auc_low": auc - 0.02, "auc_high": auc + 0.02}
    )  # fmt: skip
    return plots.grid(runs)
