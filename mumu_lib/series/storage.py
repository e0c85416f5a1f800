"""What of a home takes how much of the disk, what nothing refers to any more, and taking that away.

Read by ``python -m mumu_lib disk``. Links are not followed, neither to count nor to remove; nothing outside of the home
is touched.
"""

import dataclasses
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mumu_lib.audio import store as audio_store
from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import MumuError
from mumu_lib.core.files import writing
from mumu_lib.core.parsing import read_json
from mumu_lib.core.paths import home
from mumu_lib.series import values
from mumu_lib.series.inventory import CQT, notebook_of

# What can be removed, and what each word means.
KINDS = {
    "leftovers": "what killed processes left half-written",
    "stores": "features of settings that no run uses, and of versions that nothing reads",
    "runs": "runs of catalogues that are gone or have changed since, and trainings that were set aside",
    "caches": "what is made again when it is needed",
}
HALF_WRITTEN = re.compile(r".+\.[0-9a-f]{8}\.tmp")
# What is younger may still be written.
DAY = 86400
AGAIN = "delete it"
ELSEWHERE = "no catalogue of this name is in data/; is it elsewhere, then  python -m mumu_lib disk ITS_FOLDER"


@dataclasses.dataclass(frozen=True)
class Item:
    """Something that takes room.

    Attributes
    ----------
    what : str
        Catalogue, store, run, cache, pretrained, download, figures, or leftover.
    name : str
        Within the home.
    path : Path
    size : int
        Bytes on the disk, without what links point to.
    kind : str
        Of :data:`KINDS`, where nothing refers to it; else empty.
    why : str
        Why nothing refers to it, or what is special.
    locks : tuple of Path
        Files that are held by whoever uses it.
    """

    what: str
    name: str
    path: Path
    size: int
    kind: str = ""
    why: str = ""
    locks: tuple[Path, ...] = ()


def size_of(path: Path) -> int:
    """Return how many bytes a file or folder takes; a link takes none, and a file of two names counts once."""
    seen: set[tuple[int, int]] = set()
    total = 0
    for part in (path, *_below(path)):
        try:
            facts = os.lstat(part)
        except FileNotFoundError:
            # Somebody at work there has taken it away meanwhile.
            continue
        key = (facts.st_dev, facts.st_ino)
        if key not in seen and not os.path.islink(part) and not os.path.isdir(part):
            seen.add(key)
            # Windows does not say how many blocks a file takes.
            total += getattr(facts, "st_blocks", -(-facts.st_size // 512)) * 512
    return total


def _below(path: Path) -> Iterator[Path]:
    """Yield everything in a folder and its folders, links included but not followed."""
    if path.is_symlink() or not path.is_dir():
        return
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            yield Path(folder, name)


def listing(elsewhere: Iterable[Path] = ()) -> list[Item]:
    """Return what a home holds, by what it is.

    Parameters
    ----------
    elsewhere : iterable of Path
        Folders of catalogues that lie outside of ``data/``, whose runs are in use.
    """
    prints: dict[str, str] = {}
    found: list[Item] = []
    # Catalogues behind a link are in use as well, though they are not counted.
    beside = sorted(path.parent for path in (home() / "data").glob("*/catalogue.json"))
    for folder in (*elsewhere, *beside):
        _print_of(folder, prints)
    for folder in _folders(home() / "data"):
        found += _data(folder)
    for folder in _folders(home() / "runs"):
        found += _runs(folder, prints)
    running = sorted((home() / "runs").glob("*/series.lock"))
    for folder in _folders(home() / "cache"):
        found.append(_item("cache", folder, "caches", "it is made again when it is needed", running))
    for folder in _folders(home() / "figures"):
        found.append(_item("figures", folder))
    return found


def _print_of(folder: Path, prints: dict[str, str]) -> None:
    """Join a catalogue's name and fingerprint to those known; of one that cannot be read only the name."""
    try:
        music = Catalogue(folder)
        prints[music.name] = music.fingerprint if len(music.albums) else ""
    except (MumuError, OSError, ValueError):
        prints[_name_of(folder)] = ""


def _name_of(folder: Path) -> str:
    """Return the name of a catalogue, by which its runs are called: not always that of its folder."""
    try:
        return str(read_json(folder / "catalogue.json", AGAIN).get("name", folder.name))
    except MumuError:
        return folder.name


def _folders(base: Path) -> list[Path]:
    """Return the folders in one, without links, none of which is ours to follow."""
    if base.is_symlink() or not base.is_dir():
        return []
    return sorted(path for path in base.iterdir() if path.is_dir() and not path.is_symlink())


def _item(what: str, path: Path, kind: str = "", why: str = "", locks: Sequence[Path] = ()) -> Item:
    return Item(what, path.relative_to(home()).as_posix(), path, size_of(path), kind, why, tuple(locks))


def _data(folder: Path) -> Iterator[Item]:
    """Yield what one folder of ``data/`` holds."""
    if (folder / "catalogue.json").is_file():
        whole, name = _item("catalogue", folder), _name_of(folder)
        stores = list(_stores(folder / "features", name))
        taken = sum(item.size for item in stores)
        yield dataclasses.replace(whole, size=whole.size - taken, why="without its features")
        yield from stores
        yield from _half_written(folder.glob("*"), name)
    elif folder.name == "features":
        for place in _folders(folder):
            yield from _stores(place, place.name)
    elif folder.name == "pretrained":
        for place in _folders(folder):
            yield _item("pretrained", place)
    else:
        yield _item("download", folder)


def _stores(place: Path, name: str) -> Iterator[Item]:
    used = _used_stores(name)
    for folder in _folders(place):
        lock = folder / "lock"
        known = CQT.fullmatch(folder.name) or folder.name.startswith(("cqt-", "timbre-"))
        if known and folder.name not in used and not _young(folder):
            yield _item("store", folder, "stores", "no run uses features of these settings", [lock])
        else:
            yield _item("store", folder)
            yield from _half_written([*folder.glob("*"), *folder.glob("shards/*")], name, lock)


def _young(folder: Path) -> bool:
    """Whether a folder was written to in the last day, maybe by a share of the features, which holds no lock."""
    return any(os.lstat(path).st_mtime > time.time() - DAY for path in (folder, *_below(folder)))


def _used_stores(name: str) -> set[str]:
    """Return the stores of sound that the runs of a catalogue, or the next of its series, are made of."""
    wanted = [values("sample")["audio"], values("paper")["audio"]]
    for path in sorted((home() / "runs" / name).glob("*/params.json")):
        try:
            stored = read_json(path, AGAIN)
        except MumuError:
            continue
        if notebook_of(stored) == "04_audio":
            wanted.append(stored)
    found = {audio_store.settings("timbre", 1, 0, "fast").name}
    for given in wanted:
        patches, seed = given.get("patches"), given.get("seed")
        if isinstance(patches, int) and isinstance(seed, int) and patches > 0:
            found.add(audio_store.settings("cqt", patches, seed, "fast").name)
    return found


def _runs(folder: Path, prints: dict[str, str]) -> Iterator[Item]:
    """Yield the runs of one catalogue."""
    locks = [folder / "series.lock", folder / "lock"]
    for run in _folders(folder):
        why = _unused(run, folder.name, prints)
        aside: list[Item] = []
        if not why:
            for path in sorted(run.rglob("before")):
                if path.is_dir() and not path.is_symlink():
                    aside.append(_item("run", path, "runs", "a training on other data, set aside", locks))
            yield from _half_written(run.rglob("*"), folder.name, *locks)
        whole = _item("run", run, "runs" if why else "", why, locks)
        yield dataclasses.replace(whole, size=whole.size - sum(item.size for item in aside))
        yield from aside
    yield from _half_written(folder.glob("*"), folder.name, *locks)


def _unused(run: Path, name: str, prints: dict[str, str]) -> str:
    """Say why nothing refers to a run; empty where something does, or where that is not known."""
    if name not in prints:
        return ELSEWHERE
    try:
        stored = read_json(run / "params.json", AGAIN)
    except MumuError:
        return ""
    if prints[name] and stored.get("fingerprint", prints[name]) != prints[name]:
        return "made on the catalogue as it was before"
    return ""


def _half_written(paths: Iterable[Path], name: str, *locks: Path) -> Iterator[Item]:
    own = [home() / "runs" / name / "series.lock", *locks]
    for path in sorted(paths):
        if not HALF_WRITTEN.fullmatch(path.name) or path.is_symlink():
            continue
        if path.lstat().st_mtime < time.time() - DAY:
            yield _item("leftover", path, "leftovers", "half-written by a process that was killed", own)


def remove(item: Item) -> None:
    """Take one item away, unless somebody uses it.

    Raises
    ------
    MumuError
        It is in use, lies outside of the home or behind a link, or something refers to it.
    WriteError
        It cannot be removed, for want of the right to.
    """
    _must_be_ours(item)
    with ExitStack() as held:
        for path in item.locks:
            if path.is_file():
                held.enter_context(_free(path))
        with writing(item.path):
            if item.path.is_dir():
                shutil.rmtree(item.path)
            else:
                item.path.unlink(missing_ok=True)


def _must_be_ours(item: Item) -> None:
    base = home().resolve()
    if not item.kind:
        raise MumuError(f"{item.path} is in use; it stays")
    if item.path.is_symlink() or item.path.parent.resolve() != base / item.path.parent.relative_to(home()):
        raise MumuError(f"{item.path} lies behind a link; it stays")


def _free(lock: Path) -> Any:
    held = FileLock(lock)
    try:
        return held.acquire(timeout=0)
    except (Timeout, OSError):
        raise MumuError(f"somebody is at work there (they hold {lock}); it stays") from None
