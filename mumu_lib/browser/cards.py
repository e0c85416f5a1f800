"""What the t-SNE browser shows of a point: escaped HTML, a thumbnail of the cover, a clip of the recording.

Everything travels from the kernel to the page as data; the page asks no server for anything. Colours are
those of JupyterLab's theme.

Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

import html
from collections.abc import Iterable

import pandas as pd

from mumu_lib.figures.media import thumbnail

LISTED = 100


INK, FAINT = "var(--jp-ui-font-color1, inherit)", "var(--jp-ui-font-color2, gray)"


def hovered(point: pd.Series) -> str:
    """What is shown of the point under the pointer: cover, title, artist, genres."""
    return _framed(
        _cover(point, 72) + f"<div style='min-width:0'>{_names(point)}{_line(', '.join(point.genres))}</div>"
    )


def pinned(point: pd.Series, note: str = "") -> str:
    """The card of a chosen point: true and predicted genres side by side, those in both marked.

    Parameters
    ----------
    note : str
        For instance why there is no sound.
    """
    guess = point.get("predicted")
    columns = [("true genres", point.genres, guess), ("predicted genres", guess, point.genres)]
    cells = "".join(
        f"<td style='vertical-align:top;padding:0 14px 0 0'><div style='color:{FAINT}'>{head}</div>{_genres(own, other)}</td>"
        for head, own, other in columns
        if own is not None
    )
    facts = [f"split: {point.split}"] if "split" in point else []
    facts += [f"genres found: {point.correct}"] if "correct" in point else []
    text = _names(point) + _line(" · ".join([*facts, note] if note else facts))
    table = (
        f"<table class='mumu-genres' style='margin-top:6px;border-spacing:0;line-height:1.35'><tr>{cells}</tr></table>"
    )
    return _framed(_cover(point, 110) + f"<div style='min-width:0'>{text}</div>") + table


def listing(points: pd.DataFrame) -> str:
    """Selected points as a table, the first hundred."""
    first = points.head(LISTED)
    table = zip(first["title"], first["artist"], first["genres"].map(", ".join), strict=True)
    cells = "<td style='padding:1px 16px 1px 0'>{}</td>"
    rows = "".join(f"<tr>{''.join(cells.format(_escaped(cell)) for cell in row)}</tr>" for row in table)
    more = _line(f"and {len(points) - LISTED:,} more") if len(points) > LISTED else ""
    return (
        f"<div style='max-height:200px;overflow:auto;color:{INK};line-height:1.35'>"
        f"<table class='mumu-selection' style='text-align:left'>"
        f"<tr><th>title</th><th>artist</th><th>genres</th></tr>{rows}</table>{more}</div>"
    )


def faint(text: str) -> str:
    """A line of secondary text."""
    return _line(text)


def _framed(inside: str) -> str:
    return f"<div style='display:flex;gap:10px;color:{INK};line-height:1.35;overflow-wrap:anywhere'>{inside}</div>"


def _cover(point: pd.Series, size: int) -> str:
    address = thumbnail(point.get("cover", ""))
    box = f"flex:none;width:{size}px;height:{size}px"
    if not address:
        return (
            f"<div style='{box};border:1px dashed {FAINT};color:{FAINT};display:grid;place-items:center'>no cover</div>"
        )
    return f"<img src='{address}' alt='cover of {_escaped(point.title)}' style='{box};object-fit:contain'>"


def _names(point: pd.Series) -> str:
    album = f" · {point.album}" if "album" in point else ""
    return f"<b>{_escaped(point.title)}</b>{_line(point.artist + album, INK)}"


def _line(text: str, colour: str = FAINT) -> str:
    return f"<div style='color:{colour};line-height:1.35'>{_escaped(text)}</div>"


def _genres(own: Iterable[str], other: Iterable[str] | None) -> str:
    both = set(other or ())
    return "".join(f"<div>{'<b>✓</b> ' if g in both else ''}{_escaped(g)}</div>" for g in own) or "none"


def _escaped(text: object) -> str:
    return html.escape(str(text))
