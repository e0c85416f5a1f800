"""Test that the sample's knowledge base has the names in its reviews, with noise and namesakes."""

import pytest

from knowledge_bases import SYNTHETIC, titles
from mumu_lib import linking


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUMU_HOME", str(tmp_path_factory.mktemp("home")))
        return linking.make("local", SYNTHETIC)


def test_sample_knows_nearly_everything_its_reviews_name(sample):
    from mumu_lib.sources.sample.words import VOCABULARY

    things = sorted({thing for _, named in VOCABULARY.values() for thing in named})
    unknown = [thing for thing in things if [a.surface for a in sample.link(f"It is from {thing}.")] != [thing]]
    assert unknown == []


def test_sample_has_noise_and_senses_told_apart(sample):
    info = sample.knowledge.info
    assert (info["problems"], info["redirects_in_cycles"]) == (2, 2)
    assert ("Kingston", "Kingston,_Jamaica") in titles(sample.link("Reggae from Jamaica: from Kingston"))
    assert ("Kingston", "Kingston,_Ontario") in titles(sample.link("From Ontario, from Kingston"))
