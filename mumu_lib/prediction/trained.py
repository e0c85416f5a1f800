"""What prediction needs of a trained collection, whether it lies at home or came as a file.

Paper: none.  Notebooks: 09_your_album.
"""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from mumu_lib import labels, runs, targets, text
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.parsing import read_lines
from mumu_lib.prediction import encoding, likeness, shared
from mumu_lib.prediction.likeness import Likeness
from mumu_lib.results import hierarchy
from mumu_lib.results.decisions import Decisions, thresholds_of
from mumu_lib.sources import open_catalogue


class Trained(Protocol):
    """A trained collection: its labels, its finished runs, and what was learned with each.

    Attributes
    ----------
    name, fingerprint : str
    synthetic : bool
    labels : list of str
    links : np.ndarray [shape=(n, 2), int]
        Child and parent among the labels.
    usual_tracks : int
        Recordings that its albums usually have.
    catalogue : Catalogue or None
        Its albums; None where it came without.
    """

    name: str
    fingerprint: str
    synthetic: bool

    @property
    def labels(self) -> list[str]:
        """Genre names in column order."""

    @property
    def links(self) -> np.ndarray:
        """Child and parent."""

    @property
    def usual_tracks(self) -> int:
        """Recordings that its albums usually have."""

    @property
    def catalogue(self) -> Catalogue | None:
        """Its albums, if they are here."""

    def finished(self) -> pd.DataFrame:
        """Return the finished runs, as :func:`mumu_lib.runs.table`."""

    def best(self, modality: str) -> Path:
        """Return the folder of the best run of a modality that can judge a new album; MissingDataError without one."""

    def target(self, folder: Path, params: dict[str, Any]) -> targets.Target:
        """Return the way from the outputs of a run to scores."""

    def factors(self, dimensions: int) -> np.ndarray:
        """Return the label factors of so many dimensions [shape=(labels, d)]."""

    def decisions(self, folder: Path) -> Decisions:
        """Return the thresholds of a run, with the precision that is expected of them."""

    def likeness(self, folder: Path) -> Likeness | None:
        """Return what says how far an album is from those that a run learned from."""

    def usual_words(self, folder: Path, params: dict[str, Any]) -> float:
        """Return the share of the words of a validation album's texts that a text run usually knows."""


class AtHome:
    """A catalogue with the runs that were made of it here.

    What is found out about a run is kept, so that many albums in a row are judged without finding it out again.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue: Catalogue = catalogue
        self.name: str = catalogue.name
        self.fingerprint: str = catalogue.fingerprint
        self.synthetic: bool = catalogue.synthetic
        self._found: dict[tuple, Any] = {}

    @property
    def labels(self) -> list[str]:
        """Genre names in column order."""
        return self.catalogue.labels

    @cached_property
    def links(self) -> np.ndarray:
        """Child and parent among the labels [shape=(n, 2), int]."""
        return hierarchy.links(self.catalogue)

    @cached_property
    def usual_tracks(self) -> int:
        """Median of recordings over the training and validation albums that have any; 1 where none has."""
        albums = self.catalogue.albums["album_id"].iloc[self.catalogue.rows("train", "val")]
        tracks = self.catalogue.tracks
        heard = tracks.loc[(tracks["audio"] != "") & tracks["album_id"].isin(albums), "album_id"]
        return int(heard.value_counts().median()) if len(heard) else 1

    def finished(self) -> pd.DataFrame:
        """Return the finished runs of the catalogue as it is now."""
        return runs.table(self.catalogue)

    def best(self, modality: str) -> Path:
        """Return the folder of the run with the best validation AUC."""
        return Path(runs.best_run(self.catalogue, modality, encoding.judges_new_albums)["folder"])

    def target(self, folder: Path, params: dict[str, Any]) -> targets.Target:
        """Make the target of a run again; its factors are those of the training and validation albums."""
        constant = self._once("constant", folder, lambda: self._never_or_always(folder))
        if params["target"] == "cosine":
            return targets.Cosine(self.factors(params["dimensions"]), constant)
        return targets.Logistic(len(self.labels), constant)

    def factors(self, dimensions: int) -> np.ndarray:
        """Return the label factors of the training and validation albums [shape=(labels, d)]."""
        key = ("factors", dimensions)
        if key not in self._found:
            self._found[key] = labels.learned_factors(self.catalogue, dimensions)
        return self._found[key]

    def decisions(self, folder: Path) -> Decisions:
        """Choose the thresholds of a run, and estimate the precision of decisions."""
        return self._once("decisions", folder, lambda: thresholds_of(self.catalogue, folder, expected=True))

    def likeness(self, folder: Path) -> Likeness | None:
        """Measure how far validation albums lie from those that a run learned from."""
        return self._once("likeness", folder, lambda: likeness.of_run(self.catalogue, folder))

    def usual_words(self, folder: Path, params: dict[str, Any]) -> float:
        """Return the share of the words of the validation albums' texts that a text run knows."""
        return self._once("words", folder, lambda: self._known_of_validation(folder, params))

    def __repr__(self) -> str:
        return repr(self.catalogue)

    def _known_of_validation(self, folder: Path, params: dict[str, Any]) -> float:
        texts = text.aggregate(self.catalogue, params["characters"], params["seed"])
        reads = text.sentences.open_encoder(params["encoder"]) if params.get("encoder") else None
        return encoding.known_share(texts.iloc[self.catalogue.rows("val")].dropna(), folder, reads)

    def _never_or_always(self, folder: Path) -> np.ndarray:
        ids = read_lines(folder / "album_ids.txt", runs.RERUN_HINT)
        rows = np.flatnonzero(self.catalogue.albums["album_id"].isin(ids))
        return targets.never_or_always(self.catalogue, rows)

    def _once(self, what: str, folder: Path, find: Callable[[], Any]) -> Any:
        """Return what is known of a run, found out anew only if the run has been made anew."""
        key = (what, folder, (folder / "metrics.json").stat().st_mtime_ns)
        if key not in self._found:
            self._found[key] = find()
        return self._found[key]


_known: WeakKeyDictionary[Catalogue, AtHome] = WeakKeyDictionary()


def at_home(catalogue: Catalogue) -> AtHome:
    """Return a catalogue with its runs; for the same catalogue the same, with all that was found out already."""
    if catalogue not in _known:
        _known[catalogue] = AtHome(catalogue)
    return _known[catalogue]


def opened(which: str | Path | Catalogue | Trained) -> Trained:
    """Open a trained collection: a catalogue by its name or path, or a file ``NAME.mumu``; an open one comes back.

    Raises
    ------
    MissingDataError, BadDataError
        As of :func:`mumu_lib.open_catalogue` and :class:`mumu_lib.prediction.shared.Shared`.
    """
    if isinstance(which, Catalogue):
        return at_home(which)
    if isinstance(which, str | Path):
        if shared.is_shared(which) and not Path(which).is_dir():
            return shared.Shared(which)
        return at_home(open_catalogue(which))
    return which
