# The series, said once: notebook + parameters -> run. A rule is done when metrics.json exists;
# an output notebook proves nothing, it exists after failures too.
#
#   snakemake --cores 2                                             the embedded sample
#   snakemake --cores 2 --config catalogue=mine profile=paper       every row of Table 2, and ours
#   snakemake --workflow-profile params/profiles/slurm --config catalogue=mine profile=paper parts=64
#
# What a job needs (memory, minutes, a GPU) depends on its row, so that it is said here, from params/costs.tsv.
# What a cluster gives (queues, cores a job, retries) stands in params/profiles/, where set-resources may overrule this.
import os
import shlex
import subprocess
import sys

import mumu_lib as mm

if os.name != "nt":
    shell.prefix("set -euo pipefail; ")
# Jobs run in notebooks/, and on other machines: all of them must mean the same folders.
os.environ["MUMU_HOME"] = str(mm.core.paths.home().absolute())
PROFILE = config.get("profile", "sample")
music = mm.open_catalogue(str(config.get("catalogue", "sample")))  # Snakemake takes 2017 for a number
CATALOGUE = music.folder.absolute()
RUNS = mm.core.paths.home() / "runs" / music.name
PLAN = mm.series.possible(mm.series.plan(music, PROFILE))
VALUES = mm.series.values(PROFILE)


def runs_of(stage):
    """Name of a run's folder -> its row of the plan."""
    return {row.folder.name: row for row in PLAN[PLAN.stage == stage].itertuples()}


def told(row):
    """What papermill is told for a row."""
    return " ".join(f"-p {name} {value}" for name, value in row.arguments.items())


def needs(row_of, share=1):
    """What to ask a cluster for, from the row of a job's wildcards; twice the memory once a try has failed."""
    return {
        "mem_mb": lambda wildcards, attempt: int(row_of(wildcards).memory_mb) * min(attempt, 2),
        "runtime": lambda wildcards: max(int(row_of(wildcards).minutes) // share, mm.series.costs.MINUTES[0]),
        "gpu": lambda wildcards: int(row_of(wildcards).gpu),
    }


def every_core(wildcards):
    """Of this machine. On a cluster nobody knows how many those are; there a profile's set-threads comes before this."""
    return workflow.cores


def quoted(word):
    """For the shell that runs the jobs; that of Windows knows no single quotes."""
    return subprocess.list2cmdline([str(word)]) if os.name == "nt" else shlex.quote(str(word))


def half_of_them(wildcards):
    """Two fusions at once: of their seconds most go into starting. What is learned at once trains whole networks."""
    return workflow.cores if "simultaneous" in wildcards.multimodal else -(-workflow.cores // 2)


AUDIO, TEXT, IMAGE, MULTIMODAL = (runs_of(stage) for stage in ("audio", "text", "image", "multimodal"))
ONCE = {row.stage: row for row in PLAN[PLAN.target == ""].itertuples()}
SINGLE = [RUNS / name / "metrics.json" for name in (*AUDIO, *TEXT, *IMAGE)]
EVERY = [*SINGLE, *(RUNS / name / "metrics.json" for name in MULTIMODAL)]
PYTHON = quoted(sys.executable)
FILE_ARGS = f"-f {quoted(mm.core.paths.checkout() / 'params' / 'paper.yaml')}" if PROFILE == "paper" else ""
NOTEBOOKS = quoted(mm.core.paths.checkout() / "notebooks")
PAPERMILL = f"{PYTHON} -m papermill --cwd {NOTEBOOKS} --no-progress-bar {NOTEBOOKS}/{{params.row.notebook}}.ipynb {{params.row.folder:q}}/notebook.ipynb -p catalogue {quoted(CATALOGUE)} {FILE_ARGS} {{params.own}} > {{log:q}} 2>&1"
# Held as long as this process lives. Snakemake's own lock would outlive a kill; the profiles switch it off.
LOCKS = []


onstart:
    LOCKS.append(mm.series.alone(music))


envvars:
    "MUMU_HOME",


wildcard_constraints:
    audio="audio-[^/]+",
    text="text-[^/]+",
    image="image-[^/]+",
    multimodal=r"[ati](\+[ati])+-[^/]+",


# Every run by name: results made of fewer, by hand or by the tests, would otherwise count as the whole.
rule series:
    input:
        EVERY,
        [row.folder / "metrics.json" for row in ONCE.values() if row.notebook],
    default_target: True


rule overview:
    input: CATALOGUE / "catalogue.json"
    output: ONCE["overview"].folder / "metrics.json"
    log: ONCE["overview"].folder / "papermill.log"
    params: row=ONCE["overview"], own=""
    resources: **needs(lambda wildcards: ONCE["overview"])
    shell: PAPERMILL


rule factors:
    input: CATALOGUE / "catalogue.json"
    output: ONCE["factors"].folder / "metrics.json"
    log: ONCE["factors"].folder / "papermill.log"
    params: row=ONCE["factors"], own=""
    resources: **needs(lambda wildcards: ONCE["factors"])
    shell: PAPERMILL


# Features of a large catalogue: shares of the tracks on as many machines as there are, then one joins them.
#   snakemake --config parts=64 ...
PARTS = int(config.get("parts", 1))
DONE = mm.series.features_done(music)
EXTRACT = f"{PYTHON} -m mumu_lib.patches {quoted(CATALOGUE)} --patches {VALUES['audio']['patches']} --seed {VALUES['audio']['seed']} --workers {{threads}}"


rule features_part:
    input: CATALOGUE / "catalogue.json"
    output: touch(DONE.parent / f"{{part}}-of-{PARTS}.done")
    log: DONE.parent / f"{{part}}-of-{PARTS}.log"
    threads: every_core
    resources: **needs(lambda wildcards: ONCE["features"], share=PARTS)
    shell: f"{EXTRACT} --part {{wildcards.part}} {PARTS} > {{log:q}} 2>&1"


rule features:
    input: [DONE.parent / f"{part}-of-{PARTS}.done" for part in range(PARTS)] if PARTS > 1 else CATALOGUE / "catalogue.json"
    output: touch(DONE)
    log: DONE.with_suffix(".log")
    threads: every_core
    resources: **needs(lambda wildcards: ONCE["features"])
    shell: f"{EXTRACT} > {{log:q}} 2>&1"


rule audio:
    input: CATALOGUE / "catalogue.json", ancient(DONE)
    output: RUNS / "{audio}" / "metrics.json"
    log: RUNS / "{audio}" / "papermill.log"
    params:
        row=lambda w: AUDIO[w.audio],
        own=lambda w: told(AUDIO[w.audio]),
    threads: every_core  # one training at a time: it keeps every core busy, and others would lengthen its epochs
    resources: **needs(lambda w: AUDIO[w.audio])
    shell: PAPERMILL


rule text:
    input: CATALOGUE / "catalogue.json"
    output: RUNS / "{text}" / "metrics.json"
    log: RUNS / "{text}" / "papermill.log"
    params:
        row=lambda w: TEXT[w.text],
        own=lambda w: told(TEXT[w.text]),
    threads: every_core
    resources: **needs(lambda w: TEXT[w.text])
    shell: PAPERMILL


rule image:
    input: CATALOGUE / "catalogue.json"
    output: RUNS / "{image}" / "metrics.json"
    log: RUNS / "{image}" / "papermill.log"
    params:
        row=lambda w: IMAGE[w.image],
        own=lambda w: told(IMAGE[w.image]),
    threads: every_core
    resources: **needs(lambda w: IMAGE[w.image])
    shell: PAPERMILL


# The best run of each modality is known when all are there.
rule multimodal:
    input: SINGLE
    output: RUNS / "{multimodal}" / "metrics.json"
    log: RUNS / "{multimodal}" / "papermill.log"
    params:
        row=lambda w: MULTIMODAL[w.multimodal],
        own=lambda w: told(MULTIMODAL[w.multimodal]),
    threads: half_of_them
    resources: **needs(lambda w: MULTIMODAL[w.multimodal])
    shell: PAPERMILL


rule results:
    input: EVERY
    output: ONCE["results"].folder / "metrics.json"
    log: ONCE["results"].folder / "papermill.log"
    params: row=ONCE["results"], own=""
    resources: **needs(lambda wildcards: ONCE["results"])
    shell: PAPERMILL


if "youralbum" in ONCE:

    rule your_album:
        input: EVERY
        output: ONCE["youralbum"].folder / "metrics.json"
        log: ONCE["youralbum"].folder / "papermill.log"
        params: row=ONCE["youralbum"], own=""
        resources: **needs(lambda wildcards: ONCE["youralbum"])
        shell: PAPERMILL
