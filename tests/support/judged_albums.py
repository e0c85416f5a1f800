"""Truth and scores for albums, drawn by hypothesis."""

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays


@st.composite
def truth_and_scores(draw):
    """Small cases full of ties, empty labels, full labels and constant scores."""
    shape = draw(st.tuples(st.integers(1, 12), st.integers(1, 5)))
    Y = draw(arrays(np.int8, shape, elements=st.integers(0, 1)))
    S = draw(arrays(np.float64, shape, elements=st.sampled_from([-1.0, 0.0, 0.25, 0.5, 1e9])))
    return Y, S
