# The series, said once: notebook + parameters -> run. A rule is done when metrics.json exists;
# an output notebook proves nothing, it exists after failures too.
#
#   snakemake --cores 2                                             the embedded sample
#   snakemake --cores 2 --config catalogue=mine profile=paper       every row of Table 2
from dataclasses import fields
from pathlib import Path

import mumu_lib as mm

shell.prefix("set -euo pipefail; ")
PAPER = config.get("profile", "sample") == "paper"
music = mm.open_catalogue(config.get("catalogue", "sample"))
FILE_ARGS = f"-f {mm.params.checkout()}/params/paper.yaml" if PAPER else ""
SERIES = {
    "overview": ("02_dataset_overview", mm.params.Overview),
    "factors": ("03_label_factors", mm.params.Factors),
    "audio": ("04_audio", mm.params.Audio),
    "results": ("08_results", mm.params.Results),
}


def run_folder(stage, run_id, **own):
    """Folder of a run: the one its notebook will choose with the same parameters."""
    notebook, kind = SERIES[stage]
    defaults = mm.params.defaults(f"{mm.params.checkout()}/notebooks/{notebook}.ipynb")
    values = {**defaults, **(mm.params.paper(stage) if PAPER else {}), **own, "catalogue": str(music.folder)}
    return mm.runs.folder_of(music, run_id, kind(**{f.name: values[f.name] for f in fields(kind)}))


def table2_rows():
    """Rows of Table 2 whose notebook is here; on the sample those that its profile runs."""
    rows = mm.runs.grid()
    rows = rows[rows.notebook.isin([notebook for notebook, _ in SERIES.values()])]
    return rows if PAPER else rows[rows["sample"] == "yes"]


# Run folder -> papermill arguments of its own.
AUDIO = {
    run_folder("audio", f"audio-{row.target}-{row.setting}", filters=row.setting, target=row.target).name:
        f"-p filters {row.setting} -p target {row.target}"
    for row in table2_rows().itertuples()
}
RUNS = mm.params.home() / "runs" / music.name
OVERVIEW, FACTORS, RESULTS = (run_folder(stage, stage) for stage in ("overview", "factors", "results"))
PAPERMILL = f"papermill --cwd notebooks --no-progress-bar notebooks/{{params.notebook}}.ipynb {{params.folder}}/notebook.ipynb -p catalogue {music.folder} {FILE_ARGS} {{params.own}} > {{log}} 2>&1"


wildcard_constraints:
    audio="audio-[^/]+",


rule series:
    input:
        RESULTS / "metrics.json",
        OVERVIEW / "metrics.json",
        FACTORS / "metrics.json",
    default_target: True


rule overview:
    input: music.folder / "catalogue.json"
    output: OVERVIEW / "metrics.json"
    log: OVERVIEW / "papermill.log"
    params: notebook="02_dataset_overview", folder=OVERVIEW, own=""
    shell: PAPERMILL


rule factors:
    input: music.folder / "catalogue.json"
    output: FACTORS / "metrics.json"
    log: FACTORS / "papermill.log"
    params: notebook="03_label_factors", folder=FACTORS, own=""
    shell: PAPERMILL


# Features of a large catalogue: shares of the tracks on as many machines as there are, then one joins them.
#   snakemake --config parts=64 ...
PARTS = int(config.get("parts", 1))
DEFAULTS = {**mm.params.defaults(f"{mm.params.checkout()}/notebooks/04_audio.ipynb"), **(mm.params.paper("audio") if PAPER else {})}
EXTRACT = f"python -m mumu_lib.patches {music.folder} --patches {DEFAULTS['patches']} --seed {DEFAULTS['seed']} --workers {{threads}}"


rule features_part:
    input: music.folder / "catalogue.json"
    output: touch(RUNS / "features" / f"{{part}}-of-{PARTS}.done")
    log: RUNS / "features" / f"{{part}}-of-{PARTS}.log"
    threads: workflow.cores
    shell: f"{EXTRACT} --part {{wildcards.part}} {PARTS} > {{log}} 2>&1"


rule features:
    input: [RUNS / "features" / f"{part}-of-{PARTS}.done" for part in range(PARTS)] if PARTS > 1 else music.folder / "catalogue.json"
    output: touch(RUNS / "features" / "all.done")
    log: RUNS / "features" / "all.log"
    threads: workflow.cores
    shell: f"{EXTRACT} > {{log}} 2>&1"


rule audio:
    input: music.folder / "catalogue.json", RUNS / "features" / "all.done"
    output: RUNS / "{audio}" / "metrics.json"
    log: RUNS / "{audio}" / "papermill.log"
    params:
        notebook="04_audio",
        folder=lambda w: RUNS / w.audio,
        own=lambda w: AUDIO[w.audio],
    threads: workflow.cores  # one training at a time keeps every core busy
    shell: PAPERMILL


rule results:
    input: [RUNS / name / "metrics.json" for name in AUDIO]
    output: RESULTS / "metrics.json"
    log: RESULTS / "papermill.log"
    params: notebook="08_results", folder=RESULTS, own=""
    shell: PAPERMILL

