"""Run notebooks with their defaults and store the outputs that git keeps:  make notebooks.

Without arguments every numbered notebook, in order; else the files named. Widget state, timing, kernel
details and what was written to stderr are left out, so that a diff shows what changed and nothing else.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from tqdm.auto import tqdm

HERE = Path(__file__).parent
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def transient(output: nbformat.NotebookNode) -> bool:
    """Whether an output means nothing once the kernel is gone: progress bars, what went to stderr."""
    data = output.get("data", {})
    return output.get("name") == "stderr" or (
        "application/vnd.jupyter.widget-view+json" in data and "image/png" not in data
    )


def store(path: Path) -> None:
    """Run one notebook and write it back with its outputs."""
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook, kernel_name="python3", resources={"metadata": {"path": str(HERE)}},
        store_widget_state=False, record_timing=False,
    )  # fmt: skip
    client.execute()
    notebook.metadata = METADATA
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number:02d}"
        cell.metadata = {"tags": cell.metadata["tags"]} if cell.metadata.get("tags") else {}
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if not transient(output)]
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for path in tqdm([Path(p) for p in sys.argv[1:]] or sorted(HERE.glob("[0-9]*.ipynb")), unit="notebook"):
        store(path)
