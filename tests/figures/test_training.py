"""Figures of a training."""

import numpy as np
import pandas as pd

from mumu_lib.figures import training as training_figures


def test_auc_by_label_copes_with_undefined_labels():
    auc = pd.Series({"a": 0.9, "b": np.nan, "c": 0.4})
    figure = training_figures.auc_by_label(auc, pd.Series({"a": 3, "b": 0, "c": 8}))
    shown = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert shown == ["c (8)", "a (3)"]
