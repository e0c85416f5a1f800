"""Errors: caught by the library's own name and by Python's, and whole when they come from a worker."""

import pickle

import pytest

from mumu_lib.core import errors


@pytest.mark.parametrize(
    ("kind", "python"),
    [
        (errors.ParameterError, ValueError),
        (errors.MissingDataError, FileNotFoundError),
        (errors.BadDataError, ValueError),
        (errors.WriteError, OSError),
        (errors.ServiceError, OSError),
    ],
)
def test_an_error_is_caught_by_either_name(kind, python):
    with pytest.raises(errors.MumuError, match="what to do"):
        raise kind("what to do")
    with pytest.raises(python, match="what to do"):
        raise kind("what to do")


@pytest.mark.parametrize("kind", [errors.RefusedError, errors.AudioError, errors.ImageError])
def test_a_refusal_keeps_its_reason_on_the_way_from_a_worker(kind):
    back = pickle.loads(pickle.dumps(kind("corrupt", "a.flac breaks off")))
    assert type(back) is kind
    assert (back.reason, str(back)) == ("corrupt", "a.flac breaks off")


def test_the_nearest_known_name_is_proposed():
    assert errors.did_you_mean("metircs", ["labels", "metrics"]) == "; did you mean 'metrics'?"
    assert errors.did_you_mean(7, iter(["77", "x"])) == "; did you mean '77'?"


def test_nothing_near_is_nothing_proposed():
    assert errors.did_you_mean("xyz", ["labels", "metrics"]) == ""
    assert errors.did_you_mean("xyz", []) == ""
