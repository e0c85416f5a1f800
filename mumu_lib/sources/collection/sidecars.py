"""Find the cover, the reviews and the genres of an album in sidecar files, next to its recordings.

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
    """Cover, reviews and genres of an album from files next to its recordings.

    Attributes
    ----------
    cover : str
        Path of the picture; empty if there is none.
    texts : list of str
        Reviews.
    genres : str
        Branches in the form of :func:`mumu_lib.sources.collection.genres.canonical`.
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
        Paths relative to the root; only pictures and texts are read.
    report : Report
        Receives a line for each picture and text that is skipped.
    album : str
        Name of the album, which a file name of a cover may contain.
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
    cover = ""
    if choice.cover is not None:
        cover = choice.cover.as_posix()
    return About(cover, reviews, _genres_of(own, place, report))


def _genres_of(lines: list[str], place: Place, report: Report) -> str:
    """Return the branches in the lines of a file of genres; report what is split or left out."""
    for branch in "|".join(lines).split("|"):
        result = genres.split([branch])
        if result.split:
            report.add(listed.GENRES, "/".join(place), f"{branch.strip()!r} taken apart: {', '.join(result.genres)}")
        for value in result.left_out:
            report.add(listed.GENRES, "/".join(place), f"{value[:80]!r} is not a genre; left out")
    return canonical("|".join(genres.split(lines).genres))


def _sort_text(root: Path, file: str, reviews: list[str], own: list[str], report: Report) -> None:
    """Add a text to the reviews or its lines to the genres, or report why it is neither."""
    text = read_text(root, file, report)
    name = PurePosixPath(file).name
    if texts.names_genres(name):
        own.extend(genres.printed(text) or text.splitlines())
        return
    other = texts.no_review(name, text)
    if other:
        report.add(listed.TEXT, file, f"by its name or content {other}; not taken as a review")
    elif text:
        reviews.append(text)


def read_text(root: Path, entry: str, report: Report, row: int | str = "") -> str:
    """Return a text in any encoding; report its problems."""
    content = texts.read(root / entry)
    if content.problem and content.text:
        report.add(listed.GUESSED, entry, content.problem, row)
    elif content.problem:
        report.add(listed.TEXT, entry, content.problem, row)
    return content.text


def owner_of_pictures(place: Place, owned: set[Place]) -> Place | None:
    """Return the album folder to which the pictures in a folder belong: itself or the parent of ``Scans`` and the like.

    Examples
    --------
    >>> owner_of_pictures(("Can", "Scans"), {("Can",)}), owner_of_pictures(("Can", "Notes"), {("Can",)})
    (('Can',), None)
    """
    inner = ""
    while place and place not in owned:
        inner = place[-1]
        place = place[:-1]
    if place not in owned:
        return None
    if inner and not artwork.FOLDERS.fullmatch(inner):
        return None
    return place


def by_album_folder(tree: Tree, owned: set[Place], report: Report) -> dict[Place, list[str]]:
    """Return the pictures and texts that belong to each album folder.

    Files with an unknown extension, and pictures and texts outside the album folders, are reported.
    """
    files: dict[Place, list[str]] = {place: [] for place in owned}
    for place, names in tree.items():
        owner = owner_of_pictures(place, owned)
        for name in names:
            path = "/".join((*place, name))
            file_kind = kind(name.rstrip())
            if is_sound(name):
                continue
            if not file_kind:
                report.add(listed.ENDING, path, _unknown(name))
            elif owner is None:
                report.add(_kind(file_kind), path, "there is no recording in its folder; not taken")
            elif owner != place and file_kind == "text":
                report.add(listed.TEXT, path, "is in a folder for pictures; not taken")
            else:
                files[owner].append(path)
    return files


def _unknown(name: str) -> str:
    """Return why a file is not read because of its extension, and what helps."""
    if texts.GENRES.fullmatch(PurePosixPath(name).stem):
        return "has the name of a file of genres but not of a text file; call it genres.txt, with one genre per line"
    if ending(name) in OTHER_PICTURES:
        return "this kind of picture is not read; save it as JPEG or PNG"
    if ending(name) in OTHER_TEXTS:
        return "this kind of text is not read; save a review as a .txt file"
    return "neither sound nor picture nor text by its ending"


def _kind(file_kind: str) -> str:
    if file_kind == "picture":
        return listed.PICTURE
    return listed.TEXT


def unassigned(path: str) -> tuple[str, str, str]:
    """Return kind, path and reason for the report of a picture or text that belongs to no album."""
    return _kind(kind(path.rstrip())), path, "belongs to no recording of its folder; not taken"
