"""Compare a new catalogue with the one that it would replace: albums, tracks, splits and genres.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError
from mumu_lib.core.files import write_atomically
from mumu_lib.core.paths import home

NAME = "changes.csv"


@dataclass
class Changes:
    """Differences between a catalogue and what would replace it.

    Attributes
    ----------
    table : pd.DataFrame
        ``album_id``, ``what`` (``gone``, ``new``, ``tracks``, ``split``, ``genres``; ``first genres`` and so on for an album
        that had none), ``was``, ``would be``.
    albums : int
        Number of albums in the old catalogue.
    """

    table: pd.DataFrame
    albums: int

    def count(self, what: str) -> int:
        """Return the number of albums with one kind of change."""
        return int((self.table["what"] == what).sum())

    @property
    def loses(self) -> bool:
        """Whether remaining albums would change, or all albums would be replaced.

        Only adding or only removing albums does not affect the others, and neither does a first genre, split or track
        of an album that had none.
        """
        kinds = set(self.table["what"]) - {"first tracks", "first split", "first genres"}
        if kinds == {"gone"}:
            return self.count("gone") == self.albums
        return not kinds <= {"new"}

    def __str__(self) -> str:
        phrases = {
            "gone": "gone",
            "new": "new",
            "tracks": "with other tracks",
            "split": "in another split",
            "genres": "with other genres",
            "first tracks": "with tracks for the first time",
            "first split": "in a split for the first time",
            "first genres": "with genres for the first time",
        }
        parts = []
        for what, words in phrases.items():
            number = self.count(what)
            if number:
                parts.append(f"{number} {words}")
        return f"of its {self.albums} albums: {', '.join(parts)}"


def compare(folder: Path, albums: pd.DataFrame, tracks: pd.DataFrame) -> Changes | None:
    """Return what would change; None if there is no readable catalogue.

    Parameters
    ----------
    folder : Path
        Folder of the existing catalogue.
    albums : pd.DataFrame
        ``album_id``, ``split``, ``genres``.
    tracks : pd.DataFrame
        ``track_id``, ``album_id``.
    """
    try:
        old = Catalogue(folder)
        before = _facts(old.albums, old.tracks)
    except (MissingDataError, BadDataError):
        return None
    after = _facts(albums, tracks)
    lines = []
    for album_id in sorted({*before, *after}):
        if album_id not in after:
            lines.append((album_id, "gone", "", ""))
        elif album_id not in before:
            lines.append((album_id, "new", "", ""))
        else:
            lines += _differences(album_id, before[album_id], after[album_id])
    return Changes(pd.DataFrame(lines, columns=["album_id", "what", "was", "would be"]), len(before))


def _differences(album_id: str, before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str, str, str]]:
    """Return a line for each change of an album."""
    lines = []
    for what, value in before.items():
        if value != after[what]:
            kind = what
            if value in ("", "none"):
                kind = f"first {what}"
            lines.append((album_id, kind, value, after[what]))
    return lines


def _facts(albums: pd.DataFrame, tracks: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return tracks, split and genres of each album as texts."""
    own = tracks.groupby("album_id")["track_id"].agg(lambda ids: " | ".join(sorted(ids)))
    facts = {}
    for row in albums[["album_id", "split", "genres"]].to_dict("records"):
        facts[row["album_id"]] = {
            "tracks": str(own.get(row["album_id"], "")),
            "split": row["split"],
            "genres": " | ".join(sorted(row["genres"])),
        }
    return facts


def ask(folder: Path, name: str, changes: Changes | None, force: bool) -> None:
    """Refuse to replace a catalogue whose albums would change, unless ``force`` is set.

    Raises
    ------
    ParameterError
        If albums would change; the message counts them and says which option to add.
    """
    if changes is None or changes.table.empty:
        return
    if force or not changes.loses:
        print(f"the catalogue in {folder} is replaced ({changes})")
        return
    path = folder / NAME
    write_atomically(path, changes.table.to_csv(index=False))
    elsewhere = "--out"
    if folder == home() / "data" / name:
        elsewhere = "--name"
    raise ParameterError(
        f"{folder} holds another catalogue {name!r}, which would change ({changes}; listed in {path}). It stays as it is, "
        f"and so do the runs on it. To replace it add  --force  (in Python: force=True); to keep both add  {elsewhere}"
    )
