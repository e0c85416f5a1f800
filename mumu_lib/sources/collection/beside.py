"""What lies beside the recordings of an album: its cover, its reviews, its genres.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from mumu_lib.core.formats import OTHER_PICTURES, OTHER_TEXTS, ending, kind
from mumu_lib.sources import artwork, texts
from mumu_lib.sources.collection import report as listed
from mumu_lib.sources.collection.genres import canonical
from mumu_lib.sources.collection.report import Report
from mumu_lib.sources.collection.walk import Place, Tree, is_sound
from mumu_lib.sources.tags import genres


@dataclass
class About:
    """What files beside the music say of an album.

    Attributes
    ----------
    cover : str
        Path of the picture; empty for none.
    texts : list of str
        Reviews.
    genres : str
        Branches, as :func:`mumu_lib.sources.collection.genres.canonical` writes them.
    """

    cover: str = ""
    texts: list[str] = field(default_factory=list)
    genres: str = ""


def read(root: Path, files: Iterable[str], report: Report, album: str = "", place: Place = ()) -> About:
    """Read the pictures and texts among an album's files.

    Parameters
    ----------
    root : Path
    files : iterable of str
        Paths relative to the root; all but pictures and texts are left aside.
    report : Report
        Gets a line for each picture and text that is not taken.
    album : str
        Name of the album, which a picture may have.
    place : tuple of str
        Parts of the path of the album's folder.
    """
    images = []
    reviews: list[str] = []
    own: list[str] = []
    for file in files:
        if kind(file) == "picture":
            images.append(PurePosixPath(file))
        elif kind(file) == "text":
            _sort_text(root, file, reviews, own, report)
    choice = artwork.choose(root, images, album, PurePosixPath(*place))
    for image, reason in choice.passed_over:
        report.add(listed.PICTURE, image.as_posix(), reason)
    cover = "" if choice.cover is None else choice.cover.as_posix()
    return About(cover, reviews, _genres_of(own, place, report))


def _genres_of(lines: list[str], place: Place, report: Report) -> str:
    """Return the branches in the lines of a file of genres; what is taken apart or left out is listed."""
    for branch in "|".join(lines).split("|"):
        found = genres.split([branch])
        if found.split:
            report.add(listed.GENRES, "/".join(place), f"{branch.strip()!r} taken apart: {', '.join(found.genres)}")
        for value in found.left_out:
            report.add(listed.GENRES, "/".join(place), f"{value[:80]!r} names no genre; left out")
    return canonical("|".join(genres.split(lines).genres))


def _sort_text(root: Path, file: str, reviews: list[str], own: list[str], report: Report) -> None:
    """Add a text to the reviews, or its lines to the genres, or list what it is instead."""
    text = read_text(root, file, report)
    name = PurePosixPath(file).name
    if texts.names_genres(name):
        own.extend(genres.printed(text) or text.splitlines())
        return
    what = texts.no_review(name, text)
    if what:
        report.add(listed.TEXT, file, f"by its name or content {what}; not taken as a review")
    elif text:
        reviews.append(text)


def read_text(root: Path, entry: str, report: Report, row: int | str = "") -> str:
    """Return a text, however it was saved; what is wrong with it is listed."""
    found = texts.read(root / entry)
    if found.problem:
        report.add(listed.GUESSED if found.text else listed.TEXT, entry, found.problem, row)
    return found.text


def owner_of_pictures(place: Place, owned: set[Place]) -> Place | None:
    """Return the album's folder that a folder for pictures, such as ``Scans``, lies in; None for another folder."""
    inner = ""
    while place and place not in owned:
        inner = place[-1]
        place = place[:-1]
    if place not in owned:
        return None
    return place if not inner or artwork.FOLDERS.fullmatch(inner) else None


def share_out(tree: Tree, owned: set[Place], report: Report) -> dict[Place, list[str]]:
    """Return for each folder of an album the paths of all files but recordings that belong to it.

    Files of unknown ending are listed, and so are pictures and texts in folders of no album.
    """
    files: dict[Place, list[str]] = {place: [] for place in owned}
    for place, names in tree.items():
        owner = owner_of_pictures(place, owned)
        for name in names:
            path = "/".join((*place, name))
            what = kind(name.rstrip())
            if is_sound(name):
                continue
            if not what:
                report.add(listed.ENDING, path, _unknown(name))
            elif owner is None:
                report.add(_kind(what), path, "no recording lies in its folder; not taken")
            elif owner != place and what == "text":
                report.add(listed.TEXT, path, "lies in a folder for pictures; not taken")
            else:
                files[owner].append(path)
    return files


def _unknown(name: str) -> str:
    """Say why a file is not read for its ending, and what helps."""
    if texts.GENRES.fullmatch(PurePosixPath(name).stem):
        return "names genres but is no text by its ending; call it genres.txt, with one genre a line"
    if ending(name) in OTHER_PICTURES:
        return "this kind of picture is not read; save it as JPEG or PNG to have it taken"
    if ending(name) in OTHER_TEXTS:
        return "this kind of text is not read; save what is a review as a .txt file"
    return "neither sound nor picture nor text by its ending"


def _kind(what: str) -> str:
    return listed.PICTURE if what == "picture" else listed.TEXT


def left_over(path: str) -> tuple[str, str, str]:
    """Return kind, path and reason of a picture or text that belongs to no album."""
    return _kind(kind(path.rstrip())), path, "belongs to no recording of its folder; not taken"
