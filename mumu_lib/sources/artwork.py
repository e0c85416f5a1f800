"""Choose the cover of an album among the image files in its folder, else among the pictures in its tags.

Paper: none (Section 5.3 has covers from Amazon).  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from mumu_lib.catalogue import OWN
from mumu_lib.core import pictures
from mumu_lib.core.files import write_atomically
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.formats import PICTURES, ending
from mumu_lib.core.parsing import open_picture
from mumu_lib.sources.tags import pictures as tag_pictures

COVER_FOLDER = "covers"
# Folders of scans inside an album's folder, e.g. "Scans", "Cover Art", "HQ Scans 600dpi": at least one word of the
# first list, and otherwise only words of the two lists.
_PICTURES = (
    "scans?|art|artworks?|coverart|albumart|covers?|images?|img|pictures?|pics?|booklets?|inlay|front|graphics?|"
    "grafik|bilder|jpe?gs?|pngs?|tiffs?|fotos?|photos?"
)
_BESIDE = "album|folder|hq|hi|high|res|hires|full|small|large|size|dpi|[0-9]{1,4}(?:dpi|px)?"
FOLDERS = re.compile(
    rf"(?=(?:.*[\W_])?(?:{_PICTURES})(?:[\W_\d]|$))(?:(?:{_PICTURES}|{_BESIDE})(?:[\W_]+|$))+", re.IGNORECASE
)
FRONT = frozenset(
    [
        "front",
        "vorne",
        "vorderseite",
        "frontal",
        "frente",
        "recto",
        "avant",
        "fronte",
        "anverso",
        "frontcover",
        "coverfront",
        "frontside",
        "перед",
    ]
)
COVER = frozenset(
    [
        "cover",
        "covers",
        "folder",
        "albumart",
        "artwork",
        "albumartwork",
        "coverart",
        "albumcover",
        "cdcover",
        "sleeve",
        "jacket",
        "portada",
        "caratula",
        "carátula",
        "capa",
        "pochette",
        "copertina",
        "hülle",
        "omslag",
        "okładka",
        "obal",
        "borító",
        "обложка",
        "封面",
        "封皮",
        "ジャケット",
        "ジャケ",
        "커버",
        "앨범커버",
    ]
)
# Words that other pictures may have in their names too.
COVER_PERHAPS = frozenset("album art poster thumb thumbnail".split())  # noqa: SIM905
BACK_SIDE = frozenset(
    (  # noqa: SIM905
        "back rear inlay inside inner innen booklet tray spine obi matrix hinten verso backcover coverback backside "
        "arriere arrière interior rückseite rueckseite trasera contraportada contracapa reverso retro tył задник 封底 "
        "裏 裏面"
    ).split()
)
# Other things that a picture may show. With a word for a cover it is a cover again: "CD cover".
OTHER_THING = frozenset(
    (  # noqa: SIM905
        "disc disk cd dvd label side artist band logo fanart banner backdrop background spectrum spectrogram ticket "
        "sticker clearart cdart discart"
    ).split()
)
SMALL = {"small", "thumb", "thumbnail", "tiny", "mini"}
WORDS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")
GUID = re.compile(r"\{[0-9A-Fa-f-]{36}\}")


@dataclass(frozen=True)
class Choice:
    """Hold the chosen cover and the rejected pictures of an album.

    Attributes
    ----------
    cover : PurePath or None
    passed_over : tuple of (PurePath, str)
        The rejected pictures, each with the reason.
    """

    cover: PurePath | None
    passed_over: tuple[tuple[PurePath, str], ...] = ()


def choose(root: Path, images: Iterable[PurePath], album: str = "", place: PurePath | None = None) -> Choice:
    """Choose the cover among an album's pictures: fronts come first, then pictures in the album's own folder.

    Parameters
    ----------
    root : Path
        Root of the pictures' relative paths.
    images : iterable of PurePath
        Pictures in the album's folder and in its folders of scans (``FOLDERS``).
    album : str
        Name of the album, by which a cover may be called.
    place : PurePath, optional
        The album's folder, relative to ``root``.
    """
    ranked = sorted(images, key=lambda image: _rank(image, album, place))
    return _first_usable(root, ranked, album)


def _first_usable(root: Path, ranked: list[PurePath], album: str) -> Choice:
    """Take the first readable picture that is named as a cover, else the only readable one."""
    passed: list[tuple[PurePath, str]] = []
    usable = []
    cover = None
    for image in ranked:
        if cover is not None:
            passed.append((image, f"not taken as cover; {cover} is taken"))
            continue
        grade = _grade(image, album)
        if grade >= BACK:
            passed.append((image, "not taken as cover; its name is not that of a front"))
            continue
        trouble = pictures.fault(root / image)
        if trouble:
            passed.append((image, f"{trouble}; not taken as cover"))
        elif grade < UNNAMED:
            cover = image
        else:
            usable.append(image)
    if cover is None and len(usable) == 1:
        cover = usable.pop()
    for image in usable:
        why = f"not taken as cover; it is one of {len(usable)} images, rename one of them to cover, folder or front"
        if cover is not None:
            why = f"not taken as cover; {cover} is taken"
        passed.append((image, why))
    return Choice(cover, tuple(passed))


FIRST, NAMED, LIKELY, UNNAMED, BACK = range(5)


def _words(image: PurePath) -> list[str]:
    """Split the name of a picture into words in lower case, without the number at a word's end ("disc1", "back2")."""
    words = []
    for word in WORDS.split(unicodedata.normalize("NFC", GUID.sub(" ", image.stem))):
        word = word.rstrip("0123456789") or word
        if word:
            words.append(word.lower())
    return words


def _grade(image: PurePath, album: str) -> int:
    """Grade a name by how likely it is that of a front cover; lower is more likely."""
    words = set(_words(image))
    if image.stem.lower() in ("cover", "folder", "front"):
        return FIRST
    if words & FRONT:
        return NAMED
    if words & BACK_SIDE:
        return BACK
    if words & COVER:
        return NAMED
    if words & OTHER_THING:
        return BACK
    if words & COVER_PERHAPS:
        return LIKELY
    if album and set(_words(PurePath(f"{album}.x"))) <= words:
        return LIKELY
    return UNNAMED


def _rank(image: PurePath, album: str, place: PurePath | None) -> tuple:
    """Return the sort key of a picture; the most likely cover comes first."""
    words = _words(image)
    stem = image.stem.lower()
    depth = len(image.parts)
    if place is not None:
        depth -= len(place.parts)
    return (
        _grade(image, album) >= UNNAMED,
        depth,
        _grade(image, album),
        bool(SMALL & set(words)),
        "large" not in words,
        _position(stem, ("cover", "folder", "front")),
        _position(ending(image), PICTURES),
        len(stem),
        image.as_posix(),
    )


def _position(word: str, order: Sequence[str]) -> int:
    """Return the index of a word in a list, or the length of the list if it is not in it."""
    if word in order:
        return order.index(word)
    return len(order)


def embedded(paths: Iterable[Path]) -> tuple[bytes, list[tuple[Path, str]]]:
    """Return the first usable cover in the tags of some audio files.

    Returns
    -------
    data : bytes
        Empty if there is none.
    passed_over : list of (Path, str)
        Files whose pictures cannot be used, each with the reason; the same picture in several files is listed once.
    """
    passed: list[tuple[Path, str]] = []
    tried: set[bytes] = set()
    for path in paths:
        for data in tag_pictures.read(path):
            if data in tried:
                continue
            tried.add(data)
            trouble = pictures.fault(path, data)
            if not trouble:
                return data, passed
            passed.append((path, f"the picture in its tags is not taken as cover: {trouble}"))
    return b"", passed


def keep(data: bytes, folder: Path) -> str:
    """Store a picture in a catalogue's folder under a hash of its content.

    Returns
    -------
    cover : str
        Value for the column ``cover`` of the catalogue's table of albums.
    """
    with open_picture(io.BytesIO(data)) as image:
        suffix = str(image.format).lower()
    name = f"{COVER_FOLDER}/{hash_of(data, length=24)}.{suffix}"
    if not (folder / name).is_file():
        write_atomically(folder / name, data)
    return f"{OWN}{name}"


def completed(
    albums: pd.DataFrame, rows: pd.DataFrame, root: Path, folder: Path, problems: list[tuple[int | str, str, str]]
) -> list[str]:
    """Return the cover of each album: its image file, else a picture in the tags, stored with the catalogue.

    Parameters
    ----------
    albums : pd.DataFrame
        ``album_id``, ``cover`` (``""`` for albums without an image file).
    rows : pd.DataFrame
        One row per recording: ``album_id``, ``audio``, ``tag_picture`` (``no`` if its tags hold no picture).
    root : Path
        Root of the paths in ``audio``.
    folder : Path
        Folder of the catalogue.
    problems : list of (row, file, reason)
        Gets the pictures that cannot be used.
    """
    may_have_pictures = rows[(rows["audio"] != "") & (rows["tag_picture"] != "no")]
    audio = may_have_pictures.groupby("album_id")["audio"].agg(list)
    with_pictures = rows[rows["tag_picture"] == "yes"]
    first_with_picture = with_pictures.groupby("album_id")["audio"].first()
    covers = []
    for album_id, cover in albums[["album_id", "cover"]].itertuples(index=False, name=None):
        if cover:
            covers.append(cover)
            continue
        data, passed = embedded([root / name for name in audio.get(album_id, [])])
        for path, reason in passed:
            problems.append(("", path.relative_to(root).as_posix(), reason))
        if data:
            covers.append(keep(data, folder))
            continue
        covers.append("")
        if album_id in first_with_picture and not passed:
            reason = "the pictures in its tags are not fronts or cannot be read; not taken as cover"
            problems.append(("", first_with_picture[album_id], reason))
    return covers
