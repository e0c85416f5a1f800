"""The catalogue of a rehearsal on disk: its tables, its knowledge base, its stores; the room they need; their removal.

A store is made as any other, shard by shard; interrupted and begun again, only the shards that are not there are made.
"""

import math
import shutil
from pathlib import Path

import numpy as np
import soundfile
from PIL import Image

from mumu_lib import catalogue
from mumu_lib.audio import SAMPLE_RATE, store as audio_store
from mumu_lib.audio.store import AudioStore, Settings
from mumu_lib.catalogue import Catalogue
from mumu_lib.core import commands
from mumu_lib.core.errors import MissingDataError, MumuError, ParameterError
from mumu_lib.core.files import atomic_path, locked, writing
from mumu_lib.core.paths import home
from mumu_lib.features import build
from mumu_lib.image import store as covers
from mumu_lib.image.store import CoverStore
from mumu_lib.linking.build import build as build_knowledge
from mumu_lib.rehearsal import contents, tables
from mumu_lib.rehearsal.tables import Size
from mumu_lib.series import values
from mumu_lib.series.sizes import size_of

NAME = "rehearsal-{}"
# Bytes of an album's tables, and of what runs keep of an album in all.
OF_TABLES, OF_RUNS = 14_000, 60_000
# Networks with their states, whatever the catalogue.
NETWORKS = 2e9
SECONDS = 20


def folder_of(albums: int) -> Path:
    """Return where the catalogue of a rehearsal lies."""
    return home() / "data" / NAME.format(albums)


def runs_of(albums: int) -> Path:
    """Return where its runs lie."""
    return home() / "runs" / NAME.format(albums)


def taken(albums: int) -> int:
    """Return the bytes that a rehearsal holds now."""
    found = 0
    for folder in (folder_of(albums), runs_of(albums)):
        if folder.is_dir():
            found += size_of(folder)
    return found


def room(size: Size, *, stores: bool) -> float:
    """Return the bytes that a rehearsal holds at its largest: a store is there twice until its shards are joined.

    Parameters
    ----------
    stores : bool
        Whether patches and covers are made.
    """
    needed = OF_TABLES * size.albums
    if not stores:
        return needed + OF_RUNS * size.albums / 10
    patches = _bytes_of_row(_sound("cqt", size.seed)) * size.tracks
    pictures = _bytes_of_row(contents.MadeCovers(size.seed)) * size.albums
    runs = OF_RUNS * size.albums + NETWORKS
    return needed + max(2 * patches, patches + 2 * pictures, patches + pictures + runs)


def _bytes_of_row(recipe: contents.MadeSound | contents.MadeCovers) -> int:
    return math.prod(recipe.shape) * np.dtype(recipe.dtype).itemsize


def _plain(kind: str) -> Settings:
    """Return the settings of features that  make paper  has."""
    given = values("paper")["audio"]
    return audio_store.settings(kind, given["patches"], given["seed"], "fast")


def _sound(kind: str, made: int) -> contents.MadeSound:
    """Return what makes sound up, under these settings."""
    plain = _plain(kind)
    return contents.MadeSound(plain.kind, plain.patches, plain.seed, plain.method, made)


def write_tables(size: Size) -> None:
    """Write tables, knowledge base, one recording and one picture; what is there already stays.

    Raises
    ------
    ParameterError
        The folder holds something else.
    """
    folder = folder_of(size.albums)
    with locked(folder):
        if _listed(folder, size):
            return
        _write_knowledge(folder, size.seed)
        _write_files(folder)
        catalogue.write(
            folder, name=folder.name, synthetic=True, source=size.source, roots={"audio": ".", "covers": "."},
            albums=tables.albums(size), tracks=tables.tracks(size), reviews=tables.reviews(size),
            branches=tables.branches(size.seed), min_albums=max(2, round(tables.FEWEST * size.albums / tables.ALBUMS)),
        )  # fmt: skip


def _listed(folder: Path, size: Size) -> bool:
    """Whether the catalogue is there; one of another size or seed is refused."""
    if not (folder / "catalogue.json").is_file():
        return False
    found = Catalogue(folder).info.get("source")
    if found != size.source:
        command = commands.python("mumu_lib", "rehearse", "--remove", albums=size.albums)
        raise ParameterError(f"{folder} holds {found!r}, not {size.source!r}; take it away first:  {command}")
    return True


def _write_knowledge(folder: Path, seed: int) -> None:
    base = knowledge_of(folder)
    if not (base / "info.json").is_file():
        dump = folder / "categories.ttl"
        tables.write_dump(dump, seed)
        build_knowledge(base, dump)


def knowledge_of(folder: Path) -> Path:
    """Return where the knowledge base of a rehearsal lies."""
    return folder / "knowledge"


def _write_files(folder: Path) -> None:
    """Write the recording and the picture that all tracks and albums name."""
    time = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    tone = 0.3 * np.sin(2 * np.pi * 220 * time) + 0.05 * np.random.default_rng(0).standard_normal(len(time))
    with atomic_path(folder / tables.SOUND) as part:
        soundfile.write(part, tone, SAMPLE_RATE, format="WAV")
    pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    with atomic_path(folder / tables.COVER) as part:
        Image.fromarray(pixels).resize((contents.SIZE, contents.SIZE)).save(part, format="JPEG")


def fill_sound(music: Catalogue, kind: str, made: int, workers: int = 0) -> None:
    """Make the store of CQT patches or timbre statistics, as notebook 04 will look for it."""
    plain = _plain(kind)
    todo = audio_store.jobs(music, plain)
    build.open_or_build(music, todo, _sound(kind, made), AudioStore, workers)
    build.note(music, todo, plain)


def fill_covers(music: Catalogue, made: int, workers: int = 0) -> None:
    """Make the store of covers, as notebook 06 will look for it."""
    build.open_or_build(music, covers.jobs(music), contents.MadeCovers(made), CoverStore, workers)


def opened(size: Size) -> Catalogue:
    """Open the catalogue of a rehearsal.

    Raises
    ------
    MissingDataError
        Its tables are not there.
    """
    folder = folder_of(size.albums)
    if not _listed(folder, size):
        raise MissingDataError(f"{folder} holds no catalogue; make it with the stage  tables")
    return Catalogue(folder)


def remove(albums: int) -> int:
    """Take a rehearsal's catalogue, runs and figures away, but for its record; return the bytes that were freed.

    Raises
    ------
    MumuError
        A folder is a link, or holds something that no rehearsal has made.
    """
    freed = taken(albums)
    for folder in (home() / "figures" / NAME.format(albums), runs_of(albums), folder_of(albums)):
        if not folder.is_dir():
            continue
        if folder.is_symlink():
            raise MumuError(f"{folder} is a link; it stays")
        if (folder / "catalogue.json").is_file() and not Catalogue(folder).info["source"].startswith("rehearsal:"):
            raise MumuError(f"{folder} is no catalogue of a rehearsal; it stays")
        with writing(folder):
            shutil.rmtree(folder)
    return freed
