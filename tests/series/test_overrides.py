"""What a profile says of threads and resources, and what the command line takes its place of."""

import sys
from importlib.util import find_spec

import pytest

from mumu_lib.series.overrides import added, replaced, words_in_force

pytestmark = pytest.mark.skipif(not find_spec("snakemake"), reason="Snakemake reads the profiles")
PROFILE = """\
default-resources:
  slurm_account: mine
set-threads:
  image: 8
set-resources:
  audio: {slurm_partition: gpu, gpu: 0}
  text: {slurm_partition: gpu}
"""


@pytest.fixture
def call(tmp_path):
    """What is typed for Snakemake, with a profile."""
    (tmp_path / "config.yaml").write_text(PROFILE, encoding="utf-8")

    def typed(*words):
        return ["snakemake", "--workflow-profile", str(tmp_path), *words, "--config", "catalogue=a", "--", "text"]

    return typed


def test_what_the_profile_says_counts_where_nothing_is_typed(call):
    assert words_in_force(call()) == {
        "--default-resources": ["slurm_account=mine"],
        "--set-threads": ["image=8"],
        "--set-resources": ["audio:slurm_partition=gpu", "audio:gpu=0", "text:slurm_partition=gpu"],
    }
    assert replaced(call()) == []


@pytest.mark.parametrize("words", [["--set-threads", "text=2"], ["--set-threads=text=2"]])
def test_what_is_typed_takes_the_place_of_all_and_this_is_said(call, words):
    assert words_in_force(call(*words))["--set-threads"] == ["text=2"]
    (said,) = replaced(call(*words))
    assert said.startswith("--set-threads on the command line takes the place of the profile's, so that image=8 is not")
    assert said.endswith("to keep it type  --set-threads image=8 text=2")


def test_what_is_typed_as_well_is_not_lost(call):
    assert replaced(call("--set-threads", "image=2", "text=2")) == []
    assert replaced(call("--default-res", "slurm_account=ours")) == []


def test_of_an_option_that_is_typed_twice_the_last_counts(call):
    words = call("--set-threads", "image=1", "--set-threads", "text=2")
    assert words_in_force(words)["--set-threads"] == ["text=2"]


def test_what_is_added_keeps_what_is_in_force(call):
    advice = [("--set-resources", "text:gpu=0"), ("--set-resources", "text:gpu=0"), ("--set-threads", "image=4")]
    assert added(call(), advice) == [
        "--set-resources", "audio:slurm_partition=gpu", "audio:gpu=0", "text:slurm_partition=gpu", "text:gpu=0",
        "--set-threads", "image=4",
    ]  # fmt: skip
    assert added(call("--set-threads", "text=2"), advice)[-3:] == ["--set-threads", "text=2", "image=4"]
    assert added(["snakemake"], advice) == ["--set-resources", "text:gpu=0", "--set-threads", "image=4"]


def test_snakemake_itself_reads_the_words_so(call, monkeypatch):
    from snakemake.cli import parse_args

    words = call("--set-threads", "image=1", "--set-threads", "text=2")[1:]
    monkeypatch.setattr(sys, "argv", ["snakemake", *words])
    _, seen = parse_args(words)
    assert dict(seen.set_threads) == {"text": 2}
    assert {rule: sorted(of) for rule, of in seen.set_resources.items()} == {
        "audio": ["gpu", "slurm_partition"],
        "text": ["slurm_partition"],
    }
