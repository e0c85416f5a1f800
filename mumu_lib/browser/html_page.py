"""The map as one HTML file that needs neither a kernel nor a network: search, filter, hover, covers and clips.

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
from mumu_lib.browser.points import usable
from mumu_lib.core import files
from mumu_lib.core.errors import AudioError, ParameterError, did_you_mean
from mumu_lib.core.progress import bar
from mumu_lib.figures import media

CLIPS = ("auto", "inside", "beside", "none")
MAX_CLIPS_INSIDE = 500
CLIP_SECONDS = 5
# Of all covers, so that the page stays below 40 MB at 30,000 points; base64 adds a third.
MAX_COVER_BYTES = 18_000_000
COVER_SIDES = (112, 80, 56, 40)
MEASURED_COVERS = 200


@dataclass(frozen=True)
class SavedPage:
    """What :func:`save_html` has written.

    Attributes
    ----------
    file : Path
    megabytes : float
        Of the file; clips beside it are not counted.
    points, covers, clips : int
        How many there are of each.
    cover_side : int [pixels]
        The more covers, the smaller; 0 where none was taken in.
    left_out : dict of str to int
        What is named by a point and was not taken in, by reason.
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

    The file holds the code that draws it (Bokeh), so that it needs no network; covers lie in it as small pictures.

    Parameters
    ----------
    points : pd.DataFrame
        From :func:`mumu_lib.browser.points.album_map` or :func:`mumu_lib.browser.points.track_map`, or
        ``Browser.points``.
    file : str or Path
        Such as ``map.html``; written anew if it is there.
    colour : str, optional
        Column to begin with; ``true genre`` if left out.
    title : str, optional
        Heading of the page; the catalogue's name if left out.
    clips : {'auto', 'inside', 'beside', 'none'}
        Five seconds of each recording: in the file (at most 500), or as files of a folder beside it, which has to be
        sent along. ``auto``: in the file where there are at most 500 recordings, else none.

    Returns
    -------
    saved : SavedPage
        Size, and what could not be taken in.

    Raises
    ------
    BadDataError
        No coordinates, or fewer than one point.
    ParameterError
        An unknown column or choice; more than 500 recordings to take in.
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
    known = columns(points)
    _check_choice("colour", colour or known[0], known)
    _check_choice("clips", clips, CLIPS)
    recordings = int((points["audio"] != "").sum())
    if clips == "inside" and recordings > MAX_CLIPS_INSIDE:
        raise ParameterError(
            f"clips='inside' takes at most {MAX_CLIPS_INSIDE} recordings and there are {recordings:,}; "
            "use clips='beside', or give fewer points"
        )
    left_out: dict[str, int] = {}
    points["cover"], side = _covers(points["cover"], left_out)
    points["clip"] = _clips(points, file, clips, left_out)
    # Imported only here: Bokeh comes with the extra explore.
    from mumu_lib.browser import layout

    noun = "tracks" if "track_id" in points else "albums"
    made_up = "synthetic " if points.attrs.get("synthetic") else ""
    heading = title or f"{len(points):,} {made_up}{noun} of {points.attrs.get('catalogue', 'a map')}"
    text = layout.page(points, known, colour or known[0], heading, made_up + noun)
    files.write_atomically(file, text)
    return SavedPage(
        file, round(file.stat().st_size / 1e6, 1), len(points), int((points["cover"] != "").sum()),
        int((points["clip"] != "").sum()), side, left_out,
    )  # fmt: skip


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
    addresses = [address_of[path] for path in paths]
    unreadable = len(named) - sum(map(bool, addresses))
    if unreadable:
        left_out["covers that cannot be read"] = unreadable
    return addresses, side


def _side_that_fits(paths: pd.Series) -> int:
    """Return the largest side at which all covers fit, judged by some of them; 0 where none does."""
    measured = paths.sample(min(len(paths), MEASURED_COVERS), random_state=0)
    for side in COVER_SIDES:
        sizes = [len(media.small_cover(path, side)) for path in measured]
        if np.mean(sizes) * len(paths) <= MAX_COVER_BYTES:
            return side
    return 0


def _clips(points: pd.DataFrame, file: Path, clips: str, left_out: dict[str, int]) -> list[str]:
    """Return the address of each recording's clip, inside the page or relative to it."""
    recordings = int((points["audio"] != "").sum())
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
    return f"data:{kind};base64,{base64.b64encode(content).decode()}" if content else ""
