"""Test the table of labels and their names in tags."""

import pytest

from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.sources.tagging import names


def read(tmp_path, *rows):
    path = tmp_path / "genres.csv"
    path.write_text("\n".join(["label,written,write", *rows]) + "\n", encoding="utf-8")
    return names.read(path)


def test_the_table_that_comes_with_the_project_writes_every_label():
    found = names.read(names.default())
    assert found.of("Vocal Jazz") == "Vocal Jazz"


def test_names_and_whitelist(tmp_path):
    found = read(tmp_path, "Rap & Hip-Hop,Hip-Hop,yes", "Jazz,,YES", '"Folk, World, & Country",World,no')
    asked = ["Rap & Hip-Hop", "Jazz", "Folk, World, & Country", "Rock"]
    assert [found.of(label) for label in asked] == ["Hip-Hop", "Jazz", "", ""]


@pytest.mark.parametrize(("write", "expected"), [("yes", "Rock"), ("no", "")])
def test_the_row_of_all_others(tmp_path, write, expected):
    found = read(tmp_path, "Jazz,Jass,yes", f"*,,{write}")
    assert found.of("Rock") == expected
    assert found.of("Jazz") == "Jass"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("Jazz,Jazz", "row 3: has 2 cells"),
        (",Jazz,yes", "row 3: the label is missing"),
        ("Jazz,,maybe", "row 3: write='maybe'"),
        ("Pop,,yes", "rows 2 and 3: both are about 'Pop'"),
        ("Jazz,a;b,yes", "row 3: 'a;b' would be read as several"),
        ("Jazz,17,yes", "row 3: '17' is read as a number of ID3"),
        ("Jazz,a  b,yes", "row 3: .*write 'a b'"),
        (f"Jazz,{'a' * 90},yes", "row 3: a genre of 90 characters"),
        ("*,Music,yes", "row 3: .* means many labels"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, row, why):
    with pytest.raises(BadDataError, match=why):
        read(tmp_path, "Pop,,yes", row)


def test_a_wrong_file_is_refused(tmp_path):
    with pytest.raises(MissingDataError, match="with the columns label, written, write"):
        names.read(tmp_path / "none.csv")
    path = tmp_path / "genres.csv"
    path.write_text("a,b\n")
    with pytest.raises(BadDataError, match="row 1: the columns are a, b"):
        names.read(path)
    path.write_text('label,written,write\nJazz,"Ja,yes\n')
    with pytest.raises(BadDataError, match="is not a CSV"):
        names.read(path)
    with pytest.raises(BadDataError, match="is a folder"):
        names.read(tmp_path)


def test_rows_of_no_label_are_named(tmp_path):
    found = read(tmp_path, "Jaz,,yes", "Pop,,yes", "*,,yes")
    assert found.unknown(["Jazz", "Pop"], "genres.csv") == [
        "genres.csv, row 2: 'Jaz' is not a label of this catalogue; did you mean 'Jazz'?"
    ]


def test_what_tags_say_is_compared_by_labels(tmp_path):
    found = read(tmp_path, "Rap & Hip-Hop,Hip-Hop,yes", "*,,yes")
    known = ["Rap & Hip-Hop", "Jazz", "Vocal Jazz"]
    assert found.labels(["hip hop", "Jazz > VOCAL JAZZ", "Zydeco"], known) == {*known, "zydeco"}
