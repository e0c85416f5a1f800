"""Reading the reviews and metadata of every release, and listing bad lines."""

import gzip
import json

import pandas as pd
import pytest

from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.sources import amazon

OLD = "{'asin': 'B000000001', 'title': 'Rock &amp; Roll', 'imUrl': 'http://x/i.jpg', 'categories': [['CDs & Vinyl', 'Pop', 'Oldies'], ['CDs & Vinyl', 'Rock'], ['CDs & Vinyl']]}"


def write(path, *lines):
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "wt", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)
    return path


def test_reads_python_literals_of_2014(tmp_path):
    album = amazon.metadata(write(tmp_path / "meta.json.gz", OLD)).iloc[0]
    assert (album["title"], album["artist"], album["cover_url"]) == ("Rock & Roll", "", "http://x/i.jpg")
    assert album["branches"] == [["Pop", "Oldies"], ["Rock"]]


def test_reads_2018(tmp_path):
    line = json.dumps(
        {"asin": "A", "title": "T", "brand": "Queen", "category": ["CDs & Vinyl", "Rock"], "imageURL": ["u.jpg"]}
    )
    album = amazon.metadata(write(tmp_path / "meta.json", line)).iloc[0]
    assert album.tolist() == ["A", "T", "Queen", [["Rock"]], "u.jpg"]


@pytest.mark.parametrize("images", [[{"large": "l.jpg", "thumb": "t.jpg"}], {"large": ["l.jpg"], "thumb": ["t.jpg"]}])
def test_reads_2023_by_parent_id(tmp_path, images):
    record = {
        "parent_asin": "P",
        "title": "T",
        "store": "SWV   Format: Audio CD",
        "categories": ["CDs & Vinyl", "R&B"],
        "images": images,
    }
    album = amazon.metadata(write(tmp_path / "meta.jsonl", json.dumps(record))).iloc[0]
    assert album.tolist() == ["P", "T", "SWV", [["R&B"]], "l.jpg"]


@pytest.mark.parametrize(
    ("credit", "artist"),
    [
        ("SWV   Format: Audio CD", "SWV"),
        ("Shrimp City Slim  (Artist)    Format: Audio CD", "Shrimp City Slim"),
        ("John Barry  (Composer),     Barry, John  (Composer)    Format: Audio CD", "John Barry"),
        ("Earth, Wind &amp; Fire", "Earth, Wind & Fire"),
        ("Prince (And The Revolution)", "Prince (And The Revolution)"),
        ("", ""),
    ],
)
def test_cleans_artist(credit, artist):
    assert amazon.clean_artist(credit) == artist


def test_placeholder_cover_is_none(tmp_path):
    line = json.dumps({"asin": "A", "imUrl": "http://g/no-img-lg-uk.gif"})
    assert amazon.metadata(write(tmp_path / "m.json", line))["cover_url"].item() == ""


def test_reviews_of_every_release(tmp_path):
    path = write(
        tmp_path / "reviews.json",
        json.dumps({"asin": "A", "reviewText": "good", "summary": "s", "overall": 5.0, "helpful": [2, 3]}),
        json.dumps({"asin": "A", "reviewText": "fine", "overall": 4.0, "vote": "1,234"}),
        json.dumps({"asin": "child", "parent_asin": "A", "text": "ok", "title": "t", "rating": 3.0, "helpful_vote": 7}),
        json.dumps({"asin": "other", "reviewText": "not asked for"}),
    )
    table = amazon.reviews(path, keep=["A"])
    assert table["text"].tolist() == ["good", "fine", "ok"]
    assert table["summary"].tolist() == ["s", "", "t"]
    assert table["rating"].tolist() == [5, 4, 3]
    assert table["helpful"].tolist() == [2, 1234, 7]


def test_array_and_lines_read_the_same(tmp_path):
    records = [{"amazon_id": f"A{i}", "title": f"t{i}\n", "categories": [["CDs & Vinyl", "Pop"]]} for i in range(50)]
    lines = write(tmp_path / "l.json", *map(json.dumps, records))
    (tmp_path / "a.json").write_text(json.dumps(records, indent=1))
    pd.testing.assert_frame_equal(amazon.metadata(lines), amazon.metadata(tmp_path / "a.json"))


def test_truncated_gz_keeps_what_was_read(tmp_path):
    # Random titles, so that the compressed file is long enough to be cut in the middle.
    lines = [json.dumps({"asin": f"A{i}", "title": str(hash((i, "t")))}) for i in range(20_000)]
    path = write(tmp_path / "meta.json.gz", *lines)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.warns(UserWarning, match="meta.json.gz"):
        table = amazon.metadata(path)
    assert 5_000 < len(table) < 20_000
    assert table["album_id"].tolist() == [f"A{i}" for i in range(len(table))]
    assert f"line {len(table) + 1}" in table.attrs["problems"][-1]


@pytest.mark.parametrize(
    "bad", ["not an object", "{'asin': open('x').read()}", "[1, 2]", "{'a': " * 3000, '{"asin": "B"', "\x00"]
)
def test_bad_line_is_listed_with_its_number(tmp_path, bad):
    path = write(tmp_path / "m.json", OLD, bad, OLD.replace("0001", "0002"))
    with pytest.warns(UserWarning, match="line 2"):
        table = amazon.metadata(path)
    assert table["album_id"].tolist() == ["B000000001", "B000000002"]
    assert len(table.attrs["problems"]) == 1


def test_literal_with_a_call_is_never_run(tmp_path):
    path = write(tmp_path / "m.json", OLD, f"{{'asin': __import__('pathlib').Path({str(tmp_path / 'ran')!r}).touch()}}")
    with pytest.warns(UserWarning, match="line 2"):
        amazon.metadata(path)
    assert not (tmp_path / "ran").exists()


def test_not_utf8_is_listed(tmp_path):
    (tmp_path / "m.json").write_bytes(OLD.encode() + b"\n{'asin': 'B\xff'}\n")
    with pytest.warns(UserWarning, match="line 2: not UTF-8"):
        assert len(amazon.metadata(tmp_path / "m.json")) == 1


def test_another_kind_of_file_is_refused_at_once(tmp_path):
    path = write(tmp_path / "m.json", *["some,csv,row"] * 1000)
    with pytest.raises(BadDataError, match=r"m\.json, line 1.*one object per line"):
        amazon.metadata(path)


def test_broken_array_keeps_what_came_before(tmp_path):
    (tmp_path / "m.json").write_text('[{"asin": "A"},\n {"asin": "B"},\n {"asin": ')
    with pytest.warns(UserWarning, match="line 3"):
        assert amazon.metadata(tmp_path / "m.json")["album_id"].tolist() == ["A", "B"]


def test_record_without_id_is_listed(tmp_path):
    with pytest.warns(UserWarning, match="without asin"):
        assert len(amazon.metadata(write(tmp_path / "m.json", OLD, "{'title': 'T'}"))) == 1


def test_missing_file_is_named(tmp_path):
    with pytest.raises(MissingDataError, match=r"no\.json"):
        amazon.metadata(tmp_path / "no.json")


def test_duplicate_ids_are_merged_and_listed(tmp_path):
    second = "{'asin': 'B000000001', 'brand': 'Elvis', 'title': 'Other'}"
    with pytest.warns(UserWarning, match="more than once"):
        table = amazon.metadata(write(tmp_path / "m.json", OLD, second))
    assert table[["title", "artist"]].to_numpy().tolist() == [["Rock & Roll", "Elvis"]]
    assert table["branches"].item() == [["Pop", "Oldies"], ["Rock"]]


@pytest.mark.parametrize("title", ["", "x" * 10_000, "שלום עולם", "a\tb"])
def test_odd_titles_are_unchanged(tmp_path, title):
    assert (
        amazon.metadata(write(tmp_path / "m.json", json.dumps({"asin": "A", "title": title})))["title"].item() == title
    )


def test_names_are_taken_from_another_release():
    old = pd.DataFrame({"album_id": ["A", "B", "C"], "title": ["", "b", ""], "artist": ["", "", ""]})
    new = pd.DataFrame({"album_id": ["B", "A", "A"], "title": ["no", "a", "twice"], "artist": ["bb", "aa", "x"]})
    assert amazon.fill_names(old, new)[["title", "artist"]].to_numpy().tolist() == [["a", "aa"], ["b", "bb"], ["", ""]]


def test_nodes_are_listed_once():
    assert amazon.nodes([["Jazz", "Vocal Jazz"], ["Pop", "Vocal Pop"], ["Jazz"]]) == [
        "Jazz",
        "Vocal Jazz",
        "Pop",
        "Vocal Pop",
    ]


def test_a_long_gap_in_a_credit_line_is_fast():
    assert amazon.clean_artist("A" + " " * 1_000_000 + "B (Artist)") == "A B"


def test_literals_that_are_not_records_are_listed(tmp_path):
    lines = [
        "{[]: 1}",
        "{1: 2}",
        "0x" + "f" * 20_000,
        '{"asin": "B1", "title": 0x' + "f" * 20_000 + "}",
        '{"x": 1}',
        '{"asin": "B2", "images": {"large": 5}}',
    ]
    (tmp_path / "meta.json").write_text("\n".join(lines))
    with pytest.warns(UserWarning, match="left out"):
        table = amazon.metadata(tmp_path / "meta.json")
    assert table["album_id"].tolist() == ["B1", "B2"]
    assert len(table.attrs["problems"]) == 4


def test_scraped_scripts_and_markup_are_left_out_or_cleaned_and_counted(tmp_path):
    def album(number, **more):
        return json.dumps(
            {"asin": f"B{number}", "title": "T", "brand": "Q", "category": ["CDs & Vinyl", "Jazz"], **more}
        )

    path = write(
        tmp_path / "meta.json",
        album(1, title="var aPageStart = (new Date()).getTime();"),
        album(2, title="<span class='a-size-large'>Blue Hour</span>", brand="by\n  Queen"),
        album(3, category=["CDs & Vinyl", "</span></span></span>", "Jazz"], brand="$9.99"),
        album(4),
    )
    with pytest.warns(UserWarning, match="meta.json") as said:
        table = amazon.metadata(path)
    assert table["title"].tolist() == ["", "Blue Hour", "T", "T"]
    assert table["artist"].tolist() == ["Q", "Queen", "", "Q"]
    assert table["branches"].tolist() == [[["Jazz"]]] * 4
    assert table.attrs["cleaned"] == {"titles": 1, "artists": 1}
    assert len(table.attrs["problems"]) == 3
    assert all(
        f"album B{number}: its " in problem for number, problem in zip((1, 3, 3), table.attrs["problems"], strict=True)
    )
    assert "artists 1, titles 1" in str(said[0].message)


def test_placeholders_of_videos_and_links_are_removed_from_reviews(tmp_path):
    text = "[[VIDEOID:1234abcd]] As good as [[ASIN:B000002ADT Kind of Blue]]&hellip;"
    table = amazon.reviews(write(tmp_path / "r.json", json.dumps({"asin": "A", "reviewText": text})))
    assert table["text"].item() == "As good as Kind of Blue…"
