"""A library, one album after the other: judged, or listed with the reason; stopped and gone on with at any moment.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict``.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pandas as pd

from mumu_lib import prediction
from mumu_lib.catalogue import Catalogue
from mumu_lib.core import progress
from mumu_lib.core.errors import MissingDataError, MumuError
from mumu_lib.core.files import write_atomically
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.experiments import BY_NAME
from mumu_lib.prediction import trained
from mumu_lib.prediction.album import OwnAlbum
from mumu_lib.prediction.library import output, rows, shelves
from mumu_lib.prediction.library.heard import Heard, in_pieces
from mumu_lib.prediction.library.journal import Journal, alone
from mumu_lib.prediction.library.rows import Wanted
from mumu_lib.prediction.library.shelves import Shelved
from mumu_lib.prediction.trained import Trained
from mumu_lib.sources.collection.report import Report
from mumu_lib.sources.tagging.names import Names

# Albums whose recordings are decoded together, by processes that take seconds to start.
PIECE = 32


class Settled:
    """A trained collection whose runs are looked for once, and not once an album."""

    def __init__(self, known: Trained) -> None:
        self._known = known
        self._finished = known.finished()
        self._best: dict[str, Path | MissingDataError] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._known, name)

    def finished(self) -> pd.DataFrame:
        """Return the finished runs, as they were at the start."""
        return self._finished

    def best(self, modality: str) -> Path:
        """Return the folder of the best run of a modality; MissingDataError without one."""
        if modality not in self._best:
            try:
                self._best[modality] = self._known.best(modality)
            except MissingDataError as error:
                self._best[modality] = error
        found = self._best[modality]
        if isinstance(found, MissingDataError):
            raise MissingDataError(str(found))
        return found


@dataclass
class Library:
    """A library that was judged, album by album.

    Attributes
    ----------
    root, out : Path
    known : Trained
        By whose runs.
    albums : list of Shelved
    journal : Journal
        The answer of each album.
    heard : Heard
    names : Names
    report : Report
        What the reader passed over.
    before : int
        Albums that had been answered before.
    """

    root: Path
    out: Path
    known: Trained
    albums: list[Shelved]
    journal: Journal
    heard: Heard
    names: Names
    report: Report
    before: int = 0

    @property
    def failed(self) -> list[tuple[str, str]]:
        """Albums without an answer, and why."""
        found = []
        for album in self.albums:
            if self.journal.lines[album.album_id].failed:
                found.append((album.album_id, str(self.journal.read(album.album_id)["failed"])))
        return found

    @property
    def problems(self) -> Path:
        """File that lists what could not be used."""
        return self.out.with_name(f"{self.out.stem}.problems.csv")


def predict_library(
    root: str | Path,
    out: str | Path,
    catalogue: str | Path | Catalogue | Trained = "sample",
    *,
    wanted: Wanted | None = None,
    names: Names | None = None,
    workers: int = 0,
) -> Library:
    """Judge every album of a library, as :func:`mumu_lib.predict_album` judges one, and write a table.

    Can be stopped at any moment and called again: what is answered is kept in a journal beside the table, and only
    albums that are new, have changed or failed are judged, or all where the runs have changed.

    Parameters
    ----------
    root : path
        Of the library; its albums are found as :mod:`mumu_lib.sources.folder` finds them.
    out : path
        Ends with ``.csv``, ``.jsonl`` or ``.parquet``.
    catalogue : name, path, Catalogue or Trained
        As of :func:`mumu_lib.predict_album`.
    wanted : Wanted, optional
        Which rows; by default the genres that are kept.
    names : Names, optional
        Under which names labels stand in tags.
    workers : int
        Processes that decode; 0 is one a core.

    Returns
    -------
    library : Library

    Raises
    ------
    MissingDataError
        No such folder; no finished run that could judge an album.
    ParameterError
        An ending that is none of these.
    """
    path = Path(out).expanduser()
    output.check(path)
    known = cast(Trained, Settled(trained.opened(catalogue)))
    _need_runs(known)
    folder = Path(root).expanduser()
    report = Report()
    with alone(path):
        albums = shelves.find(folder, report)
        library = Library(folder, path, known, albums, Journal(path), Heard(workers), names or Names(), report)
        _answer(library, wanted or Wanted())
        output.write(path, _rows(library))
        _write_problems(library)
        library.journal.compact()
    return library


def _need_runs(known: Trained) -> None:
    """Stop before a library is walked through that nothing could be said of."""
    lacking = []
    for modality in ("audio", "text", "image"):
        try:
            known.best(modality)
        except MissingDataError as error:
            lacking.append(str(error))
        else:
            return
    raise MissingDataError("; ".join(lacking))


def _identity(known: Trained, wanted: Wanted) -> str:
    """Return what changes with anything that answers depend on beside an album."""
    # What came as a file may be unpacked anywhere.
    finished = known.finished().drop(columns="folder", errors="ignore").to_json(default_handler=str)
    return hash_of(known.name, known.fingerprint, finished, repr(wanted), length=24)


def _answer(library: Library, wanted: Wanted) -> None:
    """Answer the albums that have no answer yet, or another one by what has changed."""
    identity = _identity(library.known, wanted)
    made_of = {album.album_id: hash_of(identity, album.fingerprint(), length=24) for album in library.albums}
    todo = [album for album in library.albums if not library.journal.has(album.album_id, made_of[album.album_id])]
    library.before = len(library.albums) - len(todo)
    with progress.bar(None, "albums", len(library.albums), unit="album", initial=library.before) as bar:
        for piece in in_pieces(todo, PIECE):
            library.heard.ahead(piece)
            for album in piece:
                said = _said(library, album, wanted)
                library.journal.add(album.album_id, made_of[album.album_id], **said)
                bar.update()
            library.heard.forget()


def _said(library: Library, album: Shelved, wanted: Wanted) -> dict[str, Any]:
    """Judge one album; whatever goes wrong with it is its own affair."""
    own = OwnAlbum(album.folder, album.audio, album.cover, album.texts, [], library.heard.of(album))
    try:
        predicted = prediction.predict(own, library.known)
    except MumuError as error:
        return {"failed": _on_one_line(str(error), album.folder)}
    except Exception as error:  # One album must not stop a library.
        return {"failed": f"{type(error).__name__}: {error}"}
    skipped = predicted.skipped[["file", "reason"]].to_numpy().tolist()
    return {"rows": rows.of_album(predicted, wanted), "kept": rows.kept(predicted), "skipped": skipped}


def _on_one_line(reason: str, folder: Path) -> str:
    """Join the lines of a reason, without the album's own folder."""
    lines = [line.strip() for line in reason.removeprefix(f"{folder}: ").splitlines()]
    return "; ".join(lines)


def _rows(library: Library) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table, an album at a time."""
    parents = rows.parents_of(library.known.labels, library.known.links)
    for album in library.albums:
        said = library.journal.read(album.album_id)
        if said["failed"]:
            continue
        heard = [genre for genre, *_ in said["kept"]]
        agreement = rows.agreement(heard, album.tags, library.names, library.known.labels, parents)
        shared = rows.about(album, str(album.folder))
        shared["agreement"] = None if math.isnan(agreement) else agreement
        for row in said["rows"]:
            yield shared | row


def _write_problems(library: Library) -> None:
    """List albums without an answer, files that were not used, and what the reader passed over."""
    lines = []
    answered = 0
    runs = set(library.known.finished().index) | set(BY_NAME)
    notes: Counter[tuple[str, str]] = Counter()
    for album in library.albums:
        said = library.journal.read(album.album_id)
        if said["failed"]:
            lines.append((album.album_id, "", said["failed"]))
            continue
        answered += 1
        for file, reason in said["skipped"]:
            lines.append((album.album_id, file, reason))
            notes[file, reason] += file in runs
    # What a run cannot do for any album is said once.
    general = {note for note, count in notes.items() if count == answered and count > 1}
    lines = [line for line in lines if line[1:] not in general]
    for file, reason in sorted(general):
        lines.append(("", file, reason))
    for line in library.report.lines:
        lines.append(("", line[1], line[2]))
    write_atomically(library.problems, rows.problems(lines).to_csv(index=False))


def summary(library: Library) -> str:
    """Say how many albums were answered, what failed, and where it stands."""
    failed = library.failed
    answered = len(library.albums) - len(failed)
    kept = 0
    for album in library.albums:
        kept += bool(library.journal.read(album.album_id).get("kept"))
    lines = [
        f"{answered} of {len(library.albums)} albums answered, {library.before} of them before; "
        f"{kept} with a genre to keep: {library.out}"
    ]
    for name, reason in failed:
        lines.append(f"  no answer: {name}: {reason}")
    if failed:
        lines.append(f"{len(failed)} albums without an answer; mend them and type the same again")
    lines.append(f"what was not used, and why: {library.problems}")
    if library.known.synthetic:
        lines.append(f"catalogue {library.known.name!r} is made up: what it says means nothing of real music")
    return "\n".join(lines)
