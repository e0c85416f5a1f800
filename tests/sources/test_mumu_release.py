"""Making catalogues of the published datasets, with their own splits if they have one."""

import json
from pathlib import Path

import pandas as pd
import pytest

from mumu_lib import open_catalogue
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.sources import mumu_release
from published_release import SPLIT, write_ismir

HEADER = "amazon_id,album_mbid,MSD_track_id,recording_mbid,artist_mbid,genres"


def write_release(root: Path, n: int = 30) -> Path:
    (root / "MuMu_dataset").mkdir(parents=True)
    rows = [
        f'B{i:02d},RG{i},TR{i}{t},REC{i}{t},ART{i % 10},"Pop,{"Jazz" if i % 3 else "Vocal Jazz"}"'
        for i in range(n)
        for t in "ab"
    ]
    (root / "MuMu_dataset" / "MuMu_dataset_multi-label.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    shop = [
        {
            "amazon_id": f"B{i:02d}",
            "title": f"T{i}",
            "categories": [["CDs & Vinyl", "Jazz", "Vocal Jazz"], ["CDs & Vinyl", "Pop"]],
        }
        for i in range(n)
    ]
    (root / "MuMu_dataset" / "amazon_metadata_MuMu.json").write_text(json.dumps(shop))
    reviews = [{"amazon_id": "B01", "reviewText": "fine", "overall": 4.0}, {"asin": "unknown", "reviewText": "x"}]
    (root / "MuMu_dataset" / "amazon_reviews_MuMu.json").write_text("\n".join(map(json.dumps, reviews)))
    return root


def test_release_becomes_a_catalogue_with_the_published_split(tmp_path):
    write_ismir(write_release(tmp_path))
    mumu_release.build(tmp_path, min_albums=5)
    made = open_catalogue("mumu")
    assert made.albums["split"].tolist() == SPLIT
    assert made.labels == ["Jazz", "Pop", "Vocal Jazz"]
    assert made.albums["title"].tolist()[:2] == ["T0", "T1"]
    assert made.albums["release_group_mbid"][0] == "rg0"
    assert (len(made.tracks), made.reviews["album_id"].tolist()) == (60, ["B01"])
    assert made.taxonomy["branch"].map(list).tolist() == [["Jazz", "Vocal Jazz"], ["Pop"]]


def test_without_published_split_one_is_made(tmp_path):
    write_release(tmp_path)
    made = mumu_release.build(tmp_path, min_albums=5, artist_disjoint=True)
    assert set(made.albums["split"]) == {"train", "val", "test"}
    artist = pd.read_csv(tmp_path / "MuMu_dataset" / "MuMu_dataset_multi-label.csv").drop_duplicates("amazon_id")[
        "artist_mbid"
    ]
    assert (made.albums["split"].groupby(artist.to_numpy()).nunique() == 1).all()


def test_single_csv_is_enough(tmp_path):
    path = tmp_path / "MuMu_dataset_single-label.csv"
    path.write_text(f"{HEADER}\nB1,a,TR1,r,x,Pop\nB2,b,TR2,s,x,Pop\n")
    assert mumu_release.build(path, min_albums=1).labels == ["Pop"]


def test_previews_and_covers_are_found(tmp_path):
    write_release(tmp_path)
    (tmp_path / "audio").mkdir()
    (tmp_path / "audio" / "TR3a.mp3").touch()
    (tmp_path / "covers").mkdir()
    (tmp_path / "covers" / "B07.jpg").touch()
    table = mumu_release.build(tmp_path, min_albums=5).validate()
    assert (table.loc["audio", "there"], table.loc["covers", "there"]) == (1, 1)


@pytest.mark.parametrize("column", HEADER.split(","))
def test_missing_column_is_named(tmp_path, column):
    path = tmp_path / "m.csv"
    path.write_text(HEADER.replace(column, "other") + "\n")
    with pytest.raises(BadDataError, match=r"m\.csv, line 1: the columns .* are missing"):
        mumu_release.tracks(path)


def test_bad_rows_are_listed(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(f'{HEADER}\nB1,UPPER,TR1,R,A,"Pop,Jazz,Pop"\nB1,u,TR1,r,a,Rock\nB2,u,TR2\n')
    with pytest.warns(UserWarning, match=r"m\.csv"):
        table = mumu_release.tracks(path)
    assert table["genres"].tolist() == [["Pop", "Jazz"]]
    assert table["release_group_mbid"].tolist() == ["upper"]
    assert [("line 4" in p, "TR1" in p) for p in table.attrs["problems"]] == [(True, False), (False, True)]


def test_authors_column_names_are_taken_too(tmp_path):
    path = tmp_path / "multi2de_dataset.tsv"
    path.write_text(
        "amazon_product_id\trelease_group_mbid\tmsd_track_id\trecording_mbid\tartist_mbid\tgenres\nB\tg\tT\tr\ta\tPop,R&B\n"
    )
    assert mumu_release.tracks(path)["genres"].tolist() == [["Pop", "R&B"]]


def test_genre_with_a_comma_is_known_from_the_metadata(tmp_path):
    path = tmp_path / "MuMu_dataset_multi-label.csv"
    path.write_text(f'{HEADER}\nB1,g,TR1,r,a,"Pop,Folk, World & Country,Folk"\nB2,h,TR2,s,a,Pop\n')
    shop = [
        {"amazon_id": "B1", "categories": [["CDs & Vinyl", "Folk, World & Country", "Folk"], ["CDs & Vinyl", "Pop"]]}
    ]
    (tmp_path / "amazon_metadata_MuMu.json").write_text(json.dumps(shop))
    assert mumu_release.build(path, min_albums=1).labels == ["Folk", "Folk, World & Country", "Pop"]


def test_genre_with_a_comma_alone_reads_as_two(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(f'{HEADER}\nB1,g,TR1,r,a,"Folk, World"\n')
    assert mumu_release.tracks(path)["genres"].tolist() == [["Folk", "World"]]


def test_folder_without_the_csv(tmp_path):
    with pytest.raises(MissingDataError, match=r"mumu_lib\.sources\.fetch mumu"):
        mumu_release.build(tmp_path)


def test_msdi_keeps_its_split(tmp_path):
    path = tmp_path / "MSD-I_dataset.tsv"
    path.write_text(
        "msd_track_id\tgenre\talbum_index\tset\tmsd_artist_id\timage_url\nTR1\tJazz\t0\ttrain\tAR1\tu\nTR2\tRock\t1\ttest\tAR2\tu\nTR3\tRock\t1\ttest\tAR2\tu\n"
    )
    made = mumu_release.build_msdi(path)
    assert made.labels == ["Jazz", "Rock"]
    assert made.albums["split"].tolist() == ["train", "test"]
    assert len(made.tracks) == 3


def test_msdi_album_in_two_splits_is_listed(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(
        "msd_track_id,genre_label,album_index,set,msd_artist_id,image_url\nTR1,Jazz,0,train,AR1,u\nTR2,Jazz,0,test,AR2,u\n"
    )
    with pytest.warns(UserWarning, match="album 0 has more than one split"):
        mumu_release.build_msdi(path)


def test_real_single_label_csv(real_data):
    made = mumu_release.build(real_data / "labels" / "mumu")
    assert (len(made.albums), len(made.tracks), len(made.labels)) == (2321, 12087, 15)
    assert made.info["rare_labels"] == ["Gospel"]


def test_real_msdi(real_data):
    made = mumu_release.build_msdi(real_data / "labels" / "msd-i" / "csv_msd.csv")
    assert (len(made.albums), len(made.labels)) == (16753, 15)


def test_a_header_that_is_not_csv_is_refused(tmp_path):
    (tmp_path / "m.csv").write_bytes(b"amazon_id,album\rmbid\n")
    with pytest.raises(BadDataError, match=r"m\.csv, line 1 "):
        mumu_release.tracks(tmp_path / "m.csv")
