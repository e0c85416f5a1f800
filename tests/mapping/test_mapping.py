"""From matched albums to tracks and a catalogue; which sources there are."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from mumu_lib import mapping, params
from mumu_lib.core.errors import MissingDataError, NothingUsableError
from mumu_lib.mapping import matching
from mumu_lib.sources import mumu_release

ALBUMS = pd.DataFrame(
    {"album_id": list("ABCDE"), "title": ["News", "News", "Jazz", "", "Innuendo"], "artist": ["Queen", "Queeen", "Queen", "Queen", "Queen"],
     "branches": [[["Rock"], ["Pop", "Vocal Pop"]]] * 5}
)  # fmt: skip
RELEASES = pd.DataFrame(
    {"release_group_mbid": ["g1", "g3", "g5"], "title": ["News", "Jazz", "Innuendo"], "artist": "Queen"}
)
RECORDINGS = pd.DataFrame(
    [("g1", "r1"), ("g1", "r2"), ("g1", "both"), ("g3", "both"), ("g3", "r3"), ("g1", "r4"), ("g3", "r5")],
    columns=["release_group_mbid", "recording_mbid"],
)
TRACKS = pd.DataFrame(
    [("t1", "r1"), ("t1", "r2"), ("t2", "both"), ("t3", "r3"), ("t4", "r4"), ("t4", "r5"), ("t9", "elsewhere")],
    columns=["track_id", "recording_mbid"],
)


def test_tracks_of_one_album_only_are_kept_and_every_step_counted():
    accepted, funnel = mapping.accept(ALBUMS, RELEASES, matching.match(ALBUMS, RELEASES, same="release_group_mbid"))
    assert accepted[["album_id", "release_group_mbid"]].to_numpy().tolist() == [["A", "g1"], ["C", "g3"], ["E", "g5"]]
    linked, funnel = mapping.link(accepted, RECORDINGS, TRACKS, funnel)
    # "both" is on two albums; t4's two recordings lead to two albums.
    assert sorted(zip(linked["track_id"], linked["album_id"], strict=True)) == [("t1", "A"), ("t3", "C")]
    assert funnel["albums"].tolist() == [5, 4, 4, 4, 3, 2, 2, 2, 2]
    assert funnel["tracks"].dropna().tolist() == [6, 4, 3, 2]


def test_sources_of_different_collections():
    accepted, funnel = mapping.accept(ALBUMS, RELEASES, matching.match(ALBUMS, RELEASES))
    with pytest.raises(NothingUsableError, match="with tracks in the Million Song Dataset"):
        mapping.link(accepted, RECORDINGS, TRACKS.assign(recording_mbid="x"), funnel)


def test_mapped_albums_become_a_catalogue(tmp_path):
    accepted, funnel = mapping.accept(ALBUMS, RELEASES, matching.match(ALBUMS, RELEASES, same="release_group_mbid"))
    linked, _ = mapping.link(accepted, RECORDINGS, TRACKS, funnel)
    reviews = pd.DataFrame({"album_id": ["A", "B"], "text": ["x", "of an album that fell out"]})
    made = mapping.write("made", accepted, linked, reviews, source="raw", root=tmp_path, min_albums=1)
    assert made.labels == ["Pop", "Rock", "Vocal Pop"]
    assert not made.synthetic
    assert (len(made.albums), len(made.tracks), len(made.reviews)) == (2, 2, 1)
    assert mapping.beside_paper(made).loc["labels of a song, mean", "here"] == 3


def test_agreement_by_hand():
    matches = pd.DataFrame(
        {
            "left": list("abcd"),
            "right": list("ABXD"),
            "score": [1, 0.95, 0.92, 0.91],
            "runner_up_score": [0, 0, 0, 0.9],
            "ambiguous": [False, False, False, True],
        }
    )
    truth = pd.Series(dict(zip("abcde", "ABCDE", strict=True)))
    table = mapping.agreement(matches, truth, [0.9, 0.905, 0.93, 1])
    np.testing.assert_allclose(table["precision"], [2 / 3, 3 / 4, 1, 1])
    np.testing.assert_allclose(table["recall"], [2 / 5, 3 / 5, 2 / 5, 1 / 5])


def test_missing_sources_are_named(tmp_path):
    (tmp_path / "unique_tracks.txt").touch()
    with pytest.raises(MissingDataError, match=r"lacks metadata .*dump \(musicbrainz-canonical-dump"):
        mapping.find_sources(tmp_path)
    with pytest.raises(MissingDataError, match="-p root FOLDER"):
        mapping.raw_folder("mumu", "", 0)


def test_what_a_download_left_half_done_is_no_source(tmp_path):
    for part in ("reviews_CDs_and_Vinyl.json.part", "meta_CDs_and_Vinyl.jsonl.tmp"):
        (tmp_path / part).write_text("{}")
    with pytest.raises(MissingDataError, match=r"lacks metadata .* reviews "):
        mapping.find_sources(tmp_path)


# --- Notebook 01 calls the same names whatever its source is. ---

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
