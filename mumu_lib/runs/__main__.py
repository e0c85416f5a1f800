"""``python -m mumu_lib.runs CATALOGUE`` prints the tables of a catalogue and the paths of its figures."""

import argparse
import sys

from mumu_lib.core import commands
from mumu_lib.core.paths import home


def main(words: list[str] | None = None) -> int:
    """Command line: ``python -m mumu_lib.runs CATALOGUE`` prints Table 2, our further rows and the claims."""
    parser = argparse.ArgumentParser(description="Print the tables of a catalogue and the paths of its figures.")
    parser.add_argument("catalogue", help="name of a catalogue")
    name = parser.parse_args(words).catalogue
    folder = home() / "figures" / name
    if not (folder / "table2.md").is_file():
        where = name
        if not (home() / "data" / name / "catalogue.json").is_file():
            where = "ITS_FOLDER"
        command = commands.papermill("08_results", catalogue=where)
        print(f"{folder / 'table2.md'} is not there yet; run  {command}", file=sys.stderr)
        return 1
    for path in (folder / f"{table}.md" for table in ("table2", "further_rows", "claims")):
        if path.is_file():
            print(path.read_text(encoding="utf-8"))
    print("Figures:", *sorted(folder.glob("*.png")), sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
