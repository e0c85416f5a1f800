"""Where an album's text vector comes from, and the matrices that the authors published.

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
    """Where an album's vector comes from: ``embeddings``, ``published`` or ``reviews``.

    Parameters
    ----------
    matrices : {'auto', 'published', 'reviews'}
        ``auto``: the published ones where the catalogue has them.
    embeddings : str
        File of own vectors, or empty.
    encoder : str
        Sentence encoder that is to read the texts; the published matrices have none for it.

    Raises
    ------
    MissingDataError
        Neither that nor reviews are there.
    ParameterError
        Published matrices are to be read by an encoder.
    """
    if embeddings:
        return "embeddings"
    if encoder:
        if matrices == "published":
            raise ParameterError(
                f"matrices='published' holds counts of words, which the encoder {encoder!r} cannot read; leave matrices out"
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
    """The published tf-idf matrices, rows in the order of the album table.

    Parameters
    ----------
    features : {'vsm', 'vsm_sem'}

    Returns
    -------
    X : scipy.sparse.csr_matrix [shape=(albums, terms), float32]
        A row of zeros for an album in no published split. Which word a column stands for was not published.
    """
    if features not in PUBLISHED:
        raise ParameterError(f"features={features!r} is not one of {list(PUBLISHED)}")
    folder = catalogue.info["roots"]["ismir"]
    parts = [sp.csr_matrix(ismir_data.features(folder, PUBLISHED[features], split)) for split in SPLITS]
    ids = pd.Index([item for split in SPLITS for item in ismir_data.items(folder, split)])
    if ids.has_duplicates:
        raise BadDataError(f"{folder}: album {ids[ids.duplicated()][0]!r} is in more than one published split")
    if len(sizes := {part.shape[1] for part in parts}) > 1:
        raise BadDataError(f"{folder}: the {PUBLISHED[features]} matrices differ in columns: {sorted(sizes)}")
    nothing = sp.csr_matrix((1, parts[0].shape[1]), dtype=np.float32)
    return sp.csr_matrix(
        sp.vstack([*parts, nothing], format="csr")[ids.get_indexer(pd.Index(catalogue.albums["album_id"]))]
    )
