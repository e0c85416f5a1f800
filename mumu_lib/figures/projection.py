"""Vectors on a plane: t-SNE, computed once and kept.

Paper: Figures 1 and 2.  Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

from importlib.metadata import version
from pathlib import Path

import numpy as np

from mumu_lib.core import progress
from mumu_lib.core.errors import BadDataError
from mumu_lib.core.files import save_array
from mumu_lib.core.fingerprints import hash_of, matches, signature

MIN_POINTS = 5
# More points cost t-SNE minutes, and lie over one another.
MOST_ON_A_MAP = 15_000


def tsne(X: np.ndarray, *, perplexity: float = 30, seed: int = 0) -> np.ndarray:
    """Coordinates of vectors on a plane by openTSNE, cosine distance.

    One thread: the layout depends on the number of threads, not only on the seed.

    Parameters
    ----------
    X : np.ndarray [shape=(n, d)]
    perplexity : float > 0
        Lowered to (n - 1) / 3 where there are too few vectors.

    Returns
    -------
    xy : np.ndarray [shape=(n, 2)]

    Raises
    ------
    BadDataError
        Fewer than five vectors.
    """
    from openTSNE import TSNE

    if len(X) < MIN_POINTS:
        raise BadDataError(f"a map needs at least {MIN_POINTS} albums, there are {len(X)}")
    perplexity = min(perplexity, (len(X) - 1) / 3)
    neighbours = "exact" if len(X) < 5000 else "annoy"
    iterations = {"early_exaggeration_iter": 250, "n_iter": 500}
    with progress.bar(total=sum(iterations.values()), desc="t-SNE", unit="iteration") as bar:
        embedding = TSNE(
            perplexity=perplexity, metric="cosine", neighbors=neighbours, random_state=seed, n_jobs=1, **iterations,
            callbacks=lambda *_: bar.update(10) and None, callbacks_every_iters=10,  # a true value would stop it
        ).fit(X)  # fmt: skip
    return np.asarray(embedding)


def coordinates(folder: Path, vectors: np.ndarray, *, perplexity: float = 30, seed: int = 0) -> np.ndarray:
    """t-SNE coordinates of vectors, computed once and kept in a run's folder.

    Other vectors get other coordinates, the same ones the same map, on whatever machine and at any number of
    threads: a network's vectors differ in their last digits from one number of threads to another, which t-SNE
    would make a different map of. The file's name therefore says what made it (shape, perplexity, seed, version of
    openTSNE, vectors), and beside the coordinates lies a sketch, to know the vectors again by.

    Parameters
    ----------
    folder : Path
        For instance a run's.
    vectors : np.ndarray [shape=(n, d)]
    perplexity : float > 0
    seed : int

    Returns
    -------
    xy : np.ndarray [shape=(n, 2), float32]

    Raises
    ------
    BadDataError
        Fewer than five vectors, NaN, or a zero vector, which has no cosine distance to anything.
    """
    if (bad := ~np.isfinite(vectors).all(axis=1) | ~np.any(vectors, axis=1)).any():
        raise BadDataError(
            f"{bad.sum()} of {len(bad)} vectors are NaN or zero, the first in row {bad.argmax()}; leave them out"
        )
    made_of = repr((vectors.shape, str(vectors.dtype), float(perplexity), seed, version("openTSNE")))
    settings = hash_of(made_of, length=8)
    content = hash_of(vectors.tobytes(), length=8)
    own_signature = signature(vectors)
    for path in sorted(folder.glob(f"tsne-{settings}-*.npy")):
        kept = np.load(path, allow_pickle=False)
        if matches(own_signature, kept[:, 2:]):
            return kept[:, :2]
    xy = tsne(vectors, perplexity=perplexity, seed=seed).astype(np.float32)
    save_array(folder / f"tsne-{settings}-{content}.npy", np.hstack([xy, own_signature]))
    return xy
