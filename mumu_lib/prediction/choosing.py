"""Which runs of a collection go into a file NAME.mumu.

Paper: none.  Notebooks: none; ``python -m mumu_lib export``.
"""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path

import pandas as pd

from mumu_lib import runs
from mumu_lib.catalogue import commands
from mumu_lib.core.errors import MissingDataError, ParameterError, did_you_mean
from mumu_lib.experiments import BY_LETTER, BY_NAME, is_line
from mumu_lib.prediction import encoding, fusing
from mumu_lib.prediction.trained import AtHome


def choose(known: AtHome, only: Sequence[str] = ()) -> tuple[list[str], dict[str, str]]:
    """Choose the runs for a file: the best of each modality, and the fusions that albums with any of them would get.

    Parameters
    ----------
    known : AtHome
    only : sequence of str
        Ids or folder names of runs to take instead; a fusion brings its sources.

    Returns
    -------
    names : list of str
        Folders of the runs.
    left_out : dict
        Name of a run that cannot be shared -> why.

    Raises
    ------
    MissingDataError
        No finished run that can be shared, with a command that makes one.
    ParameterError
        A run of ``only`` is not there or cannot be shared.
    """
    table = known.finished()
    if table.empty:
        raise MissingDataError(f"no finished run of {known.name!r}; {commands.any_run(known.catalogue)}")
    table = table[~table["setting"].map(is_line)].reset_index()
    table.index = pd.Index([Path(folder).name for folder in table["folder"]])
    against = {name: _why_not(row) for name, row in table.iterrows()}
    for name, row in table.iterrows():
        for origin in _origins(row):
            against[name] = against[name] or against.get(origin, f"its source {origin} is not there")
    left_out = {str(name): why for name, why in against.items() if why}
    usable = table[[not why for why in against.values()]]
    if only:
        names = [_asked_for(name, table, left_out) for name in only]
    elif usable.empty:
        reasons = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise MissingDataError(
            f"no run of {known.name!r} can be shared ({reasons}); {commands.any_run(known.catalogue)}"
        )
    else:
        names = _best(usable)
    origins = {str(name): _origins(row) for name, row in table.iterrows()}
    wanted = []
    for name in names:
        wanted += [*origins[name], name]
    return list(dict.fromkeys(wanted)), left_out


def _best(usable: pd.DataFrame) -> list[str]:
    """Return the best run of each modality, and the fusions that prediction would take for albums with some of them."""
    found = []
    modalities = [modality.name for modality in BY_LETTER.values()]
    for modality in modalities:
        own = runs.by_validation(usable[usable["modality"] == modality])
        found += list(own.index[:1])
    for number in range(len(modalities), 1, -1):
        for there in combinations(modalities, number):
            fusions, _ = fusing.choices(usable, there)
            found += [Path(run["folder"]).name for run, _ in fusions[:1]]
    return [str(name) for name in found]


def _origins(row: pd.Series) -> list[str]:
    """Return the folders of the sources of a fusion; none of any other run."""
    sources = row.get("sources")
    return [source["origin"] for source in sources] if isinstance(sources, list) else []


def _why_not(row: pd.Series) -> str:
    """Say why a run cannot be shared; empty if it can."""
    if "+" in str(row["modality"]):
        return (
            ""
            if _origins(row)
            else "what was learned simultaneously has no sources that a new album could be put through"
        )
    if row["modality"] not in BY_NAME or not BY_NAME[row["modality"]].encodes or not encoding.judges_new_albums(row):
        return "a new album cannot be put through it"
    if "sem" in str(row["setting"]).split("_"):
        return "it links texts with a knowledge base, which is not part of such a file"
    return ""


def _asked_for(name: str, table: pd.DataFrame, left_out: dict[str, str]) -> str:
    """Return the folder of a run that was asked for by it, or by its id."""
    if name not in table.index:
        of_id = list(table.index[table["run"] == name])
        if len(of_id) != 1:
            among = f"; several have this id: {', '.join(of_id)}" if of_id else did_you_mean(name, table.index)
            raise ParameterError(f"{name!r} is no finished run; there are {', '.join(table.index)}{among}")
        name = of_id[0]
    if name in left_out:
        raise ParameterError(f"run {name} cannot be shared: {left_out[name]}; leave it out of --runs")
    return name
