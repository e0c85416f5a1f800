"""``python -m mumu_lib rehearse``: make a catalogue, run the stages on it, report their costs; or remove it."""

import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mumu_lib import runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.core import commands, progress
from mumu_lib.core.arguments import Parser, at_least
from mumu_lib.core.errors import MissingDataError, MumuError
from mumu_lib.core.files import make_folder
from mumu_lib.core.parsing import read_json
from mumu_lib.core.paths import home
from mumu_lib.rehearsal import building, measuring, record, stages, tables
from mumu_lib.rehearsal.parts import BUILT
from mumu_lib.rehearsal.record import Record
from mumu_lib.rehearsal.stages import Predicted, Stage
from mumu_lib.rehearsal.tables import Size
from mumu_lib.series import costs
from mumu_lib.series.cleaning import as_size
from mumu_lib.sources import open_catalogue

TERMINATED = 143


def main(words: Sequence[str] | None = None) -> int:
    """Rehearse, print the measurements, or remove a rehearsal; return 1 if a stage has failed."""
    parser = _parser()
    args = parser.parse_args(words)
    if args.sample and args.remove:
        parser.error("--remove takes made-up catalogues away; the sample's home is yours to delete")
    if args.without_networks and args.epochs:
        parser.error("--epochs is for networks; leave it or --without-networks out")
    # None means the sample, whose size is fixed.
    size = None
    if not args.sample:
        size = Size(args.albums, _tracks(args), args.seed)
    name = _name(size)
    kept = Record(name)
    if args.report:
        if not kept.path.is_file():
            raise MissingDataError(f"{kept.path} is missing: {name!r} has not been rehearsed yet")
        print(record.as_text(kept.table()))
        return 0
    with _lock(name), _terminated_like_interrupted():
        if args.remove:
            return _remove(args.albums, kept)
        # Expensive rows run only if they are named.
        known = _stages(size, args.without_networks, every_row=bool(args.stages))
        todo = stages.with_epochs(stages.chosen(known, args.stages), args.epochs)
        failed = _rehearse(size, todo, kept)
        print(f"{record.as_text(kept.table())}\n\nwritten to {record.written(kept)}")
    if failed:
        return 1
    return 0


def _name(size: Size | None) -> str:
    """Return the name of the catalogue of a rehearsal, or of the sample."""
    if size is None:
        return "sample"
    return building.NAME.format(size.albums)


def _parser() -> Parser:
    parser = Parser(
        prog="python -m mumu_lib rehearse",
        description="Make up a catalogue of a given size, run the series on it with few epochs, and report the costs. "
        "After an interruption, the same command continues.",
    )
    parser.add_argument("--albums", type=at_least(50), default=tables.ALBUMS)
    parser.add_argument(
        "--tracks", type=at_least(50), default=0, help="number in all; by default as many for each album as in MuMu"
    )
    parser.add_argument("--seed", type=at_least(0), default=0)
    parser.add_argument(
        "--stages", nargs="+", default=[], metavar="NAME",
        help="run only these, which may be any row of Table 2; a wrong name lists all",
    )  # fmt: skip
    parser.add_argument(
        "--epochs",
        type=at_least(1),
        default=0,
        help="of each training but the joint one; by default few, and its costs are extrapolated",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--without-networks", action="store_true", help="only the stages without training: no stores, 02, 03, words"
    )
    what.add_argument(
        "--sample", action="store_true", help="instead: all 26 rows of Table 2 on the sample, with few epochs"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--report", action="store_true", help="only print the measurements")
    instead.add_argument("--remove", action="store_true", help="remove catalogue and runs; the measurements are kept")
    return parser


def _tracks(args: Any) -> int:
    """Return the number of tracks; by default as many for each album as in MuMu."""
    return args.tracks or round(args.albums * tables.TRACKS / tables.ALBUMS)


def _stages(size: Size | None, without_networks: bool, *, every_row: bool = False) -> list[Stage]:
    if size is None:
        return stages.whole_sample()
    if without_networks:
        return [*stages.building_stages(stores=False), *stages.without_networks()]
    knowledge = building.knowledge_of(building.folder_of(size.albums).absolute())
    return [*stages.building_stages(stores=True), *stages.paper_size(knowledge, every_row=every_row)]


def _rehearse(size: Size | None, todo: list[Stage], kept: Record) -> list[str]:
    """Run stages one after another; return the names of those that failed."""
    if size is None:
        open_catalogue("sample")
    else:
        _check_disk(size, todo)
    failed: list[str] = []
    with progress.bar(todo, "rehearsal", unit="stage") as bar:
        for stage in bar:
            if _run(stage, size, kept):
                continue
            failed.append(stage.name)
            if stage.part in BUILT:
                break
    for name in failed:
        print(f"{name} has failed; its log is {_scratch(size) / name}.log", file=sys.stderr)
    return failed


def _check_disk(size: Size, todo: list[Stage]) -> None:
    """Print how much disk space is needed and free; raise an error if it is not enough."""
    stores = any(stage.stage not in ("", "overview", "factors") for stage in todo)
    needed = building.room(size, stores=stores)
    used = building.taken(size.albums)
    space = costs.disks({home(): max(needed - used, 0) / 1e9})
    for disk in space.itertuples():
        print(
            f"{size.source}. Disk of {disk.folder}: {needed / 1e9:,.1f} GB at most, {used / 1e9:,.1f} GB of it in use, "
            f"{disk.free:,.1f} GB free.",
            flush=True,
        )
    costs.check_disk(space)


def _run(stage: Stage, size: Size | None, kept: Record) -> bool:
    """Run a stage unless it is done; return whether it has succeeded."""
    folder = stages.folder_of(size).absolute()
    scratch = _scratch(size)
    command = stages.command(stage, folder, scratch / f"{stage.name}.ipynb", size)
    made_with = stages.made_with(stage, size)
    if kept.done(stage.name, made_with):
        return True
    if measuring.end_left(*kept.left(stage.name)):
        print(f"{stage.name}: ended what an earlier rehearsal, killed meanwhile, had left running", flush=True)
    predicted = Predicted()
    if (folder / "catalogue.json").is_file():
        predicted = stages.predicted(stage, Catalogue(folder))
    kept.begin(stage.name, made_with, predicted)
    watched = (folder, scratch.parent)
    taken = measuring.run(
        command,
        scratch / f"{stage.name}.log",
        lambda: _size(watched),
        lambda taken: kept.tell(stage.name, taken),
        # Notebooks run in notebooks/, where a relative path would mean another home.
        {"MUMU_HOME": str(home().absolute())},
    )
    kept.tell(stage.name, taken, share=stages.share_of_epochs(stage), **_results(stage, folder))
    print(f"{stage.name}: {progress.spent(taken.seconds)}, {as_size(taken.memory)} of memory, {as_size(taken.disk)}",
          flush=True)  # fmt: skip
    return taken.code == 0


def _size(folders: Sequence[Path]) -> int:
    return sum(building.size_of(folder) for folder in folders if folder.is_dir())


def _results(stage: Stage, folder: Path) -> dict[str, float]:
    """Return the AUC of a stage's run and the seconds of its epochs; empty if it has none."""
    if not (folder / "catalogue.json").is_file():
        return {}
    table = runs.table(Catalogue(folder))
    name = stage.run or stage.name
    found: dict[str, float] = {}
    for _, run in table[table.index == name].iterrows():
        # Runs with another number of epochs have the same id.
        stored = read_json(Path(run["folder"], "params.json"), runs.RERUN_HINT)
        if stored.get("epochs") == stage.arguments.get("epochs", stored.get("epochs")):
            found = {"auc": float(run["auc"]), "trained": float(run["seconds_per_epoch"] * run["epochs"])}
    return found


def _scratch(size: Size | None) -> Path:
    """Return the folder of the logs and notebooks of a rehearsal."""
    return make_folder((home() / "runs" / _name(size) / "rehearsal").absolute())


def _remove(albums: int, kept: Record) -> int:
    print(f"{as_size(building.remove(albums))} removed; the measurements are kept in {kept.path}")
    return 0


@contextmanager
def _lock(name: str) -> Iterator[None]:
    """Lock a catalogue against a second rehearsal."""
    path = make_folder(home() / "runs") / f"{name}.rehearsal.lock"
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout:
        report = commands.python("mumu_lib", "rehearse", "--report")
        raise MumuError(
            f"another rehearsal of {name!r} is running (it holds {path}); wait for it, or see its progress:  {report}"
        ) from None


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """Turn SIGTERM into SystemExit, so that all started processes are ended when this one is terminated."""

    def end(*_: Any) -> None:
        raise SystemExit(TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
