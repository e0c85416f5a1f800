"""``python -m mumu_lib.series CATALOGUE`` prints what a series would run, for how long, and the disk it needs."""

import sys

from mumu_lib.core.arguments import Parser
from mumu_lib.core.errors import MumuError
from mumu_lib.series import costs, disk, plan, report
from mumu_lib.sources import open_catalogue


def main(words: list[str] | None = None) -> int:
    """Print the plan of a series; return 1 if there is an error or the disk is too small."""
    parser = Parser(description="Print what a series would run, for how long, and the disk it needs.")
    parser.add_argument("catalogue", help="name under data/, or path")
    parser.add_argument("--profile", choices=("sample", "paper"), default="paper")
    parser.add_argument("--knowledge", default="", help="folder of a knowledge base, for the rows that link entities")
    parser.add_argument(
        "--precision", default="", help="precision of notebooks 04 and 06 instead of the profile's, such as auto"
    )
    args = parser.parse_args(words)
    try:
        music = open_catalogue(args.catalogue)
        found = plan(music, args.profile, args.knowledge, args.precision)
        space = disk(music, found)
        print(f"{music!r}\n\n{report(found)}\n")
        for row in space.itertuples():
            print(f"Disk of {row.folder}: about {row.needed:,.1f} GB needed, {row.free:,.1f} GB free.", flush=True)
        costs.check_disk(space)
    except MumuError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
