"""Which runs are shared: the best, what fusions need, and none that could not be used elsewhere."""

import pytest

from mumu_lib.core.errors import ParameterError
from mumu_lib.prediction import choosing, trained

BEST = ["audio-logistic-low_4x96", "text-cosine-vsm", "image-logistic-small"]


def test_the_best_of_each_modality_and_the_fusions_that_albums_would_get(music):
    names, left_out = choosing.choose(trained.at_home(music))
    assert sorted(names) == sorted([*BEST, "a+t+i-cosine-mlp", "a+t+i-cosine-mlp_dropout", "a+i-cosine-mlp"])
    assert not left_out


def test_a_fusion_brings_its_sources_and_a_run_may_be_named_by_its_id(music):
    names, _ = choosing.choose(trained.at_home(music), ["a+i-cosine-mlp"])
    assert names == ["audio-logistic-low_4x96", "image-logistic-small", "a+i-cosine-mlp"]
    with pytest.raises(ParameterError, match="did you mean 'text-cosine-vsm'"):
        choosing.choose(trained.at_home(music), ["text-cosine-vms"])


def test_runs_that_cannot_be_shared_are_left_out_with_those_that_need_them(music, monkeypatch):
    finished = trained.AtHome.finished

    def with_links(self):
        table = finished(self)
        table.loc["text-cosine-vsm", "setting"] = "vsm_sem"
        table.loc["image-logistic-small", "source"] = "embeddings"
        return table

    monkeypatch.setattr(trained.AtHome, "finished", with_links)
    names, left_out = choosing.choose(trained.at_home(music))
    assert names == ["audio-logistic-low_4x96"]
    assert "knowledge base" in left_out["text-cosine-vsm"]
    assert "a new album cannot be put through it" in left_out["image-logistic-small"]
    assert set(left_out) == {
        "text-cosine-vsm", "image-logistic-small", "a+t+i-cosine-mlp", "a+t+i-cosine-mlp_dropout", "a+i-cosine-mlp",
    }  # fmt: skip
    with pytest.raises(ParameterError, match="cannot be shared: it links texts"):
        choosing.choose(trained.at_home(music), ["text-cosine-vsm"])
