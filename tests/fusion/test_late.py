"""Late fusion: one layer over joined vectors."""

import numpy as np

from mumu_lib import params, targets
from mumu_lib.core.paths import checkout
from mumu_lib.fusion import Source, late, learned

BOOK = checkout() / "notebooks" / "07_multimodal.ipynb"


def test_vectors_count_the_same_whatever_their_length(tiny, tmp_path):
    cfg = params.Multimodal(**{**params.defaults(BOOK), "catalogue": "tiny", "modalities": "at", "epochs": 2})
    rng = np.random.default_rng(0)
    small = rng.normal(size=(30, 4)).astype(np.float32)
    small[3] = np.nan
    sources = [Source("audio", "x", small), Source("text", "y", 1000 * rng.normal(size=(30, 3)).astype(np.float32))]
    objective = targets.make(tiny, "cosine", 3)
    found = late.learn(tiny, sources, objective, objective.encode(tiny.label_matrix()), cfg, tmp_path)
    assert found.lengths() == "mean length of each part behind the first layer: {'audio': '1.00', 'text': '1.00'}"
    assert 3 not in found.scored
    assert len(found.history) <= 2
    assert (tmp_path / found.folder / "model.keras").is_file()
    assert found.curves.empty
    again = learned.learn(tiny, sources, objective, objective.encode(tiny.label_matrix()), cfg, tmp_path)
    np.testing.assert_array_equal(again.network.get_weights()[0], found.network.get_weights()[0])
