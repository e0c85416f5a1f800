"""Which picture is the cover of an album: of the files beside the music, else of those inside it.

Paper: none (Section 5.3 has covers from Amazon).  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath

import pandas as pd

from mumu_lib.catalogue import OWN
from mumu_lib.core import pictures
from mumu_lib.core.files import write_atomically
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.formats import PICTURES, ending
from mumu_lib.core.parsing import open_picture
from mumu_lib.sources.tags import pictures as inside

KEPT_IN = "covers"
# Folders that hold nothing but pictures of the album they lie in, e.g. "Scans", "Cover Art", "HQ Scans 600dpi": one word of
# the first line, and none but these.
_PICTURES = "scans?|art|artworks?|coverart|albumart|covers?|images?|img|pictures?|pics?|booklets?|inlay|front|graphics?|grafik|bilder|jpe?gs?|pngs?|tiffs?|fotos?|photos?"
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
# These are said of other pictures too.
COVER_PERHAPS = frozenset("album art poster thumb thumbnail".split())  # noqa: SIM905
BACK_SIDE = frozenset(
    "back rear inlay inside inner innen booklet tray spine obi matrix hinten verso backcover coverback backside arriere arrière interior rückseite rueckseite trasera contraportada contracapa reverso retro tył задник 封底 裏 裏面".split()  # noqa: SIM905
)
# What a picture may show instead of the cover; beside a word for a cover it is that of such a thing, "CD cover".
OTHER_THING = frozenset(
    "disc disk cd dvd label side artist band logo fanart banner backdrop background spectrum spectrogram ticket sticker clearart cdart discart".split()  # noqa: SIM905
)
SMALL = {"small", "thumb", "thumbnail", "tiny", "mini"}
WORDS = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])")
GUID = re.compile(r"\{[0-9A-Fa-f-]{36}\}")


@dataclass(frozen=True)
class Choice:
    """A cover, and the pictures that were not taken.

    Attributes
    ----------
    cover : PurePath or None
    passed_over : tuple of (PurePath, str)
        Each with the reason, in words.
    """

    cover: PurePath | None
    passed_over: tuple[tuple[PurePath, str], ...] = ()


def choose(root: Path, images: Iterable[PurePath], album: str = "", place: PurePath | None = None) -> Choice:
    """Choose the cover among an album's pictures: the front before all else, the album's folder before others.

    Parameters
    ----------
    root : Path
        What the pictures' paths are relative to.
    images : iterable of PurePath
        In the album's folder and those for pictures in it (``FOLDERS``).
    album : str
        Its name, which pictures may have.
    place : PurePath, optional
        The album's folder, relative to ``root``.
    """
    ranked = sorted(images, key=lambda image: _rank(image, album, place))
    return _first_usable(root, ranked, album)


def _first_usable(root: Path, ranked: list[PurePath], album: str) -> Choice:
    passed: list[tuple[PurePath, str]] = []
    usable = []
    cover = None
    for image in ranked:
        grade = _grade(image, album)
        if cover is not None:
            passed.append((image, f"not taken as cover; {cover} is"))
        elif grade >= BACK:
            passed.append((image, "by its name not the front; not taken as cover"))
        elif trouble := pictures.fault(root / image):
            passed.append((image, f"{trouble}; not taken as cover"))
        elif grade < UNNAMED:
            cover = image
        else:
            usable.append(image)
    if cover is None and len(usable) == 1:
        cover = usable.pop()
    for image in usable:
        why = f"{len(usable)} images, none called cover, folder or front; none taken"
        if cover is not None:
            why = f"not taken as cover; {cover} is"
        passed.append((image, why))
    return Choice(cover, tuple(passed))


FIRST, NAMED, LIKELY, UNNAMED, BACK = range(5)


def _words(image: PurePath) -> list[str]:
    found = []
    for word in WORDS.split(unicodedata.normalize("NFC", GUID.sub(" ", image.stem))):
        # "disc1", "back2"
        word = word.rstrip("0123456789") or word
        if word:
            found.append(word.lower())
    return found


def _grade(image: PurePath, album: str) -> int:
    """Say how surely a name is that of a front cover; lower is surer."""
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
    words = _words(image)
    stem = image.stem.lower()
    order = ("cover", "folder", "front")
    depth = len(image.parts)
    if place is not None:
        depth -= len(place.parts)
    return (
        _grade(image, album) >= UNNAMED,
        depth,
        _grade(image, album),
        bool(SMALL & set(words)),
        "large" not in words,
        order.index(stem) if stem in order else len(order),
        PICTURES.index(ending(image)) if ending(image) in PICTURES else len(PICTURES),
        len(stem),
        image.as_posix(),
    )


def embedded(paths: Iterable[Path]) -> tuple[bytes, list[tuple[Path, str]]]:
    """Return the first usable cover inside some sound files.

    Returns
    -------
    data : bytes
        Empty if there is none.
    passed_over : list of (Path, str)
        Files whose pictures cannot be used, each with the reason; a picture that several hold is named once.
    """
    passed: list[tuple[Path, str]] = []
    tried: set[bytes] = set()
    for path in paths:
        for data in inside.read(path):
            if data in tried:
                continue
            tried.add(data)
            trouble = pictures.fault(path, data)
            if not trouble:
                return data, passed
            passed.append((path, f"the picture in it is not taken as cover: {trouble}"))
    return b"", passed


def keep(data: bytes, folder: Path) -> str:
    """Keep a picture in a catalogue's folder, under a name made of its content.

    Returns
    -------
    cover : str
        As a catalogue's table of albums takes it.
    """
    with open_picture(io.BytesIO(data)) as image:
        suffix = str(image.format).lower()
    name = f"{KEPT_IN}/{hash_of(data, length=24)}.{suffix}"
    if not (folder / name).is_file():
        write_atomically(folder / name, data)
    return f"{OWN}{name}"


def completed(
    albums: pd.DataFrame, rows: pd.DataFrame, root: Path, folder: Path, problems: list[tuple[int | str, str, str]]
) -> list[str]:
    """Return the cover of each album: the file found, else a picture inside its recordings, kept with the catalogue.

    Parameters
    ----------
    albums : pd.DataFrame
        ``album_id``, ``cover`` ("" where no file was found).
    rows : pd.DataFrame
        A row a recording: ``album_id``, ``audio``, ``tag_picture`` (``no`` where its tags are known to hold none).
    root : Path
        What ``audio`` is relative to.
    folder : Path
        Of the catalogue.
    problems : list of (row, file, reason)
        Pictures that could not be taken are added.
    """
    looked_into = rows[(rows["audio"] != "") & (rows["tag_picture"] != "no")]
    audio = looked_into.groupby("album_id")["audio"].agg(list)
    with_pictures = rows[rows["tag_picture"] == "yes"]
    unlike_covers = with_pictures.groupby("album_id")["audio"].first()
    covers = []
    for album_id, cover in albums[["album_id", "cover"]].itertuples(index=False, name=None):
        if not cover:
            data, passed = embedded([root / name for name in audio.get(album_id, [])])
            for path, reason in passed:
                problems.append(("", path.relative_to(root).as_posix(), reason))
            cover = keep(data, folder) if data else ""
            if album_id in unlike_covers and not data and not passed:
                path = unlike_covers[album_id]
                problems.append(("", path, "the pictures in it show no front, or cannot be read; not taken as cover"))
        covers.append(cover)
    return covers
