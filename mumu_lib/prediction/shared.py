"""Open a trained collection from a file NAME.mumu.

Paper: none.  Notebooks: 09_your_album.
"""

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mumu_lib import encoders, runs, targets
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError
from mumu_lib.core.parsing import parsing, read_array, read_json
from mumu_lib.metrics.thresholds import Expected
from mumu_lib.prediction import encoding
from mumu_lib.prediction.likeness import Likeness
from mumu_lib.prediction.networks import ASK_AGAIN
from mumu_lib.prediction.unpacking import MANIFEST, SUFFIX, unpack
from mumu_lib.results.decisions import Decisions


class Shared:
    """A trained collection from a file; see :class:`mumu_lib.prediction.trained.Trained`.

    Parameters
    ----------
    path : path
        Of the file.

    Raises
    ------
    MissingDataError, BadDataError, WriteError
        The file does not exist; it is not a .mumu file, is incomplete, was changed, or is of a newer version; it cannot
        be unpacked.
    """

    catalogue: Catalogue | None = None

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser()
        self.folder = unpack(self.path)
        self.manifest = read_json(self.folder / MANIFEST, ASK_AGAIN)
        self.name: str = self.manifest["name"]
        self.fingerprint: str = self.manifest["fingerprint"]
        self.synthetic: bool = self.manifest["synthetic"]
        self.usual_tracks: int = self.manifest["usual_tracks"]

    @property
    def labels(self) -> list[str]:
        """Genre names in column order."""
        return self.manifest["labels"]

    @cached_property
    def links(self) -> np.ndarray:
        """Child and parent among the labels [shape=(n, 2), int]."""
        return np.array(self.manifest["links"], int).reshape(-1, 2)

    def finished(self) -> pd.DataFrame:
        """Return the runs in the file, as :func:`mumu_lib.runs.table`."""
        rows = []
        for name in self.manifest["runs"]:
            folder = self.folder / "runs" / name
            rows.append({**runs.facts_of(folder / "metrics.json"), "folder": str(folder)})
        return pd.DataFrame(rows).set_index("run")

    def best(self, modality: str) -> Path:
        """Return the folder of the run of a modality with the best validation AUC."""
        table = self.finished()
        there = table[(table["modality"] == modality) & table.apply(encoding.judges_new_albums, axis=1)]
        if there.empty:
            raise MissingDataError(
                f"{self.path.name} has no {modality} run, only {', '.join(table['modality'].unique())}; "
                f"ask its author for a file with one"
            )
        folder = Path(runs.by_validation(there)["folder"].iloc[0])
        _check_encoder(read_json(folder / "metrics.json", ASK_AGAIN), self.path)
        return folder

    def target(self, folder: Path, params: dict[str, Any]) -> targets.Target:
        """Return the target of a run, which turns its outputs into scores."""
        constant = self._array(folder / "constant.npy", (len(self.labels),))
        if params["target"] == "cosine":
            return targets.Cosine(self.factors(params["dimensions"]), constant)
        return targets.Logistic(len(self.labels), constant)

    def factors(self, dimensions: int) -> np.ndarray:
        """Return the label factors with this number of dimensions [shape=(labels, d)]."""
        return self._array(self.folder / f"factors_{int(dimensions)}.npy", (len(self.labels), None))

    def decisions(self, folder: Path) -> Decisions:
        """Return the thresholds of a run with their expected precision."""
        facts = read_json(folder / "learned.json", ASK_AGAIN)
        shape = (len(self.labels),)
        expected = None
        if (folder / "precision.npy").is_file():
            decided = self._array(folder / "decided.npy", shape).astype(int)
            expected = Expected(self._array(folder / "precision.npy", shape), decided)
        with parsing(folder / "learned.json", ASK_AGAIN, trouble="lacks how thresholds were chosen"):
            albums = int(facts["albums"])
            shared = int(facts["shared"])
            reason = str(facts["reason"])
        return Decisions(self._array(folder / "thresholds.npy", shape), reason, albums, shared, expected)

    def likeness(self, folder: Path) -> Likeness | None:
        """Return the measure of how far an album is from the training albums of a run."""
        if not (folder / "centres.npy").is_file():
            return None
        mean = self._array(folder / "mean.npy", (None,))
        scale = self._array(folder / "scale.npy", (len(mean),))
        centres = self._array(folder / "centres.npy", (None, len(mean)))
        return Likeness(mean, scale, centres, self._array(folder / "others.npy", (None,)))

    def usual_words(self, folder: Path, params: dict[str, Any]) -> float:
        """Return the share of words of validation albums' texts that a text run knows."""
        with parsing(folder / "learned.json", ASK_AGAIN, trouble="lacks the usual share of words"):
            return float(read_json(folder / "learned.json", ASK_AGAIN)["usual_words"])

    def _array(self, path: Path, shape: tuple[int | None, ...]) -> np.ndarray:
        """Read an array of numbers of a shape; None allows any length."""
        array = read_array(path, ASK_AGAIN)
        fits = len(array.shape) == len(shape) and array.dtype.kind in "fiu"
        for length, expected in zip(array.shape, shape, strict=False):
            fits = fits and expected in (None, length)
        if not fits:
            raise BadDataError(f"{path} has shape {array.shape} and type {array.dtype}, expected {shape}; {ASK_AGAIN}")
        return np.array(array)

    def __repr__(self) -> str:
        made = self.manifest["made"]
        kind = ""
        if self.synthetic:
            kind = " (synthetic)"
        return (
            f"Shared {self.path.name!r}{kind}: learned from catalogue {self.name!r}, {len(self.labels)} labels, "
            f"{len(self.manifest['runs'])} runs, made {made.get('date')}; licence: {self.manifest['licence']}"
        )


def is_shared(path: str | Path) -> bool:
    """Return whether a name ends with ``.mumu``.

    Examples
    --------
    >>> is_shared("mine.mumu"), is_shared("mine")
    (True, False)
    """
    return str(path).lower().endswith(SUFFIX)


def _check_encoder(facts: dict[str, Any], path: Path) -> None:
    """Refuse a run whose pretrained encoder is not installed, or has another version."""
    encoder = facts.get("encoder")
    if not encoder:
        return
    with parsing(path, ASK_AGAIN, trouble="has a malformed entry for its encoder"):
        name = str(encoder["name"])
        digest = str(encoder["digest"])
    try:
        about = encoders.make(name).about
    except ParameterError as error:
        raise MissingDataError(
            f"{path.name} needs the encoder {name!r}: {error}; get a newer version of MuMu"
        ) from None
    if about.digest != digest:
        raise BadDataError(
            f"{path.name} was made with another version of the encoder {name!r} (SHA-256 {digest[:12]}, here "
            f"{about.digest[:12]}); get that version, or ask for a file made with this one"
        )
