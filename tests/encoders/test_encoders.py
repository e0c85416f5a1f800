"""The registry of encoders: names, and what opens each of them."""

import pytest

from mumu_lib import encoders
from mumu_lib.core.errors import ParameterError


def test_unknown_encoder_is_refused_with_the_nearest_name():
    with pytest.raises(ParameterError, match="mtt_musicnn"):
        encoders.make("mtt_musicn")


def test_a_line_says_what_is_here_or_how_to_get_it(home):
    assert encoders.installed() == []
    assert "make pretrained" in encoders.hint()
    place = encoders.folder("minilm")
    place.mkdir(parents=True)
    assert encoders.installed() == []
    (place / encoders.ABOUT).write_text("{}", encoding="utf-8")
    assert encoders.installed() == ["minilm"]
    assert encoders.hint().startswith("Pretrained encoders: minilm.")
