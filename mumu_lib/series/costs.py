"""Estimate the hours, disk and memory of a series from measurements (``params/costs.tsv``) and a catalogue's counts.

Used by ``make paper``, which prints the estimate before it starts, and by the Snakefile, which requests memory,
minutes and GPUs of a cluster.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import MumuError
from mumu_lib.core.paths import checkout

# Limits of the minutes requested for a job, estimated on two cores without a GPU. Interrupted training resumes.
MINUTES = (60, 1440)
# In addition to the table, of every run: on the sample, 26 runs took 5 minutes.
SECONDS_PER_RUN = 15
# And of every run that trains: embeddings and scores of all albums, intervals, figures, and the line beside the network.
MS_PER_ALBUM = 4
LEARNING = ("audio", "text", "image", "multimodal")


def table() -> pd.DataFrame:
    """Read ``params/costs.tsv``.

    Returns
    -------
    table : pd.DataFrame
        Index: stage and setting. ``ms`` on two cores without a GPU for one ``each``; ``bytes`` of disk for one ``of``,
        and ``mb`` independent of the catalogue; ``memory_mb`` to request; ``gpu``, 1 if one helps; ``source`` of the
        numbers.

    Examples
    --------
    >>> table().loc[("features", "cqt"), "each"]
    'track'
    """
    path = checkout() / "params" / "costs.tsv"
    return pd.read_csv(path, sep="\t", keep_default_na=False).set_index(["stage", "setting"])


def counts(catalogue: Catalogue, given: Mapping[str, Any]) -> dict[str, int]:
    """Count the units of :func:`table` in a catalogue.

    Parameters
    ----------
    given : mapping
        Parameters of a notebook; ``epochs``, ``head_epochs``, ``together_epochs`` and ``patches`` are used.
    """
    recorded = catalogue.tracks["album_id"][catalogue.tracks["audio"] != ""]
    training = catalogue.albums["album_id"].iloc[catalogue.rows("train")]
    patches = int(recorded.isin(training).sum()) * given.get("patches", 1)
    epochs = given.get("epochs", 0) + given.get("head_epochs", 0)
    return {
        "track": len(recorded),
        "cover": int((catalogue.albums["cover"] != "").sum()),
        "album": len(catalogue.albums),
        "training patch and epoch": patches * epochs,
        "training album and epoch": len(training) * epochs,
        "training patch, together": patches * given.get("together_epochs", 0),
    }


def estimate(catalogue: Catalogue, plan: pd.DataFrame, values: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Add the costs of each row to a plan.

    Parameters
    ----------
    plan : pd.DataFrame
        With ``stage`` and ``setting``, as from :func:`mumu_lib.series.plan`.
    values : mapping
        Parameters of each stage, as from :func:`mumu_lib.series.values`.

    Returns
    -------
    plan : pd.DataFrame
        The plan with ``hours`` (all epochs, on two cores without a GPU), ``gb`` of disk, ``mb`` of it for the network,
        ``memory_mb``, ``gpu``, and ``minutes`` to request of a cluster.
    """
    measured = table()
    costed = plan.join(measured, on=["stage", "setting"])
    for row in costed.index[costed["each"].isna()]:
        costed.loc[row, measured.columns] = _most_expensive(measured, costed.loc[row, "stage"])
    # Joint training costs the most expensive network of each modality, once per patch.
    single = costed[costed["stage"].isin(["audio", "text", "image"]) & costed["each"].str.endswith("epoch")]
    joint = single.groupby("stage")[["ms", "mb"]].max().sum()
    costed.loc[costed["setting"] == "simultaneous", ["ms", "mb"]] = joint.to_numpy()
    units = {stage: counts(catalogue, values.get(stage, {})) for stage in costed["stage"].unique()}
    each = _counts_of(costed, "each", units)
    of = _counts_of(costed, "of", units)
    albums = costed["stage"].isin(LEARNING) * len(catalogue.albums)
    hours = (costed["ms"] * each + albums * MS_PER_ALBUM) / 3.6e6 + SECONDS_PER_RUN / 3600
    costed = costed.assign(hours=hours, gb=costed["bytes"] * of / 1e9 + costed["mb"] / 1e3)
    costed["minutes"] = (60 * hours).clip(*MINUTES).astype(int)
    return costed.drop(columns=["ms", "each", "bytes", "of", "source"])


def _counts_of(plan: pd.DataFrame, column: str, units: Mapping[str, Mapping[str, int]]) -> list[int]:
    """Return how often each row of a plan has the unit that a column names."""
    numbers = []
    for stage, unit in zip(plan["stage"], plan[column], strict=True):
        numbers.append(units[stage][unit])
    return numbers


def _most_expensive(measured: pd.DataFrame, stage: str) -> pd.Series:
    """Return the costs of the most expensive setting of a stage, as an estimate for one that was not measured."""
    of_stage = measured.loc[[stage]].sort_values("ms", ascending=False)
    return of_stage.iloc[0]


def disks(needed: Mapping[Path, float]) -> pd.DataFrame:
    """Return the space that is needed and free on each disk.

    Parameters
    ----------
    needed : mapping
        Gigabytes to be written under each folder; the folders need not exist yet.

    Returns
    -------
    disks : pd.DataFrame
        One row a disk: ``folder`` (one of those on it), ``needed`` and ``free`` [GB].
    """
    rows = []
    for folder, size in needed.items():
        existing = _existing(folder)
        rows.append({"folder": existing, "needed": size, "disk": existing.stat().st_dev})
    parts = pd.DataFrame(rows, columns=["folder", "needed", "disk"])
    result = parts.groupby("disk", sort=False).agg({"folder": "first", "needed": "sum"}).reset_index(drop=True)
    return result.assign(free=[shutil.disk_usage(folder).free / 1e9 for folder in result["folder"]])


def _existing(folder: Path) -> Path:
    """Return a folder, or the nearest of its parents that exists."""
    while not folder.exists():
        folder = folder.parent
    return folder


def check_disk(space: pd.DataFrame) -> None:
    """Check that the disks have enough space for a series.

    Parameters
    ----------
    space : pd.DataFrame
        From :func:`disks`.

    Raises
    ------
    MumuError
        A disk has too little space.
    """
    for disk in space[space["free"] < space["needed"]].itertuples():
        raise MumuError(
            f"the series needs about {disk.needed:,.1f} GB on the disk of {disk.folder}, and {disk.free:,.1f} GB are free: "
            "free some, or move data/ and runs/ to a larger disk and set MUMU_HOME to it (sizes: params/costs.tsv)"
        )
