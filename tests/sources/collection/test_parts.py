"""Test splits: related albums stay together."""

import pandas as pd
import pytest

from mumu_lib.catalogue import splits
from mumu_lib.sources.collection import parts


def table(n, **columns):
    made = {"album_id": [f"A{i:02}" for i in range(n)], "artist": "", "unit": "", "nobody": False, "split": ""}
    made |= {"genres": [["Jazz"] if i % 2 else ["Rock"] for i in range(n)]}
    return pd.DataFrame(made | columns)


def dealt(albums, same=None, disjoint=False):
    together = parts.units(albums, same or {}, disjoint)
    return parts.split(
        albums, together, min_albums=1, artist_disjoint=disjoint, seed=0, fractions=(0.8, 0.1, 0.1), source="x"
    )


def test_albums_alone_are_dealt_out_as_ever():
    albums = table(30)
    assert dealt(albums).tolist() == splits.assign(albums["genres"].tolist()).tolist()


def test_an_artist_is_in_one_split_and_nobody_in_any():
    artists = [f"artist {i % 9}" if i < 30 else "Various Artists" for i in range(60)]
    albums = table(60, artist=artists, nobody=[i >= 30 for i in range(60)])
    split = dealt(albums, disjoint=True)
    assert (split[:30].groupby(albums["artist"][:30]).nunique() == 1).all()
    assert split[30:].nunique() > 1


def test_spellings_and_guests_are_one_artist():
    albums = table(4, artist=["The Who", "Who, The", "Ann feat. Bob", "Bob"])
    names = parts.units(albums, {}, True)
    assert names[0] == names[1] != ""
    assert names[2] == names[3] != ""


@pytest.mark.parametrize("disjoint", [False, True])
def test_discs_and_identical_recordings_stay_together(disjoint):
    albums = table(40, unit=["one"] * 10 + [""] * 30)
    same = {"A09": "A09", "A20": "A09", "A21": "A09", "A30": "A30"}
    split = dealt(albums, same, disjoint)
    assert split[[*range(10), 20, 21]].nunique() == 1
    assert parts.units(albums, same, disjoint)[30] == ""


def test_identical_recordings_that_a_manifest_parts_are_counted():
    albums = table(4, split=["train", "test", "val", "none"])
    assert parts.parted({"A00": "A00", "A01": "A00", "A02": "A02", "A03": "A02"}, albums) == 1
