"""The published release and its matrices, small."""

from pathlib import Path

import numpy as np
import scipy.sparse as sp

SPLIT = ["train"] * 24 + ["val"] * 3 + ["test"] * 3


def write_ismir(root: Path) -> Path:
    ismir = root / "ismir-data"
    (ismir / "splits").mkdir(parents=True)
    (ismir / "train_data").mkdir()
    for part in ("train", "val", "test"):
        ids = [f"B{i:02d}" for i, s in enumerate(SPLIT) if s == part]
        (ismir / "splits" / f"items_index_{part}_MuMu-albums.tsv").write_text("\n".join(ids) + "\n")
        np.save(ismir / "splits" / f"y_{part}_class_250_MuMu-albums.npy", np.ones((len(ids), 250)))
        np.save(ismir / "train_data" / f"X_{part}_model_audio_MuMu-albums.npy", np.full((len(ids), 8), len(ids), float))
        m = sp.random(len(ids), 20, 0.3, "csr", rng=0)
        np.savez(
            ismir / "train_data" / f"X_{part}_VSM_MuMu-albums.npz",
            data=m.data,
            indices=m.indices,
            indptr=m.indptr,
            shape=m.shape,
        )
    return ismir
