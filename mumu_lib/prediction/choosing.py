"""Choose the runs of a collection for a file NAME.mumu.

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


def choose(learned: AtHome, only: Sequence[str] = ()) -> tuple[list[str], dict[str, str]]:
    """Choose the runs for a file: the best of each modality, and the best fusion of each combination of modalities.

    Parameters
    ----------
    learned : AtHome
    only : sequence of str
        Ids or folder names of the runs to take in their place; a fusion brings its sources.

    Returns
    -------
    names : list of str
        Folders of the runs.
    left_out : dict
        Name of a run that cannot be shared -> why.

    Raises
    ------
    MissingDataError
        No finished run can be shared.
    ParameterError
        A run of ``only`` does not exist or cannot be shared.
    """
    table = learned.finished()
    if table.empty:
        raise MissingDataError(f"no finished run of {learned.name!r}; {commands.any_run(learned.catalogue)}")
    table = table[~table["setting"].map(is_line)].reset_index()
    table.index = pd.Index(table["folder"].map(lambda folder: Path(folder).name).tolist())
    left_out = _left_out(table)
    usable = table[~table.index.isin(list(left_out))]
    if only:
        names = [_by_name(name, table, left_out) for name in only]
    elif usable.empty:
        reasons = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise MissingDataError(
            f"no run of {learned.name!r} can be shared ({reasons}); {commands.any_run(learned.catalogue)}"
        )
    else:
        names = _best(usable)
    origins = {str(name): _origins(row) for name, row in table.iterrows()}
    with_sources: dict[str, None] = {}
    for name in names:
        with_sources |= dict.fromkeys(origins[name])
        with_sources[name] = None
    return list(with_sources), left_out


def _left_out(table: pd.DataFrame) -> dict[str, str]:
    """Return the runs that cannot be shared, with reasons; a fusion needs its sources."""
    reasons = {}
    for name, row in table.iterrows():
        reasons[str(name)] = _why_not(row)
    for name, row in table.iterrows():
        for origin in _origins(row):
            if not reasons[str(name)]:
                reasons[str(name)] = reasons.get(origin, f"its source {origin} is missing")
    return {name: why for name, why in reasons.items() if why}


def _best(usable: pd.DataFrame) -> list[str]:
    """Return the best run of each modality, and the fusion that prediction uses for each combination of modalities."""
    best: list[str] = []
    modalities = [modality.name for modality in BY_LETTER.values()]
    for modality in modalities:
        ranked = runs.by_validation(usable[usable["modality"] == modality])
        best += ranked.index[:1].astype(str).tolist()
    for number in range(len(modalities), 1, -1):
        for combination in combinations(modalities, number):
            fusions, _ = fusing.choices(usable, combination)
            if fusions:
                run, _ = fusions[0]
                best.append(Path(run["folder"]).name)
    return best


def _origins(row: pd.Series) -> list[str]:
    """Return the folders of the sources of a fusion; an empty list for other runs."""
    sources = row.get("sources")
    if not isinstance(sources, list):
        return []
    return [source["origin"] for source in sources]


def _why_not(row: pd.Series) -> str:
    """Return why a run cannot be shared; empty if it can."""
    if "+" in str(row["modality"]):
        if _origins(row):
            return ""
        return "joint training has no sources that a new album could be put through"
    if row["modality"] not in BY_NAME or not BY_NAME[row["modality"]].encodes or not encoding.judges_new_albums(row):
        return "a new album cannot be put through it"
    if "sem" in str(row["setting"]).split("_"):
        return "it links texts with a knowledge base, which is not part of such a file"
    return ""


def _by_name(name: str, table: pd.DataFrame, left_out: dict[str, str]) -> str:
    """Return the folder of a run, given its folder or its id."""
    if name not in table.index:
        with_id = list(table.index[table["run"] == name])
        if len(with_id) != 1:
            hint = did_you_mean(name, table.index)
            if with_id:
                hint = f"; several have this id: {', '.join(with_id)}"
            raise ParameterError(f"{name!r} is not a finished run; choose from {', '.join(table.index)}{hint}")
        name = with_id[0]
    if name in left_out:
        raise ParameterError(f"run {name} cannot be shared: {left_out[name]}; leave it out of --runs")
    return name
