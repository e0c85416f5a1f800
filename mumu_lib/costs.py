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
from mumu_lib.errors import MumuError
from mumu_lib.params import checkout

# A job may take as long as on two cores without a GPU, within these bounds: a training that is stopped goes on.
MINUTES = (60, 1440)


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
    epochs = given.get("epochs", 0) + given.get("head_epochs", 0)
    return {
        "track": len(heard),
        "cover": int((catalogue.albums["cover"] != "").sum()),
        "album": len(catalogue.albums),
        "training patch and epoch": int(heard.isin(training).sum()) * given.get("patches", 1) * epochs,
        "training album and epoch": len(training) * epochs,
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
    found = plan.join(table(), on=["stage", "setting"])
    numbers = {stage: counts(catalogue, values.get(stage, {})) for stage in found["stage"].unique()}
    each = [numbers[row.stage][row.each] for row in found.itertuples()]
    of = [numbers[row.stage][row.of] for row in found.itertuples()]
    hours = found["ms"] * each / 3.6e6
    return found.assign(
        hours=hours, gb=found["bytes"] * of / 1e9 + found["mb"] / 1e3, minutes=(60 * hours).clip(*MINUTES).astype(int)
    ).drop(columns=["ms", "each", "bytes", "of", "source"])


def check_disk(needed: Mapping[Path, float]) -> None:
    """Stop before a series that its disks cannot hold.

    Parameters
    ----------
    needed : mapping
        Gigabytes to be written under each folder; the folders need not exist yet.

    Raises
    ------
    MumuError
        With what is lacking and what can be done.
    """
    disks: dict[int, list[tuple[Path, float]]] = {}
    for folder, gb in needed.items():
        there = next(p for p in (folder, *folder.parents) if p.exists())
        disks.setdefault(there.stat().st_dev, []).append((there, gb))
    for parts in disks.values():
        folder, gb = parts[0][0], sum(gb for _, gb in parts)
        if (free := shutil.disk_usage(folder).free / 1e9) < gb:
            raise MumuError(
                f"the series needs about {gb:,.1f} GB on the disk of {folder}, and {free:,.1f} GB are free; free some, or "
                "move data/ and runs/ to a larger disk and set MUMU_HOME to it (params/costs.tsv has the sizes)"
            )
