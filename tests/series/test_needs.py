"""Which rows a catalogue allows: COLLECTION.md's promise, on a catalogue of each shape."""

import pytest

import fake_encoders
from mumu_lib import params, series
from mumu_lib.core.errors import MissingDataError
from mumu_lib.linking import local
from mumu_lib.series.needs import Needs
from shapes import SHAPES, make

# Shape -> how many jobs of each stage the profile paper has on it.
PLANNED = {
    "sound": {"overview": 1, "factors": 1, "features": 1, "audio": 13, "results": 1},
    "texts": {"overview": 1, "factors": 1, "text": 2, "results": 1},
    "labels": {"overview": 1, "factors": 1},
    "everything": {"overview": 1, "factors": 1, "features": 1, "audio": 13, "text": 2, "covers": 1, "image": 2,
                   "multimodal": 10, "results": 1},
}  # fmt: skip


def stages(found):
    return found["stage"].value_counts().to_dict()


@pytest.fixture
def base(home, tiny):
    """A knowledge base."""
    return local._sample()


@pytest.mark.parametrize("profile", ["sample", "paper"])
@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_gets_the_rows_it_allows_and_the_others_are_named(shape, profile, home, capsys):
    music = make(home, shape)
    found = series.plan(music, profile)
    able = series.possible(found)
    if profile == "paper":
        assert stages(able) == PLANNED[shape]
    said = capsys.readouterr().err
    parts = {"audio": "sound", "reviews": "texts", "covers": ""}
    for part, only in parts.items():
        assert (f"left out, every row with {part}: " in said) == (shape not in (only, "everything"))
    assert ("left out, every row with vsm_sem: " in said) == (shape in ("texts", "everything"))
    assert ("08 and 09: " in said) == (shape == "labels")
    # Every row stands in the table that is printed, left out or not.
    table = series.report(found)
    assert table.count("left out") >= (found["left_out"].map(len) > 0).sum() - 5
    assert "vsm_sem left out" in table


def test_rows_of_an_encoder_are_left_out_with_the_command_that_brings_it(home, capsys):
    found = series.plan(make(home, "texts"), "paper")
    series.possible(found)
    said = capsys.readouterr().err
    assert said.count("left out, every row with minilm: ") == 1
    assert "make pretrained" in said


def test_rows_of_an_encoder_that_is_there_are_run(home, small_minilm):
    found = series.possible(series.plan(make(home, "texts"), "paper"))
    rows = found[found["setting"].isin(["minilm", "vsm_minilm"])]
    assert rows["arguments"].tolist() == [
        {"target": "logistic", "encoder": "minilm"}, {"target": "logistic", "features": "vsm_minilm"},
        {"target": "cosine", "encoder": "minilm"}, {"target": "cosine", "features": "vsm_minilm"},
    ]  # fmt: skip
    assert rows["folder"].iloc[2].name == "text-cosine-minilm"


def test_without_a_genre_there_is_only_the_overview(tiny):
    albums = tiny.albums.assign(genres=[[]] * len(tiny.albums))
    albums.to_parquet(tiny.folder / "albums.parquet")
    bare = type(tiny)(tiny.folder)
    bare.labels.clear()
    assert stages(series.possible(series.plan(bare, "paper"))) == {"overview": 1}


def test_a_knowledge_base_that_is_given_brings_its_rows_back(home, base):
    music = make(home, "texts", "2017_02")
    found = series.possible(series.plan(music, "paper", str(base)))
    assert found["setting"].tolist().count("vsm_sem") == 2
    rows = found[found["setting"] == "vsm_sem"]
    for row in rows.itertuples():
        assert row.arguments["knowledge"] == str(base)
        assert "knowledge" not in found[found["setting"] == "vsm"]["arguments"].iloc[0]
        told = series.jobs.papermill_args(row)
        assert f"knowledge {base}" in told
    # Where 05 itself would put the run.
    cell = series.values("paper")["text"]
    cfg = params.Text(**{**cell, **rows["arguments"].iloc[0], "catalogue": str(music.folder)})
    from mumu_lib import runs

    assert rows["folder"].iloc[0] == runs.folder_of(music, f"text-{cfg.target}-vsm_sem", cfg)


def test_a_folder_that_holds_none_is_refused_before_anything_runs(home, tmp_path):
    with pytest.raises(MissingDataError, match=r"holds no knowledge base; make it with  python -m mumu_lib\.linking"):
        series.plan(make(home, "texts"), "paper", str(tmp_path))


def test_a_synthetic_catalogue_brings_its_own(tiny):
    assert not Needs(tiny).lacking({"stage": "text", "modality": "text", "setting": "vsm_sem"})


def test_published_matrices_are_texts_enough(home):
    music = make(home, "labels")
    music.info["roots"]["ismir"] = "ismir"
    needs = Needs(music)
    for setting in ("vsm", "vsm_sem"):
        assert not needs.lacking({"stage": "text", "modality": "text", "setting": setting})
    assert needs.lacking({"stage": "results"}) == ()


def test_timbre_files_without_recordings_are_enough_for_their_row_and_for_fusions(home):
    music = make(home, "texts")
    music.info["roots"]["msd"] = "audio"
    needs = Needs(music)
    assert not needs.lacking({"stage": "audio", "modality": "audio", "setting": "timbre_mlp"})
    together = {"stage": "multimodal", "modality": "a+t", "setting": "simultaneous"}
    assert "every row with audio" in needs.lacking(together)[0]
    assert not needs.lacking({"stage": "multimodal", "modality": "a+t", "setting": "mlp"})
    for setting in ("low_4x70", "cqt"):
        assert needs.lacking({"stage": "audio", "modality": "audio", "setting": setting})


def test_rows_of_an_encoder_join_where_its_weights_are(home, monkeypatch, capsys):
    music = make(home, "everything")
    found = series.possible(series.plan(music, "paper"))
    assert not found["setting"].isin(["mtt_musicnn", "msd_musicnn"]).any()
    said = capsys.readouterr().err
    assert (
        said.count("left out, every row with msd_musicnn: its weights are not here; get them with  make pretrained")
        == 1
    )
    fake_encoders.install(monkeypatch, "msd_musicnn")
    found = series.possible(series.plan(music, "paper"))
    rows = found[found["setting"] == "msd_musicnn"]
    assert rows["target"].tolist() == ["logistic", "cosine"]
    assert rows["arguments"].tolist() == [{"target": target, "encoder": "musicnn"} for target in rows["target"]]
    assert [folder.name for folder in rows["folder"]] == ["audio-logistic-msd_musicnn", "audio-cosine-msd_musicnn"]
    assert (rows["hours"] > 0).all()


def test_which_weights_musicnn_means_depends_on_the_catalogue(home, tiny, monkeypatch):
    fake_encoders.install(monkeypatch, "mtt_musicnn")
    settings = set(series.plan(tiny, "sample")["setting"])
    assert "mtt_musicnn" in settings
    assert "msd_musicnn" not in settings
    music = make(home, "sound")
    music.info["roots"]["msd"] = "audio"
    settings = set(series.plan(music, "paper")["setting"])
    assert "mtt_musicnn" in settings
    assert "msd_musicnn" not in settings


def test_an_encoder_needs_recordings(home, monkeypatch):
    fake_encoders.install(monkeypatch, "mtt_musicnn")
    music = make(home, "texts")
    music.info["roots"]["msd"] = "audio"
    assert Needs(music).lacking({"stage": "audio", "modality": "audio", "setting": "mtt_musicnn"})
