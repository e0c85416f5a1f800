"""Timbre statistics: of segments as the dataset has them, and of MFCCs."""

import h5py
import numpy as np
import pytest

from mumu_lib.audio import timbre
from mumu_lib.core.errors import AudioError, LockedError
from sounds import tone


def test_timbre_stats_order():
    c = np.random.default_rng(0).normal(size=(50, 12))
    s = timbre.statistics(c)
    assert s.shape == (48,)
    for part, of in zip(np.split(s, 4), (np.mean, np.max, np.var, lambda x: np.sqrt((x**2).sum())), strict=True):
        np.testing.assert_allclose(part, [of(column) for column in c.T], rtol=1e-6)


def test_mfcc_timbre_hears_a_difference():
    dull, bright = (timbre.from_mfcc(tone(4, f)) for f in (110, 3000))
    assert dull.shape == (48,)
    assert np.isfinite(dull).all()
    assert bright[1] < dull[1]  # the second coefficient is the tilt of the spectrum


def msd_file(path, segments, name="segments_timbre"):
    with h5py.File(path, "w") as file:
        file.create_group("analysis")[name] = segments
    return path


def test_msd_timbre(tmp_path):
    segments = np.random.default_rng(0).normal(size=(300, 12))
    np.testing.assert_allclose(
        timbre.from_msd(msd_file(tmp_path / "a.h5", segments)), timbre.statistics(segments), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("reason", "make"),
    [
        ("missing", lambda path: None),
        ("corrupt", lambda path: path.write_bytes(b"no hdf5")),
        ("corrupt", lambda path: msd_file(path, np.ones((4, 12)), name="segments_pitches")),
        ("corrupt", lambda path: msd_file(path, np.ones((4, 11)))),
        ("short", lambda path: msd_file(path, np.ones((0, 12)))),
    ],
    ids=["missing", "not HDF5", "no timbre", "wrong shape", "no segment"],
)
def test_msd_timbre_says_why_a_file_cannot_be_used(tmp_path, reason, make):
    make(tmp_path / "TRAAAAW128F429D538.h5")
    with pytest.raises(AudioError, match="TRAAAAW128F429D538") as error:
        timbre.from_msd(tmp_path / "TRAAAAW128F429D538.h5")
    assert error.value.reason == reason


def test_real_msd_files(real_data):
    files = sorted((real_data / "msd").glob("*.h5"))
    assert files
    statistics = np.array([timbre.from_msd(path) for path in files])
    assert statistics.shape == (len(files), 48)
    assert np.isfinite(statistics).all()
    assert (statistics[:, 12:24] >= statistics[:, :12]).all()


def test_a_file_that_is_held_is_not_noted_as_broken(tmp_path, monkeypatch):
    path = msd_file(tmp_path / "a.h5", np.ones((3, 12)))

    def refuse(*_):
        raise BlockingIOError(11, "(unable to lock file, errno = 11)")

    monkeypatch.setattr(h5py, "File", refuse)
    with pytest.raises(LockedError, match="held by another program"):
        timbre.from_msd(path)
