"""Class activation maps of covers, and the covers with the highest scores of each genre.

Paper: none; section 6.3 looks at maps of covers.  Notebooks: 06_image.
"""

import keras
import numpy as np
import pandas as pd
from sklearn.preprocessing import normalize

from mumu_lib.catalogue import Catalogue
from mumu_lib.models import FEATURES
from mumu_lib.targets import Cosine, Target


def top_scoring(
    catalogue: Catalogue, table: pd.DataFrame, scores: np.ndarray, genres: list[str], n: int = 3
) -> pd.DataFrame:
    """Find the test albums of each genre that score highest for it.

    Parameters
    ----------
    table : pd.DataFrame
        From :func:`mumu_lib.image.finetuning.cover_table`; one row per row of ``scores``.
    n : int > 0
        Maximum number per genre.

    Returns
    -------
    top_scoring : pd.DataFrame
        ``row`` (of the store), ``genre``, ``label`` (its column), ``score``.
    """
    M = catalogue.label_matrix()[table["album"]].toarray()
    parts = []
    for genre in genres:
        label = catalogue.labels.index(genre)
        positives = np.flatnonzero((M[:, label] > 0) & (table["split"] == "test"))
        best = positives[np.argsort(-scores[positives, label], kind="stable")[:n]]
        rows = {"row": table["row"].to_numpy()[best], "genre": genre, "label": label, "score": scores[best, label]}
        parts.append(pd.DataFrame(rows))
    return pd.concat(parts, ignore_index=True)


def label_weights(network: keras.Model, target: Target) -> np.ndarray:
    """Return the weight of each feature for each label [shape=(features, labels)].

    These are the weights of the output layer; for the cosine target, projected on the label's factors, scaled to length 1.
    """
    if isinstance(target, Cosine):
        return np.asarray(network.get_layer("linear").kernel) @ normalize(target.C).T
    return np.asarray(network.get_layer("output").kernel)


def class_maps(network: keras.Model, views: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Compute class activation maps: the contribution of each image region to a label (Zhou et al. 2016).

    The features are a mean over image regions, and the output is linear in them, hence the contribution of a region
    follows without a gradient. The mean of a map, plus the bias, is the output before sigmoid or normalisation.

    Parameters
    ----------
    views : np.ndarray [shape=(n, side, side, 3), uint8]
    directions : np.ndarray [shape=(n, features)]
        A column of :func:`label_weights` for each view.

    Returns
    -------
    maps : np.ndarray [shape=(n, side / 32, side / 32)]
        For the backbone ``small``: side / 16.
    """
    maps = keras.Model(network.inputs, network.get_layer(FEATURES).input).predict(views, verbose=0)
    return np.einsum("nhwf,nf->nhw", np.asarray(maps, np.float32), directions)
