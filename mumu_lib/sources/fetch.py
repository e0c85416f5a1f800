"""Download the published data: check the checksum, resume after a break, unpack only inside the target folder.

Paper: Section 3, footnote 3.  Notebook: 01.

    python -m mumu_lib.sources.fetch mumu --dry-run     list the files with their sizes
    python -m mumu_lib.sources.fetch mumu               download and unpack them below data/raw/mumu
"""

import argparse
import hashlib
import os
import shutil
import tarfile
import time
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import IO, Any

import pandas as pd
import requests

from mumu_lib.core import progress
from mumu_lib.core.arguments import Parser
from mumu_lib.core.errors import BadDataError, MumuError, ServiceError
from mumu_lib.core.files import atomic_path, make_folder, writing
from mumu_lib.core.parsing import UNEXPECTED, PlainInfo, parse_json, parsing, plain_name
from mumu_lib.core.paths import home
from mumu_lib.sources.web import RETRIED, body, retry_after

ZENODO = "https://zenodo.org/api/records"
# MuMu's record is given by its authors; MSD-I's was taken from names of folders that others use.
RECORDS = {"mumu": "831189", "msd-i": "1240485"}
# A cut connection loses at most one chunk, in bytes.
CHUNK = 1 << 14
# Seconds between two tries.
WAIT = 2.0
LONGEST_WAIT = 3600.0
METHODS = ("md5", "sha1", "sha256", "sha512")


def files(record: str, *, url: str = ZENODO) -> pd.DataFrame:
    """List the files of a published record.

    Returns
    -------
    files : pd.DataFrame
        ``name``, ``size`` (bytes), ``checksum`` (``md5:…``), ``url``.

    Raises
    ------
    ServiceError
        If the server does not reply, or not in the expected form.
    """
    rows = []
    try:
        with requests.get(f"{url}/{record}", timeout=60, stream=True) as reply:
            reply.raise_for_status()
            listed = parse_json(body(reply))["files"]
        for entry in listed:
            size = int(entry["size"])
            rows.append((str(entry["key"]), size, str(entry["checksum"]), str(entry["links"]["self"])))
    except requests.RequestException as error:
        raise ServiceError(f"{url}/{record}: {error}; try again later or download the record by hand") from None
    except UNEXPECTED as error:
        raise ServiceError(
            f"{url}/{record}: the reply is not a list of files ({error!r}); download the record by hand"
        ) from None
    return pd.DataFrame(rows, columns=["name", "size", "checksum", "url"])


def download(url: str, path: str | Path, *, checksum: str = "", retries: int = 5, wait: float = WAIT) -> Path:
    """Download a file; resume a broken download where it stopped, in this call or in the next one.

    Parameters
    ----------
    checksum : str
        ``md5:<hex>`` or ``sha256:<hex>``; ``""`` if none is published.
    retries : int
        Number of tries in a row that may fail without receiving a byte.
    wait : float
        Seconds before the first retry, doubled each time, if the server does not send a Retry-After.

    Returns
    -------
    path : Path

    Raises
    ------
    BadDataError
        If the complete file has another checksum; the file is removed.
    ServiceError
        If the server keeps failing; the bytes received so far are kept in ``<path>.part``.

    Examples
    --------
    >>> download("https://example.org/MuMu.zip", "MuMu.zip", checksum="md5:...")  # doctest: +SKIP
    """
    path = Path(path)
    if path.is_file() and (not checksum or digest(path, checksum) == checksum):
        return path
    make_folder(path.parent)
    part = path.with_name(path.name + ".part")
    _complete(url, part, retries, wait)
    if checksum:
        _check(url, part, checksum)
    os.replace(part, path)
    return path


def _complete(url: str, part: Path, retries: int, wait: float) -> None:
    """Append the missing bytes to a partial file; try again after a break."""
    failures = 0
    while True:
        before = _size(part)
        try:
            with writing(part):
                _append(url, part)
            return
        except _BrokenError as broken:
            failures += 1
            if _size(part) > before:
                failures = 0
            if failures > retries:
                raise ServiceError(f"{url}: {broken}; the bytes received are kept in {part}, run it again") from None
            seconds = broken.wait
            if seconds is None:
                seconds = wait * 2 ** max(failures - 1, 0)
            time.sleep(min(seconds, LONGEST_WAIT))


def _check(url: str, part: Path, checksum: str) -> None:
    """Remove a download with a wrong checksum and raise BadDataError."""
    found = digest(part, checksum)
    if found == checksum:
        return
    part.unlink()
    raise BadDataError(
        f"{url}: checksum {found}, expected {checksum}; the download was removed. Download it again; if the "
        f"checksum is still wrong, the published file has changed: pass checksum='' if you trust it"
    )


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return 0


class _BrokenError(Exception):
    """Report a download that stopped early; ``wait`` is the server's Retry-After in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def _append(url: str, part: Path) -> None:
    """Request the bytes that a partial file does not have and append them."""
    start = _size(part)
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    try:
        with requests.get(url, headers=headers, stream=True, timeout=60) as reply:
            if reply.status_code == 416:  # All bytes are there; the checksum decides whether they are right.
                return
            if reply.status_code in RETRIED:
                raise _BrokenError(f"{reply.status_code} {reply.reason}", retry_after(reply.raw))
            if not reply.ok:
                raise ServiceError(f"{url}: {reply.status_code} {reply.reason}")
            _save(reply, part, start)
    except ValueError as error:  # A malformed URL: trying again does not help.
        raise ServiceError(f"{url!r:.200} is not a URL ({error}); download the record by hand") from None
    except requests.RequestException as error:
        raise _BrokenError(str(error)) from None


def _save(reply: requests.Response, part: Path, start: int) -> None:
    """Write a reply to a partial file: append a partial reply (206), start over with a complete one."""
    mode = "ab"
    if reply.status_code != 206:
        mode = "wb"
        start = 0
    total = start
    length = reply.headers.get("Content-Length", "")
    if length.isascii() and length.isdecimal():
        total += int(length)
    with part.open(mode) as out, progress.bar(total=total or None, initial=start, desc=part.stem, unit="B") as bar:
        for chunk in reply.iter_content(CHUNK):
            bar.update(out.write(chunk))


def digest(path: Path, like: str) -> str:
    """Compute the checksum of a file with the method of another checksum (``md5:…``).

    Raises
    ------
    BadDataError
        If the method is not one of ``METHODS``.
    """
    method = like.partition(":")[0]
    if method not in METHODS:
        raise BadDataError(f"{path}: the method of the checksum {like!r:.80} must be {' or '.join(METHODS)}")
    with path.open("rb") as file:
        return f"{method}:{hashlib.file_digest(file, method).hexdigest()}"


def extract(archive: str | Path, folder: str | Path) -> list[str]:
    """Unpack a zip or tar archive; write nothing if the path of a member is outside the folder.

    Returns
    -------
    names : list of str
        The files in the archive.

    Raises
    ------
    BadDataError
        If the path of a member is outside the folder, a member is a link or device, the file is not a complete archive,
        or its content does not fit on the disk.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     with zipfile.ZipFile(f"{folder}/a.zip", "w") as zipped:
    ...         zipped.writestr("b/c.txt", "text")
    ...     extract(f"{folder}/a.zip", f"{folder}/out")
    ['b/c.txt']
    """
    archive = Path(archive)
    folder = Path(folder)
    with parsing(archive, "download it again", trouble="is not a complete zip or tar archive"):
        if zipfile.is_zipfile(archive):
            return _extract_zip(archive, folder)
        return _extract_tar(archive, folder)


def _extract_zip(archive: Path, folder: Path) -> list[str]:
    names = []
    with zipfile.ZipFile(archive) as zipped, writing(folder):
        entries = zipped.infolist()
        check_members(archive, folder, ((e.filename, e.file_size, not e.is_dir(), e.is_dir()) for e in entries))
        for entry in entries:
            if entry.is_dir():
                make_folder(folder / entry.filename)
            else:
                _unpack(zipped.open(entry), folder / entry.filename)
                names.append(entry.filename)
    return names


def _extract_tar(archive: Path, folder: Path) -> list[str]:
    names = []
    with tarfile.open(archive, tarinfo=PlainInfo) as tar, writing(folder):
        members = tar.getmembers()
        check_members(archive, folder, ((m.name, m.size, m.isfile(), m.isdir()) for m in members))
        for member in members:
            _unpack(tar.extractfile(member), folder / member.name)
            if member.isfile():
                os.utime(folder / member.name, (member.mtime, member.mtime))
                names.append(member.name)
    return names


def _unpack(source: IO[bytes] | None, path: Path) -> None:
    """Write a member of an archive atomically; make a folder if there is no source."""
    if source is None:
        make_folder(path)
        return
    with source, atomic_path(path) as part, part.open("wb") as out:
        shutil.copyfileobj(source, out)


def check_members(archive: Path, folder: Path, members: Iterable[tuple[str, int, bool, bool]]) -> None:
    """Refuse an archive with a member outside the folder, or whose content does not fit on the disk.

    Parameters
    ----------
    members : iterable of (str, int, bool, bool)
        Name, size in bytes, whether it is a file, whether it is a folder.

    Raises
    ------
    BadDataError
        If the archive is refused; nothing has been unpacked.
    """
    total = 0
    paths: list[PurePosixPath] = []
    files: set[PurePosixPath] = set()
    for name, size, is_file, is_folder in members:
        path = PurePosixPath(name.replace("\\", "/"))
        plain = is_folder or (is_file and path.parts)
        if not plain or _leads_out(path) or "\0" in name:
            raise BadDataError(
                f"{archive}: the member {name!r} must be a plain file or folder inside {folder}; nothing was unpacked"
            )
        total += size
        paths.append(path)
        if is_file:
            files.add(path)
    for path in paths:
        for parent in path.parents:
            if parent in files:
                raise BadDataError(
                    f"{archive}: {str(parent)!r} is both a file and a folder in it; nothing was unpacked, "
                    f"download it again"
                )
    make_folder(folder)
    free = shutil.disk_usage(folder).free
    if total > free:
        raise BadDataError(
            f"{archive} unpacks to {total / 1e9:.1f} GB, but {folder} has {free / 1e9:.1f} GB left; "
            f"nothing was unpacked"
        )


def _leads_out(path: PurePosixPath) -> bool:
    """Return whether a member's path may lead out of the folder it is unpacked to, on any system."""
    if path.is_absolute() or ".." in path.parts:
        return True
    return bool(path.parts) and ":" in path.parts[0]


def published(name: str, folder: str | Path | None = None, *, dry_run: bool = False, url: str = ZENODO) -> pd.DataFrame:
    """Download and unpack a published dataset.

    Parameters
    ----------
    name : str
        ``mumu``, ``msd-i`` or a Zenodo record number.
    folder : path, optional
        Default ``data/raw/<name>``.
    dry_run : bool
        Only list the files.

    Returns
    -------
    files : pd.DataFrame
        ``name``, ``size``, ``checksum``, ``url``.

    Examples
    --------
    >>> published("mumu", dry_run=True)["name"].tolist()  # doctest: +SKIP
    """
    listed = files(RECORDS.get(name, name), url=url)
    folder = Path(folder or home() / "data" / "raw" / name)
    if dry_run:
        return listed
    # Smallest files first: a wrong record is noticed before hours of download.
    for row in listed.sort_values("size").to_dict("records"):
        target = folder / plain_name(PurePosixPath(row["name"]).name, "the name of a download")
        path = download(row["url"], target, checksum=row["checksum"])
        if zipfile.is_zipfile(path) or tarfile.is_tarfile(path):
            extract(path, folder)
    return listed


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line: ``python -m mumu_lib.sources.fetch mumu [--folder F] [--dry-run]``."""
    parser = Parser(prog="python -m mumu_lib.sources.fetch", description="Download and unpack a published dataset.")
    parser.add_argument("name", help=f"{', '.join(RECORDS)} or a Zenodo record number")
    parser.add_argument("--folder", help="target folder (default: data/raw/<name>)")
    parser.add_argument("--dry-run", action="store_true", help="only list the files and their sizes")
    parser.add_argument("--url", default=ZENODO, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    try:
        listed = published(options.name, options.folder, dry_run=options.dry_run, url=options.url)
    except MumuError as error:
        parser.exit(1, f"{error}\n")
    for row in listed.to_dict("records"):
        print(f"{row['size'] / 1e6:10.1f} MB  {row['checksum']}  {row['name']}")
    print(f"{listed['size'].sum() / 1e6:10.1f} MB  in total")


if __name__ == "__main__":
    main()
