"""Embeddings are stored by text; a stored text is not encoded again."""

import threading

import numpy as np
import pandas as pd
import pytest

from mumu_lib.core.errors import BadDataError
from mumu_lib.encoders import About
from mumu_lib.text import sentences


class Counting:
    """An encoder that remembers what it was asked, and whose vectors are made of the text alone."""

    def __init__(self, digest="0123456789", fails_after=None):
        self.about = About("counting", "text", 3, "none", digest, "nothing")
        self.asked = []
        self.fails_after = fails_after

    def encode(self, texts):
        if self.fails_after is not None and len(self.asked) >= self.fails_after:
            raise KeyboardInterrupt
        self.asked += texts
        return np.array([[len(text), hash(text) % 1000, 1] for text in texts], np.float32).reshape(-1, 3)

    def known(self, texts):
        return 1.0


def some(count, word="text"):
    return pd.Series([f"{word} {'x' * (number % 7)} {number}" for number in range(count)])


def test_each_text_is_encoded_once_and_an_album_without_one_has_no_vector(home):
    encoder = Counting()
    texts = some(40)
    texts[39] = texts[0]
    texts[5] = None
    found = sentences.embed(encoder, texts)
    assert found.dtype == np.float32
    assert np.isnan(found[5]).all()
    np.testing.assert_array_equal(found[39], found[0])
    assert len(encoder.asked) == len(set(encoder.asked)) == 38
    again = Counting()
    np.testing.assert_array_equal(sentences.embed(again, texts[::-1]), found[::-1])
    assert not again.asked
    added = Counting()
    sentences.embed(added, pd.concat([texts, pd.Series(["new"])]))
    assert added.asked == ["new"]


def test_a_few_texts_are_encoded_without_a_store(home):
    found = sentences.embed(Counting(), some(sentences.FEW - 1))
    assert found.shape == (sentences.FEW - 1, 3)
    assert not (home / "data").exists()
    assert sentences.embed(Counting(), pd.Series([None, None], dtype="str")).shape == (2, 3)


def test_what_was_encoded_before_an_interruption_is_kept(home, monkeypatch):
    monkeypatch.setattr(sentences, "CHUNK", 8)
    stopped = Counting(fails_after=16)
    with pytest.raises(KeyboardInterrupt):
        sentences.embed(stopped, some(40))
    assert not list(home.rglob("*.tmp"))
    resumed = Counting()
    found = sentences.embed(resumed, some(40))
    assert len(resumed.asked) == 40 - 16
    np.testing.assert_array_equal(found, Counting().encode(list(some(40))))


def test_other_weights_have_a_store_of_their_own(home):
    sentences.embed(Counting(), some(20))
    other = Counting(digest="another")
    sentences.embed(other, some(20))
    assert len(other.asked) == 20


def test_of_two_at_once_the_second_finds_what_the_first_has_made(home):
    encoders = [Counting(), Counting()]
    found = [None, None]

    def run(number):
        found[number] = sentences.embed(encoders[number], some(60))

    threads = [threading.Thread(target=run, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_array_equal(found[0], found[1])
    assert sorted(len(encoder.asked) for encoder in encoders) == [0, 60]


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY\x01\x00", None])
def test_a_damaged_store_is_named_with_the_remedy(home, content):
    encoder = Counting()
    sentences.embed(encoder, some(20))
    (path,) = sentences.folder_of(encoder).glob("*.npy")
    if content is None:
        np.save(path, np.eye(3))
    else:
        path.write_bytes(content)
    with pytest.raises(BadDataError, match="remove it and run again; its texts will be encoded again"):
        sentences.embed(Counting(), some(20))
    path.unlink()
    assert sentences.embed(Counting(), some(20)).shape == (20, 3)


def test_half_an_emoji_can_be_kept(home):
    texts = some(20).astype(object)
    texts[3] = "half \ud83d"
    assert np.isfinite(sentences.embed(Counting(), texts)).all()
