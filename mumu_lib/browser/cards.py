"""Describe a point of the t-SNE browser in HTML: escaped text, a thumbnail of the cover, lists of genres.

The kernel sends everything to the page as data; the page makes no requests. Colours come from JupyterLab's theme.

Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

import html
from collections.abc import Iterable

import pandas as pd

from mumu_lib.figures.media import thumbnail

LISTED = 100
INK = "var(--jp-ui-font-color1, inherit)"
FAINT = "var(--jp-ui-font-color2, gray)"


def hovered(point: pd.Series) -> str:
    """Return the HTML of the point under the pointer: cover, title, artist, genres."""
    return _framed(
        _cover(point, 72) + f"<div style='min-width:0'>{_names(point)}{_line(', '.join(point.genres))}</div>"
    )


def pinned(point: pd.Series, note: str = "") -> str:
    """Return the card of a chosen point: true and predicted genres side by side, matches marked.

    Parameters
    ----------
    note : str
        Such as the reason why there is no sound.
    """
    facts = []
    if "split" in point:
        facts.append(f"split: {point.split}")
    if "correct" in point:
        facts.append(f"genres found: {point.correct}")
    if note:
        facts.append(note)
    text = _names(point) + _line(" · ".join(facts))
    return _framed(_cover(point, 110) + f"<div style='min-width:0'>{text}</div>") + _genre_table(point)


def _genre_table(point: pd.Series) -> str:
    """Return true and, if there are any, predicted genres side by side."""
    predicted = point.get("predicted")
    cells = _genre_cell("true genres", point.genres, predicted)
    if predicted is not None:
        cells += _genre_cell("predicted genres", predicted, point.genres)
    return (
        f"<table class='mumu-genres' style='margin-top:6px;border-spacing:0;line-height:1.35'><tr>{cells}</tr></table>"
    )


def _genre_cell(head: str, genres: Iterable[str], others: Iterable[str] | None) -> str:
    """Return one column of genres; those that are also among the others are marked."""
    matches = set(others or ())
    lines = ""
    for genre in genres:
        mark = ""
        if genre in matches:
            mark = "<b>✓</b> "
        lines += f"<div>{mark}{_escaped(genre)}</div>"
    return f"<td style='vertical-align:top;padding:0 14px 0 0'><div style='color:{FAINT}'>{head}</div>{lines or 'none'}</td>"


def listing(points: pd.DataFrame) -> str:
    """Return the first hundred selected points as an HTML table."""
    first = points.head(LISTED)
    rows = ""
    for title, artist, genres in zip(first["title"], first["artist"], first["genres"], strict=True):
        cells = _cell(title) + _cell(artist) + _cell(", ".join(genres))
        rows += f"<tr>{cells}</tr>"
    more = ""
    if len(points) > LISTED:
        more = _line(f"and {len(points) - LISTED:,} more")
    return (
        f"<div style='max-height:200px;overflow:auto;color:{INK};line-height:1.35'>"
        f"<table class='mumu-selection' style='text-align:left'>"
        f"<tr><th>title</th><th>artist</th><th>genres</th></tr>{rows}</table>{more}</div>"
    )


def _cell(text: object) -> str:
    return f"<td style='padding:1px 16px 1px 0'>{_escaped(text)}</td>"


def faint(text: str) -> str:
    """Return a line of secondary text.

    Examples
    --------
    >>> faint("A & B")
    "<div style='color:var(--jp-ui-font-color2, gray);line-height:1.35'>A &amp; B</div>"
    """
    return _line(text)


def _framed(inside: str) -> str:
    return f"<div style='display:flex;gap:10px;color:{INK};line-height:1.35;overflow-wrap:anywhere'>{inside}</div>"


def _cover(point: pd.Series, size: int) -> str:
    """Return the cover, or an empty square, so many pixels wide."""
    address = thumbnail(point.get("cover", ""))
    box = f"flex:none;width:{size}px;height:{size}px"
    if not address:
        return (
            f"<div style='{box};border:1px dashed {FAINT};color:{FAINT};display:grid;place-items:center'>no cover</div>"
        )
    return f"<img src='{address}' alt='cover of {_escaped(point.title)}' style='{box};object-fit:contain'>"


def _names(point: pd.Series) -> str:
    credit = point.artist
    if "album" in point:
        credit += f" · {point.album}"
    return f"<b>{_escaped(point.title)}</b>{_line(credit, INK)}"


def _line(text: str, colour: str = FAINT) -> str:
    return f"<div style='color:{colour};line-height:1.35'>{_escaped(text)}</div>"


def _escaped(text: object) -> str:
    return html.escape(str(text))
