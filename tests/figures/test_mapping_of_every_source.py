"""Notebook 01 calls the same names whatever its source is."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mumu_lib import mapping, params
from mumu_lib.mapping import matching
from mumu_lib.sources import mumu_release

TRUTH = pd.Series({"A0": "G0", "A1": "G1", "A2": "G2"}, name="release_group_mbid")


def cfg(**given):
    values = {"catalogue": "mine", "seed": 0, "source": "sample", "root": "", "method": "ratcliff_obershelp",
              "threshold": 0.9, "min_albums": 8, **given}  # fmt: skip
    return params.DatasetMapping(**values)


@pytest.fixture
def shop():
    return pd.DataFrame(
        {"album_id": ["A0", "A1", "A2"], "title": ["Blue Rooms", "Red Roofs", "Green"], "artist": ["Ann", "Bob", "Cy"]}
    )


@pytest.fixture
def releases():
    return pd.DataFrame(
        {"release_group_mbid": ["G0", "G1", "G9"], "title": ["Blue Rooms", "Red Roofz", "Grey"], "artist": ["Ann", "Bob", "Cy"]}
    )  # fmt: skip


def test_the_curve_holds_the_threshold_in_use(shop, releases):
    curve = mapping.measure(shop, releases, TRUTH, cfg(threshold=0.875))
    assert list(curve["threshold"]) == sorted([*np.arange(60, 101, 2) / 100, 0.875])
    assert curve.set_index("threshold").loc[[0.875, 1.0], "recall"].round(2).tolist() == [0.67, 0.33]


def test_a_threshold_below_the_curve_begins_it(shop, releases):
    assert mapping.measure(shop, releases, TRUTH, cfg(threshold=0.5))["threshold"].iloc[0] == 0.5


@pytest.mark.parametrize("threshold", [0.7, 0.9])
def test_the_curve_says_what_matching_at_the_threshold_gives(shop, releases, threshold):
    curve = mapping.measure(shop, releases, TRUTH, cfg(threshold=threshold))
    matches = matching.match(shop, releases, threshold=threshold, same="release_group_mbid")
    alone = mapping.agreement(mapping.named(matches, shop, releases), TRUTH, [threshold])
    pd.testing.assert_series_equal(curve[curve["threshold"] == threshold].iloc[0], alone.iloc[0], check_names=False)


def test_without_a_truth_nothing_is_matched_and_that_is_said(monkeypatch, capsys):
    monkeypatch.setattr(matching, "match", None)
    curve = mapping.measure(pd.DataFrame(), pd.DataFrame(), None, cfg())
    assert list(curve.columns) == ["threshold", "precision", "recall"]
    assert curve[::5].round(3).empty
    assert capsys.readouterr().out == "no truth is known for these sources\n"


def test_results_hold_precision_and_recall_of_what_was_mapped_alone(tiny):
    curve = pd.DataFrame({"threshold": [0.8, 0.9], "precision": [0.5, 0.98765], "recall": [1, 0.75]})
    size = {"albums": 30, "tracks": 60, "labels": 4}
    assert mapping.summary(tiny, tiny, curve, 0.9) == {**size, "precision": 0.988, "recall": 0.75}
    assert mapping.summary(tiny, tiny, curve[:0], 0.9) == size
    assert mapping.summary(tiny, SimpleNamespace(), curve, 0.9) == size


@pytest.mark.parametrize("source", ["sample", "raw"])
def test_what_was_mapped_is_the_catalogue(source):
    mapped = SimpleNamespace()
    assert mapping.catalogue_of(cfg(source=source), mapped) is mapped


def test_published_mappings_are_made_from_their_files(monkeypatch):
    monkeypatch.setattr(mumu_release, "build", lambda *given, **named: (*given, named))
    monkeypatch.setattr(mumu_release, "build_msdi", lambda *given, **named: (*given, named))
    assert mapping.catalogue_of(cfg(source="mumu", root="there"), None) == (
        "there", {"name": "mine", "min_albums": 8, "seed": 0},
    )  # fmt: skip
    assert mapping.catalogue_of(cfg(source="msd-i", root="there"), None) == ("there", {"name": "mine"})


@pytest.mark.parametrize(
    ("source", "name", "of"),
    [
        ("sample", "mine", "sample"),
        ("raw", "mine", "raw"),
        ("mumu", "sample-mapped", "sample"),
        ("msd-i", "sample-mapped", "sample"),
    ],
)
def test_beside_a_published_mapping_the_sample_s_is_written(source, name, of, monkeypatch):
    monkeypatch.setattr(mapping, "write", lambda given, *_, **named: (given, named["source"], named["root"]))
    assert mapping.write_mapped(cfg(source=source), None, None, None, "raw files") == (name, of, "raw files")


def test_what_is_read_of_the_sample_is_called_synthetic():
    assert mapping.headed("Albums", "raw") == "Albums:"
    assert {mapping.headed("Albums", source) for source in ("sample", "mumu", "msd-i")} == {
        "Albums (synthetic sample):"
    }
