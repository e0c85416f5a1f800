"""Downloads of the published data: checksum, resume after a break, extraction that stays in its folder.

Paper: Section 3, footnote 3.  Notebook: 01.

    python -m mumu_lib.sources.fetch mumu --dry-run     lists the files with their sizes
    python -m mumu_lib.sources.fetch mumu               gets and unpacks them below data/raw/mumu
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
# MSD-I's number comes from other people's folder names; MuMu's from its authors.
RECORDS = {"mumu": "831189", "msd-i": "1240485"}
# What a cut connection can cost: a chunk that has not come whole is lost.
CHUNK = 1 << 14
WAIT, LONGEST_WAIT = 2.0, 3600.0
METHODS = ("md5", "sha1", "sha256", "sha512")


def files(record: str, *, url: str = ZENODO) -> pd.DataFrame:
    """Files of a published record.

    Returns
    -------
    files : pd.DataFrame
        ``name``, ``size`` (bytes), ``checksum`` (``md5:…``), ``url``.

    Raises
    ------
    ServiceError
        No reply, or one of another form.
    """
    try:
        with requests.get(f"{url}/{record}", timeout=60, stream=True) as reply:
            reply.raise_for_status()
            listed = parse_json(body(reply))["files"]
        found = [(str(f["key"]), int(f["size"]), str(f["checksum"]), str(f["links"]["self"])) for f in listed]
    except requests.RequestException as error:
        raise ServiceError(f"{url}/{record}: {error}; try again later or download the record by hand") from None
    except UNEXPECTED as error:
        raise ServiceError(
            f"{url}/{record}: the reply lists no files ({error!r}); download the record by hand"
        ) from None
    return pd.DataFrame(found, columns=["name", "size", "checksum", "url"])


def download(url: str, path: str | Path, *, checksum: str = "", retries: int = 5, wait: float = WAIT) -> Path:
    """Download a file; a broken one is continued where it stopped, now or at the next call.

    Parameters
    ----------
    checksum : str
        ``md5:<hex>`` or ``sha256:<hex>``; ``""`` for a file that has none published.
    retries : int
        How often a broken connection is taken up again without any byte gained.
    wait : float
        Seconds before the first repetition, doubled each time, where the server names none.

    Returns
    -------
    path : Path

    Raises
    ------
    BadDataError
        Whole, but with another checksum; the file is removed.
    ServiceError
        The server keeps failing; what came stays beside the file as ``.part``.
    """
    path = Path(path)
    if path.is_file() and (not checksum or digest(path, checksum) == checksum):
        return path
    make_folder(path.parent)
    part = path.with_name(path.name + ".part")
    tries = 0
    while True:
        before = part.stat().st_size if part.is_file() else 0
        try:
            with writing(part):
                _append(url, part)
            break
        except _Broken as broken:
            gained = part.is_file() and part.stat().st_size > before
            tries = 0 if gained else tries + 1
            if tries > retries:
                raise ServiceError(f"{url}: {broken}; what came is kept in {part}, run it again to go on") from None
            time.sleep(min(broken.wait if broken.wait is not None else wait * 2 ** max(tries - 1, 0), LONGEST_WAIT))
    if checksum and (found := digest(part, checksum)) != checksum:
        part.unlink()
        raise BadDataError(
            f"{url}: checksum {found}, expected {checksum}; the download was removed. Get it again; if it stays so, "
            f"the published file has changed: pass checksum='' once you trust it"
        )
    os.replace(part, path)
    return path


class _Broken(Exception):
    """A download stopped early; ``wait`` is what the server asked for, in seconds."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def _append(url: str, part: Path) -> None:
    at = part.stat().st_size if part.is_file() else 0
    headers = {"Range": f"bytes={at}-", "Accept-Encoding": "identity"} if at else {"Accept-Encoding": "identity"}
    try:
        with requests.get(url, headers=headers, stream=True, timeout=60) as reply:
            if reply.status_code == 416:  # Nothing beyond what is here; the checksum has the last word.
                return
            if reply.status_code in RETRIED:
                raise _Broken(f"{reply.status_code} {reply.reason}", retry_after(reply.raw))
            if not reply.ok:
                raise ServiceError(f"{url}: {reply.status_code} {reply.reason}")
            resumed = reply.status_code == 206
            length = reply.headers.get("Content-Length", "")
            size = (int(length) if length.isascii() and length.isdecimal() else 0) + (at if resumed else 0)
            with (
                part.open("ab" if resumed else "wb") as out,
                progress.bar(total=size or None, initial=at if resumed else 0, desc=part.stem, unit="B") as bar,
            ):
                for chunk in reply.iter_content(CHUNK):
                    bar.update(out.write(chunk))
    except ValueError as error:  # An address that no later try makes better.
        raise ServiceError(f"{url!r:.200} is no address ({error}); download the record by hand") from None
    except requests.RequestException as error:
        raise _Broken(str(error)) from None


def digest(path: Path, like: str) -> str:
    """Checksum of a file, by the method that another one names (``md5:…``)."""
    method = like.partition(":")[0]
    if method not in METHODS:
        raise BadDataError(f"{path}: the checksum {like!r:.80} is of no known method, {' or '.join(METHODS)}")
    with path.open("rb") as file:
        return f"{method}:{hashlib.file_digest(file, method).hexdigest()}"


def extract(archive: str | Path, folder: str | Path) -> list[str]:
    """Unpack a zip or tar archive; nothing is written if any name leads out of the folder.

    Returns
    -------
    names : list of str
        The files in it.

    Raises
    ------
    BadDataError
        A name leads out, a member is a link or device, the archive is cut, or is none, or does not fit on the disk.
    """
    archive, folder = Path(archive), Path(folder)
    with parsing(archive, "get it again", trouble="is no whole zip or tar archive"):
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped, writing(folder):
                check_members(
                    archive, folder, ((m.filename, m.file_size, not m.is_dir(), m.is_dir()) for m in zipped.infolist())
                )
                for entry in zipped.infolist():
                    _unpack(None if entry.is_dir() else zipped.open(entry), folder / entry.filename)
                return [m.filename for m in zipped.infolist() if not m.is_dir()]
        with tarfile.open(archive, tarinfo=PlainInfo) as tar, writing(folder):
            members = tar.getmembers()
            check_members(archive, folder, ((m.name, m.size, m.isfile(), m.isdir()) for m in members))
            for member in members:
                _unpack(tar.extractfile(member), folder / member.name)
                if member.isfile():
                    os.utime(folder / member.name, (member.mtime, member.mtime))
            return [m.name for m in members if m.isfile()]


def _unpack(source: IO[bytes] | None, path: Path) -> None:
    """Write a member of an archive, whole or not at all; without a source make a folder."""
    if source is None:
        make_folder(path)
        return
    with source, atomic_path(path) as part, part.open("wb") as out:
        shutil.copyfileobj(source, out)


def check_members(archive: Path, folder: Path, members: Iterable[tuple[str, int, bool, bool]]) -> None:
    """Refuse an archive of which a member leads out of the folder, or that does not fit on the disk.

    Parameters
    ----------
    members : iterable of (str, int, bool, bool)
        Name, size in bytes, whether it is a file, whether it is a folder.

    Raises
    ------
    BadDataError
    """
    total, places, files = 0, list[PurePosixPath](), set[PurePosixPath]()
    for name, size, is_file, is_folder in members:
        path = PurePosixPath(name.replace("\\", "/"))
        if (
            path.is_absolute()
            or ".." in path.parts
            or ":" in "".join(path.parts[:1])
            or "\0" in name
            or not ((is_file and path.parts) or is_folder)
        ):
            raise BadDataError(
                f"{archive}: the member {name!r} leads out of {folder} or is no plain file; nothing was unpacked"
            )
        total += size
        places.append(path)
        files |= {path} if is_file else set()
    if clash := next((str(p) for path in places for p in path.parents if p in files), None):
        raise BadDataError(f"{archive}: {clash!r} is a file and a folder in it; nothing was unpacked, get it again")
    make_folder(folder)
    if total > (free := shutil.disk_usage(folder).free):
        raise BadDataError(
            f"{archive} unpacks to {total / 1e9:.1f} GB, but {folder} has {free / 1e9:.1f} GB left; nothing was unpacked"
        )


def published(name: str, folder: str | Path | None = None, *, dry_run: bool = False, url: str = ZENODO) -> pd.DataFrame:
    """Get and unpack a published dataset.

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
    """
    found = files(RECORDS.get(name, name), url=url)
    folder = Path(folder or home() / "data" / "raw" / name)
    if dry_run:
        return found
    # Small files first: a README or a wrong record shows before hours of download.
    for row in found.sort_values("size").to_dict("records"):
        to = folder / plain_name(PurePosixPath(row["name"]).name, "the name of a download")
        path = download(row["url"], to, checksum=row["checksum"])
        if zipfile.is_zipfile(path) or tarfile.is_tarfile(path):
            extract(path, folder)
    return found


def main(arguments: list[str] | None = None) -> Any:
    """Command line: ``python -m mumu_lib.sources.fetch mumu [--folder F] [--dry-run]``."""
    parser = Parser(prog="python -m mumu_lib.sources.fetch", description="Get a published dataset.")
    parser.add_argument("name", help=f"{', '.join(RECORDS)} or a Zenodo record number")
    parser.add_argument("--folder", help="where to put it (default: data/raw/<name>)")
    parser.add_argument("--dry-run", action="store_true", help="only list the files and their sizes")
    parser.add_argument("--url", default=ZENODO, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    try:
        found = published(chosen.name, chosen.folder, dry_run=chosen.dry_run, url=chosen.url)
    except MumuError as error:
        parser.exit(1, f"{error}\n")
    for row in found.to_dict("records"):
        print(f"{row['size'] / 1e6:10.1f} MB  {row['checksum']}  {row['name']}")
    print(f"{found['size'].sum() / 1e6:10.1f} MB  in all")


if __name__ == "__main__":
    main()
