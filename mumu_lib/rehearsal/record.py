"""What every stage of a rehearsal has taken, in all sittings; and beside it what was predicted.

A file, ``runs/NAME.rehearsal.json``, that stays when catalogue and runs are taken away.
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

AGAIN = "delete it and rehearse again"
OFF = 1.5
# Less than this on the disk, or this many seconds, says nothing.
LEAST_DISK, LEAST_SECONDS = 5e8, 60
LAPTOP = 16e9
STORES = ("patches", "covers")


class Record:
    """The record of one rehearsal.

    Parameters
    ----------
    name : str
        Of the catalogue.
    """

    def __init__(self, name: str) -> None:
        self.path = home() / "runs" / f"{name}.rehearsal.json"
        self.facts: dict[str, Any] = {"cores": os.cpu_count(), "stages": {}}
        if self.path.is_file():
            self.facts = read_json(self.path, AGAIN)

    def done(self, name: str, made_with: dict[str, Any]) -> bool:
        """Whether a stage has ended well with these very parameters."""
        stage = self.facts["stages"].get(name, {})
        return stage.get("made_with") == made_with and any(sitting["code"] == 0 for sitting in stage["sittings"])

    def left(self, name: str) -> tuple[int, float]:
        """Return the process of the last sitting of a stage, if that was killed: its number, and when it was started."""
        sittings = self.facts["stages"].get(name, {}).get("sittings", [])
        if not sittings or sittings[-1]["code"] is not None:
            return 0, 0.0
        return sittings[-1].get("pid", 0), sittings[-1].get("started", 0.0)

    def begin(self, name: str, made_with: dict[str, Any], predicted: Predicted) -> None:
        """Begin a sitting of a stage; sittings with other parameters are forgotten."""
        stage = self.facts["stages"].get(name, {})
        if stage.get("made_with") != made_with:
            stage = {"made_with": made_with, "sittings": []}
        stage["predicted"] = dict(zip(Predicted._fields, map(_or_none, predicted), strict=True))
        stage["sittings"].append(asdict(Taken()))
        self.facts["stages"][name] = stage

    def tell(self, name: str, taken: Taken, **facts: Any) -> None:
        """Write down what the current sitting of a stage has taken so far."""
        stage = self.facts["stages"][name]
        stage["sittings"][-1] = asdict(taken)
        stage.update(facts)
        write_atomically(self.path, json.dumps(self.facts, indent=1))

    def table(self) -> pd.DataFrame:
        """Return all stages, with what they took and what was predicted.

        Returns
        -------
        table : pd.DataFrame
            Index: stage. ``state``, ``sittings``, ``seconds`` (by the clock), ``cpu`` (processor seconds, divided by
            the cores), ``predicted`` [s], ``memory`` and ``asked``, ``disk`` (at most), ``kept`` (in the end) and
            ``disk_predicted`` [bytes], ``all_epochs`` [s], ``auc``.
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
    return value if math.isfinite(value) else None


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _summed(stage: dict[str, Any], cores: int) -> dict[str, Any]:
    sittings = stage["sittings"]
    codes = [sitting["code"] for sitting in sittings]
    state = "done"
    if 0 not in codes:
        state = "interrupted" if codes[-1] is None else "failed"
    predicted = stage["predicted"]
    return {
        "state": state,
        "sittings": len(sittings),
        "seconds": sum(sitting["seconds"] for sitting in sittings),
        "cpu": sum(sitting["cpu"] for sitting in sittings) / cores,
        "predicted": _number(predicted["seconds"]),
        "memory": max(sitting["memory"] for sitting in sittings),
        "asked": _number(predicted["memory"]),
        "disk": max(sitting["disk"] for sitting in sittings),
        "kept": sum(sitting.get("kept", 0.0) for sitting in sittings),
        "disk_predicted": _number(predicted["disk"]),
        "all_epochs": _all_epochs(sum(sitting["seconds"] for sitting in sittings), stage.get("share", 1.0)),
        "auc": _number(stage.get("auc")),
    }


def _all_epochs(seconds: float, share: float) -> float:
    """Return what a stage would take with the paper's epochs: all but the start grows with them."""
    start = min(seconds, costs.SECONDS_PER_RUN)
    return start + (seconds - start) / share


def off(table: pd.DataFrame) -> list[str]:
    """Name what was predicted wrongly by more than 1.5, what needs more memory than is asked for, or than a laptop has.

    On a machine that others use the clock says too much, and processor seconds divided by the cores too little. A
    prediction is wrong where it is so by both.
    """
    found = []
    row: Any
    for row in table[table["state"] == "done"].itertuples():
        low, high = min(row.cpu, row.seconds), max(row.cpu, row.seconds)
        if max(high, row.predicted) > LEAST_SECONDS and (row.predicted > OFF * high or low > OFF * row.predicted):
            found.append(
                f"{row.Index}: {row.seconds:,.0f} s ({row.cpu:,.0f} s of all cores) for {row.predicted:,.0f} s"
            )
        # A store is predicted as it is at most; of a run what it keeps, since a training's states go.
        disk = row.disk if row.Index in STORES else row.kept
        apart = max(disk, 1) / max(row.disk_predicted, 1)
        if max(disk, row.disk_predicted) > LEAST_DISK and (apart > OFF or 1 / apart > OFF):
            found.append(f"{row.Index}: {disk / 1e9:.2f} GB on the disk for {row.disk_predicted / 1e9:.2f}")
        if row.memory > row.asked:
            found.append(f"{row.Index}: {row.memory / 1e9:.1f} GB of memory, where {row.asked / 1e9:.1f} are asked for")
        if row.memory > LAPTOP:
            found.append(f"{row.Index}: {row.memory / 1e9:.1f} GB of memory, more than a laptop with 16 GB has")
    return found


def as_text(table: pd.DataFrame) -> str:
    """Return the table as Markdown, and below it what :func:`off` names."""
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
    """Write the report beside the record, as Markdown; return its path."""
    path = record.path.with_suffix(".md")
    write_atomically(path, as_text(record.table()) + "\n")
    return path
