"""What the Snakefile is told of a catalogue, and what it tells the shell of each job.

Read by the Snakefile.
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from mumu_lib.core.errors import ParameterError


def catalogue_name(words: Iterable[str], config: Mapping[str, Any]) -> str:
    """Name or path of the catalogue as it was typed.

    Snakemake reads ``catalogue=007`` and ``catalogue=2017_02`` as numbers; as text these would be 7, which may be the
    name of another catalogue, and 201702.

    Parameters
    ----------
    words : iterable of str
        What was typed after ``--config``, such as ``catalogue=007``; of several the last counts, as for Snakemake.
    config : mapping
        What Snakemake has made of these words and of the files of ``--configfile``.

    Raises
    ------
    ParameterError
        The name comes from a file that does not hold it as text.
    """
    name = config.get("catalogue", "sample")
    for word in words:
        if word.startswith("catalogue="):
            # Snakemake takes off quotes as well; those of a shell never get here.
            name = re.sub(r"""^(['"])(.*)\1$""", r"\2", word.removeprefix("catalogue="))
    if not isinstance(name, str):
        raise ParameterError(
            f"the file of --configfile gives catalogue={name!r}, which is no text; put the name in quotes in that file, "
            'such as  catalogue: "007"  or type it instead, such as  --config catalogue=007'
        )
    return name


def papermill_args(row: Any) -> str:
    """Return what papermill is told for a row of the plan, beside the catalogue."""
    return " ".join(f"-p {name} {value}" for name, value in row.arguments.items())


def quoted(word: str | Path) -> str:
    """Quote a word for the shell that runs the jobs; that of Windows knows no single quotes."""
    if os.name == "nt":
        return subprocess.list2cmdline([str(word)])
    return shlex.quote(str(word))
