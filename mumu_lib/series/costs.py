"""What a series costs: hours, disk and memory, from what was measured (``params/costs.tsv``) and a catalogue's counts.

Read by ``make paper``, which says beforehand what is going to happen, and by the Snakefile, which asks a cluster for
memory, minutes and GPUs.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import MumuError
from mumu_lib.core.paths import checkout

# A job may take as long as on two cores without a GPU, within these bounds: a training that is stopped goes on.
MINUTES = (60, 1440)
# Of every run, beside what the table has: the sample's series of 26 took 12 minutes.
SECONDS_PER_RUN = 30


def table() -> pd.DataFrame:
    """``params/costs.tsv``, by stage and setting.

    Returns
    -------
    table : pd.DataFrame
        ``ms`` on two cores without a GPU for one ``each``; ``bytes`` of disk for one ``of``, and ``mb`` whatever the
        catalogue; ``memory_mb`` to ask for; ``gpu``, 1 where one helps; ``source``, where the numbers come from.
    """
    path = checkout() / "params" / "costs.tsv"
    return pd.read_csv(path, sep="\t", keep_default_na=False).set_index(["stage", "setting"])


def counts(catalogue: Catalogue, given: Mapping[str, Any]) -> dict[str, int]:
    """How many there are of what :func:`table` counts.

    Parameters
    ----------
    given : mapping
        Parameters of a notebook; ``epochs``, ``head_epochs`` and ``patches`` matter.
    """
    heard = catalogue.tracks["album_id"][catalogue.tracks["audio"] != ""]
    training = catalogue.albums["album_id"].iloc[catalogue.rows("train")]
    learnt = int(heard.isin(training).sum()) * given.get("patches", 1)
    epochs = given.get("epochs", 0) + given.get("head_epochs", 0)
    return {
        "track": len(heard),
        "cover": int((catalogue.albums["cover"] != "").sum()),
        "album": len(catalogue.albums),
        "training patch and epoch": learnt * epochs,
        "training album and epoch": len(training) * epochs,
        "training patch, together": learnt * given.get("together_epochs", 0),
    }


def estimate(catalogue: Catalogue, plan: pd.DataFrame, values: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """A plan with what each of its rows costs.

    Parameters
    ----------
    plan : pd.DataFrame
        With ``stage`` and ``setting``, as from :func:`mumu_lib.series.plan`.
    values : mapping
        Parameters of each stage, as from :func:`mumu_lib.series.values`.

    Returns
    -------
    plan : pd.DataFrame
        With ``hours`` (every epoch, on two cores without a GPU), ``gb`` of disk, ``mb`` of it for the network,
        ``memory_mb``, ``gpu``, and ``minutes`` to ask a cluster for.
    """
    measured = table()
    found = plan.join(measured, on=["stage", "setting"])
    for row in found.index[found["each"].isna()]:
        found.loc[row, measured.columns] = _dearest(measured, found.loc[row, "stage"])
    # Learned at once: the dearest network of each modality, with each patch.
    single = found[found["stage"].isin(["audio", "text", "image"]) & found["each"].str.endswith("epoch")]
    dearest = single.groupby("stage")[["ms", "mb"]].max().sum()
    found.loc[found["setting"] == "simultaneous", ["ms", "mb"]] = dearest.to_numpy()
    numbers = {stage: counts(catalogue, values.get(stage, {})) for stage in found["stage"].unique()}
    each, of = ([numbers[s][unit] for s, unit in zip(found["stage"], found[of], strict=True)] for of in ("each", "of"))
    hours = found["ms"] * each / 3.6e6 + SECONDS_PER_RUN / 3600
    found = found.assign(hours=hours, gb=found["bytes"] * of / 1e9 + found["mb"] / 1e3)
    found["minutes"] = (60 * hours).clip(*MINUTES).astype(int)
    return found.drop(columns=["ms", "each", "bytes", "of", "source"])


def _dearest(measured: pd.DataFrame, stage: str) -> pd.Series:
    """Return the costs of the dearest setting of a stage, for one that nobody has measured."""
    of_stage = measured.loc[[stage]].sort_values("ms", ascending=False)
    return of_stage.iloc[0]


def disks(needed: Mapping[Path, float]) -> pd.DataFrame:
    """What is needed of each disk, and what is free there.

    Parameters
    ----------
    needed : mapping
        Gigabytes to be written under each folder; the folders need not exist yet.

    Returns
    -------
    disks : pd.DataFrame
        A row a disk: ``folder`` (one of those on it), ``needed`` and ``free`` [GB].
    """
    there = [next(parent for parent in (folder, *folder.parents) if parent.exists()) for folder in needed]
    parts = pd.DataFrame({"folder": there, "needed": list(needed.values()), "disk": [p.stat().st_dev for p in there]})
    found = parts.groupby("disk", sort=False).agg({"folder": "first", "needed": "sum"}).reset_index(drop=True)
    return found.assign(free=[shutil.disk_usage(folder).free / 1e9 for folder in found["folder"]])


def check_disk(found: pd.DataFrame) -> None:
    """Stop before a series that its disks cannot hold.

    Parameters
    ----------
    found : pd.DataFrame
        As from :func:`disks`.

    Raises
    ------
    MumuError
        With what is lacking and what can be done.
    """
    for disk in found[found["free"] < found["needed"]].itertuples():
        raise MumuError(
            f"the series needs about {disk.needed:,.1f} GB on the disk of {disk.folder}, and {disk.free:,.1f} GB are free: "
            "free some, or move data/ and runs/ to a larger disk and set MUMU_HOME to it (sizes: params/costs.tsv)"
        )
