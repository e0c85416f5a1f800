"""Write a map as one HTML file that needs neither a kernel nor a network: search, filter, hover, covers and clips.

Paper: Figure 1.  Notebooks: 03_label_factors, 04_audio, 06_image, 07_multimodal.
"""

import base64
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pandas as pd

from mumu_lib.browser.controls import columns
from mumu_lib.browser.points import noun_of, usable
from mumu_lib.core import files
from mumu_lib.core.errors import AudioError, ParameterError, did_you_mean
from mumu_lib.core.progress import bar
from mumu_lib.figures import media

CLIPS = ("auto", "inside", "beside", "none")
MAX_CLIPS_INSIDE = 500
CLIP_SECONDS = 5
# All covers together: a page of 30,000 points stays below 40 MB; base64 adds a third.
MAX_COVER_BYTES = 18_000_000
COVER_SIDES = (112, 80, 56, 40)
MEASURED_COVERS = 200


@dataclass(frozen=True)
class SavedPage:
    """Result of :func:`save_html`.

    Attributes
    ----------
    file : Path
    megabytes : float
        Size of the file, without the folder of clips.
    points, covers, clips : int
        Number of each in the page.
    cover_side : int [pixels]
        Width of the covers: the more covers, the smaller; 0 without covers.
    left_out : dict of str to int
        Reason -> number of covers or recordings that were left out.
    """

    file: Path
    megabytes: float
    points: int
    covers: int
    clips: int
    cover_side: int
    left_out: dict[str, int] = field(default_factory=dict)


def save_html(
    points: pd.DataFrame, file: str | Path, *, colour: str | None = None, title: str = "", clips: str = "auto"
) -> SavedPage:
    """Write a map as one HTML file to send to someone.

    The file contains the code that draws the map (Bokeh) and small covers; it needs no network.

    Parameters
    ----------
    points : pd.DataFrame
        From :func:`mumu_lib.browser.points.album_map` or :func:`mumu_lib.browser.points.track_map`, or
        ``Browser.points``.
    file : str or Path
        Such as ``map.html``; overwritten if it exists.
    colour : str, optional
        Column that colours the points at first; ``true genre`` by default.
    title : str, optional
        Heading of the page; the catalogue's name by default.
    clips : {'auto', 'inside', 'beside', 'none'}
        Five seconds of each recording: ``inside`` the file (at most 500), or in a folder ``beside`` it, to be sent
        along. ``auto``: inside if there are at most 500 recordings, else none.

    Returns
    -------
    saved : SavedPage
        Size, and the covers and recordings that were left out.

    Raises
    ------
    BadDataError
        The map has no coordinates or no points.
    ParameterError
        The column or choice is unknown; Bokeh is not installed; ``inside`` with more than 500 recordings.
    WriteError
        The file cannot be written.

    Examples
    --------
    >>> xy = mm.figures.projection.tsne(factors.albums)                      # doctest: +SKIP
    >>> mm.browser.save_html(mm.browser.points.album_map(music, xy), "map.html")  # doctest: +SKIP
    """
    file = Path(file)
    _need_bokeh()
    points = usable(points)
    choices = columns(points)
    colour = colour or choices[0]
    _check_choice("colour", colour, choices)
    _check_choice("clips", clips, CLIPS)
    recordings = _count(points["audio"])
    if clips == "inside" and recordings > MAX_CLIPS_INSIDE:
        raise ParameterError(
            f"clips='inside' takes at most {MAX_CLIPS_INSIDE} recordings and there are {recordings:,}; "
            "use clips='beside', or give fewer points"
        )
    left_out: dict[str, int] = {}
    points["cover"], side = _covers(points["cover"], left_out)
    points["clip"] = _clips(points, file, clips, left_out)
    noun = noun_of(points)
    if points.attrs.get("synthetic"):
        noun = f"synthetic {noun}"
    heading = title or f"{len(points):,} {noun} of {points.attrs.get('catalogue', 'a map')}"
    # Imported only here: Bokeh comes with the extra explore.
    from mumu_lib.browser import layout

    files.write_atomically(file, layout.page(points, choices, colour, heading, noun))
    megabytes = round(file.stat().st_size / 1e6, 1)
    return SavedPage(file, megabytes, len(points), _count(points["cover"]), _count(points["clip"]), side, left_out)


def _count(entries: pd.Series) -> int:
    """Count the entries that are not empty."""
    return int((entries != "").sum())


def _need_bokeh() -> None:
    if find_spec("bokeh") is None:
        raise ParameterError("Bokeh, which draws the page, is not installed; install it with  pip install bokeh")


def _check_choice(name: str, value: str, choices: list[str] | tuple[str, ...]) -> None:
    if value not in choices:
        raise ParameterError(f"{name}={value!r} is not one of {list(choices)}{did_you_mean(value, choices)}")


def _covers(paths: pd.Series, left_out: dict[str, int]) -> tuple[list[str], int]:
    """Return the address of each cover, and the side [pixels] at which all of them fit."""
    named = paths[paths != ""]
    if named.empty:
        return [""] * len(paths), 0
    side = _side_that_fits(named.drop_duplicates())
    if not side:
        left_out["covers, too many for one file"] = len(named)
        return [""] * len(paths), 0
    address_of = {"": ""}
    for path in bar(named.unique(), "covers of the page", unit="cover"):
        address_of[path] = _address("image/webp", media.small_cover(path, side))
    addresses = paths.map(address_of).tolist()
    unreadable = len(named) - _count(pd.Series(addresses))
    if unreadable:
        left_out["covers that cannot be read"] = unreadable
    return addresses, side


def _side_that_fits(paths: pd.Series) -> int:
    """Return the largest side at which all covers fit, estimated from a sample; 0 if none does."""
    measured = paths.sample(min(len(paths), MEASURED_COVERS), random_state=0)
    for side in COVER_SIDES:
        sizes = []
        for path in measured:
            sizes.append(len(media.small_cover(path, side)))
        if np.mean(sizes) * len(paths) <= MAX_COVER_BYTES:
            return side
    return 0


def _clips(points: pd.DataFrame, file: Path, clips: str, left_out: dict[str, int]) -> list[str]:
    """Return the address of each recording's clip, inside the page or relative to it."""
    recordings = _count(points["audio"])
    addresses = [""] * len(points)
    if clips == "auto" and recordings > MAX_CLIPS_INSIDE:
        left_out[f"clips of {recordings:,} recordings, too many for one file (clips='beside' writes a folder)"] = (
            recordings
        )
        return addresses
    if clips == "none" or not recordings:
        return addresses
    folder = file.with_name(f"{file.stem}_clips")
    for i in bar(np.flatnonzero(points["audio"] != ""), "clips of the page", unit="clip"):
        try:
            sound = media.excerpt(points["audio"].iloc[i], CLIP_SECONDS)
        except AudioError as error:
            reason = f"clips: {error.reason} recordings"
            left_out[reason] = left_out.get(reason, 0) + 1
            continue
        if clips == "beside":
            files.write_atomically(folder / f"{i:06d}.mp3", sound)
            addresses[i] = f"{quote(folder.name)}/{i:06d}.mp3"
        else:
            addresses[i] = _address("audio/mpeg", sound)
    return addresses


def _address(kind: str, content: bytes) -> str:
    """Return the content as a data URL; empty without content."""
    if not content:
        return ""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
