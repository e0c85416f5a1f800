"""Test the look-up of categories, and the messages about damaged knowledge bases."""

import pytest

from knowledge_bases import knowledge_base, linker
from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.linking.knowledge import Knowledge


def test_categories_by_title_redirect_or_name(tmp_path):
    local = linker(tmp_path, {"New York": ["Port cities", "Cities"], "Kiss (band)": ["Bands"]}, [("NYC", "New_York")])
    assert local.categories(["New_York", "NYC", "new York", "Kiss", "Nobody", ""]) == {
        "New_York": ["Cities", "Port_cities"], "NYC": ["Cities", "Port_cities"], "new York": ["Cities", "Port_cities"],
        "Kiss": ["Bands"], "Nobody": [], "": [],
    }  # fmt: skip


def test_damaged_and_missing_knowledge_bases_say_what_to_do(tmp_path):
    with pytest.raises(MissingDataError, match=r"mumu_lib\.linking\.build"):
        Knowledge(tmp_path)
    knowledge_base(tmp_path, {"New York": ["Cities"]})
    folder = tmp_path / "knowledge"
    for name in ("names.marisa", "articles.npy", "info.json"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(BadDataError, match=r"knowledge.*mumu_lib\.linking\.build"):
            Knowledge(folder)
        (folder / name).write_bytes(whole)
