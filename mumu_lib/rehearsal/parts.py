"""``python -m mumu_lib.rehearsal.parts PART``: what a rehearsal does besides notebooks, each in a process of its own."""

import sys

from mumu_lib.core.arguments import Parser, at_least
from mumu_lib.core.errors import MumuError
from mumu_lib.experiments import resolve
from mumu_lib.rehearsal import building
from mumu_lib.rehearsal.tables import Size

BUILT = ("tables", "timbre", "patches", "covers")
# Of the examples of an epoch, where all modalities are learned at once.
SHARE = 0.1
LEARNED = {
    "words": "mumu_lib.rehearsal.learning:words",
    "joint": "mumu_lib.rehearsal.learning:learning_at_once",
}


def build(part: str, size: Size, workers: int = 0) -> None:
    """Make one part of a rehearsal's catalogue; what of it is there stays.

    Parameters
    ----------
    part : str
        One of :data:`BUILT`; the tables come first.
    workers : int
        Processes; 0 is one a core.
    """
    if part == "tables":
        building.write_tables(size)
    elif part == "covers":
        building.fill_covers(building.opened(size), size.seed, workers)
    else:
        kind = "timbre" if part == "timbre" else "cqt"
        building.fill_sound(building.opened(size), kind, size.seed, workers)


def main(typed: list[str] | None = None) -> int:
    """Command line: do one part of a rehearsal; called by it."""
    parser = Parser(description="Do one part of a rehearsal, which calls this.")
    parser.add_argument("part", choices=(*BUILT, *LEARNED))
    for name in Size._fields:
        parser.add_argument(f"--{name}", type=at_least(0), required=True)
    parser.add_argument("--workers", type=at_least(0), default=0)
    asked = parser.parse_args(typed)
    size = Size(asked.albums, asked.tracks, asked.seed)
    try:
        if asked.part in BUILT:
            build(asked.part, size, asked.workers)
        else:
            print(resolve(LEARNED[asked.part])(building.opened(size)))
    except MumuError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
