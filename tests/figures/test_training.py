"""Figures of a training."""

import numpy as np
import pandas as pd

from mumu_lib.figures import training as training_figures


def test_auc_by_label_copes_with_undefined_labels():
    auc = pd.Series({"a": 0.9, "b": np.nan, "c": 0.4})
    figure = training_figures.auc_by_label(auc, pd.Series({"a": 3, "b": 0, "c": 8}))
    shown = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert shown == ["c (8)", "a (3)"]


def test_the_kept_epoch_is_named_with_what_it_was_chosen_by():
    history = pd.DataFrame({"epoch": [1, 2], "loss": [1.0, 0.9], "val_loss": [0.5, 0.6], "best": [True, True]})
    by_auc = training_figures.learning_curves(history.assign(val_auc=[0.6, 0.7]), "loss")
    assert "epoch 2, the highest validation AUC" in by_auc.alt
    history["best"] = [True, False]
    assert "epoch 1, the lowest validation loss" in training_figures.learning_curves(history, "loss").alt
