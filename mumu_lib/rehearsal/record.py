"""Record the costs of every stage of a rehearsal, over all sittings, and compare them with the estimates.

The record ``runs/NAME.rehearsal.json`` is kept when catalogue and runs are removed.
"""

import json
import math
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd

from mumu_lib.core.files import write_atomically
from mumu_lib.core.parsing import read_json
from mumu_lib.core.paths import home
from mumu_lib.rehearsal.measuring import Taken
from mumu_lib.rehearsal.stages import Predicted
from mumu_lib.series import costs

RERUN_HINT = "delete it and rehearse again"
OFF = 1.5
# Estimates are not judged below this size on the disk, and below this number of seconds.
LEAST_DISK = 5e8
LEAST_SECONDS = 60
LAPTOP = 16e9
STORES = ("patches", "covers")


class Record:
    """Read and write the record of one rehearsal.

    Parameters
    ----------
    name : str
        Name of the catalogue.
    """

    def __init__(self, name: str) -> None:
        self.path = home() / "runs" / f"{name}.rehearsal.json"
        self.facts: dict[str, Any] = {"cores": os.cpu_count(), "stages": {}}
        if self.path.is_file():
            self.facts = read_json(self.path, RERUN_HINT)

    def done(self, name: str, made_with: dict[str, Any]) -> bool:
        """Return whether a stage has succeeded with exactly these parameters."""
        stage = self.facts["stages"].get(name, {})
        return stage.get("made_with") == made_with and any(sitting["code"] == 0 for sitting in stage["sittings"])

    def left(self, name: str) -> tuple[int, float]:
        """Return the process id and start time of the last sitting of a stage if it was killed; otherwise zeros."""
        sittings = self.facts["stages"].get(name, {}).get("sittings", [])
        if not sittings or sittings[-1]["code"] is not None:
            return 0, 0.0
        return sittings[-1].get("pid", 0), sittings[-1].get("started", 0.0)

    def begin(self, name: str, made_with: dict[str, Any], predicted: Predicted) -> None:
        """Begin a sitting of a stage; sittings with other parameters are dropped."""
        stage = self.facts["stages"].get(name, {})
        if stage.get("made_with") != made_with:
            stage = {"made_with": made_with, "sittings": []}
        stage["predicted"] = dict(zip(Predicted._fields, map(_or_none, predicted), strict=True))
        stage["sittings"].append(asdict(Taken()))
        self.facts["stages"][name] = stage

    def tell(self, name: str, taken: Taken, **facts: Any) -> None:
        """Store the measurements of the current sitting of a stage."""
        stage = self.facts["stages"][name]
        stage["sittings"][-1] = asdict(taken)
        stage.update(facts)
        write_atomically(self.path, json.dumps(self.facts, indent=1))

    def table(self) -> pd.DataFrame:
        """Return the measured and predicted costs of all stages.

        Returns
        -------
        table : pd.DataFrame
            Index: stage. ``state``, ``sittings``, ``seconds`` (wall-clock time), ``cpu`` (processor seconds divided by
            the number of cores), ``predicted`` [s], ``memory`` and ``asked``, ``disk`` (at most), ``kept`` (at the end)
            and ``disk_predicted`` [bytes], ``all_epochs`` [s], ``auc``.
        """
        rows = []
        for name, stage in self.facts["stages"].items():
            rows.append({"stage": name, **_summed(stage, self.facts["cores"])})
        return pd.DataFrame(rows, columns=["stage", *COLUMNS]).set_index("stage")


COLUMNS = (
    "state", "sittings", "seconds", "cpu", "predicted", "memory", "asked", "disk", "kept", "disk_predicted", "all_epochs",
    "auc",
)  # fmt: skip


def _or_none(value: float) -> float | None:
    if math.isfinite(value):
        return value
    return None


def _nan_if_none(value: float | None) -> float:
    if value is None:
        return float("nan")
    return value


def _summed(stage: dict[str, Any], cores: int) -> dict[str, Any]:
    """Sum the sittings of a stage to a row of the table."""
    # Records of older versions have no "kept".
    sittings = pd.DataFrame(stage["sittings"]).reindex(columns=["seconds", "cpu", "memory", "disk", "kept"])
    seconds = float(sittings["seconds"].sum())
    predicted = stage["predicted"]
    return {
        "state": _state(stage),
        "sittings": len(sittings),
        "seconds": seconds,
        "cpu": float(sittings["cpu"].sum()) / cores,
        "predicted": _nan_if_none(predicted["seconds"]),
        "memory": float(sittings["memory"].max()),
        "asked": _nan_if_none(predicted["memory"]),
        "disk": float(sittings["disk"].max()),
        "kept": float(sittings["kept"].sum()),
        "disk_predicted": _nan_if_none(predicted["disk"]),
        "all_epochs": _all_epochs(seconds, stage),
        "auc": _nan_if_none(stage.get("auc")),
    }


def _state(stage: dict[str, Any]) -> str:
    """Return whether a stage is done, was interrupted, or has failed."""
    codes = [sitting["code"] for sitting in stage["sittings"]]
    if 0 in codes:
        return "done"
    if codes[-1] is None:
        return "interrupted"
    return "failed"


def _all_epochs(seconds: float, stage: dict[str, Any]) -> float:
    """Estimate the seconds of a stage with all epochs of the paper; what is not training is independent of them."""
    trained = stage.get("trained")
    if trained is None:
        trained = max(0.0, seconds - costs.SECONDS_PER_RUN)
    return seconds + trained * (1 / stage.get("share", 1.0) - 1)


def off(table: pd.DataFrame) -> list[str]:
    """List estimates that are wrong by a factor of more than 1.5, and stages that need too much memory.

    Other processes on the machine increase the wall-clock time, while processor time divided by the cores is too low
    for programs that do not use all cores. Therefore an estimate counts as wrong only if it is wrong by both.

    Parameters
    ----------
    table : pd.DataFrame
        From :meth:`Record.table`.
    """
    problems = []
    row: Any
    for row in table[table["state"] == "done"].itertuples():
        low = min(row.cpu, row.seconds)
        high = max(row.cpu, row.seconds)
        if max(high, row.predicted) > LEAST_SECONDS and (row.predicted > OFF * high or low > OFF * row.predicted):
            problems.append(
                f"{row.Index}: {row.seconds:,.0f} s ({row.cpu:,.0f} s of all cores) for {row.predicted:,.0f} s"
            )
        # The estimate is the peak for a store, and the final size for a run, whose training states are removed.
        disk = row.kept
        if row.Index in STORES:
            disk = row.disk
        ratio = max(disk, 1) / max(row.disk_predicted, 1)
        if max(disk, row.disk_predicted) > LEAST_DISK and (ratio > OFF or 1 / ratio > OFF):
            problems.append(f"{row.Index}: {disk / 1e9:.2f} GB on the disk for {row.disk_predicted / 1e9:.2f}")
        if row.memory > row.asked:
            problems.append(
                f"{row.Index}: {row.memory / 1e9:.1f} GB of memory, where {row.asked / 1e9:.1f} are requested"
            )
        if row.memory > LAPTOP:
            problems.append(f"{row.Index}: {row.memory / 1e9:.1f} GB of memory, more than a laptop with 16 GB has")
    return problems


def as_text(table: pd.DataFrame) -> str:
    """Format the table as Markdown, followed by the problems that :func:`off` lists."""
    shown = pd.DataFrame(
        {
            "state": table["state"],
            "sittings": table["sittings"],
            "seconds": table["seconds"].round(),
            "of all cores": table["cpu"].round(),
            "predicted": table["predicted"].round(),
            "ratio": (table["seconds"] / table["predicted"]).round(2),
            "memory GB": (table["memory"] / 1e9).round(2),
            "asked": (table["asked"] / 1e9).round(1),
            "disk GB": (table["disk"] / 1e9).round(2),
            "kept": (table["kept"] / 1e9).round(2),
            "predicted GB": (table["disk_predicted"] / 1e9).round(2),
            "hours at all epochs": (table["all_epochs"] / 3600).round(2),
            "AUC": table["auc"].round(3),
        }
    )
    lines = [shown.to_markdown(floatfmt="g").replace(" nan ", "     ")]
    wrong = off(table)
    if wrong:
        lines += ["", f"Off by more than {OFF}, or too large:", *(f"  {line}" for line in wrong)]
    return "\n".join(lines)


def written(record: Record) -> Path:
    """Write the report as Markdown next to the record; return its path."""
    path = record.path.with_suffix(".md")
    write_atomically(path, as_text(record.table()) + "\n")
    return path
