"""Parameters of a run."""

import pytest

from mumu_lib import params


@pytest.fixture
def cfg():
    return params.Results(catalogue="tiny", seed=0, resamples=10)
