# The series, said once: notebook + parameters -> run. A rule is done when metrics.json exists;
# an output notebook proves nothing, it exists after failures too.
#
#   snakemake --cores 2                                             the embedded sample
#   snakemake --cores 2 --config catalogue=mine profile=paper       every row of Table 2, and ours
from dataclasses import fields

import mumu_lib as mm

shell.prefix("set -euo pipefail; ")
PROFILE = config.get("profile", "sample")
PAPER = PROFILE == "paper"
music = mm.open_catalogue(config.get("catalogue", "sample"))
FILE_ARGS = f"-f {mm.params.checkout()}/params/paper.yaml" if PAPER else ""
SERIES = {
    "overview": ("02_dataset_overview", mm.params.Overview),
    "factors": ("03_label_factors", mm.params.Factors),
    "audio": ("04_audio", mm.params.Audio),
    "text": ("05_text", mm.params.Text),
    "image": ("06_image", mm.params.Image),
    "multimodal": ("07_multimodal", mm.params.Multimodal),
    "results": ("08_results", mm.params.Results),
    "youralbum": ("09_your_album", mm.params.YourAlbum),
}
DEFAULTS = {stage: mm.params.defaults(f"{mm.params.checkout()}/notebooks/{notebook}.ipynb") for stage, (notebook, _) in SERIES.items()}
VALUES = {stage: {**cell, **(mm.params.paper(stage) if PAPER else {})} for stage, cell in DEFAULTS.items()}


def run_folder(stage, run_id, **own):
    """Folder of a run: the one its notebook will choose with the same parameters."""
    kind = SERIES[stage][1]
    values = {**VALUES[stage], **own, "catalogue": str(music.folder)}
    return mm.runs.folder_of(music, run_id, kind(**{f.name: values[f.name] for f in fields(kind)}))


ROWS = mm.series.possible(mm.series.rows(PROFILE), music)


def rows_of(stage):
    """Run folder -> papermill arguments, for the rows of Table 2 and ours that a stage runs."""
    found = {}
    for row in ROWS[ROWS.notebook == SERIES[stage][0]].itertuples():
        own = mm.series.arguments(row)
        folder = run_folder(stage, f"{row.modality}-{row.target}-{row.setting}", **own)
        found[folder.name] = " ".join(f"-p {name} {value}" for name, value in own.items())
    return found


AUDIO, TEXT, IMAGE, MULTIMODAL = (rows_of(stage) for stage in ("audio", "text", "image", "multimodal"))
RUNS = mm.params.home() / "runs" / music.name
SINGLE = [RUNS / name / "metrics.json" for name in (*AUDIO, *TEXT, *IMAGE)]
EVERY = [*SINGLE, *(RUNS / name / "metrics.json" for name in MULTIMODAL)]
OVERVIEW, FACTORS, RESULTS = (run_folder(stage, stage) for stage in ("overview", "factors", "results"))
YOURALBUM = run_folder("youralbum", "your_album")
PAPERMILL = f"papermill --cwd notebooks --no-progress-bar notebooks/{{params.notebook}}.ipynb {{params.folder}}/notebook.ipynb -p catalogue {music.folder} {FILE_ARGS} {{params.own}} > {{log}} 2>&1"


wildcard_constraints:
    audio="audio-[^/]+",
    text="text-[^/]+",
    image="image-[^/]+",
    multimodal=r"[ati](\+[ati])+-[^/]+",


# Every run by name: results made of fewer, by hand or by the tests, would otherwise count as the whole.
rule series:
    input:
        EVERY,
        RESULTS / "metrics.json",
        OVERVIEW / "metrics.json",
        FACTORS / "metrics.json",
        [YOURALBUM / "metrics.json"] if not PAPER else [],
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
EXTRACT = f"python -m mumu_lib.patches {music.folder} --patches {VALUES['audio']['patches']} --seed {VALUES['audio']['seed']} --workers {{threads}}"


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


rule text:
    input: music.folder / "catalogue.json"
    output: RUNS / "{text}" / "metrics.json"
    log: RUNS / "{text}" / "papermill.log"
    params:
        notebook="05_text",
        folder=lambda w: RUNS / w.text,
        own=lambda w: TEXT[w.text],
    threads: workflow.cores
    shell: PAPERMILL


rule image:
    input: music.folder / "catalogue.json"
    output: RUNS / "{image}" / "metrics.json"
    log: RUNS / "{image}" / "papermill.log"
    params:
        notebook="06_image",
        folder=lambda w: RUNS / w.image,
        own=lambda w: IMAGE[w.image],
    threads: workflow.cores
    shell: PAPERMILL


# The best run of each modality is known when all are there.
rule multimodal:
    input: SINGLE
    output: RUNS / "{multimodal}" / "metrics.json"
    log: RUNS / "{multimodal}" / "papermill.log"
    params:
        notebook="07_multimodal",
        folder=lambda w: RUNS / w.multimodal,
        own=lambda w: MULTIMODAL[w.multimodal],
    shell: PAPERMILL


rule results:
    input: EVERY
    output: RESULTS / "metrics.json"
    log: RESULTS / "papermill.log"
    params: notebook="08_results", folder=RESULTS, own=""
    shell: PAPERMILL


rule your_album:
    input: EVERY
    output: YOURALBUM / "metrics.json"
    log: YOURALBUM / "papermill.log"
    params: notebook="09_your_album", folder=YOURALBUM, own=""
    shell: PAPERMILL
