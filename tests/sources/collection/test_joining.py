"""Test the joining of rows into albums."""

import pandas as pd
import pytest

from mumu_lib.core.errors import BadDataError
from mumu_lib.sources.collection import joining
from mumu_lib.sources.collection.report import Report


def rows(*lines):
    columns = ["album_id", "album", "artist", "genres", "split", "cover", "title", "unit", "folder_genre"]
    made = pd.DataFrame([dict.fromkeys(columns, "") | line for line in lines])
    for column in ("album", "artist", "genre"):
        if f"tag_{column}" not in made:
            made[f"tag_{column}"] = ""
    return made.fillna("").assign(row=range(2, len(lines) + 2), nobody=False)


def test_rows_first_then_tags_with_one_voice_then_folders():
    albums = joining.join(
        rows(
            {"album_id": "A", "artist": "Ann", "tag_artist": "Other", "genres": "Jazz", "tag_genre": "Pop"},
            {"album_id": "B", "tag_artist": "Bob", "tag_genre": "Rock"},
            {"album_id": "B", "tag_artist": "Bob", "tag_genre": "Pop"},
            {"album_id": "C", "tag_artist": "Cy", "folder_genre": "Folk", "title": "Song"},
            {"album_id": "D", "tag_artist": "Dee"},
            {"album_id": "D", "tag_artist": "Eve"},
        ),
        "x",
        Report(),
    ).set_index("album_id")
    assert albums["artist"].to_dict() == {"A": "Ann", "B": "Bob", "C": "Cy", "D": ""}
    assert albums["branches"].to_dict() == {"A": "Jazz", "B": "Pop | Rock", "C": "Folk", "D": ""}
    assert albums["title"].to_dict() == {"A": "A", "B": "B", "C": "Song", "D": "D"}


def test_contradictions_name_both_rows():
    with pytest.raises(BadDataError, match="rows 2 and 3: two albums with the id 'A', artist 'Ann' and 'Bob'"):
        joining.join(rows({"album_id": "A", "artist": "Ann"}, {"album_id": "A", "artist": "Bob"}), "x", Report())
