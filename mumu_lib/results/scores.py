"""Read the stored scores of finished runs for one split, and the true labels of its albums.

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
        Folder of the run, with ``album_ids.txt`` and ``scores.npy``.
    split : {'train', 'val', 'test'}

    Returns
    -------
    scores : pd.DataFrame [shape=(albums, labels)]
        Index: album id, in the catalogue's order; columns: labels. Empty if the run has stored no scores of the split.

    Raises
    ------
    MissingDataError, BadDataError
        A file is missing; its shape is not albums x labels.
    """
    ids = read_lines(Path(folder) / "album_ids.txt", runs.RERUN_HINT)
    array = read_array(Path(folder) / "scores.npy", runs.RERUN_HINT)
    with parsing(Path(folder) / "scores.npy", runs.RERUN_HINT, trouble="is not albums x labels"):
        scores = pd.DataFrame(array.astype(float), ids, catalogue.labels)
    of_split = catalogue.albums["album_id"].iloc[catalogue.rows(split)]
    return scores.loc[of_split[of_split.isin(scores.index)]]


def test_scores(catalogue: Catalogue, folder: str | Path) -> pd.DataFrame:
    """Read a run's scores of the test albums, as :func:`split_scores`."""
    return split_scores(catalogue, folder, "test")


def truth(catalogue: Catalogue, album_ids: pd.Index) -> np.ndarray:
    """Return the true labels of albums [shape=(albums, labels), bool]."""
    rows = pd.Index(catalogue.albums["album_id"]).get_indexer(album_ids)
    return catalogue.label_matrix()[rows].toarray().astype(bool)


def training_counts(catalogue: Catalogue, folder: str | Path) -> tuple[np.ndarray, int]:
    """Count the training albums of a run, in all and for each label.

    Returns
    -------
    positives : np.ndarray [shape=(labels,), int]
        Training albums with each label.
    n : int
        Training albums.
    """
    ids = read_lines(Path(folder) / "album_ids.txt", runs.RERUN_HINT)
    rows = np.intersect1d(catalogue.rows("train"), np.flatnonzero(catalogue.albums["album_id"].isin(ids)))
    return catalogue.label_matrix()[rows].getnnz(axis=0), len(rows)
