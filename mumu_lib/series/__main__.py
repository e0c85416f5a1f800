"""``python -m mumu_lib.series CATALOGUE`` prints what a series would run, for how long, and the disk it needs."""

import sys

from mumu_lib.core.arguments import Parser
from mumu_lib.core.errors import MumuError
from mumu_lib.series import costs, disk, plan, report
from mumu_lib.sources import open_catalogue


def main(words: list[str] | None = None) -> int:
    """Command line: ``python -m mumu_lib.series CATALOGUE`` prints the plan; fails where the disk cannot hold it."""
    parser = Parser(description="Print what a series would run, for how long, and the disk it needs.")
    parser.add_argument("catalogue", help="name under data/, or path")
    parser.add_argument("--profile", choices=("sample", "paper"), default="paper")
    parser.add_argument("--knowledge", default="", help="folder of a knowledge base, for the rows that link entities")
    parser.add_argument("--precision", default="", help="of 04 and 06 instead of the profile's, such as auto")
    asked = parser.parse_args(words)
    try:
        music = open_catalogue(asked.catalogue)
        found = plan(music, asked.profile, asked.knowledge, asked.precision)
        space = disk(music, found)
        print(f"{music!r}\n\n{report(found)}\n")
        print(*(f"Disk of {d.folder}: about {d.needed:,.1f} GB needed, {d.free:,.1f} GB free." for d in space.itertuples()),
              sep="\n", flush=True)  # fmt: skip
        costs.check_disk(space)
    except MumuError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
