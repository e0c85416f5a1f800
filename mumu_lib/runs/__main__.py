"""``python -m mumu_lib.runs CATALOGUE`` prints the tables of a catalogue and the paths of its figures."""

import sys

from mumu_lib import runs
from mumu_lib.catalogue import Catalogue
from mumu_lib.catalogue.commands import any_run, has, notebook
from mumu_lib.core import commands
from mumu_lib.core.arguments import Parser
from mumu_lib.core.paths import home
from mumu_lib.experiments import BY_LETTER

RESULTS = "08_results"


def main(words: list[str] | None = None) -> int:
    """Print Table 2, our further rows, straight lines, decisions, claims and the control of coverage of a catalogue.

    Returns 1 if notebook 08 has written no tables yet.
    """
    parser = Parser(description="Print the tables of a catalogue and the paths of its figures.")
    parser.add_argument("catalogue", help="name of a catalogue")
    name = parser.parse_args(words).catalogue
    folder = home() / "figures" / name
    if not (folder / "table2.md").is_file():
        why, code = _no_table(name)
        print(f"{folder / 'table2.md'} is not there{why}", file=sys.stderr)
        if code:
            return code
    for table in ("table2", "further_rows", "lines", "decisions", "claims", "coverage_control"):
        path = folder / f"{table}.md"
        if path.is_file():
            print(path.read_text(encoding="utf-8"))
    print("Figures:", *sorted(folder.glob("*.png")), sep="\n  ")
    return 0


def _no_table(name: str) -> tuple[str, int]:
    """Return why there is no Table 2 and what to run, and the exit status: 1, or 0 if there cannot be one."""
    if not (home() / "data" / name / "catalogue.json").is_file():
        return f" yet; run  {commands.papermill(RESULTS, catalogue='ITS_FOLDER')}", 1
    music = Catalogue(home() / "data" / name)
    if not any(has(music, modality.name) for modality in BY_LETTER.values()):
        return ": the catalogue has neither sound nor texts nor covers to learn from", 0
    command = notebook(music, RESULTS)
    if runs.table(music).empty:
        return f" yet, since no run is finished; {any_run(music)}  then  {command}", 1
    return f" yet; run  {command}", 1


if __name__ == "__main__":
    sys.exit(main())
