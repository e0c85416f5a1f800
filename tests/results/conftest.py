"""Finished runs of rows of Table 2."""

import pytest

import written_runs
from mumu_lib import params


@pytest.fixture
def write(tiny):
    """Write a finished run of a row."""
    return written_runs.writer(tiny)


@pytest.fixture
def cfg():
    return params.Results(catalogue="tiny", seed=0, resamples=10)
