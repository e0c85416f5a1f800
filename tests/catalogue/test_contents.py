"""What validate() says of a catalogue."""

from collections import Counter

import pandas as pd
import pytest

from mumu_lib.catalogue import contents
from mumu_lib.core.errors import MissingDataError
from written_catalogues import write


def test_kinds_and_endings_the_most_frequent_first():
    endings = Counter({f".{c}": n for n, c in enumerate("abcdefgh", 1)})
    said = contents.by_kind(Counter({"x": 1, "unknown ending": 36}), endings)
    assert said == "unknown ending 36 (.h 8, .g 7, .f 6, .e 5, .d 4, .c 3, 2 other endings), x 1"
    assert contents.by_kind(Counter()) == ""


def test_validate_counts_what_was_passed_over(tmp_path):
    made = write(tmp_path)
    assert "passed over" not in made.validate().index
    lines = [("", "a.cue", "", "unknown ending"), ("", ".git", "", "hidden or system file")]
    pd.DataFrame(lines, columns=["row", "file", "reason", "kind"]).to_csv(tmp_path / "report.csv", index=False)
    row = made.validate().loc["passed over"]
    assert row.tolist() == [2, 0, 0, "unknown ending 1 (.cue 1), hidden or system file 1"]


@pytest.mark.parametrize(
    ("text", "note"), [("row,file,reason\n,a,b\n", "see report.csv"), ("\x00\xff", "report.csv"), ("", "report.csv")]
)
def test_a_report_of_before_or_a_damaged_one_stops_nothing(tmp_path, text, note):
    made = write(tmp_path)
    (tmp_path / "report.csv").write_text(text, encoding="latin-1")
    table = made.validate()
    assert note in table.loc["passed over", "note"]


def test_no_genre_at_all_has_another_remedy_than_too_few_albums(tmp_path):
    rare = write(tmp_path / "rare", [("Jazz",), ("Rock",), ()], min_albums=2)
    with pytest.raises(MissingDataError, match="no genre is on at least 2 albums; lower min_albums"):
        rare.require("labels")
    none = write(tmp_path / "none", [(), (), ()], min_albums=2)
    with pytest.raises(MissingDataError, match=r"no album has a genre; give genres in a file genres\.txt"):
        none.require("labels")
    assert none.validate().loc["labels", "note"].endswith("cannot run; no album has a genre")


def test_equal_tables_give_equal_bytes_whatever_hangs_on_them(tmp_path):
    tracks = pd.DataFrame({"track_id": ["T"], "album_id": ["A0"], "audio": ["a.mp3"]})
    one = write(tmp_path / "one", tracks=tracks)
    tracks.attrs["problems"] = ["/home/me/secret.csv, line 3: no number"]
    two = write(tmp_path / "two", tracks=tracks)
    assert one.fingerprint == two.fingerprint
    for name in ("albums", "tracks", "reviews", "taxonomy"):
        data = (two.folder / f"{name}.parquet").read_bytes()
        assert data == (one.folder / f"{name}.parquet").read_bytes()
        assert b"secret" not in data
    assert tracks.attrs
