"""The commands of a catalogue: named as it can be opened, with the parameters that what it has asks for."""

import pytest

from mumu_lib.catalogue import commands
from shapes import SHAPES, make


@pytest.mark.parametrize("name", ["mine", "2017_02", "two words"])
def test_a_catalogue_under_its_name_is_typed_by_it(home, name):
    assert commands.as_typed(make(home, "labels", name)) == name


def test_one_elsewhere_or_with_a_dash_is_typed_by_its_path(home, tmp_path):
    elsewhere = make(tmp_path / "other", "labels", "mine")
    assert commands.as_typed(elsewhere) == str(tmp_path / "other" / "data" / "mine")
    assert commands.as_typed(make(home, "labels", "-x")) == str(home / "data" / "-x")


@pytest.mark.parametrize(("shape", "letters"), list(zip(SHAPES, ("a", "t", "", ""), strict=True)))
def test_modalities_are_those_that_are_there(home, shape, letters):
    made = make(home, shape)
    assert commands.modalities(made) == letters
    there = {"sound": {"audio"}, "texts": {"text"}, "labels": set(), "everything": {"audio", "text", "image"}}[shape]
    assert {name for name in ("audio", "text", "image") if commands.has(made, name)} == there


def test_without_a_knowledge_base_05_reads_words_alone(home, tiny):
    made = make(home, "texts")
    assert commands.notebook(made, "05_text").endswith("05_text.ipynb out.ipynb -p catalogue texts -p features vsm")
    assert commands.notebook(made, "05_text", features="vsm_sem").endswith("-p features vsm_sem -p knowledge KNOWLEDGE")
    assert commands.notebook(made, "05_text", embeddings="FILE").endswith("-p catalogue texts -p embeddings FILE")
    # A synthetic catalogue brings its own.
    assert commands.notebook(tiny, "05_text").endswith("-p catalogue tiny")


def test_timbre_files_alone_want_the_timbre_network(home):
    made = make(home, "labels")
    assert not commands.only_timbre(made)
    made.info["roots"]["msd"] = "audio"
    assert commands.only_timbre(made)
    assert commands.notebook(made, "04_audio").endswith("-p filters timbre_mlp")


def test_a_modality_that_is_not_there_is_left_out(home):
    assert "out.ipynb -p catalogue sound" in commands.run_of(make(home, "sound"), "audio")
    said = commands.run_of(make(home, "texts"), "image")
    assert said.startswith("it has no covers, so leave them out:  papermill ")
    assert said.endswith("07_multimodal.ipynb out.ipynb -p catalogue texts -p modalities t")
    labels = make(home, "labels")
    assert commands.run_of(labels, "audio") == "it has no audio"
    assert commands.any_run(labels) == "it has neither sound nor texts nor covers to learn from"
    assert "-p embeddings FILE" in commands.run_of(labels, "own")
