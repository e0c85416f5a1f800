"""From matched albums to tracks and a catalogue; which sources there are."""

import numpy as np
import pandas as pd
import pytest

from mumu_lib import mapping
from mumu_lib.core.errors import MissingDataError, NothingUsableError
from mumu_lib.mapping import matching

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
