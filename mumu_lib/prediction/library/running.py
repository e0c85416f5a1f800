"""Predict the genres of a library, album by album; list failures; resume after an interruption.

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
from mumu_lib.prediction.library.journal import Journal, output_lock
from mumu_lib.prediction.library.rows import Wanted
from mumu_lib.prediction.library.shelves import Shelved
from mumu_lib.prediction.trained import Trained
from mumu_lib.sources.collection.report import Report
from mumu_lib.sources.tagging.names import Names

# Albums whose recordings are decoded together: worker processes take seconds to start.
PIECE = 32


class FixedRuns:
    """A trained collection whose runs are searched once, not once per album."""

    def __init__(self, learned: Trained) -> None:
        self._learned = learned
        self._finished = learned.finished()
        self._best: dict[str, Path | MissingDataError] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._learned, name)

    def finished(self) -> pd.DataFrame:
        """Return the runs that were finished at the start."""
        return self._finished

    def best(self, modality: str) -> Path:
        """Return the folder of the best run of a modality; MissingDataError without one."""
        if modality not in self._best:
            try:
                self._best[modality] = self._learned.best(modality)
            except MissingDataError as error:
                self._best[modality] = error
        folder = self._best[modality]
        if isinstance(folder, MissingDataError):
            raise MissingDataError(str(folder))
        return folder


@dataclass
class Library:
    """A music library with the predictions of its albums.

    Attributes
    ----------
    root, out : Path
    learned : Trained
        Collection whose runs predict.
    albums : list of Shelved
    journal : Journal
        Result of each album.
    heard : Heard
    names : Names
    report : Report
        Files that were ignored.
    before : int
        Number of albums that were finished before.
    """

    root: Path
    out: Path
    learned: Trained
    albums: list[Shelved]
    journal: Journal
    heard: Heard
    names: Names
    report: Report
    before: int = 0

    @property
    def failed(self) -> list[tuple[str, str]]:
        """Albums without a result, and reasons."""
        failed = []
        for album in self.albums:
            if self.journal.lines[album.album_id].failed:
                failed.append((album.album_id, str(self.journal.read(album.album_id)["failed"])))
        return failed

    @property
    def problems(self) -> Path:
        """File that lists unusable files and failed albums."""
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
    """Predict the genres of every album of a library, as :func:`mumu_lib.predict_album` does for one; write a table.

    May be interrupted and called again: results are stored in a journal next to the table. Only new, changed and failed
    albums are repeated, or all if the runs have changed.

    Parameters
    ----------
    root : path
        Folder of the library; its albums are found as in :mod:`mumu_lib.sources.folder`.
    out : path
        Ends with ``.csv``, ``.jsonl`` or ``.parquet``.
    catalogue : name, path, Catalogue or Trained
        As in :func:`mumu_lib.predict_album`.
    wanted : Wanted, optional
        Rows of the table; by default the genres that are kept.
    names : Names, optional
        Names of the labels in tags.
    workers : int
        Processes that decode; 0 means one per core.

    Returns
    -------
    library : Library

    Raises
    ------
    MissingDataError
        The folder does not exist; there is no finished run that could encode an album.
    ParameterError
        The ending of the table is unknown.

    Examples
    --------
    >>> predict_library("Music", "genres.csv", "mine").failed  # doctest: +SKIP
    []
    """
    path = Path(out).expanduser()
    output.check(path)
    learned = cast(Trained, FixedRuns(trained.open_trained(catalogue)))
    _need_runs(learned)
    folder = Path(root).expanduser()
    report = Report()
    with output_lock(path):
        albums = shelves.find(folder, report)
        library = Library(folder, path, learned, albums, Journal(path), Heard(workers), names or Names(), report)
        _predict_albums(library, wanted or Wanted())
        output.write(path, _rows(library))
        _write_problems(library)
        library.journal.compact()
    return library


def _need_runs(learned: Trained) -> None:
    """Stop before the search for albums if there is no run for any modality."""
    reasons = []
    for modality in ("audio", "text", "image"):
        try:
            learned.best(modality)
        except MissingDataError as error:
            reasons.append(str(error))
        else:
            return
    raise MissingDataError("; ".join(reasons))


def _identity(learned: Trained, wanted: Wanted) -> str:
    """Return a fingerprint of everything except the album that a result depends on."""
    # Without folders: a .mumu file is unpacked in different places.
    finished = learned.finished().drop(columns="folder", errors="ignore").to_json(default_handler=str)
    return hash_of(learned.name, learned.fingerprint, finished, repr(wanted), length=24)


def _predict_albums(library: Library, wanted: Wanted) -> None:
    """Predict the albums that have no result yet, or one from other files or runs."""
    identity = _identity(library.learned, wanted)
    made_of = {}
    todo = []
    for album in library.albums:
        made_of[album.album_id] = hash_of(identity, album.fingerprint(), length=24)
        if not library.journal.has(album.album_id, made_of[album.album_id]):
            todo.append(album)
    library.before = len(library.albums) - len(todo)
    with progress.bar(None, "albums", len(library.albums), unit="album", initial=library.before) as bar:
        for piece in in_pieces(todo, PIECE):
            library.heard.ahead(piece)
            for album in piece:
                result = _predict_album(library, album, wanted)
                library.journal.add(album.album_id, made_of[album.album_id], **result)
                bar.update()
            library.heard.forget()


def _predict_album(library: Library, album: Shelved, wanted: Wanted) -> dict[str, Any]:
    """Return the journal entry of one album; an error becomes the reason in ``failed``."""
    own = OwnAlbum(album.folder, album.audio, album.cover, album.texts, [], library.heard.of(album))
    try:
        predicted = prediction.predict(own, library.learned)
    except MumuError as error:
        return {"failed": _on_one_line(str(error), album.folder)}
    except Exception as error:  # One album must not stop a library.
        return {"failed": f"{type(error).__name__}: {error}"}
    skipped = predicted.skipped[["file", "reason"]].to_numpy().tolist()
    return {"rows": rows.of_album(predicted, wanted), "kept": rows.kept(predicted), "skipped": skipped}


def _on_one_line(reason: str, folder: Path) -> str:
    """Join the lines of a reason, without the album's own folder."""
    lines = reason.removeprefix(f"{folder}: ").splitlines()
    return "; ".join(map(str.strip, lines))


def _rows(library: Library) -> Iterator[dict[str, Any]]:
    """Yield the rows of the table, album by album."""
    labels = library.learned.labels
    parents = rows.parents_of(labels, library.learned.links)
    for album in library.albums:
        entry = library.journal.read(album.album_id)
        if entry["failed"]:
            continue
        kept = [genre for genre, *_ in entry["kept"]]
        agreement = rows.agreement(kept, album.tags, library.names, labels, parents)
        shared = rows.about(album, str(album.folder))
        shared["agreement"] = agreement
        if math.isnan(agreement):
            shared["agreement"] = None
        for row in entry["rows"]:
            yield shared | row


def _write_problems(library: Library) -> None:
    """List albums without a result, files that were not used, and files that were ignored."""
    by_album = []
    finished = 0
    runs = set(library.learned.finished().index) | set(BY_NAME)
    counts: Counter[tuple[str, str]] = Counter()
    for album in library.albums:
        entry = library.journal.read(album.album_id)
        if entry["failed"]:
            by_album.append((album.album_id, "", entry["failed"]))
            continue
        finished += 1
        for file, reason in entry["skipped"]:
            by_album.append((album.album_id, file, reason))
            if file in runs:
                counts[file, reason] += 1
    # Problems of a run with all albums are listed once.
    general = {note for note, count in counts.items() if count == finished and count > 1}
    lines = [line for line in by_album if line[1:] not in general]
    for file, reason in sorted(general):
        lines.append(("", file, reason))
    for line in library.report.lines:
        lines.append(("", line[1], line[2]))
    write_atomically(library.problems, rows.problems(lines).to_csv(index=False))


def summary(library: Library) -> str:
    """Return in words the numbers of finished and failed albums, the reasons, and the files written."""
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
        lines.append(f"{len(failed)} albums without an answer; fix them and run the same command again")
    lines.append(f"files not used, with reasons: {library.problems}")
    if library.learned.synthetic:
        lines.append(f"catalogue {library.learned.name!r} is synthetic: its predictions mean nothing for real music")
    return "\n".join(lines)
