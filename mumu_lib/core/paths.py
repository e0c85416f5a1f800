"""Return the folders of the project: the home with data, runs and figures, and the checkout."""

import os
from pathlib import Path


def home() -> Path:
    """Return the folder with ``data/``, ``runs/`` and ``figures/``: ``$MUMU_HOME``, or else the checkout."""
    return Path(os.environ.get("MUMU_HOME") or Path(__file__).resolve().parents[2])


def checkout() -> Path:
    """Return the folder of the checkout, with ``notebooks/`` and ``params/``."""
    return Path(__file__).resolve().parents[2]
