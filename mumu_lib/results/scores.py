"""Scores of finished runs, read again: of one split, with the truth beside them.

Paper: none.  Notebooks: 08_results.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from mumu_lib import runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.parsing import parsing, read_array, read_lines


def split_scores(catalogue: Catalogue, folder: str | Path, split: str) -> pd.DataFrame:
    """Read a run's scores of the albums of one split.

    Parameters
    ----------
    folder : path
        Of the run: ``album_ids.txt`` and ``scores.npy``.
    split : str
        ``train``, ``val`` or ``test``.

    Returns
    -------
    scores : pd.DataFrame [shape=(albums, labels)]
        Index: album id, in the catalogue's order; columns: labels. No rows if the run has kept none of that split.

    Raises
    ------
    MissingDataError, BadDataError
        A file is not there; it is not albums x labels.
    """
    ids = read_lines(Path(folder) / "album_ids.txt", runs.RERUN_HINT)
    found = read_array(Path(folder) / "scores.npy", runs.RERUN_HINT)
    with parsing(Path(folder) / "scores.npy", runs.RERUN_HINT, trouble="is not albums x labels"):
        scores = pd.DataFrame(found.astype(float), ids, catalogue.labels)
    wanted = catalogue.albums["album_id"].iloc[catalogue.rows(split)]
    return scores.loc[[album for album in wanted if album in scores.index]]


def test_scores(catalogue: Catalogue, folder: str | Path) -> pd.DataFrame:
    """Read a run's scores of the test albums; as :func:`split_scores`."""
    return split_scores(catalogue, folder, "test")


def truth(catalogue: Catalogue, album_ids: pd.Index) -> np.ndarray:
    """Return the labels of some albums [shape=(albums, labels), bool]."""
    rows = pd.Index(catalogue.albums["album_id"]).get_indexer(album_ids)
    return catalogue.label_matrix()[rows].toarray().astype(bool)


def training_counts(catalogue: Catalogue, folder: str | Path) -> tuple[np.ndarray, int]:
    """Count the training albums of a run, and those with each label.

    Returns
    -------
    positives, n : np.ndarray [shape=(labels,), int], int
    """
    ids = read_lines(Path(folder) / "album_ids.txt", runs.RERUN_HINT)
    rows = np.intersect1d(catalogue.rows("train"), np.flatnonzero(catalogue.albums["album_id"].isin(ids)))
    return catalogue.label_matrix()[rows].getnnz(axis=0), len(rows)
