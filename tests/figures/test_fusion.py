"""Figures of a fusion."""

import io

import pandas as pd

from mumu_lib.figures import fusion as fusion_figures


def test_an_interval_need_not_hold_its_point():
    table = pd.DataFrame({"AUC": [0.72], "from": [0.6], "to": [0.7]}, ["audio"])
    fusion_figures.missing_modalities(table).savefig(io.BytesIO())
