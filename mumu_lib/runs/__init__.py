"""Store runs: a folder each, with parameters, metrics, embeddings and scores; list them, and find the best one.

Notebooks: all write a run; 08_results reads them.
"""

import dataclasses
import glob
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import lazy_loader
import numpy as np
import pandas as pd
import scipy.sparse as sp

from mumu_lib.catalogue import Catalogue, commands
from mumu_lib.core.environment import device, git_commit, precision, versions
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.files import locked, save_array, save_sparse, write_atomically
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.parsing import read_array, read_json, read_lines
from mumu_lib.core.paths import home
from mumu_lib.encoders import choice
from mumu_lib.experiments import NUMBERS, is_line
from mumu_lib.params import Shared, restored, with_recipe

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submodules=["lines"])


PAPER_COLUMNS = NUMBERS
INTERVAL = ["auc_low", "auc_high"]
# Predicting rare labels for every album raises coverage, so precision@1 is always shown next to it.
BESIDE_COVERAGE = "precision@1"
RERUN_HINT = "delete the folder and run its notebook again"
# Entries of metrics.json that must be strings; those that are absent count as empty.
TEXT_FACTS = ("run", "catalogue", "modality", "target", "setting", "fingerprint")
NUMBER_FACTS = ("val_auc", *PAPER_COLUMNS, BESIDE_COVERAGE, *INTERVAL)
# Numbers of this size or larger count as missing.
TOO_LARGE = 1e300


@dataclasses.dataclass
class Run:
    """Represent the folder of one run; ``metrics.json`` is written last and marks the run as finished."""

    id: str
    folder: Path
    catalogue: Catalogue
    key: tuple[str, str, str] = ("", "", "")

    @property
    def finished(self) -> bool:
        """Whether the run is complete."""
        return (self.folder / "metrics.json").is_file()

    @property
    def metrics(self) -> dict[str, Any]:
        """Contents of ``metrics.json``, written by :meth:`finish`."""
        return read_json(self.folder / "metrics.json", RERUN_HINT)

    @property
    def album_ids(self) -> list[str]:
        """Album ids of the rows of ``embeddings`` and ``scores``."""
        return read_lines(self.folder / "album_ids.txt", RERUN_HINT)

    def __str__(self) -> str:
        title = f"{self.id} on {self.catalogue.name!r}"
        kind = ""
        if self.catalogue.synthetic:
            kind = "synthetic sample, "
        if not self.finished:
            return f"{title} ({kind}not finished)"
        metrics = self.metrics
        if "auc" not in metrics:
            return f"{title} ({kind}finished)"
        numbers = []
        for name in ("auc", *INTERVAL):
            numbers.append(_nan_if_none(metrics[name]))
        text = "{} ({}{} test albums): AUC {:.3f} [{:.3f}, {:.3f}]".format(title, kind, metrics["albums"], *numbers)
        if metrics.get("f1") is not None:
            text += f", macro F1 {metrics['f1']:.3f}"
        return text

    def array(self, name: str) -> np.ndarray:
        """Read ``embeddings`` [shape=(albums, features)] or ``scores`` [shape=(albums, labels)]."""
        return np.array(read_array(self.folder / f"{name}.npy", RERUN_HINT))

    def finish(
        self, network: Any, history: pd.DataFrame, result: dict[str, Any], /, *,
        scored: np.ndarray, embeddings: np.ndarray, scores: np.ndarray, **facts: Any,
    ) -> None:  # fmt: skip
        """Write the results of a trained network; ``metrics.json`` is written last.

        Parameters
        ----------
        network : keras.Model
            The trained network; its number of parameters is stored.
        history : pd.DataFrame
            From :func:`mumu_lib.training.fit`; the number of epochs and their median seconds are stored.
        result : dict
            Metrics from :func:`evaluate`.
        scored : np.ndarray [shape=(n,), int]
            Rows of the album table; one for each row of ``embeddings`` and ``scores``.
        facts
            Further entries of ``metrics.json``.
        """
        modality, target, setting = self.key
        shared = {
            "modality": modality, "target": target, "setting": setting, "params": network.count_params(),
            "seconds_per_epoch": history["seconds"].median(), "epochs": len(history),
        }  # fmt: skip
        stored = self.folder / "params.json"
        if stored.is_file() and "precision" in read_json(stored, RERUN_HINT):
            # params.json holds the requested precision, which may be "auto"; store the one that was used.
            shared["precision"] = precision()
        ids = list(self.catalogue.albums["album_id"].iloc[scored])
        self.write({**shared, **facts, **result}, album_ids=ids, embeddings=embeddings, scores=scores)

    def write(
        self,
        results: dict[str, Any],
        *,
        album_ids: list[str] | None = None,
        **arrays: np.ndarray | sp.csr_matrix,
    ) -> None:
        """Write the results, ``metrics.json`` last.

        Parameters
        ----------
        results : dict
            Entries of ``metrics.json``; catalogue, fingerprint, versions, device and commit are added.
        album_ids : list of str
            One id for each row of every array.
        arrays
            ``embeddings``, ``scores``; a sparse matrix is stored as ``NAME.npz``.

        Raises
        ------
        BadDataError
            An array has another number of rows than there are album ids.
        """
        n_albums = len(album_ids or ())
        for array in arrays.values():
            if array.shape[0] != n_albums:
                raise BadDataError(f"run {self.id}: {n_albums} album ids for arrays of other lengths")
        for name, array in arrays.items():
            if sp.issparse(array):
                save_sparse(self.folder / f"{name}.npz", array)
            else:
                save_array(self.folder / f"{name}.npy", array)
        if album_ids is not None:
            write_atomically(self.folder / "album_ids.txt", "\n".join(album_ids))
        facts = {
            "run": self.id, "catalogue": self.catalogue.name, "synthetic": self.catalogue.synthetic,
            "fingerprint": self.catalogue.fingerprint, "device": device(), "versions": versions(), "commit": git_commit(),
        }  # fmt: skip
        # JSON cannot represent NaN: undefined numbers are stored as null.
        plain = json.loads(json.dumps({**facts, **results}), parse_constant=lambda _: None)
        text = json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False)
        write_atomically(self.folder / "metrics.json", text)


def _nan_if_none(value: float | None) -> float:
    if value is None:
        return float("nan")
    return value


def folder_of(catalogue: Catalogue, run_id: str, cfg: Shared) -> Path:
    """Return the folder of a run: named by its id, with a suffix if that folder holds a run with other parameters.

    A run with the same id and parameters gets the folder of the existing one. With other parameters, or after the
    catalogue has changed, it gets a folder of its own. Parameters that were added to a notebook after a run was
    made are compared by the default that reproduces that run (:func:`mumu_lib.params.restored`). The order of
    parameters does not matter.
    """
    plain = home() / "runs" / catalogue.name / run_id
    ours = _record(catalogue, cfg)
    for folder in (plain, *_with_other_parameters(plain)):
        if _recorded(folder, type(cfg)) == ours:
            return folder
    if not (plain / "params.json").is_file():
        return plain
    return plain.with_name(f"{run_id}-{hash_of(_as_text(ours), length=8)}")


def _with_other_parameters(plain: Path) -> list[Path]:
    """List the folders of runs with the same id and other parameters."""
    suffixed = plain.parent.glob(f"{glob.escape(plain.name)}-{'[0-9a-f]' * 8}")
    return sorted(suffixed)


def _recorded(folder: Path, kind: type[Shared]) -> dict[str, Any] | None:
    """Read the parameters of the run in a folder; return None if they cannot be read."""
    try:
        return parameters(folder, kind)
    except (BadDataError, MissingDataError):
        return None


def parameters(folder: Path, kind: type[Shared]) -> dict[str, Any]:
    """Return the parameters of a run; those added to the notebook since then are filled in.

    Parameters
    ----------
    folder : Path
        Folder of the run.
    kind : type
        Dataclass of the notebook's parameters, e.g. ``params.Audio``.

    Raises
    ------
    MissingDataError, BadDataError
        ``params.json`` is missing or cannot be read.
    """
    return restored(kind, read_json(folder / "params.json", RERUN_HINT))


def _record(catalogue: Catalogue, cfg: Shared) -> dict[str, Any]:
    """Return everything that determines a run's numbers: parameters but ``workers``, catalogue and fingerprint."""
    cfg = choice.with_encoder(with_recipe(cfg, synthetic=catalogue.synthetic), catalogue)
    params = dataclasses.asdict(cfg)
    params.pop("workers", None)
    return {**params, "catalogue": catalogue.name, "fingerprint": catalogue.fingerprint}


def _as_text(record: dict[str, Any]) -> str:
    return json.dumps(record, indent=1)


def start(catalogue: Catalogue, name: str | tuple[str, str, str], cfg: Shared) -> Run:
    """Open the folder of a run, whether finished, unfinished or new.

    Parameters
    ----------
    name : str or (modality, target, setting)
        Id of the run, e.g. ``overview``; or its row of Table 2, joined by ``-`` to form the id, e.g.
        ``audio-cosine-high_4x70``.
    cfg : Shared
        Parameters of the notebook.
    """
    if isinstance(name, str):
        run_id = name
        key = ("", "", "")
    else:
        run_id = "-".join(name)
        key = name
    # Lock: two runs with one id that start at the same time must not take the same folder.
    with locked(home() / "runs" / catalogue.name):
        folder = folder_of(catalogue, run_id, cfg)
        record = _record(catalogue, cfg)
        # Never rewrite the parameters of an existing run, unless its file cannot be read.
        if _recorded(folder, type(cfg)) != record:
            write_atomically(folder / "params.json", _as_text(record))
    return Run(run_id, folder, catalogue, key)


def evaluate(
    catalogue: Catalogue, rows: np.ndarray, scores: np.ndarray, *, seed: int = 0
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Compute the metrics of a run on the test albums, and the validation AUC for choosing among runs.

    Parameters
    ----------
    rows : np.ndarray [shape=(n,), int]
        Rows of ``catalogue.albums`` that were scored.
    scores : np.ndarray [shape=(n, labels)]
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    metrics : dict
        As :func:`mumu_lib.metrics.evaluate`, with ``val_auc``, ``labels_not_in_training``, and ``f1``: macro F1 at
        thresholds chosen on the validation albums (:mod:`mumu_lib.metrics.thresholds`), NaN if these have no labels.
    by_label : pd.DataFrame
        Index: label. Columns: ``auc`` (NaN where undefined) and ``albums`` (number of test albums with the label).
    """
    # Imported here because they load scikit-learn and numba, which listing runs does not need.
    from mumu_lib import metrics
    from mumu_lib.metrics import thresholds

    truth = catalogue.label_matrix()[rows]
    test = np.flatnonzero(np.isin(rows, catalogue.rows("test")))
    val = np.flatnonzero(np.isin(rows, catalogue.rows("val")))
    frequencies = catalogue.label_matrix("train").getnnz(axis=0)
    result = metrics.evaluate(truth[test], scores[test], catalogue.labels, frequencies=frequencies, seed=seed)
    result["val_auc"] = metrics.macro_auc(truth[val], scores[val])
    result["f1"] = float("nan")
    if truth[val].nnz:
        chosen = thresholds.choose(truth[val], scores[val])
        result["f1"] = thresholds.f1(truth[test], scores[test], chosen)
    result["labels_not_in_training"] = [catalogue.labels[i] for i in np.flatnonzero(frequencies == 0)]
    by_label = pd.DataFrame(
        {"auc": metrics.auc_per_label(truth[test], scores[test]), "albums": truth[test].getnnz(axis=0)},
        catalogue.labels,
    )
    return result, by_label


def table(catalogue: str | Catalogue | None = None) -> pd.DataFrame:
    """List every finished run that has an AUC.

    Parameters
    ----------
    catalogue : str or Catalogue, optional
        Name of a catalogue, for all its runs; or a catalogue, without the runs made before it changed. By default
        the runs of all catalogues are listed.

    Returns
    -------
    table : pd.DataFrame
        One row a run. Index: run id. Columns: catalogue, modality, target, setting, folder, metrics.

    Examples
    --------
    >>> runs = table("a-catalogue-without-runs")
    >>> len(runs), list(runs.columns)
    (0, ['catalogue', 'modality', 'target', 'setting'])
    """
    rows = []
    for path in _metrics_files(catalogue):
        facts = facts_of(path)
        if "auc" not in facts:
            continue
        if isinstance(catalogue, Catalogue) and facts["fingerprint"] != catalogue.fingerprint:
            continue
        rows.append({**facts, "folder": str(path.parent)})
    frame = pd.DataFrame(rows)
    first = pd.Index(["run", "catalogue", "modality", "target", "setting"])
    return frame.reindex(columns=first.append(frame.columns.difference(first, sort=False))).set_index("run")


def _metrics_files(catalogue: str | Catalogue | None) -> list[Path]:
    """List the ``metrics.json`` of one catalogue's runs, or of all runs."""
    name = catalogue
    if isinstance(catalogue, Catalogue):
        name = catalogue.name
    if not name:
        return sorted((home() / "runs").glob("*/*/metrics.json"))
    # The name is no part of the pattern: catalogue names may contain glob characters.
    return sorted((home() / "runs" / str(name)).glob("*/metrics.json"))


def by_validation(table: pd.DataFrame) -> pd.DataFrame:
    """Sort runs by their *validation* AUC, best first; runs are never chosen by their test AUC.

    Parameters
    ----------
    table : pd.DataFrame
        Runs as from :func:`table`.

    Examples
    --------
    >>> runs = pd.DataFrame({"val_auc": [0.7, 0.8], "auc": [0.9, 0.6]}, ["first", "second"])
    >>> list(by_validation(runs).index)
    ['second', 'first']
    """
    return table.sort_values("val_auc", ascending=False, kind="stable")


def best_run(catalogue: Catalogue, modality: str, only: Callable[[pd.Series], bool] | None = None) -> pd.Series:
    """Choose the finished run of a modality with the highest AUC on the *validation* albums (paper 6.4).

    Runs whose encoder was trained on these albums are excluded (:func:`mumu_lib.encoders.choice.heard`).

    Parameters
    ----------
    modality : {'audio', 'text', 'image'}
    only : function, optional
        Run -> whether it may be chosen.

    Returns
    -------
    run : pd.Series
        Its row of :func:`mumu_lib.runs.table`.

    Raises
    ------
    MissingDataError
        No finished run of the modality was made on the catalogue as it is now; the message names the notebook to run.
    """
    finished = table(catalogue.name)
    if len(finished):
        finished = _fusible(catalogue, finished[finished["modality"] == modality])
    why = "an unfinished one does not count"
    current = finished
    if len(finished):
        why = "the catalogue has changed since they were made"
        current = finished[finished["fingerprint"] == catalogue.fingerprint]
    if only is not None and len(current):
        why = "those there cannot score a new album"
        allowed = [only(run) for _, run in current.iterrows()]
        current = current[allowed]
    if current.empty:
        raise MissingDataError(
            f"no finished {modality} run of catalogue {catalogue.name!r} ({why}); {commands.run_of(catalogue, modality)}"
        )
    return by_validation(current).iloc[0]


def _fusible(catalogue: Catalogue, finished: pd.DataFrame) -> pd.DataFrame:
    """Exclude straight lines, and runs whose encoder was trained on the catalogue's albums."""
    # A straight line has no embeddings but its inputs; the paper fuses embeddings that networks have learned.
    left_out = [setting for setting in finished["setting"].unique() if is_line(setting)]
    for setting in finished["setting"].unique():
        # Neither the test AUC nor the validation AUC of such a run can be trusted.
        if choice.heard(catalogue, setting):
            left_out.append(setting)
    return finished[~finished["setting"].isin(left_out)]


def modality_of(facts: Mapping[str, Any]) -> str:
    """Return the modality of a run; ``own`` for runs of notebook 05 on embeddings from a file.

    Parameters
    ----------
    facts : mapping
        Contents of the run's ``metrics.json``.

    Examples
    --------
    >>> modality_of({"modality": "text", "source": "reviews"})
    'text'
    >>> modality_of({"modality": "text", "source": "embeddings"})
    'own'
    """
    if facts.get("modality") == "text" and facts.get("source") == "embeddings":
        return "own"
    return facts.get("modality", "")


def facts_of(path: Path) -> dict[str, Any]:
    """Read a ``metrics.json``, and check that its names are strings and its metrics numbers.

    Raises
    ------
    MissingDataError, BadDataError
        The file is missing; it is not JSON, or an entry has the wrong type.
    """
    facts = dict.fromkeys(TEXT_FACTS, "") | {"val_auc": None} | read_json(path, RERUN_HINT)
    facts["modality"] = modality_of(facts)
    for key in TEXT_FACTS:
        if not isinstance(facts[key], str):
            raise BadDataError(f"{path}: {key!r} must be a string; {RERUN_HINT}")
    for key in NUMBER_FACTS:
        if key in facts:
            facts[key] = _number(path, key, facts[key])
    return facts


def _number(path: Path, key: str, value: Any) -> float:
    """Return an entry of ``metrics.json`` as a float; NaN for null and for absurdly large values."""
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadDataError(f"{path}: {key!r} must be a number; {RERUN_HINT}")
    # Integers of any size can be compared, but not all can be converted to float.
    if abs(value) >= TOO_LARGE:
        return float("nan")
    return float(value)
