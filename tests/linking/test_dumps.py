"""Test the reading of DBpedia's dumps."""

import pytest

from knowledge_bases import REDIRECT, SUBJECT, knowledge_base, titles
from mumu_lib.core.errors import BadDataError
from mumu_lib.linking import build, dumps
from mumu_lib.linking.knowledge import Knowledge
from mumu_lib.linking.local import LocalLinker


def test_lines_that_are_no_triples_are_counted_with_their_numbers(tmp_path):
    redirects = [
        ("NYC", "New_York"),
        b"<http://dbpedia.org/resource/Caf\xe9>",
        b"cut short <",
        ("Big_Apple", "New_York"),
    ]
    info = knowledge_base(tmp_path, {"New York": ["Cities"]}, redirects)
    assert info["problems"] == 2
    assert "line 3: not UTF-8" in info["first_problems"][0]
    assert "line 4: not a triple of redirects" in info["first_problems"][1]
    assert titles(LocalLinker(tmp_path / "knowledge").link("The Big Apple")) == [("Big Apple", "New_York")]


def test_old_dumps_have_percent_signs(tmp_path):
    path = tmp_path / "article-categories_en.nt"
    path.write_text(
        SUBJECT.format("Paco_de_Luc%C3%ADa", "Flamenco_guitarists") + "\n" + SUBJECT.format(r"B\u00E9la", "x")
    )
    found = list(dumps.triples(path, "categories", []))
    assert found == [("Paco_de_Lucía", "Category:Flamenco_guitarists"), ("Béla", "Category:x")]


@pytest.mark.parametrize("content", [b"", b"a,b\n" * 200, b"<html>\n", REDIRECT.format("A", "B").encode() * 2])
def test_another_kind_of_file_is_refused(tmp_path, content):
    path = tmp_path / "categories.ttl"
    path.write_bytes(content)
    with pytest.raises(BadDataError, match=r"categories\.ttl is not a dump of DBpedia's categories"):
        build.build(tmp_path / "knowledge", path)
    assert not (tmp_path / "knowledge").exists()


@pytest.mark.parametrize("nul", [b"\0\0", b"%00", b"\\u0000"])
def test_a_title_with_nul_in_it_is_no_end(tmp_path, nul):
    triple = b"<http://dbpedia.org/resource/New_Yor%sk> <http://purl.org/dc/terms/subject> <http://dbpedia.org/resource/Category:Cities> .\n"
    (tmp_path / "categories.ttl").write_bytes(triple % nul + triple % b"")
    build.build(tmp_path / "base", tmp_path / "categories.ttl")
    assert Knowledge(tmp_path / "base").categories(["New_York"]) == {"New_York": ["Cities"]}
    assert not any(
        "\0" in name for pair in dumps.triples(tmp_path / "categories.ttl", "categories", []) for name in pair
    )
