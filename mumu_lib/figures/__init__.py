"""Figures and tables as files: one style, PNG and SVG, a caption and alt text.

What draws a figure also says what it shows (:class:`mumu_lib.figures.style.CaptionedFigure`); what saves it asks.

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

    Of a figure with photographs what is shown has 256 colours and 75 dpi; the PNG in the folder keeps all colours, at
    220 dpi, unless the catalogue is synthetic.

    Parameters
    ----------
    figure : Figure
        From a drawing function of this package; it carries its name, caption and alt text.
    catalogue : Catalogue
        A synthetic one is named as such in picture and caption.
    folder : Path, optional
        For instance a run's, for what belongs to one run; else ``figures/<catalogue>/``.
    name, caption, alt : str, optional
        Instead of what the figure carries.

    Returns
    -------
    picture : IPython.display.Image
        The PNG with the alt text, as the last value of a cell.

    Raises
    ------
    ParameterError
        The figure carries no name, caption or alt text, and none is given.
    """
    folder = folder or folder_for(catalogue)
    name = _said(figure, "name", name)
    caption = _said(figure, "caption", caption)
    alt = _said(figure, "alt", alt)
    photographs = getattr(figure, "photographs", False)
    if catalogue.synthetic:
        caption += " Synthetic sample: these numbers say nothing about music."
        figure.set_layout_engine("constrained", rect=(0, 0.04, 1, 0.96))
        size = 9 if photographs else 7.5
        figure.text(0.995, 0.004, "synthetic sample", ha="right", va="bottom", fontsize=size, color="0.45")
    with mpl.rc_context(STYLE):
        small = png(figure, dpi=75 if photographs else 110)
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


def _said(figure: Figure, what: str, instead: str | None) -> str:
    """What a figure carries (its name, caption or alt text), unless another text is given."""
    if instead is not None:
        return instead
    said = getattr(figure, what, "")
    if not said:
        raise ParameterError(f"the figure has no {what}: give {what}=, or let what draws it end with describe(...)")
    return said


def png(figure: Figure, *, dpi: int = 110) -> bytes:
    """A figure as a PNG of 256 colours, which keeps notebooks with several figures small enough for git."""
    drawn, small = io.BytesIO(), io.BytesIO()
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
        A synthetic catalogue is named as such in it.
    notes : strings
        Footnotes.
    """
    folder, title = folder_for(catalogue), marked(title, catalogue)
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
        A synthetic catalogue is named as such in it.
    index : bool
        Whether the row names say something.

    Returns
    -------
    shown : IPython.display.HTML
        Every text in it escaped, as pandas does.
    """
    return HTML(f"<p><b>{html.escape(marked(title, catalogue))}</b></p>\n{table.to_html(index=index)}")


def _cell(value: Any) -> Any:
    """A text as a cell of a Markdown table shows it, whatever stands in it; ``R&B`` stays readable."""
    return value.replace("<", "&lt;").replace("|", r"\|") if isinstance(value, str) else value


def marked(title: str, catalogue: Catalogue) -> str:
    """A title that says of a synthetic catalogue that it is one."""
    return f"{title} (synthetic sample)" if catalogue.synthetic else title


def folder_for(catalogue: Catalogue) -> Path:
    """``figures/<catalogue>/``, made if need be."""
    return make_folder(home() / "figures" / catalogue.name)
