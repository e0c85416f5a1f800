"""The same command gives the same numbers: again, beside other runs, and with another number of threads."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import notebook_processes as processes

RUNS = ["factors", "audio-cosine-low_4x96", "text-cosine-vsm", "audio-cosine-low_4x96+text-cosine-vsm-cosine-mlp"]
# By how much scores and vectors may differ where another number of threads sums in another order. These short
# trainings differ by some 1e-7; a longer one by more, since every step starts from where the last one ended.
OTHER_THREADS = 1e-4
ONE_THREAD = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
              "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"]  # fmt: skip


def runs_of(folder: Path) -> Path:
    return folder / "home" / "runs" / "generated"


@pytest.fixture(scope="module")
def crowd(alone, tmp_path_factory):
    """The series made twice at the same time in one place, and a run of another setting beside them."""
    folder = tmp_path_factory.mktemp("crowd")
    shutil.copytree(alone / "untouched", folder / "catalogue")
    home, jobs = folder / "home", processes.series(folder / "catalogue")
    processes.end(home, *[processes.start(j, home) for j in (jobs, jobs, [processes.other(folder / "catalogue")])])
    return folder


@pytest.fixture(scope="module")
def single(alone, tmp_path_factory):
    """The series with one thread, in run folders that have the maps of the others."""
    folder = tmp_path_factory.mktemp("single")
    shutil.copytree(alone / "untouched", folder / "catalogue")
    for path in runs_of(alone).glob("*/tsne-*.npy"):
        kept = runs_of(folder) / path.parent.name / path.name
        kept.parent.mkdir(parents=True)
        shutil.copy(path, kept)
    settings = dict.fromkeys(ONE_THREAD, "1")
    processes.run(processes.series(folder / "catalogue"), folder / "home", kind="spawn", **settings)
    return folder


@pytest.mark.parametrize("run", [*RUNS, "audio-logistic-low_4x96"])
def test_the_same_command_gives_the_same_bits_whoever_runs_beside_it(alone, crowd, run):
    metrics, arrays = processes.outcome(runs_of(alone) / run)
    again, arrays_again = processes.outcome(runs_of(crowd) / run)
    assert metrics == again
    assert arrays.keys() == arrays_again.keys()
    assert [name for name in arrays if arrays[name] != arrays_again[name]] == []


def test_runs_at_the_same_time_share_their_features_and_leave_nothing_lying(crowd):
    (made,) = (crowd / "catalogue" / "features").iterdir()
    assert sorted(path.suffix for path in made.iterdir()) == ["", ".looked", ".npy", ".parquet"]
    made = [path.parent.name for path in runs_of(crowd).glob("*/metrics.json")]
    # Beside every network stands a straight line.
    assert len([run for run in made if "-linear_" not in run]) == len(RUNS) + 1
    assert [p for p in crowd.rglob("*") if p.suffix == ".tmp" or p.name == "state.json" or "epoch-" in p.name] == []


@pytest.mark.parametrize("run", RUNS)
def test_another_number_of_threads_gives_the_same_numbers_within_the_tolerance(alone, single, run):
    metrics, _ = processes.outcome(runs_of(alone) / run)
    again, _ = processes.outcome(runs_of(single) / run)
    assert metrics.keys() == again.keys()
    for name, value in metrics.items():
        # These networks are named after the very bits of the vectors they are given.
        if name not in ("network", "album_network"):
            assert again[name] == (pytest.approx(value, abs=OTHER_THREADS) if isinstance(value, float) else value), name
    for name in ("scores.npy", "embeddings.npy"):
        if (runs_of(alone) / run / name).exists():
            arrays = [np.load(runs_of(f) / run / name) for f in (alone, single)]
            np.testing.assert_allclose(*arrays, rtol=0, atol=OTHER_THREADS)


def test_another_number_of_threads_keeps_the_maps_of_the_run(alone, single):
    for folder in runs_of(single).iterdir():
        kept = {path.name for path in (runs_of(alone) / folder.name).glob("tsne-*.npy")}
        assert {path.name for path in folder.glob("tsne-*.npy")} == kept, folder.name
    assert len(list(runs_of(single).glob("*/tsne-*.npy"))) >= 3
