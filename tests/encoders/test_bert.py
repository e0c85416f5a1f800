"""BERT's encoder against a plain one in numpy, and files that are not whole."""

from pathlib import Path

import numpy as np
import pytest

import small_encoder
from mumu_lib.core.errors import BadDataError
from mumu_lib.encoders import bert

PATH = Path("model.safetensors")


def told(network, texts, length):
    """Outputs for texts filled up to a length."""
    tokens = np.zeros((len(texts), length), np.int32)
    known = np.zeros((len(texts), length), np.float32)
    for row, text in enumerate(texts):
        tokens[row, : len(text)] = text
        known[row, : len(text)] = 1
    places = np.broadcast_to(np.arange(length, dtype=np.int32), tokens.shape)
    return np.asarray(network.predict_on_batch([tokens, places, known]))


def test_it_says_what_a_plain_implementation_says_however_far_texts_are_filled_up():
    values = small_encoder.weights()
    network = bert.network(values, PATH, "get it again")
    rng = np.random.default_rng(1)
    texts = [rng.integers(1, len(small_encoder.VOCABULARY), n).tolist() for n in (2, 3, 9, 16)]
    expected = np.stack([small_encoder.forward(values, text) for text in texts])
    for length in (16, 32):
        np.testing.assert_allclose(told(network, texts, length), expected, atol=1e-4)


def test_a_global_policy_of_half_precision_changes_nothing():
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = bert.network(small_encoder.weights(), PATH, "get it again")
    finally:
        keras.config.set_dtype_policy(before)
    expected = small_encoder.forward(small_encoder.weights(), [2, 7, 3])
    np.testing.assert_allclose(told(network, [[2, 7, 3]], 8)[0], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda w: w.pop("encoder.layer.1.attention.self.key.bias"), r"has no variable 'encoder\.layer\.1.*key\.bias'"),
        (lambda w: w.update({"encoder.layer.9.output.dense.bias": np.zeros(3)}), r"variables of another network.*layer\.9"),
        (lambda w: w.update({"embeddings.LayerNorm.bias": np.zeros(3)}), "do not fit together"),
        (lambda w: w.update({"encoder.layer.0.intermediate.dense.bias": np.zeros(3)}), "do not fit together"),
    ],
)  # fmt: skip
def test_weights_of_another_network_are_named_with_the_remedy(change, said):
    values = small_encoder.weights()
    change(values)
    with pytest.raises(BadDataError, match=said) as raised:
        bert.network(values, PATH, "get it again")
    assert str(raised.value).startswith("model.safetensors")
    assert str(raised.value).endswith("get it again")
