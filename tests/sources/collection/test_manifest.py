"""Test manifests as saved by various programs."""

import pytest

from mumu_lib.core.errors import BadDataError, NothingUsableError
from mumu_lib.sources import folder
from mumu_lib.sources.collection import manifest
from own_collections import genres, report


@pytest.mark.parametrize(
    "data",
    [
        b"sep=;\r\npath;genres\r\na.wav;Rock\r\nb.wav;Jazz\r\n",
        b'"sep=,"\npath,genres\na.wav,Rock\nb.wav,Jazz\n',
        "path\tgenres\r\na.wav\tRock\r\nb.wav\tJazz\r\n".encode("utf-16"),
        "\ufeffsep=;\npath;genres\na.wav;Rock\nb.wav;Jazz\n".encode(),
        b"path,genres\n.\\a.wav,Rock\nb.wav,Jazz\n",
    ],
)
def test_tables_of_spreadsheets(root, tmp_path, data):
    (root / "m.csv").write_bytes(data)
    made = folder.build(root, "m.csv", out=tmp_path / "out", min_albums=1)
    assert made.labels == ["Jazz", "Rock"]
    assert len(made.tracks) == 2


def test_other_encodings_are_named_with_the_remedy(tmp_path):
    (tmp_path / "m.csv").write_bytes("path,artist\na.wav,Café\n".encode("latin-1"))
    with pytest.raises(
        BadDataError, match=r"line 2: not UTF-8 \(as Latin-1 it is 'a\.wav,Café'\); save the table as CSV in UTF-8"
    ):
        manifest.read_csv(tmp_path / "m.csv")
    (tmp_path / "m.csv").write_bytes("path,artist\na.wav,Café\n".encode("utf-16-le"))
    with pytest.raises(BadDataError, match=r"UTF-16 without its mark"):
        manifest.read_csv(tmp_path / "m.csv")


def test_labels_alone(root, build):
    made = build(["album_id", "genres"], ["1", "Jazz > Bop"], ["2", "Jazz"], ["3", ""])
    assert genres(made) == {"1": ["Bop", "Jazz"], "2": ["Jazz"], "3": []}
    assert len(made.tracks) == len(made.reviews) == 0
    made.require("labels")
    notes = made.validate()["note"]
    assert notes["labels"] == "02_dataset_overview, 03_label_factors: can run"
    assert notes["audio"] == "04_audio: cannot run"
    named = build(["artist", "album", "genres"], ["Ann", "Wide", "Jazz"], ["Bob", "Low", "Jazz"])
    assert named.albums["album_id"].tolist() == ["Ann / Wide", "Bob / Low"]


def test_a_row_without_files_and_id_is_kept_out(build, tmp_path):
    made = build(["path", "id", "genres"], ["a.wav", "", "Jazz"], ["", "", "Rock"], ["", "X", "Pop"])
    assert set(genres(made)) == {"a.wav", "X"}
    assert report(tmp_path)[0][0] == "3"


def test_names_that_differ_by_a_blank_are_two_tracks(root, build):
    for name in ("01 Song.wav", "01  Song.wav"):
        (root / name).write_bytes(name.encode())
    made = build(["path"], ["01 Song.wav"], ["01  Song.wav"], ["a.wav"])
    assert sorted(made.tracks["track_id"]) == ["01  Song.wav", "01 Song.wav", "a.wav"]


def test_a_row_with_too_many_fields_is_named(tmp_path):
    for rows in ("a.wav,Rock,Jazz\nb.wav,Pop\n", "b.wav,Pop\na.wav,Rock,Jazz\n", "a.wav,Rock,Jazz\n"):
        (tmp_path / "m.csv").write_text("path,genres\n" + rows, encoding="utf-8")
        with pytest.raises(BadDataError, match=r"row \d has 3 fields, the header 2: 'a\.wav,Rock,Jazz'; put quotes"):
            manifest.read_csv(tmp_path / "m.csv")


def test_workbooks_are_named(tmp_path):
    (tmp_path / "m.xlsx").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(BadDataError, match=r"is a workbook .*; save the table as CSV"):
        manifest.read_csv(tmp_path / "m.xlsx")


def test_columns_of_nearly_the_right_name_are_named(root, build, capsys):
    build(["path", "genre"], ["a.wav", "Jazz"])
    assert "columns ignored: genre; 'genre' is read if it is called 'genres'" in capsys.readouterr().out
    with pytest.raises(BadDataError, match="'album id' is read if it is called 'album_id'"):
        build(["Album ID", "genres"], ["1", "Jazz"])


def test_a_table_without_rows_says_so(build):
    with pytest.raises(NothingUsableError, match="no row"):
        build(["path", "genres"])
