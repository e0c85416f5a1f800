"""Choose the source of album vectors; read the matrices that the authors published.

Paper: Section 5.2.  Notebooks: 05_text.
"""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib.catalogue import Catalogue
from mumu_lib.catalogue.schema import SPLITS
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError
from mumu_lib.sources import ismir_data

PUBLISHED = {"vsm": "VSM", "vsm_sem": "VSM-SEM"}


def source_of(catalogue: Catalogue, matrices: str, embeddings: str, encoder: str = "") -> str:
    """Choose the source of album vectors: ``embeddings``, ``published`` or ``reviews``.

    Parameters
    ----------
    matrices : {'auto', 'published', 'reviews'}
        ``auto``: the published ones if the catalogue has them.
    embeddings : str
        File of album embeddings, or empty.
    encoder : str
        Sentence encoder, which needs reviews; empty for tf-idf.

    Raises
    ------
    MissingDataError
        If the catalogue has neither the requested source nor reviews.
    ParameterError
        If an encoder is combined with the published matrices.
    """
    if embeddings:
        return "embeddings"
    if encoder:
        if matrices == "published":
            raise ParameterError(
                f"matrices='published' holds tf-idf values, which the encoder {encoder!r} cannot read; leave matrices out"
            )
        catalogue.require("reviews")
        return "reviews"
    there = "ismir" in catalogue.info["roots"]
    if matrices == "published" and not there:
        raise MissingDataError(
            f"catalogue {catalogue.name!r} names no published matrices; make it from a folder that holds "
            f"ismir-data/, with mumu_lib.sources.mumu_release.build, or leave matrices out"
        )
    if there and matrices != "reviews":
        return "published"
    catalogue.require("reviews")
    return "reviews"


def published(catalogue: Catalogue, features: str) -> sp.csr_matrix:
    """Read a published tf-idf matrix, with rows in the order of the album table.

    Parameters
    ----------
    features : {'vsm', 'vsm_sem'}

    Returns
    -------
    X : scipy.sparse.csr_matrix [shape=(albums, terms), float32]
        A row of zeros for an album in no published split. The terms of the columns were not published.
    """
    if features not in PUBLISHED:
        raise ParameterError(f"features={features!r} is not one of {list(PUBLISHED)}")
    folder = catalogue.info["roots"]["ismir"]
    parts = [sp.csr_matrix(ismir_data.features(folder, PUBLISHED[features], split)) for split in SPLITS]
    items: list[str] = []
    for split in SPLITS:
        items.extend(ismir_data.items(folder, split))
    ids = pd.Index(items)
    if ids.has_duplicates:
        raise BadDataError(f"{folder}: album {ids[ids.duplicated()][0]!r} is in more than one published split")
    sizes = {part.shape[1] for part in parts}
    if len(sizes) > 1:
        raise BadDataError(f"{folder}: the {PUBLISHED[features]} matrices differ in columns: {sorted(sizes)}")
    # Albums in no split have position -1: the last row.
    zeros = sp.csr_matrix((1, parts[0].shape[1]), dtype=np.float32)
    stacked = sp.vstack([*parts, zeros], format="csr")
    rows = ids.get_indexer(pd.Index(catalogue.albums["album_id"]))
    return sp.csr_matrix(stacked[rows])
