"""The stages of a rehearsal, their commands, and what is predicted of them."""

import math

import pytest

from mumu_lib import experiments, series
from mumu_lib.core.errors import ParameterError
from mumu_lib.rehearsal import stages
from mumu_lib.rehearsal.tables import Size
from mumu_lib.series import costs

SIZE = Size(60, 100, 3)


@pytest.fixture
def all_stages(tmp_path):
    return [*stages.building_stages(stores=True), *stages.paper_size(tmp_path)]


def named(found, name):
    return next(stage for stage in found if stage.name == name)


def test_the_paper_s_size_is_rehearsed_with_what_two_cores_can_train(all_stages):
    names = [stage.name for stage in all_stages]
    assert len(set(names)) == len(names)
    assert {"audio-logistic-timbre_mlp", "audio-logistic-low_4x96", "audio-cosine-low_4x96"} <= set(names)
    assert {f"text-{target}-{kind}" for target in ("logistic", "cosine") for kind in ("vsm", "vsm_sem")} <= set(names)
    assert sum(stage.stage == "multimodal" and not stage.part for stage in all_stages) == 8
    assert names.index("image-logistic-small") < names.index("a+t-logistic-mlp")
    assert names[-3:] == ["joint", "results", "youralbum"]


def test_every_row_of_table_2_can_be_rehearsed_by_name(all_stages, tmp_path):
    more = stages.paper_size(tmp_path, every_row=True)
    rows = experiments.paper_rows()
    names = [stage.name for stage in more]
    assert set(rows["modality"] + "-" + rows["target"] + "-" + rows["setting"]) <= set(names)
    # Its further rows stay, in their order.
    few = [stage.name for stage in all_stages if stage.name in names]
    assert [name for name in names if name in few] == few
    arguments = named(more, "image-logistic-resnet101").arguments
    assert (arguments["weights"], arguments["epochs"]) == ("random", 1)


def test_epochs_of_all_trainings_can_be_given(all_stages):
    changed = stages.with_epochs(all_stages, 7)
    cosine = named(changed, "audio-cosine-low_4x96@7")
    assert (cosine.run, cosine.arguments["epochs"]) == ("audio-cosine-low_4x96", 7)
    assert stages.share_of_epochs(cosine) == pytest.approx(7 / 100)
    assert named(changed, "results") == named(all_stages, "results")
    assert stages.with_epochs(all_stages, 0) == all_stages
    # With the epochs that it has anyway, a stage is the same.
    assert named(stages.with_epochs(all_stages, 2), cosine.run) == named(all_stages, cosine.run)


def test_fusions_of_the_sample_take_the_given_epochs_too():
    names = [stage.name for stage in stages.with_epochs(stages.whole_sample(), 7)]
    assert sum(name.endswith("@7") for name in names) == 26


def test_the_whole_sample_is_every_row_of_table_2():
    found = stages.whole_sample()
    rows = experiments.paper_rows()
    assert [stage.name for stage in found[:-1]] == list(rows["modality"] + "-" + rows["target"] + "-" + rows["setting"])
    assert named(found, "image-logistic-resnet101").arguments["weights"] == "random"


def test_a_command_names_profile_and_parameters_as_text(all_stages, tmp_path):
    stage = named(all_stages, "text-cosine-vsm_sem")
    words = stages.command(stage, tmp_path / "007", tmp_path / "out.ipynb", SIZE)
    assert words[words.index("-f") + 1].endswith("paper.yaml")
    assert words[words.index("epochs") - 1 :][:3] == ["-p", "epochs", "3"]
    assert str(tmp_path) in words
    sample = named(all_stages, "image-logistic-small")
    assert "-f" not in stages.command(sample, tmp_path, tmp_path / "out.ipynb", SIZE)


def test_a_part_is_told_the_size(all_stages, tmp_path):
    words = stages.command(named(all_stages, "patches"), tmp_path, tmp_path / "out.ipynb", SIZE)
    assert words[2:] == ["mumu_lib.rehearsal.parts", "patches", "--albums", "60", "--tracks", "100", "--seed", "3"]


def test_predictions_are_those_of_the_series(there, all_stages):
    found = stages.predicted(named(all_stages, "audio-cosine-low_4x96"), there)
    plan = series.plan(there, "paper")
    row = plan[(plan["setting"] == "low_4x96") & (plan["target"] == "cosine")].iloc[0]
    fixed = costs.SECONDS_PER_RUN + costs.MS_PER_ALBUM * len(there.albums) / 1000
    learning = row["hours"] * 3600 - fixed
    assert found.seconds == pytest.approx(fixed + learning * 2 / 100)
    assert found.disk == pytest.approx(row["gb"] * 1e9)
    assert math.isnan(stages.predicted(named(all_stages, "tables"), there).seconds)
    assert stages.predicted(named(all_stages, "joint"), there).seconds > costs.SECONDS_PER_RUN


def test_shares_of_the_paper_s_epochs(all_stages):
    assert stages.share_of_epochs(named(all_stages, "audio-cosine-low_4x96")) == pytest.approx(2 / 100)
    assert stages.share_of_epochs(named(all_stages, "overview")) == 1
    assert stages.share_of_epochs(named(all_stages, "joint")) == pytest.approx(0.1 / 100)


def test_stages_are_chosen_by_name(all_stages):
    assert [stage.name for stage in stages.chosen(all_stages, ["factors", "tables"])] == ["tables", "factors"]
    assert stages.chosen(all_stages, []) == all_stages
    with pytest.raises(ParameterError, match="did you mean 'factors'"):
        stages.chosen(all_stages, ["factor"])


def test_measurements_hold_wherever_checkout_and_home_lie(tmp_path):
    found = []
    for folder in (tmp_path / "a", tmp_path / "b"):
        found.append([stages.made_with(stage, SIZE) for stage in stages.paper_size(folder)])
    assert found[0] == found[1]
    assert stages.made_with(stages.whole_sample()[0], None)["of"] == "sample"
