"""Snakemake as a fork of one process that has imported it and the series: a second a call instead of four."""

import os
import subprocess
import sys
from functools import cache

from mumu_lib.core import paths
from mumu_lib.series import forked


@cache
def _forks():
    return forked.Forks(["snakemake.cli", "mumu_lib.series.jobs"])


def snakemake(*words):
    """Run Snakemake in the checkout; its exit status, what it prints, and what it says on stderr."""
    command = [sys.executable, "-m", "snakemake"]
    own = {}
    if forked.usable():
        command = forked.command("snakemake")
        own = {forked.ADDRESS: _forks().environment[forked.ADDRESS]}
    done = subprocess.run(
        [*command, *words], cwd=paths.checkout(), capture_output=True, encoding="utf-8", env={**os.environ, **own}
    )
    return done.returncode, done.stdout, done.stderr
