"""Notebooks that are interrupted and called again, and what an interruption may not leave."""

import random
import re
import shutil
from pathlib import Path

import interrupting
import knowledge_bases
import notebook_processes as processes

ARTICLES = {"Guitar": ["Instruments"], "Chorus": ["Song forms"], "Riff": ["Song forms"], "Swing": ["Jazz styles"]}
# Name -> notebook, its parameters, its run. Those of 07 are made of runs that are there.
JOBS = {
    "vsm_sem": ("05", {"features": "vsm_sem", "epochs": 2}, "text-cosine-vsm_sem"),
    "vsm_ours": ("05", {"features": "vsm", "recipe": "ours", "target": "logistic"}, "text-logistic-vsm"),
    "image": ("06", {"image_size": 32, "epochs": 2}, "image-logistic-small"),
    "late": ("07", {"modalities": "at", "epochs": 3}, "a+t-cosine-mlp"),
    "weighted": ("07", {"modalities": "at", "recipe": "ours"}, "a+t-cosine-mlp"),
    "simultaneous": ("07", {"modalities": "at", "learning": "simultaneous", "together_epochs": 2},
                     "a+t-cosine-simultaneous"),
}  # fmt: skip
FULL = re.compile(r"cannot be written: no space is left for it|needs [\d.]+ GB, but only")
# What an interrupted run may leave, and a finished one must not.
LYING = re.compile(r".*\.(tmp|tmp\.keras|part|trail|new)|state\.json|epoch-.*|shards")


class Trial:
    """One job in two places that begin alike: uninterrupted in one, interrupted in the other."""

    def __init__(self, name, alone, folder):
        self.notebook, self.parameters, self.run = JOBS[name]
        self.alone, self.folder = Path(alone), Path(folder)
        self.random = random.Random(name)

    def place(self, name):
        """A catalogue and a home with the runs that are there before."""
        place = self.folder / name
        shutil.copytree(self.alone / "catalogue", place / "catalogue")
        shutil.copytree(self.alone / "home", place / "home", ignore=shutil.ignore_patterns("*.log"))
        if "vsm_sem" in self.parameters.values():
            knowledge_bases.knowledge_base(place / "knowledge", ARTICLES)
        return place

    def job(self, place):
        told = {"catalogue": str(place / "catalogue"), **self.parameters}
        if "vsm_sem" in self.parameters.values():
            told["knowledge"] = str(place / "knowledge" / "knowledge")
        return [(self.notebook, told)]

    def undisturbed(self):
        """What comes of it, and the number of steps that it takes."""
        place, steps = self.place("undisturbed"), self.folder / "steps"
        count = interrupting.count_steps(place, steps)
        processes.run(self.job(place), place / "home", before=interrupting.both(interrupting.search_shortly, count))
        return self.outcome(place), steps.stat().st_size

    def outcome(self, place):
        return processes.outcome(place / "home" / "runs" / "generated" / self.run)

    def start(self, place, before):
        """A process that is interrupted."""
        both = interrupting.both(interrupting.search_shortly, before)
        return processes.start(self.job(place), place / "home", before=both)

    def kill(self, place, step):
        """Kill it before a step; a later call may need fewer steps than that."""
        process = self.start(place, interrupting.kill_at(place, step))
        process.join()
        assert process.exitcode in (0, -9), processes.said(process, place / "home")[-3000:]
        assert interrupting.half_written(place) == []
        return process.exitcode == -9

    def fill(self, place, step):
        """Have the disk full from a step on."""
        process = self.start(place, interrupting.full_from(place, step))
        process.join()
        said = processes.said(process, place / "home")
        assert process.exitcode == 0 or FULL.search(said), said[-3000:]
        assert interrupting.half_written(place) == []
        return process.exitcode != 0

    def resume(self, place, expected):
        """Call it again; what comes of it is as expected, to the digit, and nothing is left."""
        processes.run(self.job(place), place / "home", before=interrupting.search_shortly)
        (metrics, arrays), (metrics_before, arrays_before) = self.outcome(place), expected
        assert metrics == metrics_before
        assert arrays.keys() == arrays_before.keys()
        assert [name for name in arrays if arrays[name] != arrays_before[name]] == []
        assert [path for path in place.rglob("*") if LYING.fullmatch(path.name)] == []
