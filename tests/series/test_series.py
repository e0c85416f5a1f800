"""The series as a graph: which runs there are, and that finished ones are kept."""

import re
from importlib.util import find_spec

import pytest

import dry_runs
from mumu_lib import experiments, params, runs, series
from mumu_lib.core import paths
from mumu_lib.core.errors import MumuError, ParameterError
from mumu_lib.encoders import choice
from mumu_lib.results import paper_rows

PLUGINS = {"slurm": "snakemake_executor_plugin_slurm", "kubernetes": "snakemake_executor_plugin_cluster_generic"}


def dry_run(*config, on="local"):
    """Jobs by rule that Snakemake would run, and all that it says."""
    if not find_spec(PLUGINS.get(on, "snakemake")):
        pytest.skip(f"{PLUGINS[on]} is not installed")
    status, printed, said = dry_runs.snakemake(
        "--workflow-profile", f"params/profiles/{on}", "--dry-run", "--cores", "2", "--config", *config
    )
    assert status == 0, said[-2000:]
    said = printed + said
    table = said[said.find("count") :].splitlines()[2:]
    rows = [line.split() for line in table[: next((i for i, line in enumerate(table) if line.startswith("total")), 0)]]
    return {rule: int(count) for rule, count in rows}, said


@pytest.mark.parametrize("on", ["local", "slurm", "kubernetes"])
def test_the_paper_profile_has_every_row_of_table_2_and_ours(whole, on):
    jobs, said = dry_run("catalogue=tiny", "profile=paper", "parts=16", on=on)
    assert [jobs[rule] for rule in ("audio", "text", "image", "multimodal")] == [13, 4, 2, 10]
    assert len(paper_rows.grid()) == 26
    assert jobs["results"] == jobs["overview"] == jobs["factors"] == jobs["features"] == 1
    assert jobs["features_part"] == 16
    asked = dict(re.findall(r"wildcards: audio=(\S+)\n.*?resources: (.*?)\n", said, re.DOTALL))
    assert "gpu=0" in asked["audio-logistic-timbre_mlp"]
    assert "gpu=1" in asked["audio-cosine-high_3x3"]
    memory = [int(re.search(r"mem_mb=(\d+)", asked[f"audio-cosine-{width}_3x3"])[1]) for width in ("low", "high")]
    assert memory[0] < memory[1]


def without_encoders(rows):
    """Rows of a machine that has no pretrained weights."""
    return rows[rows["setting"].map(experiments.encoder_of) == ""]


def test_the_sample_profile_has_the_rows_marked_as_such(whole):
    jobs, _ = dry_run("catalogue=tiny", "profile=sample")
    wanted = without_encoders(series.rows("sample"))
    for rule, notebook in (
        ("audio", "04_audio"),
        ("text", "05_text"),
        ("image", "06_image"),
        ("multimodal", "07_multimodal"),
    ):
        assert jobs[rule] == (wanted.notebook == notebook).sum()


def threads(said):
    """Whether each training that Snakemake would run is told both threads; a job of one is told none."""
    found = {}
    for rule, job in re.findall(r"^rule (audio|text|image|multimodal):\n((?: {4}.*\n)+)", said, re.MULTILINE):
        found[re.search(rf"{rule}=(\S+)", job)[1]] = "threads: 2" in job
    return found


def test_one_machine_takes_one_long_training_or_two_fusions_at_a_time(whole):
    _, said = dry_run("catalogue=tiny", "profile=paper")
    alone = threads(said)
    assert alone["image-cosine-resnet101"]
    assert alone["audio-cosine-high_3x3"]
    assert not any(alone[run] for run in alone if "+" in run and "simultaneous" not in run)


def test_one_machine_takes_two_short_trainings_at_a_time_of_a_catalogue_whose_name_is_a_number(whole):
    whole.folder.rename(whole.folder.with_name("2017"))
    jobs, said = dry_run("catalogue=2017", "profile=sample")
    assert len(threads(said)) == sum(jobs[rule] for rule in ("audio", "text", "image", "multimodal"))
    assert not any(threads(said).values())


def test_rows_whose_modality_the_catalogue_lacks_are_named_and_left_out(tiny):
    jobs, said = dry_run("catalogue=tiny", "profile=paper")
    assert jobs["text"] == 4
    assert not {"audio", "image", "multimodal", "features"} & set(jobs)
    assert "left out, every row with audio" in said
    assert "left out, every row with covers" in said


def test_a_finished_run_is_kept(whole, home):
    cell = params.defaults(paths.checkout() / "notebooks" / "04_audio.ipynb")
    cfg = params.Audio(**{**cell, "catalogue": str(whole.folder), "filters": "low_4x96", "target": "logistic"})
    before = dry_run("catalogue=tiny", "profile=sample")[0]["audio"]
    done = home / "runs" / "tiny" / "features" / "all.done"
    done.parent.mkdir(parents=True)
    done.touch()
    run = runs.start(whole, "audio-logistic-low_4x96", cfg)
    run.write({"auc": 0.5})
    assert dry_run("catalogue=tiny", "profile=sample")[0]["audio"] == before - 1


def test_notebooks_run_by_the_tests_are_not_the_whole_series(whole):
    once = {"02_dataset_overview": ("overview", params.Overview), "03_label_factors": ("factors", params.Factors),
            "08_results": ("results", params.Results), "09_your_album": ("your_album", params.YourAlbum)}  # fmt: skip
    for notebook, (run_id, kind) in once.items():
        cell = params.defaults(paths.checkout() / "notebooks" / f"{notebook}.ipynb")
        runs.start(whole, run_id, kind(**{**cell, "catalogue": str(whole.folder)})).write({"rows": 1})
    jobs, _ = dry_run("catalogue=tiny", "profile=sample")
    assert jobs["audio"] == (without_encoders(series.rows("sample")).notebook == "04_audio").sum()
    assert jobs["results"] == 1


@pytest.mark.parametrize("profile", ["sample", "paper"])
def test_every_row_is_a_run_that_its_notebook_would_name_so(profile, tiny):
    kinds = {
        "04_audio": params.Audio,
        "05_text": params.Text,
        "06_image": params.Image,
        "07_multimodal": params.Multimodal,
    }
    from mumu_lib import fusion

    for row in series.rows(profile).itertuples():
        cell = params.defaults(paths.checkout() / "notebooks" / f"{row.notebook}.ipynb")
        cfg = kinds[row.notebook](**{**cell, **series.arguments(row)})
        if row.notebook == "07_multimodal":
            assert fusion.run_name(cfg) == (row.modality, row.setting)
        else:
            assert cfg.target == row.target
            named = choice.full_name(cfg.encoder, tiny) if getattr(cfg, "encoder", "") else ""
            assert row.setting == (named or getattr(cfg, experiments.BY_NAME[row.modality].setting))


def test_shards_that_are_there_are_not_counted_as_needed(whole):
    found = series.plan(whole, "paper")
    before = series.disk(whole, found)["needed"].sum()
    shard = whole.folder / "features" / "cqt" / "shards" / "x.npy"
    shard.parent.mkdir(parents=True)
    shard.write_bytes(bytes(2_000_000))
    assert series.disk(whole, found)["needed"].sum() == pytest.approx(before - 0.002)


def test_two_series_on_one_catalogue_do_not_run_at_once(tiny):
    first = series.started.series_lock(tiny)
    with pytest.raises(MumuError, match="another series is running on catalogue 'tiny'"):
        series.started.series_lock(tiny)
    first.release()
    assert series.started.series_lock(tiny).is_locked


def test_a_precision_is_told_to_the_notebooks_that_have_one(whole):
    plain, auto = (series.plan(whole, "paper", precision=precision) for precision in ("", "auto"))
    trained = auto["stage"].isin(["audio", "image"])
    assert {words["precision"] for words in auto["arguments"][trained]} == {"auto"}
    others = [*auto["arguments"][~trained].dropna(), *plain["arguments"].dropna()]
    assert not any("precision" in words for words in others)
    assert "-p precision auto" in series.jobs.papermill_args(auto[trained].iloc[0])
    with pytest.raises(ParameterError, match="did you mean 'auto'"):
        series.plan(whole, "paper", precision="autos")
