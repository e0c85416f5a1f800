"""Open a trained collection: a catalogue with its runs, or a file NAME.mumu.

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
    """A trained collection: its labels, its finished runs, and the parameters of each for prediction.

    Attributes
    ----------
    name, fingerprint : str
    synthetic : bool
    labels : list of str
    links : np.ndarray [shape=(n, 2), int]
        Child and parent among the labels.
    usual_tracks : int
        Median number of recordings of its albums.
    catalogue : Catalogue or None
        Its albums; None for a file, which contains none.
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
        """Median number of recordings of its albums."""

    @property
    def catalogue(self) -> Catalogue | None:
        """Albums of the collection; None for a file."""

    def finished(self) -> pd.DataFrame:
        """Return the finished runs, as :func:`mumu_lib.runs.table`."""

    def best(self, modality: str) -> Path:
        """Return the folder of the best run of a modality that can encode a new album; MissingDataError without one."""

    def target(self, folder: Path, params: dict[str, Any]) -> targets.Target:
        """Return the target of a run, which turns its outputs into scores."""

    def factors(self, dimensions: int) -> np.ndarray:
        """Return the label factors with this number of dimensions [shape=(labels, d)]."""

    def decisions(self, folder: Path) -> Decisions:
        """Return the thresholds of a run with their expected precision."""

    def likeness(self, folder: Path) -> Likeness | None:
        """Return the measure of how far an album is from the training albums of a run."""

    def usual_words(self, folder: Path, params: dict[str, Any]) -> float:
        """Return the share of words of validation albums' texts that a text run knows."""


class AtHome:
    """A catalogue with its own runs.

    Facts about a run are cached, for the prediction of many albums in a row.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue: Catalogue = catalogue
        self.name: str = catalogue.name
        self.fingerprint: str = catalogue.fingerprint
        self.synthetic: bool = catalogue.synthetic
        self._cache: dict[tuple, Any] = {}

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
        """Median number of recordings of the training and validation albums that have any; 1 without recordings."""
        albums = self.catalogue.albums["album_id"].iloc[self.catalogue.rows("train", "val")]
        tracks = self.catalogue.tracks
        album_of_recording = tracks.loc[(tracks["audio"] != "") & tracks["album_id"].isin(albums), "album_id"]
        if album_of_recording.empty:
            return 1
        return int(album_of_recording.value_counts().median())

    def finished(self) -> pd.DataFrame:
        """Return the finished runs of the catalogue's present version."""
        return runs.table(self.catalogue)

    def best(self, modality: str) -> Path:
        """Return the folder of the run with the best validation AUC."""
        return Path(runs.best_run(self.catalogue, modality, encoding.judges_new_albums)["folder"])

    def target(self, folder: Path, params: dict[str, Any]) -> targets.Target:
        """Rebuild the target of a run; its factors are those of the training and validation albums."""
        constant = self._once("constant", folder, lambda: self._never_or_always(folder))
        if params["target"] == "cosine":
            return targets.Cosine(self.factors(params["dimensions"]), constant)
        return targets.Logistic(len(self.labels), constant)

    def factors(self, dimensions: int) -> np.ndarray:
        """Return the label factors of the training and validation albums [shape=(labels, d)]."""
        key = ("factors", dimensions)
        if key not in self._cache:
            self._cache[key] = labels.learned_factors(self.catalogue, dimensions)
        return self._cache[key]

    def decisions(self, folder: Path) -> Decisions:
        """Choose the thresholds of a run, and estimate the precision of its decisions."""
        return self._once("decisions", folder, lambda: thresholds_of(self.catalogue, folder, expected=True))

    def likeness(self, folder: Path) -> Likeness | None:
        """Measure the distances of validation albums to the training albums of a run."""
        return self._once("likeness", folder, lambda: likeness.of_run(self.catalogue, folder))

    def usual_words(self, folder: Path, params: dict[str, Any]) -> float:
        """Return the share of words of validation albums' texts that a text run knows."""
        return self._once("words", folder, lambda: self._known_of_validation(folder, params))

    def __repr__(self) -> str:
        return repr(self.catalogue)

    def _known_of_validation(self, folder: Path, params: dict[str, Any]) -> float:
        texts = text.aggregate(self.catalogue, params["characters"], params["seed"])
        encoder = None
        if params.get("encoder"):
            encoder = text.sentences.open_encoder(params["encoder"])
        return encoding.known_share(texts.iloc[self.catalogue.rows("val")].dropna(), folder, encoder)

    def _never_or_always(self, folder: Path) -> np.ndarray:
        ids = read_lines(folder / "album_ids.txt", runs.RERUN_HINT)
        rows = np.flatnonzero(self.catalogue.albums["album_id"].isin(ids))
        return targets.never_or_always(self.catalogue, rows)

    def _once(self, what: str, folder: Path, compute: Callable[[], Any]) -> Any:
        """Return a cached fact about a run; compute it if it is new or if the run was repeated."""
        key = (what, folder, (folder / "metrics.json").stat().st_mtime_ns)
        if key not in self._cache:
            self._cache[key] = compute()
        return self._cache[key]


_at_home: WeakKeyDictionary[Catalogue, AtHome] = WeakKeyDictionary()


def at_home(catalogue: Catalogue) -> AtHome:
    """Return a catalogue with its runs; the same object, with its cache, for the same catalogue."""
    if catalogue not in _at_home:
        _at_home[catalogue] = AtHome(catalogue)
    return _at_home[catalogue]


def open_trained(which: str | Path | Catalogue | Trained) -> Trained:
    """Open a trained collection: a catalogue by its name or path, or a file ``NAME.mumu``; return an open one as it is.

    Raises
    ------
    MissingDataError, BadDataError
        As :func:`mumu_lib.open_catalogue` and :class:`mumu_lib.prediction.shared.Shared`.

    Examples
    --------
    >>> open_trained("mine.mumu").labels[:2]  # doctest: +SKIP
    ['Jazz', 'Rock']
    """
    if isinstance(which, Catalogue):
        return at_home(which)
    if isinstance(which, str | Path):
        if shared.is_shared(which) and not Path(which).is_dir():
            return shared.Shared(which)
        return at_home(open_catalogue(which))
    return which
