"""Where a network sees a genre in a cover: class activation maps, and the covers it is surest of.

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
    """Test albums of each genre to which the network gives it the highest scores.

    Parameters
    ----------
    table : pd.DataFrame
        From :func:`mumu_lib.image.finetuning.cover_table`; a row of ``scores`` each.
    n : int > 0
        Of each genre, at most.

    Returns
    -------
    surest : pd.DataFrame
        ``row`` (of the store), ``genre``, ``label`` (its column), ``score``.
    """
    M, parts = catalogue.label_matrix()[table["album"]].toarray(), []
    for genre in genres:
        label = catalogue.labels.index(genre)
        has = np.flatnonzero((M[:, label] > 0) & (table["split"] == "test"))
        best = has[np.argsort(-scores[has, label], kind="stable")[:n]]
        rows = {"row": table["row"].to_numpy()[best], "genre": genre, "label": label, "score": scores[best, label]}
        parts.append(pd.DataFrame(rows))
    return pd.concat(parts, ignore_index=True)


def label_weights(network: keras.Model, target: Target) -> np.ndarray:
    """How much each feature speaks for each label [shape=(features, labels)].

    The weights of the output layer; for cosine, those towards the label's factors, of length 1.
    """
    if isinstance(target, Cosine):
        return np.asarray(network.get_layer("linear").kernel) @ normalize(target.C).T
    return np.asarray(network.get_layer("output").kernel)


def class_maps(network: keras.Model, views: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """Where in each picture the network finds a label (class activation map, Zhou et al. 2016).

    The features are a mean over the picture, and the output is linear in them: each place's share can be read off,
    without a gradient. The mean of a map, plus the bias, is the output before sigmoid or normalisation.

    Parameters
    ----------
    views : np.ndarray [shape=(n, side, side, 3), uint8]
    directions : np.ndarray [shape=(n, features)]
        For each view, a column of :func:`label_weights`.

    Returns
    -------
    maps : np.ndarray [shape=(n, side / 32, side / 32)]
        Of the backbone ``small``, side / 16.
    """
    maps = keras.Model(network.inputs, network.get_layer(FEATURES).input).predict(views, verbose=0)
    return np.einsum("nhwf,nf->nhw", np.asarray(maps, np.float32), directions)
