"""The made-up albums have MuMu's marginals and agree with one another."""

import numpy as np
import pytest

from mumu_lib.linking import dumps
from mumu_lib.rehearsal import tables
from mumu_lib.rehearsal.tables import Size


def lists(n, seed=0):
    return [tables.labels_of(seed, number) for number in range(n)]


def test_labels_have_the_marginals_of_the_paper():
    found = lists(4000)
    assert np.mean([len(labels) for labels in found]) == pytest.approx(5.97, abs=0.25)
    assert np.mean([0 in labels for labels in found]) == pytest.approx(0.84, abs=0.02)
    known = tables.genres(0)
    assert known.share.sum() == pytest.approx(5.97)
    assert known.share[-1] * tables.ALBUMS >= tables.MIN_ALBUMS


def test_a_label_below_the_first_level_comes_with_its_parent():
    parent = tables.genres(1).parent
    for labels in lists(200, seed=1):
        above = parent[labels]
        assert set(above[above >= 0]) <= set(labels)
        assert len(labels)


def test_the_same_seed_makes_the_same():
    size = Size(50, 60, 5)
    assert tables.albums(size).equals(tables.albums(size))
    assert tables.reviews(size).equals(tables.reviews(size))
    assert not tables.reviews(size).equals(tables.reviews(Size(50, 60, 6)))


@pytest.mark.parametrize(("albums", "tracks"), [(50, 50), (50, 73), (60, 600)])
def test_counts_are_those_asked_for(albums, tracks):
    size = Size(albums, tracks, 0)
    made = tables.tracks(size)
    assert len(made) == tracks
    assert made["track_id"].is_unique
    assert made["album_id"].nunique() == albums
    for track_id, album_id in made[["track_id", "album_id"]].itertuples(index=False):
        assert tables.number_of(track_id) == tables.number_of(album_id)
    reviews = tables.reviews(size)
    assert len(reviews) == size.reviews
    assert set(reviews["album_id"]) == set(made["album_id"])


def test_the_paper_s_size_has_the_paper_s_reviews():
    assert Size(tables.ALBUMS, tables.TRACKS, 0).reviews == tables.REVIEWS


def test_reviews_name_articles_that_the_dump_knows(tmp_path):
    path = tmp_path / "categories.ttl"
    tables.write_dump(path, 0)
    problems = []
    titles = {title for title, _ in dumps.triples(path, "categories", problems)}
    assert not problems
    assert len(titles) > 9000
    text = " ".join(tables.reviews(Size(50, 50, 0))["text"])
    assert any(title.replace("_", " ") in text for title in titles)
