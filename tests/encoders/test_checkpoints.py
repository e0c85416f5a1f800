"""Checkpoints of TensorFlow 1: variables by name and shape, and what is said of those that are not right."""

import numpy as np
import pytest

from made_musicnn import write
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.encoders import checkpoints

VALUES = {"dense/kernel": np.arange(6, dtype=np.float32).reshape(2, 3), "dense/bias": np.zeros(3, np.float32)}
SHAPES = {"dense/kernel": (2, 3), "dense/bias": (3,)}


def test_variables_come_back_as_they_were_written(tmp_path):
    found = checkpoints.read(write(tmp_path / "a folder", VALUES), SHAPES)
    assert list(found) == list(SHAPES)
    for name, value in VALUES.items():
        np.testing.assert_array_equal(found[name], value)


def test_a_variable_that_is_lacking_is_named(tmp_path):
    write(tmp_path, {"dense/kernel": VALUES["dense/kernel"]})
    with pytest.raises(BadDataError, match="lacks the variable 'dense/bias'"):
        checkpoints.read(tmp_path, SHAPES)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.zeros(4, np.float32), r"shape \(4,\), expected \(3,\)"),
        (np.zeros(3, np.int32), "type int32"),
        (np.full(3, np.nan, np.float32), "not finite"),
    ],
)
def test_a_variable_of_another_kind_is_refused(tmp_path, value, said):
    write(tmp_path, {**VALUES, "dense/bias": value})
    with pytest.raises(BadDataError, match=said):
        checkpoints.read(tmp_path, SHAPES)


@pytest.mark.parametrize("name", [checkpoints.INDEX, checkpoints.DATA])
def test_a_file_that_is_missing_cut_or_no_checkpoint_is_said(tmp_path, name):
    write(tmp_path, VALUES)
    content = (tmp_path / name).read_bytes()
    for damaged in (content[: len(content) // 2], b"", b"x" * len(content)):
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(BadDataError, match="make pretrained"):
            checkpoints.read(tmp_path, SHAPES)
    (tmp_path / name).unlink()
    with pytest.raises(MissingDataError, match="is missing"):
        checkpoints.read(tmp_path, SHAPES)


def test_without_tensorflow_it_says_so(tmp_path, monkeypatch):
    write(tmp_path, VALUES)
    monkeypatch.setitem(__import__("sys").modules, "tensorflow", None)
    with pytest.raises(MissingDataError, match="takes TensorFlow"):
        checkpoints.read(tmp_path, SHAPES)
