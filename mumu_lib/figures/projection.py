"""t-SNE of embeddings, computed once and stored.

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
# t-SNE of more points takes minutes, and the points overlap.
MOST_ON_A_MAP = 15_000


def tsne(X: np.ndarray, *, perplexity: float = 30, seed: int = 0) -> np.ndarray:
    """Compute t-SNE coordinates with openTSNE, by cosine distance.

    One thread is used, since the layout also depends on the number of threads.

    Parameters
    ----------
    X : np.ndarray [shape=(n, d)]
    perplexity : float > 0
        Reduced to (n - 1) / 3 if there are too few vectors.

    Returns
    -------
    xy : np.ndarray [shape=(n, 2)]

    Raises
    ------
    BadDataError
        If there are fewer than five vectors.
    """
    from openTSNE import TSNE

    if len(X) < MIN_POINTS:
        raise BadDataError(f"a map needs at least {MIN_POINTS} albums, there are {len(X)}")
    perplexity = min(perplexity, (len(X) - 1) / 3)
    neighbours = "exact"
    if len(X) >= 5000:
        neighbours = "annoy"
    iterations = {"early_exaggeration_iter": 250, "n_iter": 500}
    with progress.bar(total=sum(iterations.values()), desc="t-SNE", unit="iteration") as bar:

        def advance(*_: object) -> None:
            # openTSNE stops if a callback returns a true value, as update may.
            bar.update(10)

        embedding = TSNE(
            perplexity=perplexity, metric="cosine", neighbors=neighbours, random_state=seed, n_jobs=1, **iterations,
            callbacks=advance, callbacks_every_iters=10,
        ).fit(X)  # fmt: skip
    return np.asarray(embedding)


def coordinates(folder: Path, vectors: np.ndarray, *, perplexity: float = 30, seed: int = 0) -> np.ndarray:
    """Return t-SNE coordinates, computed once and stored in a folder.

    Recomputed embeddings differ in their last digits, depending on machine and number of threads, and t-SNE would turn
    them into a different map. Each stored file therefore holds a signature of the embeddings, which recognises them
    despite rounding. The file's name depends on shape, perplexity, seed, version of openTSNE and embeddings.

    Parameters
    ----------
    folder : Path
        For instance the folder of a run.
    vectors : np.ndarray [shape=(n, d)]
    perplexity : float > 0
    seed : int

    Returns
    -------
    xy : np.ndarray [shape=(n, 2), float32]

    Raises
    ------
    BadDataError
        If there are fewer than five vectors, or some have NaN or only zeros, for which no cosine distance is defined.
    """
    bad = ~np.isfinite(vectors).all(axis=1) | ~np.any(vectors, axis=1)
    if bad.any():
        raise BadDataError(
            f"{bad.sum()} of {len(bad)} vectors are NaN or zero, the first in row {bad.argmax()}; leave them out"
        )
    made_of = repr((vectors.shape, str(vectors.dtype), float(perplexity), seed, version("openTSNE")))
    settings = hash_of(made_of, length=8)
    content = hash_of(vectors.tobytes(), length=8)
    own_signature = signature(vectors)
    for path in sorted(folder.glob(f"tsne-{settings}-*.npy")):
        stored = np.load(path, allow_pickle=False)
        if matches(own_signature, stored[:, 2:]):
            return stored[:, :2]
    xy = tsne(vectors, perplexity=perplexity, seed=seed).astype(np.float32)
    save_array(folder / f"tsne-{settings}-{content}.npy", np.hstack([xy, own_signature]))
    return xy
