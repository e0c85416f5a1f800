"""``python -m mumu_lib.runs CATALOGUE`` prints the tables of a catalogue and the paths of its figures."""

import argparse
import sys

from mumu_lib.core.paths import home


def main(words: list[str] | None = None) -> int:
    """Command line: ``python -m mumu_lib.runs CATALOGUE`` prints Table 2, our further rows, F1 and PSP, the claims and their control."""
    parser = argparse.ArgumentParser(description="Print the tables of a catalogue and the paths of its figures.")
    parser.add_argument("catalogue", help="name of a catalogue")
    name = parser.parse_args(words).catalogue
    folder = home() / "figures" / name
    if not (folder / "table2.md").is_file():
        print(f"{folder / 'table2.md'} is not there yet; run notebook 08 with  -p catalogue {name}", file=sys.stderr)
        return 1
    for path in (
        folder / f"{table}.md" for table in ("table2", "further_rows", "decisions", "claims", "coverage_control")
    ):
        if path.is_file():
            print(path.read_text(encoding="utf-8"))
    print("Figures:", *sorted(folder.glob("*.png")), sep="\n  ")
    return 0


if __name__ == "__main__":
    sys.exit(main())
