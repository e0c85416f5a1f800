"""What the networks reach on real sets, written to docs/real-data.md: AUC, the straight line beside it, seconds.

    python benchmarks/real_data.py --esc10 FOLDER --captions FOLDER --paired FOLDER --msd-i FOLDER --mtg-jamendo FOLDER

None of the sets is in this repository; ``real_sets.py`` says what each folder holds. A set without a folder is named and
left out. Everything is done as a user does it: a catalogue from a table, then the notebooks by papermill. Catalogues
and runs are kept in ``MUMU_HOME``, so that a repeat runs only what is missing. Seed 0.
"""

import argparse
import contextlib
import io
import subprocess
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
from real_sets import SETS, RealSet

import mumu_lib as mm
from mumu_lib import labels, results, runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core import environment
from mumu_lib.core.paths import checkout, home
from mumu_lib.encoders import choice
from mumu_lib.experiments import encoder_of, is_line
from mumu_lib.results import lines

PAGE = checkout() / "docs" / "real-data.md"
NEIGHBOURS = 3
DRAWS = 5
# Values of parameters that need a pretrained encoder.
NEEDS = {"musicnn": "msd_musicnn", "minilm": "minilm"}


# --- From a folder to runs. ---


def catalogue_of(name: str, real: RealSet, folder: Path, items: int | None = None, draw: int = 0) -> Catalogue:
    """Make the catalogue of a set; with ``items``, of that many training and validation items and the same test."""
    table = real.table(folder)
    if items is not None:
        learned = table[table["split"] != "test"]
        table = pd.concat([learned.sample(items, random_state=draw), table[table["split"] == "test"]]).sort_index()
    # Not the name of a catalogue that somebody may have.
    name = f"real-{name}"
    manifest = home() / "manifests" / f"{name}.csv"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(manifest, index=False)
    with contextlib.redirect_stdout(io.StringIO()):
        return mm.sources.folder.build(folder, manifest, name=name, min_albums=real.min_albums, force=True)


def run_notebook(notebook: str, music: Catalogue, parameters: dict[str, str], *, start: bool = True) -> float:
    """Run a notebook by papermill unless it has run on this catalogue, and return the seconds it took.

    Its output is kept in ``MUMU_HOME``. With ``start=False`` one that has not run takes 0 seconds.
    """
    words = []
    for name, value in parameters.items():
        words += ["-p", name, value]
    parts = [music.name, music.fingerprint[:8], notebook, *(Path(value).name for value in parameters.values())]
    output = home() / "notebooks" / f"{'-'.join(parts)}.ipynb"
    if not output.exists() and not start:
        print(f"{music.name}: {notebook} {' '.join(words)}: not run yet")
        return 0.0
    if not output.exists():
        output.parent.mkdir(parents=True, exist_ok=True)
        unfinished = output.with_suffix(".unfinished.ipynb")
        command = [sys.executable, "-m", "papermill", "--no-progress-bar", "--log-level", "ERROR"]
        command += [f"{notebook}.ipynb", str(unfinished), "-r", "catalogue", music.name, *words]
        subprocess.run(command, cwd=checkout() / "notebooks", check=True)
        unfinished.replace(output)
    seconds = float(nbformat.read(output, as_version=4).metadata.papermill.duration)
    print(f"{music.name}: {notebook} {' '.join(words)}: {seconds:.0f} s", flush=True)
    return seconds


def filled_in(parameters: dict[str, str], folder: Path) -> dict[str, str]:
    """Return parameters with the set's folder in the place of FOLDER."""
    return {name: value.replace("FOLDER", str(folder)) for name, value in parameters.items()}


def can_run(parameters: dict[str, str]) -> bool:
    """Whether the pretrained encoder that a run needs is here, if it needs one; say so if not."""
    for value in parameters.values():
        name = NEEDS.get(value, "")
        if name and not choice.installed(name):
            print(f"left out: {value}; {choice.how_to_get(name)}")
            return False
    return True


# --- From runs to tables. ---


def best_rows(music: Catalogue) -> pd.DataFrame:
    """Return the best network of each modality and recipe by the validation items, and the line beside it."""
    table = runs.by_validation(runs.table(music).reset_index())
    table["line"] = table["setting"].map(is_line).astype(bool)
    table["learner"] = table["recipe"]
    table.loc[table["setting"].map(encoder_of) != "", "learner"] += ", encoder"
    table.index = table[["modality", "target", "setting", "learner"]].agg("/".join, axis=1)
    best = table[~table["line"]].drop_duplicates(["modality", "learner"])
    compared = lines.against_lines(music, pd.concat([best, table[table["line"]]]))
    beside = table[table["line"]].drop_duplicates("beside").set_index("beside")
    rows = []
    for name, run in best.sort_values(["modality", "learner"]).iterrows():
        line = beside.loc[Path(run["folder"]).name]
        rows.append({
            "modality": run["modality"], "recipe": run["learner"], "network": f"{run['setting']}, {run['target']}",
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


def has_neighbours(music: Catalogue) -> bool:
    """Whether any item has two labels."""
    return int(labels.labels_per_album(music).max()) > 1


def kept_neighbours(music: Catalogue) -> str:
    """Share of the nearest labels by PPMI factors that are the same when other items are counted; chance beside it."""
    if not has_neighbours(music):
        return "none: one label an item"
    halves = [labels.label_factors(music.label_matrix(split)) for split in ("train", ("val", "test"))]
    shared = []
    for label in music.labels:
        near = [set(labels.nearest_labels(C, music.labels, label, NEIGHBOURS).index) for C in halves]
        shared.append(len(near[0] & near[1]) / NEIGHBOURS)
    return f"{100 * sum(shared) / len(shared):.0f} % (chance {100 * NEIGHBOURS / (len(music.labels) - 1):.0f} %)"


def neighbours(music: Catalogue, n: int = 5) -> str:
    """Name the nearest labels of the most frequent ones."""
    C = labels.learned_factors(music)
    said = []
    for label in labels.frequencies(music).index[:n]:
        said.append(f"{label}: {', '.join(labels.nearest_labels(C, music.labels, label, NEIGHBOURS).index)}")
    return "; ".join(said)


def growing_rows(name: str, real: RealSet, folder: Path, music: Catalogue) -> pd.DataFrame:
    """Fit a line on the embeddings of a pretrained encoder with fewer and more items, and judge it by the same test."""
    table = runs.table(music)
    lines_of_encoders = table[table["setting"].map(is_line) & (table["setting"].map(encoder_of) != "")]
    # Recipes differ in scaling only; one line an encoder and target is enough.
    lines_of_encoders = lines_of_encoders.drop_duplicates(["setting", "target"], keep="last")
    rows = []
    for _, line in lines_of_encoders.iterrows():
        run = runs.Run(str(line.name), Path(line["folder"]), music)
        embeddings = pd.DataFrame(run.array("embeddings"), run.album_ids)
        for items in real.sizes:
            found = []
            for draw in range(DRAWS):
                fewer = catalogue_of(f"{name}-fewer", real, folder, items, draw)
                found.append(auc_of_line(fewer, line["target"], embeddings))
            spread = f"{np.mean(found):.3f} ({min(found):.3f} to {max(found):.3f})"
            rows.append({
                "set": real.title, "line on": f"{encoder_of(line['setting'])}, {line['target']}", "items": str(items),
                "of each label": f"{items * real_share(music):.0f}", "AUC": spread,
            })  # fmt: skip
    return pd.DataFrame(rows)


def auc_of_line(music: Catalogue, target: str, embeddings: pd.DataFrame) -> float:
    """Return the test AUC of a line on embeddings; labels without a training item count too, at their scores."""
    X = embeddings.reindex(music.albums["album_id"]).to_numpy()
    objective = mm.targets.make(music, target, 50)
    line = mm.training.lines.fit(music, objective, X, objective.encode(music.label_matrix()))
    result, _ = runs.evaluate(music, line.scored, line.scores)
    return float(result["auc"])


def real_share(music: Catalogue) -> float:
    """Share of the training and validation items that have the median label."""
    M = music.label_matrix(("train", "val"))
    return float(np.median(M.getnnz(axis=0)) / M.shape[0])


# --- The page. ---

INTRODUCTION = """# On real data

<!-- Written by `make real-data`: change benchmarks/real_data.py, not this page. -->

What the networks reach on real sets that anybody can obtain. Neither the sets nor anything learned from them is in this repository. One command measures and writes this page; a set without a folder is left out:

```sh
make real-data SETS="--esc10 FOLDER --captions FOLDER --paired FOLDER --msd-i FOLDER --mtg-jamendo FOLDER"
```

**None of these sets is the paper's**, and none has albums with recordings, reviews and covers. ESC-10 is sound, but not music. Compare rows with each other and look at their intervals; do not compare them with the paper's Table 2. [What to expect with your own music](what-to-expect.md) draws the conclusions.
"""

HOW = """## How it is measured

Each set becomes a catalogue by `sources.folder`, and the notebooks run on it by papermill with seed 0, as on any collection. For each modality and recipe ([which recipe](weights-and-encoders.md#which-recipe)) the table shows the network with the best *validation* AUC among those that ran.

* **AUC**: macro AUC over the test items' labels, with a 95 % interval (1,000 resamples of the items). The interval is of one training; another seed was not tried.
* **line**: the straight line, that is, the linear baseline (ridge or logistic regression) on the same inputs. *network minus line* is compared on the same resampled items.
* **s**: seconds of training by the clock, without the extraction of features; for our recipe the sum over all networks that it trains. Other programs ran at the same time: read it as an order of magnitude.
* **Smaller than the paper's settings**: the convolutional network has at most 25 epochs; one target was tried for each set (`cosine`, on ESC-10 `logistic`).
* ESC-10: folds 1 to 3 are for training, 4 for validation, 5 for the test. Fold 5 is also the test fold of the ESC-10 numbers on other pages, with other epochs, recipes or seeds: the AUC of `low_4x96` differs between them.
* Captions: words of genre names are removed. Every fifth caption outside the official test part is for validation. Genres on fewer than 12 items are not learned.
* Sound and captions: the sound is AudioSet's VGGish embedding, mean and standard deviation over ten seconds, given as a file of embeddings (`-p embeddings`). The folder holds `manifest.csv` (`album_id`, `genres`, `split`, `text`), `vggish.npy`, and the ids of its rows in `vggish.txt`.
"""

LABELS = """## Labels alone

What notebook 03 makes of the labels, for these sets and for two that have labels only. *neighbours that stay*: label factors are computed from the training items, and again from all others; the column has the share of every label's three nearest labels that is the same. Where no item has two labels, no label has neighbours.
"""

GROWING = """## With fewer items

A straight line on the embeddings of a pretrained encoder. It is fitted to items drawn at random from training and validation together, and evaluated on the same test items. *of each label*: how many of the drawn items have the median label. *AUC*: mean of five draws, and their range.
"""


def page(tables: dict[str, list], seconds: float) -> str:
    """Return the page as Markdown."""
    versions = ", ".join(f"{name} {number}" for name, number in environment.versions().items())
    parts = [INTRODUCTION]
    for reason in tables["absent"]:
        parts.append(f"Left out here: {reason}.\n")
    if tables["learned"]:
        parts += ["## Networks and straight lines\n", markdown(pd.concat(tables["learned"])), HOW]
    if tables["waiting"]:
        parts.append("Not run for this page, for lack of time; the same command runs them:\n")
        parts.append("".join(f"* {described}\n" for described in tables["waiting"]))
    if tables["growing"]:
        parts += [GROWING, markdown(pd.concat(tables["growing"]))]
    if tables["labels"]:
        parts += [LABELS, markdown(pd.DataFrame(tables["labels"]))]
        parts += ["The three nearest labels of the five most frequent:\n", "\n".join(tables["near"]) + "\n"]
    parts += ["## The sets\n", markdown(pd.DataFrame(tables["sets"]))]
    parts.append(
        f"Measured on {date.today():%d %B %Y} with {versions}; {environment.device()}. "
        f"The notebooks took {seconds / 60:.0f} minutes by the clock.\n"
    )
    return "\n".join(parts)


def markdown(table: pd.DataFrame) -> str:
    """Write a table as Markdown, with its column ``set`` first."""
    columns = ["set", *table.columns.drop("set")]
    return table[columns].to_markdown(index=False, disable_numparse=True) + "\n"


def measure(name: str, real: RealSet, folder: Path, tables: dict[str, list], *, start: bool) -> float:
    """Do all that is done with one set, add it to the tables, and return the seconds of its notebooks."""
    music = catalogue_of(name, real, folder)
    tables["labels"].append({"set": real.title, **label_row(music)})
    tables["sets"].append({"set": real.title, "public as": real.source, "licence": real.licence, "option": f"--{name}"})
    if has_neighbours(music):
        tables["near"].append(f"* {real.title}: {neighbours(music)}.")
    seconds = 0.0
    for notebook, parameters in real.runs:
        if can_run(parameters):
            took = run_notebook(notebook, music, filled_in(parameters, folder), start=start)
            seconds += took
            if not took:
                described = " ".join(f"{name}={value}" for name, value in parameters.items())
                tables["waiting"].append(f"{real.title}: `{notebook} {described}`")
    if len(runs.table(music)):
        sizes = "/".join(str(len(music.rows(split))) for split in ("train", "val", "test"))
        tables["learned"].append(best_rows(music).assign(set=f"{real.title}, {sizes} items"))
    if real.sizes and len(runs.table(music)):
        tables["growing"].append(growing_rows(name, real, folder, music))
    return seconds


def main(words: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, real in SETS.items():
        parser.add_argument(f"--{name}", type=Path, metavar="FOLDER", help=f"{real.title}: {real.source}")
    parser.add_argument("--page", type=Path, default=PAGE, help="where to write (default: docs/real-data.md)")
    parser.add_argument("--finished", action="store_true", help="write the page from what has run, and start nothing")
    asked = vars(parser.parse_args(words))
    tables: dict[str, list] = defaultdict(list)
    seconds = 0.0
    for name, real in SETS.items():
        folder = asked[name.replace("-", "_")]
        if folder is None or not any(folder.glob(real.files)):
            tables["absent"].append(f"{real.title} (no `{real.files}` in the folder of `--{name}`)")
            print("left out:", tables["absent"][-1])
            continue
        seconds += measure(name, real, folder.absolute(), tables, start=not asked["finished"])
    if not tables["sets"]:
        parser.error("no set is given; name the folder of at least one")
    asked["page"].write_text(page(tables, seconds), encoding="utf-8")
    print("written:", asked["page"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
