"""A fusion is learned by the module that its row names."""

import numpy as np
import pytest

from mumu_lib import experiments, params
from mumu_lib.core.paths import checkout
from mumu_lib.fusion import joint, late, learned

BOOK = checkout() / "notebooks" / "07_multimodal.ipynb"


@pytest.mark.parametrize(
    ("own", "module"),
    [({}, late), ({"missing": "dropout"}, late), ({"learning": "simultaneous"}, joint)],
)
def test_the_module_of_the_row_is_asked(tiny, monkeypatch, tmp_path, own, module):
    cfg = params.Multimodal(**{**params.defaults(BOOK), "catalogue": "tiny", **own})
    monkeypatch.setattr(module, "learn", lambda *given: given)
    assert learned.learn(tiny, [], "objective", "encoded_targets", cfg, tmp_path) == (
        tiny,
        [],
        "objective",
        "encoded_targets",
        cfg,
        tmp_path,
    )


def test_every_fusion_names_a_module():
    for setting in experiments.fusions():
        assert experiments.module_of(experiments.FUSION_NOTEBOOK, setting).startswith("mumu_lib.fusion.")


def test_parts_are_measured_where_every_album_has_them():
    from mumu_lib.fusion import Source

    vectors = np.array([[3.0, 4.0], [np.nan, np.nan]])
    found = learned.Learned(None, None, None, "", [Source("audio", "x", vectors)], after=vectors / 5)
    assert found.scored.tolist() == [0]
    assert found.lengths().endswith("{'audio': '1.00'}")
