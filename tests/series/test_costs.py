"""What a series costs: every job has a cost, and the estimate is what the benchmarks say."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mumu_lib import series
from mumu_lib.series import costs


def of_size(tracks, training):
    """What the costs ask of a catalogue, with so many tracks, one an album."""
    split = np.where(np.arange(tracks) < training, "train", "test")
    albums = pd.DataFrame({"album_id": np.arange(tracks), "cover": "c.png", "split": split})
    return SimpleNamespace(
        albums=albums, tracks=albums[["album_id"]].assign(audio="a.mp3"), rows=lambda split: np.flatnonzero(albums.split == split)
    )  # fmt: skip


@pytest.mark.parametrize("profile", ["sample", "paper"])
def test_every_job_of_a_plan_has_a_cost(whole, profile):
    found = series.plan(whole, profile)
    assert (found[["hours", "gb", "minutes", "memory_mb"]] > 0).all(axis=None)
    assert set(found["gpu"]) == {0, 1}


def test_the_estimate_is_what_the_benchmarks_say_at_the_papers_size(whole):
    plan = series.plan(whole, "paper").drop(columns=["hours", "gb", "mb", "minutes", "memory_mb", "gpu"])
    values = series.values("paper")
    found = costs.estimate(of_size(147295, 115839), plan, {**values, "features": values["audio"]})
    hours = found.groupby(["stage", "setting"])["hours"].max()
    assert hours["features", "cqt"] == pytest.approx(10 / 2, rel=0.02)
    assert found.loc[found["stage"] == "features", "gb"].item() == pytest.approx(2 * 9.1, rel=0.01)
    beside = (147295 * costs.MS_PER_ALBUM / 1000 + costs.SECONDS_PER_RUN) / 3600
    epochs = {"low_4x96": 87 / 3600, "high_4x96": 7.2 / 60, "low_4x70": 7.3 / 60, "high_4x70": 0.72}
    assert {name: (hours["audio", name] - beside) / 100 for name in epochs} == pytest.approx(epochs, rel=0.03)
