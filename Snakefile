# The series: notebook + parameters -> run. A rule is done when metrics.json exists;
# the output notebook is no output of the rule, because it also exists after failures.
#
#   snakemake --cores 2                                             the embedded sample
#   snakemake --cores 2 --config catalogue=mine profile=paper       every row of Table 2, and ours
#   snakemake --workflow-profile params/profiles/slurm --config catalogue=mine profile=paper parts=64
#
# The resources of a job (memory, minutes, a GPU) depend on its row and are set here, from params/costs.tsv.
# The options of a cluster (queues, cores a job, retries) are in params/profiles/; set-resources there overrides these.
import os
import sys

import mumu_lib as mm
from mumu_lib.series import jobs
from mumu_lib.series.jobs import cluster_resources, papermill_args, quoted

if os.name != "nt":
    shell.prefix("set -euo pipefail; ")
# Jobs run in notebooks/ and on other machines, so the path must be absolute.
os.environ["MUMU_HOME"] = str(mm.core.paths.home().absolute())
if workflow.remote_exec:
    mm.series.started.check_node()
# The arguments of --config as typed, since config contains the number 7 for catalogue=007. Snakemake starts the jobs
# on a cluster with the same arguments, so no environment variable is needed.
WORDS = workflow.config_settings.config_args
music = mm.open_catalogue(jobs.catalogue_name(WORDS, config))
PROFILE = config.get("profile", "sample")
PLAN = mm.series.plan(music, PROFILE, jobs.typed_text("knowledge", WORDS, config), config.get("precision", ""))
PLAN = mm.series.possible(PLAN)
PLAN = jobs.rest(PLAN, config.get("rest", ""))
CATALOGUE = music.folder.absolute()
RUNS = mm.core.paths.home() / "runs" / music.name
HERE = jobs.cores_here(workflow)
# Kept until this process ends. Snakemake's own lock would remain after a kill; the profiles disable it.
LOCKS = []


def row_of_job(stage):
    """Return a function of a job's wildcards: those of a stage with many runs contain the name of the stage."""
    rows = {row.folder.name: row for row in PLAN[PLAN.stage == stage].itertuples()}
    return lambda wildcards: rows[wildcards.get(stage, next(iter(rows), ""))]


def cores_of(rule, row_of=lambda wildcards: None):
    """Return a function of a job's wildcards: all cores of this machine or half of them; a default on a cluster."""
    return lambda wildcards: jobs.cores_of(rule, HERE, row_of(wildcards))


METRICS = {stage: [folder / "metrics.json" for folder in PLAN.folder[PLAN.stage == stage]] for stage in mm.series.STAGES}
SINGLE = METRICS["audio"] + METRICS["text"] + METRICS["image"]
EVERY = SINGLE + METRICS["multimodal"]
LISTED, DONE = CATALOGUE / "catalogue.json", mm.series.features_done(music)
BEFORE = jobs.logs_of(PLAN, DONE)
# Fusions need all runs, to choose the best of each modality. HEARD is empty if no row needs the extracted features.
HEARD = [ancient(DONE)] if "features" in set(PLAN.stage) else []
INPUTS = {"audio": [LISTED, *HEARD], "multimodal": SINGLE, "results": EVERY, "youralbum": EVERY}
# One long training at a time, since it uses all cores; two short ones at the same time.
THREADS = {stage: cores_of(stage, row_of_job(stage)) for stage in ("audio", "text", "image", "multimodal")}
PYTHON, NOTEBOOKS = quoted(sys.executable), quoted(mm.core.paths.checkout() / "notebooks")
FILE_ARGS = f"-f {quoted(mm.core.paths.checkout() / 'params' / 'paper.yaml')}" if PROFILE == "paper" else ""
PAPERMILL = f"{{params.start}} --cwd {NOTEBOOKS} --no-progress-bar {NOTEBOOKS}/{{params.row.notebook}}.ipynb {{params.row.folder:q}}/notebook.ipynb -p catalogue {quoted(CATALOGUE)} {FILE_ARGS} {{params.papermill_args}} > {{log:q}} 2>&1"
# Features of a large catalogue: shares of the tracks on several machines (parts=64), then one job joins them.
FEATURES = next(PLAN[PLAN.stage == "features"].itertuples(), None)  # None without audio: then there is no job either
PARTS, AUDIO = int(config.get("parts", 1)), mm.series.values(PROFILE)["audio"]
EXTRACT = f"{PYTHON} -m mumu_lib.patches {quoted(CATALOGUE)} --patches {AUDIO['patches']} --seed {AUDIO['seed']} --workers {{threads}}"


onstart:
    LOCKS.extend(jobs.begin(workflow, music, [LISTED, *EVERY]))
onsuccess:
    mm.series.started.end()
onerror:
    mm.series.started.end()
    jobs.fail(PLAN, DONE, BEFORE, PARTS, log)


envvars: "MUMU_HOME"
wildcard_constraints: audio="audio-[^/]+", text="text-[^/]+", image="image-[^/]+", multimodal=r"[ati](\+[ati])+-[^/]+"


# All runs are inputs, since results of fewer runs, made by hand or by the tests, must not count as the whole series.
rule series:
    input: EVERY, [METRICS[stage] for stage, (*_, run_id) in mm.series.STAGES.items() if run_id]
    default_target: True


for stage, (*_, run_id) in mm.series.STAGES.items():
    if run_id and not METRICS[stage]:
        continue  # notebook 09 is not part of the profile paper
    folder = METRICS[stage][0].parent if run_id else RUNS / f"{{{stage}}}"
    row_of = row_of_job(stage)

    rule:
        name: run_id or stage
        input: INPUTS.get(stage, LISTED)
        output: folder / "metrics.json"
        log: folder / "papermill.log"
        # The functions are called after the loop; the default argument keeps the row_of of this stage.
        params: row=row_of, papermill_args=lambda wildcards, row_of=row_of: papermill_args(row_of(wildcards)), start=lambda wildcards, row_of=row_of: jobs.papermill(HERE, row_of(wildcards))
        threads: THREADS.get(stage, 1)
        resources: **cluster_resources(row_of)
        shell: PAPERMILL


rule features_part:
    input: LISTED
    output: touch(DONE.parent / f"{{part}}-of-{PARTS}.done")
    log: DONE.parent / f"{{part}}-of-{PARTS}.log"
    threads: cores_of("features_part")
    resources: **cluster_resources(lambda wildcards: FEATURES, share=PARTS)
    shell: f"{EXTRACT} --part {{wildcards.part}} {PARTS} > {{log:q}} 2>&1"


rule features:
    input: [DONE.parent / f"{part}-of-{PARTS}.done" for part in range(PARTS)] if PARTS > 1 else LISTED
    output: touch(DONE)
    log: DONE.with_suffix(".log")
    threads: cores_of("features")
    resources: **cluster_resources(lambda wildcards: FEATURES)
    shell: f"{EXTRACT} {f'--join {PARTS}' if PARTS > 1 else ''} > {{log:q}} 2>&1"
