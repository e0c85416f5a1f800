"""Finished runs for figures of results."""

import pytest

import written_runs


@pytest.fixture
def write(tiny):
    """Write a finished run of a row."""
    return written_runs.writer(tiny)
