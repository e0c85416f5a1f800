"""Test the creation of linkers by name and their requirements."""

import pytest

from knowledge_bases import SYNTHETIC, knowledge_base, linker
from linking_server import OWN
from mumu_lib import linking
from mumu_lib.core.errors import MissingDataError, ParameterError
from mumu_lib.linking import build


def test_nothing_comes_of_nothing(tmp_path):
    local = linker(tmp_path, {"Berlin": ["Cities"]})
    assert local.link("") == local.link(" \n") == local.link("\U0001f600") == []
    found = linking.annotate(local, ["", "in Berlin", ""])
    assert found.to_dict("list") == {
        "text": [1], "start": [3], "end": [9], "surface": ["Berlin"], "title": ["Berlin"], "score": [1.0], "linker": ["local"],
    }  # fmt: skip
    none = linking.annotate(local, [])
    assert list(none) == list(found)
    assert none["start"].dtype == found["start"].dtype


def test_sample_is_made_once(home):
    first = linking.make("local", SYNTHETIC).knowledge.info
    (info,) = (home / "data" / "sample-knowledge").glob("*/info.json")
    stamp = info.stat().st_mtime_ns
    assert linking.make("local", SYNTHETIC).knowledge.info == first
    assert info.stat().st_mtime_ns == stamp


def test_local_without_knowledge_base_says_how_to_make_one(tmp_path):
    with pytest.raises(MissingDataError, match=r"'mine' needs a knowledge base.*mumu_lib\.linking\.build"):
        linking.make("local", OWN)
    knowledge_base(tmp_path, {"Berlin": ["Cities"]})
    assert linking.make("local", OWN, tmp_path / "knowledge").link("in Berlin")


def test_unknown_linker_is_refused_with_the_nearest():
    with pytest.raises(ParameterError, match="did you mean 'babelfy'"):
        linking.make("bablefy", SYNTHETIC)


def test_services_say_what_they_need(monkeypatch):
    monkeypatch.delenv("BABELFY_KEY", raising=False)
    monkeypatch.delenv("MUMU_CONTACT", raising=False)
    with pytest.raises(ParameterError, match="BABELFY_KEY"):
        linking.make("babelfy", OWN)
    with pytest.raises(ParameterError, match="MUMU_CONTACT"):
        linking.make("spotlight", OWN)


def test_knowledge_base_replaces_wikipedia(server, tmp_path, monkeypatch):

    monkeypatch.delenv("MUMU_CONTACT")
    dump = tmp_path / "categories.ttl"
    dump.write_text(
        "<http://dbpedia.org/resource/Adele> <http://purl.org/dc/terms/subject> <http://dbpedia.org/resource/Category:Singers> .\n"
    )
    build.build(tmp_path / "knowledge", dump)
    assert linking.make("babelfy", OWN, tmp_path / "knowledge").categories(["Adele"]) == {"Adele": ["Singers"]}
    assert server.asked == []
