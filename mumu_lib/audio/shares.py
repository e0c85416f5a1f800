"""Join audio features that several machines have extracted in shares.

Paper: Section 5.1.  Notebooks: 04_audio.
"""

import pandas as pd

from mumu_lib.audio import store
from mumu_lib.catalogue import Catalogue
from mumu_lib.catalogue.commands import as_typed
from mumu_lib.core import commands
from mumu_lib.core.errors import MissingDataError, ParameterError
from mumu_lib.features import build
from mumu_lib.features.store import Recipe


def join(
    catalogue: Catalogue, parts: int, kind: str = "cqt", *, patches: int = 1, workers: int = 0, seed: int = 0,
) -> store.AudioStore:  # fmt: skip
    """Join the shares of :func:`mumu_lib.audio.store.extract_part`; extract nothing.

    Parameters
    ----------
    parts : int
        Number of shares.
    kind, patches, workers, seed
        As for :func:`mumu_lib.audio.store.extract`.

    Raises
    ------
    MissingDataError
        If shares are not done; the message lists their commands. Finished shares are kept.
    """
    if parts < 1:
        raise ParameterError(f"join={parts} must be at least 1, the number of shares")
    chosen = store.settings(kind, patches, seed, "fast")
    options = {"kind": kind, "patches": patches, "seed": seed}
    require_all(catalogue, store.jobs(catalogue, chosen), chosen, parts, options)
    return store.extract(catalogue, kind, patches=patches, workers=workers, seed=seed)


def require_all(
    catalogue: Catalogue, jobs: pd.DataFrame, settings: Recipe, parts: int, options: dict[str, object]
) -> None:
    """Raise an error if shares are not done.

    Parameters
    ----------
    jobs, settings
        As for :func:`mumu_lib.features.build.open_or_build`.
    options : dict
        Options of the command that extracts a share.

    Raises
    ------
    MissingDataError
        As in :func:`join`.
    """
    lacks = build.lacking_parts(catalogue, jobs, settings, parts)
    if lacks:
        raise MissingDataError(_not_done(catalogue, lacks, parts, options))


def _not_done(catalogue: Catalogue, lacks: dict[int, int], parts: int, options: dict[str, object]) -> str:
    """Return the message with a command for each share that is not done."""
    lines = []
    for part, tracks in lacks.items():
        command = commands.python("mumu_lib.patches", as_typed(catalogue), "--part", part, parts, **options)
        lines.append(f"  share {part}, {tracks} tracks:  {command}")
    typed = "\n".join(lines)
    return f"{len(lacks)} of {parts} shares are not done; what is done is kept. Run these again:\n{typed}"
