"""Folders of the project: where data, runs and figures lie, and where the checkout is."""

import os
from pathlib import Path


def home() -> Path:
    """Folder that holds ``data/``, ``runs/`` and ``figures/``: ``$MUMU_HOME``, else the checkout."""
    return Path(os.environ.get("MUMU_HOME") or Path(__file__).resolve().parents[2])


def checkout() -> Path:
    """Folder of the checkout itself: ``notebooks/`` and ``params/`` live there."""
    return Path(__file__).resolve().parents[2]
