"""Three runs to fuse."""

import numpy as np
import pytest

from fused_runs import finished


@pytest.fixture
def three(tiny):
    """A run of each modality: text knows the labels, the others are noise; two albums have no cover."""
    rng = np.random.default_rng(0)
    n = len(tiny.albums)
    known = tiny.label_matrix().toarray() + rng.normal(0, 0.1, (n, 4))
    finished(tiny, "audio", "low_4x96", rng.normal(size=(n, 6)) * 100, 0.7)
    finished(tiny, "audio", "high_4x96", np.ones((n, 3)), 0.6)
    finished(tiny, "text", "vsm", known.astype(np.float32), 0.9)
    finished(tiny, "image", "resnet101", rng.normal(size=(n, 5)), 0.6, kept=np.arange(2, n))
    return tiny
