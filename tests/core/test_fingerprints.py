"""Names by content: another content has another name; sketches forgive rounding and nothing else."""

import hashlib
import os

import numpy as np
import pytest
import scipy.sparse as sp

from mumu_lib.core import fingerprints


def test_a_hash_is_sha256_of_the_parts_one_after_the_other(tmp_path):
    expected = hashlib.sha256("é".encode() + b"12").hexdigest()
    assert fingerprints.hash_of("é", b"1", memoryview(b"2")) == expected
    assert fingerprints.hash_of("é12", length=8) == expected[:8]
    (tmp_path / "file").write_bytes("é12".encode())
    assert fingerprints.hash_of_file(tmp_path / "file") == expected
    assert fingerprints.hash_of_file(tmp_path / "file", length=5) == expected[:5]


def test_a_fingerprint_changes_with_size_time_and_settings(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"12")
    os.utime(path, ns=(1, 1))
    found = [fingerprints.fingerprint(path, "a"), fingerprints.fingerprint(path, "b"), fingerprints.fingerprint(path)]
    path.write_bytes(b"123")
    os.utime(path, ns=(1, 1))
    found.append(fingerprints.fingerprint(path, "a"))
    os.utime(path, ns=(1, 2))
    found.append(fingerprints.fingerprint(path, "a"))
    assert len(set(found)) == 5
    assert found[-1] == fingerprints.fingerprint(path, "a")


def test_a_file_that_is_not_there_counts_as_none(tmp_path):
    assert fingerprints.fingerprint(tmp_path / "gone", "a") == fingerprints.fingerprint(None, "a")


@pytest.mark.parametrize("kind", [np.asarray, sp.csr_matrix])
def test_a_digest_is_of_values_and_shape(kind):
    X = np.arange(6.0).reshape(2, 3)
    assert fingerprints.digest(kind(X)) == fingerprints.digest(kind(X.copy()))
    assert fingerprints.digest(kind(X)) != fingerprints.digest(kind(X + 1))
    assert fingerprints.digest(kind(X)) != fingerprints.digest(kind(X.reshape(3, 2)))


def test_sketches_of_the_same_rows_are_the_same_but_for_rounding():
    X = np.random.default_rng(1).normal(size=(5, 40))
    one = fingerprints.signature(X)
    assert one.shape == (5, fingerprints.PROJECTIONS)
    assert fingerprints.matches(one, fingerprints.signature(sp.csr_matrix(X)))
    assert fingerprints.matches(one, fingerprints.signature(X * (1 + 1e-7)))
    assert not fingerprints.matches(one, fingerprints.signature(X * 1.01))
    assert not fingerprints.matches(one, one[:4])
    assert fingerprints.matches(one[:0], one[:0])
