"""Tags of pretrained networks beside the 250 genres of MuMu."""

import re

from mumu_lib.encoders.tag_genres import BY_ANOTHER_NAME, SPELLED_ALIKE, genre_of

MSD_TAGS = [
    "rock",
    "pop",
    "alternative",
    "indie",
    "electronic",
    "female vocalists",
    "dance",
    "00s",
    "alternative rock",
    "jazz",
    "beautiful",
    "metal",
    "chillout",
    "male vocalists",
    "classic rock",
    "soul",
    "indie rock",
    "Mellow",
    "electronica",
    "80s",
    "folk",
    "90s",
    "chill",
    "instrumental",
    "punk",
    "oldies",
    "blues",
    "hard rock",
    "ambient",
    "acoustic",
    "experimental",
    "female vocalist",
    "guitar",
    "Hip-Hop",
    "70s",
    "party",
    "country",
    "easy listening",
    "sexy",
    "catchy",
    "funk",
    "electro",
    "heavy metal",
    "Progressive rock",
    "60s",
    "rnb",
    "indie pop",
    "sad",
    "House",
    "happy",
]


def test_27_of_the_50_tags_are_genres_of_mumu():
    assert len(MSD_TAGS) == 50
    assert sum(bool(genre_of(tag)) for tag in MSD_TAGS) == 27
    assert genre_of("Progressive rock") == "Progressive Rock"
    assert genre_of("80s") == ""


def test_the_genres_are_spelled_as_mumu_spells_them(real_data):
    lines = (real_data / "labels" / "mumu" / "genre_labels_MuMu.tsv").read_text(encoding="utf-8").splitlines()
    labels = {line.strip() for line in lines}
    assert {*SPELLED_ALIKE, *BY_ANOTHER_NAME.values()} <= labels


def test_another_name_shares_a_word_with_the_genre():
    """But for R&B, which folds to letters alone."""
    for tag, genre in BY_ANOTHER_NAME.items():
        assert re.sub("[^a-z]", "", tag)[:3] in re.sub("[^a-z]", "", genre.lower()) or genre == "R&B"
