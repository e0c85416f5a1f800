"""One run: its folder with parameters, metrics, embeddings and scores; the table of all runs, and the best of a modality.

Notebooks: all write one; 08_results reads them.
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
# A run covers more labels by saying rare ones of everything: how often its first label is right stands beside it.
BESIDE_COVERAGE = "precision@1"
RERUN_HINT = "delete the folder and run its notebook again"


@dataclasses.dataclass
class Run:
    """The folder of one run; ``metrics.json`` is written last, so that its presence means done."""

    id: str
    folder: Path
    catalogue: Catalogue
    key: tuple[str, str, str] = ("", "", "")

    @property
    def finished(self) -> bool:
        """Whether this very run was completed before."""
        return (self.folder / "metrics.json").is_file()

    @property
    def metrics(self) -> dict[str, Any]:
        """What :meth:`finish` wrote."""
        return read_json(self.folder / "metrics.json", RERUN_HINT)

    @property
    def album_ids(self) -> list[str]:
        """Albums of the rows of ``embeddings`` and ``scores``."""
        return read_lines(self.folder / "album_ids.txt", RERUN_HINT)

    def __str__(self) -> str:
        kind = "synthetic sample, " if self.catalogue.synthetic else ""
        if not self.finished or "auc" not in self.metrics:
            return f"{self.id} on {self.catalogue.name!r} ({kind}{'finished' if self.finished else 'not finished'})"
        of = self.metrics
        auc, low, high = (of[key] if of[key] is not None else np.nan for key in ("auc", *INTERVAL))
        where = f"{self.id} on {self.catalogue.name!r} ({kind}{of['albums']} test albums)"
        f1 = "" if of.get("f1") is None else f", macro F1 {of['f1']:.3f}"
        return f"{where}: AUC {auc:.3f} [{low:.3f}, {high:.3f}]{f1}"

    def array(self, name: str) -> np.ndarray:
        """``embeddings`` [shape=(albums, features)] or ``scores`` [shape=(albums, labels)]."""
        return np.array(read_array(self.folder / f"{name}.npy", RERUN_HINT))

    def finish(
        self, network: Any, history: pd.DataFrame, result: dict[str, Any], /, *,
        scored: np.ndarray, embeddings: np.ndarray, scores: np.ndarray, **facts: Any,
    ) -> None:  # fmt: skip
        """Write what all runs of trained networks share, then what this one has besides.

        Parameters
        ----------
        network : keras.Model
            Its parameters are counted.
        history : pd.DataFrame
            As of :func:`mumu_lib.training.fit`: epochs, and the median of their seconds.
        result : dict
            Of :func:`evaluate`.
        scored : np.ndarray [shape=(n,), int]
            Rows of the album table; one for each row of ``embeddings`` and ``scores``.
        facts
            What else ``metrics.json`` is to keep.
        """
        modality, target, setting = self.key
        shared = {
            "modality": modality, "target": target, "setting": setting, "params": network.count_params(),
            "seconds_per_epoch": history["seconds"].median(), "epochs": len(history),
        }  # fmt: skip
        asked = self.folder / "params.json"
        if asked.is_file() and "precision" in read_json(asked, RERUN_HINT):
            # What it became: the parameters hold what was asked, which may be ``auto``.
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
            Joined by what makes a run reproducible: catalogue, fingerprint, versions, device, commit.
        album_ids : list of str
            One for each row of every array.
        arrays
            ``embeddings``, ``scores``; a sparse one is kept as ``NAME.npz``.
        """
        if any(array.shape[0] != len(album_ids or ()) for array in arrays.values()):
            raise BadDataError(f"run {self.id}: {len(album_ids or ())} album ids for arrays of other lengths")
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
        # JSON has no NaN: a number that is not defined is null.
        plain = json.loads(json.dumps({**facts, **results}), parse_constant=lambda _: None)
        text = json.dumps(plain, indent=1, ensure_ascii=False, allow_nan=False)
        write_atomically(self.folder / "metrics.json", text)


def folder_of(catalogue: Catalogue, run_id: str, cfg: Shared) -> Path:
    """Return where a run lies: under its id, unless a run with other parameters lies there already.

    A second run with the same id and parameters finds the first; with other parameters, or on a
    catalogue that has changed since, it gets a folder of its own beside it. Parameters that were added
    to a notebook after a run was made are compared by the value that means what that run did
    (:func:`mumu_lib.params.restored`), and their order does not matter.
    """
    plain = home() / "runs" / catalogue.name / run_id
    ours = _record(catalogue, cfg)
    for folder in (plain, *_beside(plain)):
        if _recorded(folder, type(cfg)) == ours:
            return folder
    if not (plain / "params.json").is_file():
        return plain
    return plain.with_name(f"{run_id}-{hash_of(_as_text(ours), length=8)}")


def _beside(plain: Path) -> list[Path]:
    """List the folders of runs with the same id and other parameters."""
    suffixed = plain.parent.glob(f"{glob.escape(plain.name)}-{'[0-9a-f]' * 8}")
    return sorted(suffixed)


def _recorded(folder: Path, kind: type[Shared]) -> dict[str, Any] | None:
    """Read the parameters of the run in a folder; None where no run of this kind can be read."""
    try:
        return parameters(folder, kind)
    except (BadDataError, MissingDataError):
        return None


def parameters(folder: Path, kind: type[Shared]) -> dict[str, Any]:
    """Return the parameters of a run, completed by those that did not exist when it was made.

    Parameters
    ----------
    folder : Path
        Of the run.
    kind : type
        The dataclass of its notebook, e.g. ``params.Audio``.

    Raises
    ------
    MissingDataError, BadDataError
        No ``params.json`` in the folder; one that cannot be read.
    """
    return restored(kind, read_json(folder / "params.json", RERUN_HINT))


def _record(catalogue: Catalogue, cfg: Shared) -> dict[str, Any]:
    """Return everything that defines a run's numbers; ``workers`` changes none."""
    cfg = choice.with_encoder(with_recipe(cfg, synthetic=catalogue.synthetic), catalogue)
    settled = dataclasses.asdict(cfg)
    params = {k: v for k, v in settled.items() if k != "workers"}
    return {**params, "catalogue": catalogue.name, "fingerprint": catalogue.fingerprint}


def _as_text(record: dict[str, Any]) -> str:
    return json.dumps(record, indent=1)


def start(catalogue: Catalogue, name: str | tuple[str, str, str], cfg: Shared) -> Run:
    """Open the folder of a run, finished, half-done or new.

    Parameters
    ----------
    name : str or (modality, target, setting)
        What defines the run, e.g. ``overview``, or the row of Table 2 that it belongs to, whose parts joined by ``-``
        are its id: ``audio-cosine-high_4x70``.
    cfg : Shared
        The notebook's parameters.
    """
    run_id = name if isinstance(name, str) else "-".join(name)
    # Two runs of one id that start together must not both find its folder free.
    with locked(home() / "runs" / catalogue.name):
        folder = folder_of(catalogue, run_id, cfg)
        record = _record(catalogue, cfg)
        # What a run was made with stays as it was written; only a file that cannot be read is written again.
        if _recorded(folder, type(cfg)) != record:
            write_atomically(folder / "params.json", _as_text(record))
    return Run(run_id, folder, catalogue) if isinstance(name, str) else Run(run_id, folder, catalogue, name)


def evaluate(
    catalogue: Catalogue, rows: np.ndarray, scores: np.ndarray, *, seed: int = 0
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Metrics of a run on the test albums, and the validation AUC by which runs are chosen.

    Parameters
    ----------
    rows : np.ndarray [shape=(n,), int]
        Rows of ``catalogue.albums`` that were scored.
    scores : np.ndarray [shape=(n, labels)]
    seed : int
        Of the bootstrap.

    Returns
    -------
    metrics : dict
        As :func:`mumu_lib.metrics.evaluate`, with ``val_auc``, ``labels_not_in_training``, and ``f1``: macro F1 at
        thresholds chosen on the validation albums (:mod:`mumu_lib.metrics.thresholds`), NaN where none can be chosen.
    by_label : pd.DataFrame
        Index: label. Columns: ``auc`` (NaN where undefined) and ``albums`` (test albums with it).
    """
    # They bring scikit-learn and numba, which no list of runs needs.
    from mumu_lib import metrics
    from mumu_lib.metrics import thresholds

    truth = catalogue.label_matrix()[rows]
    test, val = (np.flatnonzero(np.isin(rows, catalogue.rows(split))) for split in ("test", "val"))
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
    """Every finished run that has an AUC, a row.

    Parameters
    ----------
    catalogue : str or Catalogue, optional
        Name of one catalogue, or one as it is now, without runs made before it changed; otherwise all.

    Returns
    -------
    table : pd.DataFrame
        Index: run id. Columns: catalogue, modality, target, setting, folder, metrics.
    """
    name, now = (catalogue.name, catalogue.fingerprint) if isinstance(catalogue, Catalogue) else (catalogue, None)
    base, rows = home() / "runs", []
    # A name may hold what a pattern means something by.
    for path in sorted((base / name).glob("*/metrics.json") if name else base.glob("*/*/metrics.json")):
        facts = facts_of(path)
        if "auc" in facts and facts.get("fingerprint") == (now or facts.get("fingerprint")):
            rows.append({**facts, "folder": str(path.parent)})
    first = ["run", "catalogue", "modality", "target", "setting"]
    frame = pd.DataFrame(rows)
    return frame.reindex(columns=[*first, *(c for c in frame if c not in first)]).set_index("run")


def by_validation(table: pd.DataFrame) -> pd.DataFrame:
    """Runs of :func:`table`, the best *validation* AUC first: by it runs are chosen, never by the test AUC."""
    return table.sort_values("val_auc", ascending=False, kind="stable")


def best_run(catalogue: Catalogue, modality: str, only: Callable[[pd.Series], bool] | None = None) -> pd.Series:
    """The finished run of a modality with the highest AUC on the *validation* albums (paper 6.4).

    Never one whose encoder has heard these albums (:func:`mumu_lib.encoders.choice.heard`).

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
        No finished run of it on this very catalogue; names the notebook to run.
    """
    finished = table(catalogue.name)
    of_it = finished[finished["modality"] == modality] if len(finished) else finished
    # A line's vectors are its inputs; the paper fuses what networks have learned.
    of_it = of_it[~of_it["setting"].map(is_line)] if len(of_it) else of_it
    # Its validation AUC is as little to be trusted as its test AUC.
    for setting in of_it["setting"].unique() if len(of_it) else ():
        if choice.heard(catalogue, setting):
            of_it = of_it[of_it["setting"] != setting]
    ours = of_it[of_it["fingerprint"] == catalogue.fingerprint] if len(of_it) else of_it
    why = "the catalogue has changed since they were made" if len(of_it) else "an unfinished one does not count"
    if only is not None and len(ours):
        ours, why = ours[[only(run) for _, run in ours.iterrows()]], "those there cannot judge a new album"
    if ours.empty:
        raise MissingDataError(
            f"no finished {modality} run of catalogue {catalogue.name!r} ({why}); {commands.run_of(catalogue, modality)}"
        )
    return by_validation(ours).iloc[0]


def modality_of(facts: Mapping[str, Any]) -> str:
    """Return what a run learned from: of a run of 05 on vectors from a file ``own``, though it is called text."""
    own = facts.get("modality") == "text" and facts.get("source") == "embeddings"
    return "own" if own else facts.get("modality", "")


def facts_of(path: Path) -> dict[str, Any]:
    """Return what a ``metrics.json`` says, if its names are texts and its numbers numbers.

    Raises
    ------
    MissingDataError, BadDataError
        It is not there; it is not JSON, or a name or a number is something else.
    """
    texts = ("run", "catalogue", "modality", "target", "setting", "fingerprint")
    facts = dict.fromkeys(texts, "") | {"val_auc": None} | read_json(path, RERUN_HINT)
    facts["modality"] = modality_of(facts)
    for key in texts:
        if not isinstance(facts[key], str):
            raise BadDataError(f"{path}: {key!r} is no text; {RERUN_HINT}")
    for key in ("val_auc", *PAPER_COLUMNS, BESIDE_COVERAGE, *INTERVAL):
        if isinstance(value := facts.get(key), bool) or not isinstance(value, int | float | None):
            raise BadDataError(f"{path}: {key!r} is no number; {RERUN_HINT}")
        # Of a number beyond all others nothing is known either; and no integer is too large for a float.
        facts |= {key: float("nan") if value is None or abs(value) >= 1e300 else float(value)} if key in facts else {}
    return facts
