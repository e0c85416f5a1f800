"""Finished runs whose scores know more or less of the truth."""

import numpy as np

from mumu_lib import params, results, runs


def key_parts(row):
    return dict(zip(results.KEY, row.split("/"), strict=True))


def writer(tiny):
    """A function that writes a finished run of a row whose scores know more or less of the truth, and returns its scores."""

    def write_run(row, knows, *, noise=0.3, val_auc=0.6, albums=None, seed=0, run_id=None, **own):
        cfg = params.Results(catalogue="tiny", seed=0, resamples=10)
        kept = np.arange(30) if albums is None else albums
        S = knows * tiny.label_matrix().toarray() + noise * np.random.default_rng(seed).normal(size=(30, 4))
        facts = {"auc": 0.5, "val_auc": val_auc, "params": 10, "seconds_per_epoch": 1.0, **key_parts(row), **own}
        ids = list(tiny.albums["album_id"].iloc[kept])
        runs.start(tiny, run_id or row.replace("/", "-"), cfg).write(facts, album_ids=ids, scores=S[kept])
        return S

    return write_run
