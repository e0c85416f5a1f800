"""The registry of encoders: names, and what opens each of them."""

import pytest

from mumu_lib import encoders
from mumu_lib.core.errors import ParameterError


def test_unknown_encoder_is_refused_with_the_nearest_name():
    with pytest.raises(ParameterError, match="mtt_musicnn"):
        encoders.make("mtt_musicn")
