"""Test the building of a knowledge base: redirects, folders, the command line."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from knowledge_bases import knowledge_base, titles
from mumu_lib.core.errors import MissingDataError
from mumu_lib.linking import build
from mumu_lib.linking.local import LocalLinker


def test_redirects_lead_to_their_article_and_circles_are_left_out(tmp_path):
    info = knowledge_base(
        tmp_path,
        {"New York": ["Cities"], "Circle": ["Figures"]},
        [("NYC", "Big_Apple"), ("Big_Apple", "New_York"), ("Alpha", "Beta"), ("Beta", "Gamma"), ("Gamma", "Alpha"),
         ("Omega", "Omega_Two"), ("Omega_Two", "Omega"), ("Into_Alpha", "Alpha"), ("Lost", "Nowhere"), ("Circle", "Circle")],
    )  # fmt: skip
    local = LocalLinker(tmp_path / "knowledge")
    assert titles(local.link("In NYC, a Big Apple, Alpha Beta Omega Lost Circle")) == [
        ("NYC", "New_York"), ("Big Apple", "New_York"), ("Circle", "Circle"),
    ]  # fmt: skip
    assert (info["redirects"], info["redirects_in_cycles"]) == (2, 6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_redirects_are_followed_like_step_by_step(goals):
    target = np.array([goal % len(goals) for goal in goals])
    end, cyclic = build.resolve(target)
    for start in range(len(target)):
        seen, at = set(), start
        while at not in seen:
            seen.add(at)
            at = target[at]
        ends = target[at] == at
        assert cyclic[start] == (not ends)
        assert end[start] == (at if ends else start)


def test_nothing_replaces_a_knowledge_base_before_the_new_one_is_whole(tmp_path):
    knowledge_base(tmp_path, {"New York": ["Cities"]})
    with pytest.raises(MissingDataError, match="nowhere"):
        build.build(tmp_path / "knowledge", tmp_path / "nowhere")
    assert titles(LocalLinker(tmp_path / "knowledge").link("in New York")) == [("New York", "New_York")]
    knowledge_base(tmp_path, {"Berlin": ["Cities"]})
    assert titles(LocalLinker(tmp_path / "knowledge").link("in New York, Berlin")) == [("Berlin", "Berlin")]


def test_a_knowledge_base_set_aside_by_a_killed_process_is_not_lost(tmp_path):
    knowledge_base(tmp_path, {"New York": ["Cities"]})
    (tmp_path / "knowledge").rename(tmp_path / "knowledge.old.tmp")
    (tmp_path / "knowledge.tmp").mkdir()
    with pytest.raises(MissingDataError):
        build.build(tmp_path / "knowledge", tmp_path / "no dump")
    assert titles(LocalLinker(tmp_path / "knowledge").link("in New York")) == [("New York", "New_York")]


def test_a_folder_that_holds_something_else_is_refused_and_kept(tmp_path, capsys):
    knowledge_base(tmp_path, {"New York": ["Cities"]})
    dump, mine = tmp_path / "categories.ttl", tmp_path / "data"
    (mine / "raw").mkdir(parents=True)
    (mine / "raw" / "song.mp3").write_bytes(b"sound")
    (tmp_path / "file").write_text("mine")
    for out in (mine, tmp_path / "file"):
        with pytest.raises(SystemExit):
            build.main(["--categories", str(dump), "--out", str(out)])
        assert f"{out} holds no knowledge base; give a new folder" in capsys.readouterr().err
    assert (mine / "raw" / "song.mp3").read_bytes() == b"sound"
    assert (tmp_path / "file").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert build.build(tmp_path / "empty", dump)["articles"] == 1


def test_what_people_keep_beside_a_knowledge_base_stays(tmp_path):
    (tmp_path / "knowledge.old").mkdir()
    (tmp_path / "knowledge.old" / "mine").write_text("kept")
    for _ in range(2):
        knowledge_base(tmp_path, {"New York": ["Cities"]})
    assert (tmp_path / "knowledge.old" / "mine").read_text() == "kept"


def test_command_line(tmp_path, capsys):
    knowledge_base(tmp_path, {"New York": ["Cities"]}, [("NYC", "New_York"), b"broken"])
    build.main(["--categories", str(tmp_path / "categories.ttl"), "--redirects", str(tmp_path / "redirects.ttl"), "--out", str(tmp_path / "k")])  # fmt: skip
    said = capsys.readouterr().out
    assert "line 3: not a triple of redirects" in said
    assert "1 articles" in said
    with pytest.raises(SystemExit):
        build.main(["--categories", "nowhere.ttl", "--out", str(tmp_path / "k")])
    assert "nowhere.ttl is not there" in capsys.readouterr().err
