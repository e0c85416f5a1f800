"""Which runs there are: the rows of Table 2 and ours, and what papermill is told for each.

Paper: Table 2.  Read by the Snakefile.
"""

import sys
from typing import Any

import pandas as pd

from mumu_lib import runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.errors import MissingDataError, ParameterError
from mumu_lib.params import checkout

# What a modality's notebook calls the setting of Table 2.
SETTING_IS = {"04_audio": "filters", "05_text": "features", "06_image": "backbone"}
NEEDS = {"audio": "audio", "a": "audio", "text": "reviews", "t": "reviews", "image": "covers", "i": "covers"}
FUSION: dict[str, dict[str, str]] = {
    "mlp": {},
    "mlp_dropout": {"missing": "dropout"},
    "simultaneous": {"learning": "simultaneous"},
}


def rows(profile: str) -> pd.DataFrame:
    """Rows that a profile runs: of Table 2 (``params/grid.tsv``), then ours (``params/further.tsv``).

    Parameters
    ----------
    profile : {'sample', 'paper'}

    Returns
    -------
    rows : pd.DataFrame
        ``modality``, ``target``, ``setting``, ``notebook``.
    """
    if profile not in ("sample", "paper"):
        raise ParameterError(f"profile={profile!r} is not one of ['sample', 'paper']")
    further = pd.read_csv(checkout() / "params" / "further.tsv", sep="\t")
    both = pd.concat([runs.grid().assign(paper="yes"), further])
    return both.loc[both[profile] == "yes", ["modality", "target", "setting", "notebook"]].reset_index(drop=True)


def arguments(row: Any) -> dict[str, str]:
    """Parameters of the notebook that make it run one of these rows."""
    if row.notebook in SETTING_IS:
        return {"target": row.target, SETTING_IS[row.notebook]: row.setting}
    return {"target": row.target, "modalities": row.modality.replace("+", ""), **FUSION[row.setting]}


def possible(wanted: pd.DataFrame, catalogue: Catalogue) -> pd.DataFrame:
    """Rows whose modalities a catalogue has; the others are named on the screen."""
    lacks = {}
    for modality in set("+".join(wanted["modality"]).split("+")):
        try:
            catalogue.require(NEEDS[modality])
        except MissingDataError as error:
            lacks[modality] = error
            print(f"left out, every row with {modality}: {error}", file=sys.stderr)
    return wanted[[lacks.keys().isdisjoint(modality.split("+")) for modality in wanted["modality"]]]
