"""What the networks reach on real sets, written to docs/real-data.md: AUC, the straight line beside it, seconds.

    python benchmarks/real_data.py --esc10 FOLDER --captions FOLDER --paired FOLDER --msd-i FOLDER --mtg-jamendo FOLDER

None of the sets is in this repository; ``real_sets.py`` says what each folder holds. A set without a folder is named and
left out. Everything is done as a user does it: a catalogue from a table, then the notebooks by papermill. Catalogues
and runs are kept in ``MUMU_HOME``, so that a repeat runs only what is missing. Seed 0.
"""

import argparse
import os
import resource
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pandas as pd
from real_sets import SETS, RealSet

import mumu_lib as mm
from mumu_lib import labels, results, runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core import environment
from mumu_lib.core.paths import checkout, home
from mumu_lib.experiments import LINE, is_line
from mumu_lib.results import lines

PAGE = checkout() / "docs" / "real-data.md"
NEIGHBOURS = 3


# --- From a folder to runs. ---


def catalogue_of(name: str, real: RealSet, folder: Path, items: int | None = None) -> Catalogue:
    """Make the catalogue of a set; with ``items``, of that many training and validation items and the same test."""
    table = real.table(folder)
    if items is not None:
        learned = table[table["split"] != "test"]
        table = pd.concat([learned.sample(items, random_state=0), table[table["split"] == "test"]]).sort_index()
    manifest = home() / "manifests" / f"{name}.csv"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(manifest, index=False)
    return mm.sources.folder.build(folder, manifest, name=name, min_albums=real.min_albums, force=True)


def run_notebook(notebook: str, music: Catalogue, parameters: dict[str, str]) -> None:
    """Run a notebook by papermill, unless it has run on this catalogue; its output is kept beside the manifests."""
    words = []
    for name, value in parameters.items():
        words += ["-p", name, value]
    output = home() / "notebooks" / f"{'-'.join([music.name, music.fingerprint[:8], notebook, *parameters.values()]).replace('/', '_')}.ipynb"
    if output.with_suffix(".done").exists():
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "--log-level", "ERROR"]
    command += [f"{notebook}.ipynb", str(output), "-r", "catalogue", music.name, *words]
    start = time.time()
    subprocess.run(command, cwd=checkout() / "notebooks", check=True)
    output.with_suffix(".done").touch()
    print(f"{music.name}: {notebook} {' '.join(words)}: {time.time() - start:.0f} s", flush=True)


def filled_in(parameters: dict[str, str], folder: Path) -> dict[str, str]:
    """Return parameters with the set's folder in the place of FOLDER."""
    return {name: value.replace("FOLDER", str(folder)) for name, value in parameters.items()}


def can_run(parameters: dict[str, str]) -> bool:
    """Whether the pretrained encoder that a run needs is here, if it needs one."""
    needed = {"musicnn": "mtt_musicnn", "minilm": "minilm"}
    for value in parameters.values():
        for word, folder in needed.items():
            if word in value and not (home() / "data" / "pretrained" / folder).exists():
                print(f"left out: {value} needs  python -m mumu_lib pretrained")
                return False
    return True


# --- From runs to tables. ---


def best_rows(music: Catalogue) -> pd.DataFrame:
    """Return the best network of each modality and recipe by the validation items, and the line beside it."""
    table = runs.by_validation(runs.table(music).reset_index())
    table["line"] = table["setting"].map(is_line).astype(bool)
    table["learner"] = table["recipe"].where(table["encoder"].isna(), "ours, encoder") if "encoder" in table else table["recipe"]
    table.index = table["modality"] + "/" + table["target"] + "/" + table["setting"] + "/" + table["learner"]
    best = table[~table["line"]].drop_duplicates(["modality", "learner"])
    compared = lines.against_lines(music, pd.concat([best, table[table["line"]]]))
    beside = table[table["line"]].drop_duplicates("beside").set_index("beside")
    rows = []
    for name, run in best.sort_values(["modality", "learner"]).iterrows():
        line = beside.loc[Path(run["folder"]).name]
        rows.append({
            "modality": run["modality"], "recipe": run["recipe"], "network": f"{run['setting']}, {run['target']}",
            "AUC": with_interval(run), "line": with_interval(line),
            "network minus line": results.differences_as_text(compared.loc[[name]])[0],
            "s": f"{compared.loc[name, 'seconds']:.1f}", "s line": f"{compared.loc[name, 'seconds_line']:.1f}",
        })  # fmt: skip
    return pd.DataFrame(rows)


def with_interval(run: pd.Series) -> str:
    """Write an AUC with its 95 % interval."""
    return f"{run['auc']:.3f} [{run['auc_low']:.3f}, {run['auc_high']:.3f}]"


def label_row(music: Catalogue) -> dict[str, str]:
    """Describe the labels of a catalogue: how many, how unbalanced, how deep, and whether neighbours can be trusted."""
    counts = labels.labels_per_album(music)
    frequent = labels.frequencies(music)["percent"]
    return {
        "items": f"{len(counts):,}", "labels": str(len(music.labels)), "levels": str(len(labels.taxonomy_levels(music))),
        "labels an item": f"{counts.mean():.2f}", "largest": f"{frequent.index[0]} {frequent.iloc[0]:.0f} %",
        "smallest": f"{frequent.iloc[-1]:.2f} %", "neighbours that stay": kept_neighbours(music),
    }  # fmt: skip


def kept_neighbours(music: Catalogue) -> str:
    """Share of the nearest labels by PPMI factors that are the same when other items are counted; chance beside it."""
    if labels.labels_per_album(music).max() == 1:
        return "none: one label an item"
    halves = [labels.label_factors(music.label_matrix(split)) for split in ("train", ("val", "test"))]
    shared = []
    for label in music.labels:
        first, second = (set(labels.nearest_labels(C, music.labels, label, NEIGHBOURS).index) for C in halves)
        shared.append(len(first & second) / NEIGHBOURS)
    return f"{100 * sum(shared) / len(shared):.0f} % (chance {100 * NEIGHBOURS / (len(music.labels) - 1):.0f} %)"


def neighbours(music: Catalogue, n: int = 5) -> str:
    """Name the nearest labels of the most frequent ones."""
    C = labels.learned_factors(music)
    said = []
    for label in labels.frequencies(music).index[:n]:
        said.append(f"{label}: {', '.join(labels.nearest_labels(C, music.labels, label, NEIGHBOURS).index)}")
    return "; ".join(said)


def growing_rows(name: str, real: RealSet, folder: Path) -> pd.DataFrame:
    """Learn from fewer and fewer items of a set, and judge by the same test items."""
    assert real.growing is not None
    notebook, parameters = real.growing
    rows = []
    for items in real.sizes:
        music = catalogue_of(f"{name}-{items}", real, folder, items)
        run_notebook(notebook, music, filled_in(parameters, folder))
        learned = best_rows(music).iloc[0]
        counts = music.label_matrix(("train", "val")).getnnz(axis=0)
        rows.append({
            "set": real.title, "items to learn from": str(items), "items of a label (median)": f"{pd.Series(counts).median():.0f}",
            **learned[["network", "AUC", "line"]],
        })  # fmt: skip
    return pd.DataFrame(rows)


# --- The page. ---

INTRODUCTION = """# On real data

<!-- Written by `make real-data`; change benchmarks/real_data.py, not this page. -->

What the networks reach on real sets that anybody can have. Neither the sets nor anything learned from them is in this repository. One command makes this page; a set whose folder is not given is named below and left out:

```sh
make real-data SETS="--esc10 FOLDER --captions FOLDER --paired FOLDER --msd-i FOLDER --mtg-jamendo FOLDER"
```

**None of these sets is the paper's**, and none has albums with recordings, reviews and covers. ESC-10 is sound but not music. Read which row is above which, and how wide the intervals are; compare no number with the paper's Table 2. What follows for a collection of yours: [what to expect](what-to-expect.md).
"""

HOW = """## How it is measured

Every set becomes a catalogue through `python -m mumu_lib.sources.folder`, and the notebooks run on it by papermill, seed 0, as on any collection. Per modality and recipe the table has the network with the best *validation* AUC of those that ran; the test items are looked at once. *AUC*: macro AUC of the test items with a 95 % interval (bootstrap over items). *line*: a straight line on the same inputs. *network minus line*: paired over the items. *s*: seconds of the training, all candidates together, without features. The recipes are described in [weights and encoders](weights-and-encoders.md#which-recipe); the convolutional network has at most 25 epochs here, a small part of the paper's.

* ESC-10: folds 1 to 3 to learn from, 4 for validation, 5 for the test.
* Captions: words that name a genre are removed; every fifth caption that is not in the official test part is for validation. A genre needs 12 items.
* Sound and captions: the sound is AudioSet's VGGish embedding, mean and standard deviation over ten seconds, as embeddings of your own (`-p embeddings`). The folder holds `manifest.csv` (`album_id`, `genres`, `split`, `text`), `vggish.npy` and its ids in `vggish.txt`, joined by the clips' YouTube ids.
"""

LABELS = """## Labels alone

For these, and for two sets without anything to hear or read, what notebook 03 makes of the labels. *neighbours that stay*: label factors are computed from the training items and, separately, from the others; of the three nearest labels of every label, so many are the same. A set with one label an item has no co-occurrence, so that its factors tell labels apart and nothing else: there `cosine` has no advantage to offer.
"""

GROWING = """## With fewer items

The same test items, and a random part of the others to learn from and to choose by (a fifth to a quarter of them validation items).
"""


def page(folders: dict[str, Path], seconds: float) -> str:
    """Return the page; what is missing on disk is run first."""
    learned, growing, counted, absent, near = [], [], {}, [], []
    for name, real in SETS.items():
        folder = folders.get(name)
        if folder is None or not any(folder.glob(real.files)):
            absent.append(f"{real.title} (no {real.files} given by --{name})")
            print("left out:", absent[-1])
            continue
        music = catalogue_of(name, real, folder)
        counted[real.title] = {**label_row(music), "source": real.source, "licence": real.licence}
        if not real.runs:
            near.append(f"* {real.title}: {neighbours(music)}.") if labels.labels_per_album(music).max() > 1 else None
            continue
        for notebook, parameters in real.runs:
            if can_run(parameters):
                run_notebook(notebook, music, filled_in(parameters, folder))
        sizes = "/".join(str(len(music.rows(split))) for split in ("train", "val", "test"))
        learned.append(best_rows(music).assign(set=f"{real.title} ({sizes})"))
        if real.growing and can_run(real.growing[1]):
            growing.append(growing_rows(name, real, folder))
    return "\n".join(page_parts(learned, growing, counted, absent, near, seconds))
