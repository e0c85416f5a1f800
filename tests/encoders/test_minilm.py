"""The sentence encoder: files, texts of every kind, and the real weights where they are."""

import itertools
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import small_encoder
from mumu_lib import encoders
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.paths import checkout
from mumu_lib.encoders import minilm


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("minilm")


@pytest.fixture(scope="module")
def encoder(folder):
    return minilm.MiniLM(folder, small_encoder.write(folder))


def numbers(*words):
    return [small_encoder.VOCABULARY.index(word) for word in ("[CLS]", *words, "[SEP]")]


def unit(vector):
    return vector / np.linalg.norm(vector)


def test_a_text_is_the_mean_over_its_tokens_of_length_1(encoder):
    found = encoder.encode(["The guitar AND a Sax", "loud"])
    values = small_encoder.weights()
    expected = small_encoder.forward(values, numbers("the", "guitar", "and", "a", "sax"))
    np.testing.assert_allclose(found[0], unit(expected), atol=1e-4)
    np.testing.assert_allclose(found[1], unit(small_encoder.forward(values, numbers("loud"))), atol=1e-4)
    assert found.dtype == np.float32
    assert encoder.about.length == small_encoder.WIDTH
    assert (encoder.about.name, encoder.about.hears) == ("minilm", "text")


def test_a_long_text_is_the_mean_of_its_pieces_weighted_by_their_tokens(encoder):
    words = ["guitar"] * 200 + ["sax"] * 200 + ["solo"] * 200 + ["riff"]
    found = encoder.encode([" ".join(words)])[0]
    values = small_encoder.weights()
    total = 0
    for piece in (words[:201], words[201:402], words[402:]):
        total += (len(piece) + 2) * unit(small_encoder.forward(values, numbers(*piece)))
    np.testing.assert_allclose(found, unit(total), atol=1e-4)


def test_a_vector_does_not_depend_on_what_else_is_encoded(encoder):
    texts = ["guitar", "the sax and the voice", "", "swing " * 300, "x " * 40]
    together = encoder.encode(texts)
    for text, vector in zip(texts, together, strict=True):
        np.testing.assert_allclose(encoder.encode([text])[0], vector, atol=1e-5)
    assert encoder.encode([]).shape == (0, small_encoder.WIDTH)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=60), min_size=1, max_size=3))
def test_any_text_has_a_finite_vector(encoder, texts):
    found = encoder.encode(texts)
    assert np.isfinite(found).all()
    assert 0 <= encoder.known(texts) <= 1


def test_half_an_emoji_is_read_as_a_sign(encoder):
    np.testing.assert_array_equal(encoder.encode(["a \ud83d song"]), encoder.encode(["a ? song"]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2000), st.integers(1, 300))
def test_pieces_are_even_and_nothing_is_lost(length, most):
    words = list(range(length))
    pieces = minilm.cut(words, most)
    assert list(itertools.chain(*pieces)) == words
    sizes = [len(piece) for piece in pieces]
    assert max(sizes) <= most
    assert len(pieces) == max(1, -(-length // most))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(2, minilm.LONGEST), max_size=200))
def test_every_piece_is_in_one_batch_of_a_known_shape(lengths):
    seen = []
    for rows, length in minilm.batches(lengths):
        assert length in minilm.LENGTHS
        assert max(lengths[row] for row in rows) <= length
        tokens, known = minilm.filled([[1] * lengths[row] for row in rows], length)
        assert tokens.shape[0] & (tokens.shape[0] - 1) == 0
        assert known.sum(axis=1).min() >= 1
        seen += rows.tolist()
    assert sorted(seen) == list(range(len(lengths)))


def test_the_share_of_words_known_falls_with_words_that_fall_apart(encoder):
    assert encoder.known(["the guitar, and a sax! 1999"]) == 1
    assert encoder.known(["el saxo suena"]) == 0
    assert encoder.known(["Το τραγούδι"]) == 0
    assert encoder.known(["the guitarra"]) < encoder.known(["the guitar"])
    assert encoder.known([""]) == encoder.known(["12, 34"]) == 0


def test_without_weights_the_command_that_brings_them_is_named(home):
    with pytest.raises(MissingDataError, match=r"model\.safetensors is missing; run  make pretrained"):
        encoders.make("minilm")


def test_another_file_is_refused_with_both_digests(tmp_path):
    small_encoder.write(tmp_path)
    with pytest.raises(BadDataError, match=r"not the expected file \(SHA-256 .*instead of 53aa51172d14"):
        minilm.MiniLM(tmp_path)


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
@pytest.mark.parametrize("content", [b"", b"{}", b"\x00" * 64, b"\xff" * 8 + b"{}"])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name, content):
    from mumu_lib.core.fingerprints import hash_of

    digests = small_encoder.write(tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadDataError, match=r"remove it and run  make pretrained"):
        minilm.MiniLM(tmp_path, {**digests, name: hash_of(content)})


def test_a_tokenizer_without_the_marks_of_a_text_is_refused(tmp_path):
    from mumu_lib.core.fingerprints import hash_of_file

    digests = small_encoder.write(tmp_path)
    path = tmp_path / "tokenizer.json"
    facts = json.loads(path.read_text(encoding="utf-8"))
    facts["model"]["vocab"] = {"[UNK]": 0, "a": 1}
    path.write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(BadDataError, match=r"has no token \[CLS\]"):
        minilm.MiniLM(tmp_path, {**digests, "tokenizer.json": hash_of_file(path)})


@pytest.mark.parametrize("name", ["tokenizers", "safetensors"])
def test_without_its_libraries_the_command_that_installs_them_is_named(tmp_path, monkeypatch, name):
    monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, f"{name}.numpy", raising=False)
    with pytest.raises(MissingDataError, match=rf"needs {name}.*run  pip install tokenizers safetensors"):
        minilm.MiniLM(tmp_path)


def test_nothing_goes_online(folder, encoder):
    """The tokenizer's package depends on a client of a hub, which Keras loads where it is; nobody asks it."""
    code = (
        "import json, os, socket, sys\n"
        "from pathlib import Path\n"
        "def refuse(*_): raise SystemExit('went online')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "from mumu_lib.encoders import minilm\n"
        "minilm.MiniLM(Path(sys.argv[1]), json.loads(sys.argv[2])).encode(['a song'])\n"
        "print('OFFLINE', os.environ['HF_HUB_OFFLINE'], 'torch' in sys.modules)\n"
    )
    assert "OFFLINE 1 False" in run(code, folder)


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_every_backend_says_the_same(folder, encoder, backend):
    pytest.importorskip(backend)
    code = (
        "import json, sys\n"
        "from pathlib import Path\n"
        "from mumu_lib.encoders import minilm\n"
        "found = minilm.MiniLM(Path(sys.argv[1]), json.loads(sys.argv[2])).encode(['a song', 'the loud sax ' * 100])\n"
        "print('FOUND', json.dumps(found.tolist()))\n"
    )
    done = run(code, folder, KERAS_BACKEND=backend, JAX_PLATFORMS="cpu")
    found = json.loads(done.split("FOUND")[1])
    np.testing.assert_allclose(found, encoder.encode(["a song", "the loud sax " * 100]), atol=1e-4)


def run(code, folder, **environment):
    from mumu_lib.core.fingerprints import hash_of_file

    digests = {name: hash_of_file(folder / name) for name in minilm.DIGESTS}
    command = [sys.executable, "-c", code, str(folder), json.dumps(digests)]
    done = subprocess.run(
        command, env={**os.environ, **environment}, cwd=checkout(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def test_the_real_weights_say_what_their_makers_publish():
    """Similarities of three sentences, from the documentation of sentence-transformers."""
    folder = checkout() / "data" / "pretrained" / "minilm"
    if os.environ.get("MUMU_PRETRAINED"):
        from pathlib import Path

        folder = Path(os.environ["MUMU_PRETRAINED"]) / "minilm"
    if not (folder / minilm.WEIGHTS).is_file():
        pytest.skip("the weights are not here; make pretrained brings them")
    encoder = minilm.MiniLM(folder)
    found = encoder.encode(["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."])
    expected = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    np.testing.assert_allclose(found @ found.T, expected, atol=1e-4)
