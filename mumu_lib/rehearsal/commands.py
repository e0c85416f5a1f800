"""``python -m mumu_lib rehearse``: make the catalogue, run its stages, say what they took; or take it away."""

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
    """Command line: rehearse, or print what was measured, or take a rehearsal away."""
    parser = _parser()
    asked = parser.parse_args(words)
    if asked.sample and asked.remove:
        parser.error("--remove takes made-up catalogues away; the sample's home is yours to delete")
    # None on the sample, which is no size to choose.
    size = None if asked.sample else Size(asked.albums, _tracks(asked), asked.seed)
    name = "sample" if size is None else building.NAME.format(size.albums)
    kept = Record(name)
    if asked.report:
        if not kept.path.is_file():
            raise MissingDataError(f"{kept.path} is not there: nothing of {name!r} has been rehearsed yet")
        print(record.as_text(kept.table()))
        return 0
    with _alone(name), _terminated_like_interrupted():
        if asked.remove:
            return _remove(asked.albums, kept)
        failed = _rehearse(size, stages.chosen(_stages(size, asked.without_networks), asked.stages), kept)
        print(f"{record.as_text(kept.table())}\n\nwritten to {record.written(kept)}")
    return 1 if failed else 0


def _parser() -> Parser:
    parser = Parser(
        prog="python -m mumu_lib rehearse",
        description="Make up a catalogue of a size, run the series on it in few epochs, and say what it took. "
        "Interrupted, the same command goes on.",
    )
    parser.add_argument("--albums", type=at_least(50), default=tables.ALBUMS)
    parser.add_argument("--tracks", type=at_least(50), default=0, help="in all; left out: as many an album as in MuMu")
    parser.add_argument("--seed", type=at_least(0), default=0)
    parser.add_argument("--stages", nargs="+", default=[], metavar="NAME", help="only these; a wrong name lists all")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--without-networks", action="store_true", help="only what trains none: no stores, 02, 03, words")
    what.add_argument(
        "--sample", action="store_true", help="instead: all 26 rows of Table 2 on the sample, in few epochs"
    )
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--report", action="store_true", help="print what was measured, and do nothing")
    instead.add_argument("--remove", action="store_true", help="take catalogue and runs away; what was measured stays")
    return parser


def _tracks(asked: Any) -> int:
    """Return how many tracks there are to be; each album has one at least."""
    return asked.tracks or round(asked.albums * tables.TRACKS / tables.ALBUMS)


def _stages(size: Size | None, without_networks: bool) -> list[Stage]:
    if size is None:
        return stages.whole_sample()
    if without_networks:
        return [*stages.building_stages(stores=False), *stages.without_networks()]
    knowledge = building.knowledge_of(building.folder_of(size.albums).absolute())
    return [*stages.building_stages(stores=True), *stages.paper_size(knowledge)]


def _rehearse(size: Size | None, todo: list[Stage], kept: Record) -> list[str]:
    """Run stages one after the other; return the names of those that failed."""
    if size is None:
        open_catalogue("sample")
    else:
        _need_room(size, todo)
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


def _need_room(size: Size, todo: list[Stage]) -> None:
    """Say how much disk is needed and free; stop where it is not."""
    needed = building.room(size, stores=any(stage.stage for stage in todo if stage.name not in ("overview", "factors")))
    there = building.taken(size.albums)
    space = costs.disks({home(): max(needed - there, 0) / 1e9})
    for disk in space.itertuples():
        print(
            f"{size.source}. Disk of {disk.folder}: {needed / 1e9:,.1f} GB at most, {there / 1e9:,.1f} GB of it there, "
            f"{disk.free:,.1f} GB free.",
            flush=True,
        )
    costs.check_disk(space)


def _run(stage: Stage, size: Size | None, kept: Record) -> bool:
    """Run a stage unless it is done; whether it has ended well."""
    folder, scratch = stages.folder_of(size).absolute(), _scratch(size)
    command = stages.command(stage, folder, scratch / f"{stage.name}.ipynb", size)
    made_with = stages.made_with(stage, size)
    if kept.done(stage.name, made_with):
        return True
    if measuring.end_left(*kept.left(stage.name)):
        print(f"{stage.name}: ended what an earlier rehearsal, killed meanwhile, had left running", flush=True)
    listed = (folder / "catalogue.json").is_file()
    kept.begin(stage.name, made_with, stages.predicted(stage, Catalogue(folder)) if listed else Predicted())
    grows = (folder, scratch.parent)
    taken = measuring.run(
        command,
        scratch / f"{stage.name}.log",
        lambda: _size(grows),
        lambda taken: kept.tell(stage.name, taken),
        # Notebooks work in a folder of their own, where a relative path would mean another home.
        {"MUMU_HOME": str(home().absolute())},
    )
    kept.tell(stage.name, taken, share=stages.share_of_epochs(stage), **_judged(stage, folder))
    print(f"{stage.name}: {progress.spent(taken.seconds)}, {as_size(taken.memory)} of memory, {as_size(taken.disk)}",
          flush=True)  # fmt: skip
    return taken.code == 0


def _size(folders: Sequence[Path]) -> int:
    return sum(building.size_of(folder) for folder in folders if folder.is_dir())


def _judged(stage: Stage, folder: Path) -> dict[str, float]:
    """Return the AUC of a stage's run, where it has one."""
    if not (folder / "catalogue.json").is_file():
        return {}
    table = runs.table(Catalogue(folder))
    if stage.name not in table.index:
        return {}
    return {"auc": float(table.loc[[stage.name], "auc"].iloc[-1])}


def _scratch(size: Size | None) -> Path:
    """Return where logs and notebooks of a rehearsal lie."""
    name = "sample" if size is None else building.NAME.format(size.albums)
    return make_folder((home() / "runs" / name / "rehearsal").absolute())


def _remove(albums: int, kept: Record) -> int:
    print(f"{as_size(building.remove(albums))} removed; what was measured stays in {kept.path}")
    return 0


@contextmanager
def _alone(name: str) -> Iterator[None]:
    """Refuse a second rehearsal of one catalogue."""
    path = make_folder(home() / "runs") / f"{name}.rehearsal.lock"
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout:
        again = commands.python("mumu_lib", "rehearse", "--report")
        raise MumuError(
            f"another rehearsal of {name!r} is running (it holds {path}); wait for it, or look:  {again}"
        ) from None


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """End all that was started when this process is terminated."""

    def end(*_: Any) -> None:
        raise SystemExit(TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
