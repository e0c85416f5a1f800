"""``python -m mumu_lib.rehearsal.parts PART``: the stages of a rehearsal that are not notebooks."""

import sys

from mumu_lib.core.arguments import Parser, at_least
from mumu_lib.core.errors import MumuError
from mumu_lib.experiments import resolve
from mumu_lib.rehearsal import building
from mumu_lib.rehearsal.tables import Size

BUILT = ("tables", "timbre", "patches", "covers")
# Share of the examples of an epoch that joint training uses.
SHARE = 0.1
LEARNED = {
    "words": "mumu_lib.rehearsal.learning:words",
    "joint": "mumu_lib.rehearsal.learning:learning_at_once",
}


def build(part: str, size: Size, workers: int = 0) -> None:
    """Make one part of a rehearsal's catalogue; existing files are kept.

    Parameters
    ----------
    part : str
        One of :data:`BUILT`; the tables must be made first.
    workers : int
        Number of processes; 0 means one for each core.
    """
    if part == "tables":
        building.write_tables(size)
    elif part == "covers":
        building.fill_covers(building.opened(size), size.seed, workers)
    elif part == "timbre":
        building.fill_sound(building.opened(size), "timbre", size.seed, workers)
    else:
        building.fill_sound(building.opened(size), "cqt", size.seed, workers)


def main(typed: list[str] | None = None) -> int:
    """Run one part of a rehearsal."""
    parser = Parser(description="Run one part of a rehearsal; called by the command  rehearse  of mumu_lib")
    parser.add_argument("part", choices=(*BUILT, *LEARNED))
    for name in Size._fields:
        parser.add_argument(f"--{name}", type=at_least(0), required=True)
    parser.add_argument("--workers", type=at_least(0), default=0)
    args = parser.parse_args(typed)
    size = Size(args.albums, args.tracks, args.seed)
    try:
        if args.part in BUILT:
            build(args.part, size, args.workers)
        else:
            print(resolve(LEARNED[args.part])(building.opened(size)))
    except MumuError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
