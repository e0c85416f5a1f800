"""Does the guard hold?  python tests/mutation/mutations.py

The cells of the notebooks that are tagged ``nbval-check-output`` are to notice when the library computes something
else. Here each mutation changes one place of a copy of ``mumu_lib``; nbval must then find an output that differs in
the notebook named. Before that every notebook runs unchanged in the same set-up, and must pass: else a mutation would
seem noticed whatever it does.

Every run has a home of its own: the sample's files by hard link, features as they were made (their cache knows what
made them), and of the runs those that the control made in earlier notebooks, never the notebook's own, since a
finished training is loaded and would hide what changed.

Takes about a quarter of an hour on two cores. ``--quick`` tries those that the test suite tries
(``test_mutations.py``). Give words of a mutation's name to try only these.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mumu_lib.core.paths import checkout
from mumu_lib.sources import open_catalogue

NOTEBOOKS = sorted(path.name for path in (checkout() / "notebooks").glob("[0-9]*.ipynb"))
# What each notebook writes under runs/sample/.
RUNS = {"02": "overview", "03": "factors", "04": "audio-", "05": "text-", "06": "image-", "07": "a+t+i-", "08": "results",
        "09": "your_album"}  # fmt: skip
QUICK_CONTROL = ("02", "03")
LONGEST_SECONDS = 1800


@dataclass(frozen=True)
class Mutation:
    """One place of the library, changed.

    Attributes
    ----------
    name : str
        What is changed.
    file, old, new : str
        Under ``mumu_lib``; ``old`` must stand there exactly once.
    notebook : str
        Number of the one that must notice.
    quick : bool
        Whether the test suite tries it: one of each kind, noticed before anything long.
    """

    name: str
    file: str
    old: str
    new: str
    notebook: str
    quick: bool = False


MUTATIONS = (
    Mutation("the seed of the sample", "sources/sample/__init__.py", "default_rng([seed, 1])", "default_rng([seed, 7])", "01", True),
    Mutation("how close a rival must be", "mapping/matching.py", "margin: float = 0.02", "margin: float = 0.2", "01"),
    Mutation("k in coverage", "metrics/checks.py", 'kind="stable")[:, :k]', 'kind="stable")[:, : k + 1]', "02", True),
    Mutation("the denominator of coverage", "metrics/__init__.py", "(top(scores, k))) / scores.shape[1]", "(top(scores, k))) / len(scores)", "02"),
    Mutation("how much rare genres count", "metrics/ranking.py", "PROPENSITY_B = 1.5", "PROPENSITY_B = 0.5", "02"),
    Mutation("ties in the AUC", "metrics/__init__.py", "(rankdata(scores, axis=0)", '(rankdata(scores, axis=0, method="min")', "02"),
    Mutation("the seed of the split", "catalogue/splits.py", "0x5711", "0x5712", "02", True),
    Mutation("the sign in PPMI", "labels.py", "np.maximum(0, np.log(ratio))", "np.maximum(0, -np.log(ratio))", "03", True),
    Mutation("the root of the singular values", "labels.py", "np.sqrt(S[kept])", "S[kept]", "03"),
    Mutation("the albums that factors know", "labels.py", '("train", "val")), d)', '("train",)), d)', "03"),
    Mutation("the l2-normalisation of targets", "targets.py", "normalize(album_factors(M, self.C))", "album_factors(M, self.C)", "03", True),
    Mutation("the albums of Figure 1", "labels.py", "M.getnnz(axis=1) == 1)", "(M.getnnz(axis=1) == 1) & (np.arange(M.shape[0]) > 50))", "03"),
    Mutation("the hop length", "audio/__init__.py", "HOP = 1024", "HOP = 512", "04", True),
    Mutation("the floor of the decibels", "audio/__init__.py", "FLOOR_DB = -80.0", "FLOOR_DB = -100.0", "04"),
    Mutation("the filters of the first layer", "models/__init__.py", 'LOW = (64, 128,', 'LOW = (32, 128,', "04"),
    Mutation("the length of a text", "text/__init__.py", "return text[:characters]", "return text[: characters - 1]", "05", True),
    Mutation("the terms that are too frequent", "text/__init__.py", "max_df=0.5", "max_df=0.25", "05"),
    Mutation("the logarithm in tf-idf", "text/__init__.py", "sublinear_tf=True, max_df", "sublinear_tf=False, max_df", "05"),
    Mutation("the width of the text network", "models/__init__.py", "layers.Dense(2048", "layers.Dense(1024", "05"),
    Mutation("the test crop", "image/augment.py", "CROP = 224", "CROP = 240", "06"),
    Mutation("the cells of the colour histogram", "image/__init__.py", "bins: int = 4)", "bins: int = 2)", "06"),
    Mutation("the l2-normalisation of vectors", "models/__init__.py", 'layers.UnitNormalization(name=f"normalise_{i}", dtype=FULL)(part)', "layers.Identity()(part)", "07"),
    Mutation("albums that lack a vector", "fusion/__init__.py", "usable = present.all(axis=0)", "usable = present.any(axis=0)", "07"),
    Mutation("what counts as the same AUC", "results/claims.py", "COMPARABLE_AUC = ", "COMPARABLE_AUC = 0.0 * ", "08"),
    Mutation("labels that no album has together", "prediction/queries.py", "together == 0", "together == 1", "09"),
)  # fmt: skip


def copy(folder: Path, mutation: Mutation | None = None) -> Path:
    """Library, parameters and notebooks, so that ``params.checkout()`` is this copy.

    Raises
    ------
    ValueError
        The text to replace does not stand there exactly once.
    """
    for name in ("mumu_lib", "notebooks", "params"):
        shutil.copytree(
            checkout() / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        )
    if mutation:
        path = folder / "mumu_lib" / mutation.file
        text = path.read_text(encoding="utf-8")
        if (found := text.count(mutation.old)) != 1:
            raise ValueError(f"{mutation.name}: {mutation.old!r} stands {found} times in {mutation.file}, not once")
        path.write_text(text.replace(mutation.old, mutation.new), encoding="utf-8")
    return folder


def link(source: str, target: str) -> None:
    """Hard link what is large and never written in place; copy tables, and everything where links cannot be had."""
    try:
        if source.endswith((".parquet", ".json", ".txt")) and "features" not in Path(source).parts:
            raise OSError
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def furnish(folder: Path, sample: Path, runs: Path | None = None, number: str = "") -> Path:
    """A home with the sample and the runs of the notebooks before one."""
    # Not its locks: a link to one would make this home wait for another.
    shutil.copytree(sample, folder / "data" / "sample", copy_function=link, ignore=shutil.ignore_patterns("lock"))
    if runs and runs.is_dir():
        later = [f"{run}*" for of, run in RUNS.items() if of >= number]
        shutil.copytree(runs, folder / "runs" / "sample", ignore=shutil.ignore_patterns(*later))
    return folder


def nbval(code: Path, home: Path, notebook: str, *words: str) -> tuple[bool, str]:
    """Whether a notebook passes, and what nbval printed."""
    options = ["--nbval-lax", "--nbval-current-env", "-p", "no:cacheprovider", "--color=no"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *words, f"notebooks/{notebook}"], cwd=code, capture_output=True, text=True, timeout=LONGEST_SECONDS,
        env={**os.environ, "PYTHONPATH": str(code), "MUMU_HOME": str(home)}, check=False,
    )  # fmt: skip
    return done.returncode == 0, done.stdout + done.stderr


def notices(mutation: Mutation, sample: Path, runs: Path | None = None) -> str:
    """The cell in which nbval finds another output; empty where it finds none.

    Raises
    ------
    RuntimeError
        The notebook fails in another way, which proves nothing.
    """
    with tempfile.TemporaryDirectory() as name:
        place = furnish(Path(name) / "home", sample, runs, mutation.notebook)
        notebook = next(name for name in NOTEBOOKS if name.startswith(mutation.notebook))
        passed, said = nbval(copy(Path(name) / "code", mutation), place, notebook, "-x")
    if passed:
        return ""
    differs = re.search(r"(Cell \d+): Cell outputs differ", said)
    # Not a progress bar, say, that nbval did not expect.
    if not differs or " mismatch '" not in said:
        raise RuntimeError(f"{mutation.name}: {notebook} fails, but no output differs:\n{said[-3000:]}")
    return f"{notebook}, {differs[1].lower()}"


def main(words: Sequence[str] | None = None) -> int:
    """Control, then every mutation; 1 if one goes unnoticed."""
    parser = argparse.ArgumentParser(description="Prove that the notebooks notice when the library changes.")
    parser.add_argument("only", nargs="*", help="words of the names of mutations; all without")
    parser.add_argument("--quick", action="store_true", help="only those of the test suite")
    asked = parser.parse_args(words)
    chosen = [m for m in MUTATIONS if (m.quick or not asked.quick) and all(word in m.name for word in asked.only)]
    sample = open_catalogue("sample").folder
    last = max((m.notebook for m in chosen), default="")
    needed = [name for name in NOTEBOOKS if name[:2] <= last and (not asked.quick or name[:2] in QUICK_CONTROL)]
    with tempfile.TemporaryDirectory() as name:
        code, place = copy(Path(name) / "code"), furnish(Path(name) / "home", sample)
        for notebook in needed:
            passed, said = nbval(code, place, notebook)
            print(f"{'passes' if passed else 'FAILS':8} unchanged: {notebook}", flush=True)
            if not passed:
                print(said[-3000:])
                return 1
        missed = 0
        with ThreadPoolExecutor(2) as pool:
            tried = pool.map(lambda mutation: notices(mutation, sample, place / "runs" / "sample"), chosen)
            for mutation, where in zip(chosen, tried, strict=True):
                print(f"{'noticed' if where else 'MISSED':8} {mutation.name}: {where or mutation.notebook}", flush=True)
                missed += not where
    return min(missed, 1)


if __name__ == "__main__":
    sys.exit(main())
