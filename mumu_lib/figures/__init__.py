"""Write figures and tables to files: one style, PNG and SVG, a caption and alt text.

Drawing functions attach name, caption and alt text to a figure (:class:`mumu_lib.figures.style.CaptionedFigure`);
:func:`save` reads them.

Paper: Tables 1 and 2.  Notebooks: all.
"""

import html
import io
from pathlib import Path
from typing import Any

import lazy_loader
import matplotlib as mpl
import pandas as pd
import PIL.Image
from IPython.display import HTML, Image, Markdown
from matplotlib.figure import Figure

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import ParameterError
from mumu_lib.core.files import atomic_path, make_folder, write_atomically
from mumu_lib.core.paths import home
from mumu_lib.figures.style import STYLE

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=[
        "album",
        "audio",
        "cover_map",
        "fusion",
        "image",
        "labels",
        "listening",
        "mapping",
        "media",
        "projection",
        "results",
        "style",
        "text",
        "training",
    ],
)


def save(
    figure: Figure, catalogue: Catalogue, *, folder: Path | None = None, name: str | None = None,
    caption: str | None = None, alt: str | None = None,
) -> Image:  # fmt: skip
    """Write a figure as PNG and SVG with its caption, and show it.

    A figure with photographs is shown with 256 colours at 75 dpi; its PNG file has all colours at 220 dpi, unless the
    catalogue is synthetic.

    Parameters
    ----------
    figure : Figure
        From a drawing function of this package, with name, caption and alt text.
    catalogue : Catalogue
        Picture and caption name a synthetic catalogue as such.
    folder : Path, optional
        For instance the folder of a run; by default ``figures/<catalogue>/``.
    name, caption, alt : str, optional
        Replace those of the figure.

    Returns
    -------
    picture : IPython.display.Image
        The PNG with the alt text, as the last value of a cell.

    Raises
    ------
    ParameterError
        If the figure has no name, caption or alt text, and none is given.
    """
    folder = folder or folder_for(catalogue)
    name = _attribute(figure, "name", name)
    caption = _attribute(figure, "caption", caption)
    alt = _attribute(figure, "alt", alt)
    photographs = getattr(figure, "photographs", False)
    dpi = 110
    mark_size = 7.5
    if photographs:
        dpi = 75
        mark_size = 9
    if catalogue.synthetic:
        caption += " Synthetic sample: these numbers say nothing about music."
        figure.set_layout_engine("constrained", rect=(0, 0.04, 1, 0.96))
        figure.text(0.995, 0.004, "synthetic sample", ha="right", va="bottom", fontsize=mark_size, color="0.45")
    with mpl.rc_context(STYLE):
        small = png(figure, dpi=dpi)
        with atomic_path(folder / f"{name}.svg") as part:
            metadata = {"Date": None, "Description": alt, "Title": caption}
            figure.savefig(part, format="svg", metadata=metadata)
        if photographs and not catalogue.synthetic:
            with atomic_path(folder / f"{name}.png") as part:
                figure.savefig(part, format="png", dpi=220, metadata={"Software": None})
        else:
            write_atomically(folder / f"{name}.png", small)
    write_atomically(folder / f"{name}.txt", f"{caption}\n\nAlt text: {alt}\n")
    return Image(data=small, alt=alt)


def _attribute(figure: Figure, name: str, given: str | None) -> str:
    """Return the text that is given, else the figure's own name, caption or alt text."""
    if given is not None:
        return given
    own = getattr(figure, name, "")
    if not own:
        raise ParameterError(f"the figure has no {name}: give {name}=, or let its drawing function call describe(...)")
    return own


def png(figure: Figure, *, dpi: int = 110) -> bytes:
    """Render a figure as a PNG of 256 colours; notebooks with several figures then stay small enough for git."""
    drawn = io.BytesIO()
    small = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=dpi, metadata={"Software": None})
    PIL.Image.open(drawn).convert("RGB").quantize(256, dither=PIL.Image.Dither.NONE).save(small, "png", optimize=True)
    return small.getvalue()


def save_table(
    table: pd.DataFrame, name: str, catalogue: Catalogue, *, title: str, notes: tuple[str, ...] = ()
) -> Markdown:
    """Write a table as Markdown and CSV, and show it.

    Parameters
    ----------
    title : str
        The mark of a synthetic catalogue is added.
    notes : strings
        Footnotes.
    """
    folder = folder_for(catalogue)
    title = marked(title, catalogue)
    written = table.map(_cell).rename(columns=_cell).to_markdown(index=False, disable_numparse=True)
    text = "\n\n".join([f"**{title}**", written, *notes])
    write_atomically(folder / f"{name}.md", text + "\n")
    write_atomically(folder / f"{name}.csv", table.to_csv(index=False))
    return Markdown(text)


def show_table(table: pd.DataFrame, catalogue: Catalogue, *, title: str, index: bool = True) -> HTML:
    """Show a table under its title, without writing a file.

    Parameters
    ----------
    title : str
        The mark of a synthetic catalogue is added.
    index : bool
        Whether to show the row names.

    Returns
    -------
    shown : IPython.display.HTML
        All texts are escaped.
    """
    return HTML(f"<p><b>{html.escape(marked(title, catalogue))}</b></p>\n{table.to_html(index=index)}")


def _cell(value: Any) -> Any:
    """Escape a text for a cell of a Markdown table; ``R&B`` stays readable."""
    if isinstance(value, str):
        return value.replace("<", "&lt;").replace("|", r"\|")
    return value


def marked(title: str, catalogue: Catalogue) -> str:
    """Return a title, marked if the catalogue is synthetic."""
    if catalogue.synthetic:
        return f"{title} (synthetic sample)"
    return title


def folder_for(catalogue: Catalogue) -> Path:
    """Return ``figures/<catalogue>/``; create it if necessary."""
    return make_folder(home() / "figures" / catalogue.name)
