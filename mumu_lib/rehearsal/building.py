"""Write the catalogue of a rehearsal: tables, knowledge base and stores; estimate their size; remove them.

Stores are built shard by shard, like all stores; after an interruption only the missing shards are made.
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
# Bytes for each album: of its tables, and of all runs together.
TABLE_BYTES = 14_000
RUN_BYTES = 60_000
# Bytes of the networks and their training states, for a catalogue of any size.
NETWORK_BYTES = 2e9
SECONDS = 20


def folder_of(albums: int) -> Path:
    """Return the folder of the catalogue of a rehearsal."""
    return home() / "data" / NAME.format(albums)


def runs_of(albums: int) -> Path:
    """Return the folder of the runs of a rehearsal."""
    return home() / "runs" / NAME.format(albums)


def taken(albums: int) -> int:
    """Return the bytes that a rehearsal uses now."""
    size = 0
    for folder in (folder_of(albums), runs_of(albums)):
        if folder.is_dir():
            size += size_of(folder)
    return size


def room(size: Size, *, stores: bool) -> float:
    """Estimate the most bytes that a rehearsal uses at one time; a store exists twice while its shards are joined.

    Parameters
    ----------
    stores : bool
        Whether patches and covers are made.
    """
    needed = TABLE_BYTES * size.albums
    if not stores:
        return needed + RUN_BYTES * size.albums / 10
    patches = _bytes_of_row(_sound("cqt", size.seed)) * size.tracks
    pictures = _bytes_of_row(contents.MadeCovers(size.seed)) * size.albums
    runs = RUN_BYTES * size.albums + NETWORK_BYTES
    return needed + max(2 * patches, patches + 2 * pictures, patches + pictures + runs)


def _bytes_of_row(recipe: contents.MadeSound | contents.MadeCovers) -> int:
    return math.prod(recipe.shape) * np.dtype(recipe.dtype).itemsize


def _plain(kind: str) -> Settings:
    """Return the settings of the features of  make paper."""
    given = values("paper")["audio"]
    return audio_store.settings(kind, given["patches"], given["seed"], "fast")


def _sound(kind: str, made: int) -> contents.MadeSound:
    """Return the recipe of made-up audio features with the settings of  make paper."""
    plain = _plain(kind)
    return contents.MadeSound(plain.kind, plain.patches, plain.seed, plain.method, made)


def write_tables(size: Size) -> None:
    """Write tables, knowledge base, one recording and one picture, unless they exist.

    Raises
    ------
    ParameterError
        The folder holds another catalogue.
    """
    folder = folder_of(size.albums)
    with locked(folder):
        if _is_complete(folder, size):
            return
        _write_knowledge(folder, size.seed)
        _write_files(folder)
        catalogue.write(
            folder, name=folder.name, synthetic=True, source=size.source, roots={"audio": ".", "covers": "."},
            albums=tables.albums(size), tracks=tables.tracks(size), reviews=tables.reviews(size),
            branches=tables.branches(size.seed), min_albums=max(2, round(tables.MIN_ALBUMS * size.albums / tables.ALBUMS)),
        )  # fmt: skip


def _is_complete(folder: Path, size: Size) -> bool:
    """Return whether the catalogue exists; raise an error if it has another size or seed."""
    if not (folder / "catalogue.json").is_file():
        return False
    source = Catalogue(folder).info.get("source")
    if source != size.source:
        command = commands.python("mumu_lib", "rehearse", "--remove", albums=size.albums)
        raise ParameterError(f"{folder} holds {source!r}, not {size.source!r}; remove it first:  {command}")
    return True


def _write_knowledge(folder: Path, seed: int) -> None:
    base = knowledge_of(folder)
    if not (base / "info.json").is_file():
        dump = folder / "categories.ttl"
        tables.write_dump(dump, seed)
        build_knowledge(base, dump)


def knowledge_of(folder: Path) -> Path:
    """Return the folder of the knowledge base of a rehearsal."""
    return folder / "knowledge"


def _write_files(folder: Path) -> None:
    """Write the recording of all tracks and the cover of all albums."""
    time = np.arange(SECONDS * SAMPLE_RATE) / SAMPLE_RATE
    tone = 0.3 * np.sin(2 * np.pi * 220 * time) + 0.05 * np.random.default_rng(0).standard_normal(len(time))
    with atomic_path(folder / tables.SOUND) as part:
        soundfile.write(part, tone, SAMPLE_RATE, format="WAV")
    pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 3)).astype(np.uint8)
    with atomic_path(folder / tables.COVER) as part:
        Image.fromarray(pixels).resize((contents.SIZE, contents.SIZE)).save(part, format="JPEG")


def fill_sound(music: Catalogue, kind: str, made: int, workers: int = 0) -> None:
    """Build the store of CQT patches or timbre statistics that notebook 04 will open."""
    plain = _plain(kind)
    todo = audio_store.jobs(music, plain)
    build.open_or_build(music, todo, _sound(kind, made), AudioStore, workers)
    build.note(music, todo, plain)


def fill_covers(music: Catalogue, made: int, workers: int = 0) -> None:
    """Build the store of covers that notebook 06 will open."""
    build.open_or_build(music, covers.jobs(music), contents.MadeCovers(made), CoverStore, workers)


def opened(size: Size) -> Catalogue:
    """Open the catalogue of a rehearsal.

    Raises
    ------
    MissingDataError
        Its tables are missing.
    """
    folder = folder_of(size.albums)
    if not _is_complete(folder, size):
        raise MissingDataError(f"{folder} holds no catalogue; make it with the stage  tables")
    return Catalogue(folder)


def remove(albums: int) -> int:
    """Remove the catalogue, runs and figures of a rehearsal, but not its record; return the bytes that were freed.

    Raises
    ------
    MumuError
        A folder is a link, or holds a catalogue that is not from a rehearsal.
    """
    freed = taken(albums)
    for folder in (home() / "figures" / NAME.format(albums), runs_of(albums), folder_of(albums)):
        if not folder.is_dir():
            continue
        if folder.is_symlink():
            raise MumuError(f"{folder} is a link; it stays")
        if (folder / "catalogue.json").is_file() and not Catalogue(folder).info["source"].startswith("rehearsal:"):
            raise MumuError(f"{folder} is not a catalogue of a rehearsal; it stays")
        with writing(folder):
            shutil.rmtree(folder)
    return freed
