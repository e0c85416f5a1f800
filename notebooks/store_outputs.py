"""Run notebooks with their defaults and store the outputs that git keeps:  make notebooks.

Without arguments every numbered notebook, in order; else the files named. Left out is whatever would differ
from one run to the next though nothing has changed: widget state and the random names of widgets, timing, kernel
details, what was written to stderr, and how the system happened to cut a printed text into pieces. Cells keep
their ids, so that an inserted cell is one change in a diff and not one for every cell below it.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from mumu_lib.core import progress

HERE = Path(__file__).parent
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
VIEW = "application/vnd.jupyter.widget-view+json"


def kept(output: nbformat.NotebookNode) -> bool:
    """Whether an output still means something once the kernel is gone; of a widget its picture does."""
    data = output.get("data", {})
    if data.pop(VIEW, None) is not None:
        return "image/png" in data
    return output.get("name") != "stderr"


def store(path: Path) -> None:
    """Run one notebook and write it back with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(HERE)}},
        store_widget_state=False, record_timing=False, coalesce_streams=True,
    )  # fmt: skip
    client.execute()
    notebook.metadata = METADATA
    for cell in notebook.cells:
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if kept(output)]
    nbformat.write(notebook, path)


if __name__ == "__main__":
    paths = [Path(p) for p in sys.argv[1:]] or sorted(HERE.glob("[0-9]*.ipynb"))
    for path in progress.bar(paths, "notebooks", unit="notebook"):
        store(path)
