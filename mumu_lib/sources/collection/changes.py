"""What a new catalogue would change in the one of its name: albums, tracks, splits, genres.

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
        ``album_id``, ``what`` (``gone``, ``new``, ``tracks``, ``split``, ``genres``; ``first genres`` and so on where there were
        none), ``was``, ``would be``.
    """

    table: pd.DataFrame
    albums: int

    def count(self, what: str) -> int:
        """Return how many albums changed in one way."""
        return int((self.table["what"] == what).sum())

    @property
    def loses(self) -> bool:
        """Whether albums that stay would change, or be others.

        A collection grows and shrinks: albums that are only added, or only taken away, leave the others as they are,
        and so does a first genre, split or track of an album that had none.
        """
        kinds = set(self.table["what"]) - {"first tracks", "first split", "first genres"}
        if kinds == {"gone"}:
            return self.count("gone") == self.albums
        return not kinds <= {"new"}

    def __str__(self) -> str:
        said = {
            "gone": "gone",
            "new": "new",
            "tracks": "with other tracks",
            "split": "in another split",
            "genres": "with other genres",
            "first tracks": "with tracks for the first time",
            "first split": "in a split for the first time",
            "first genres": "with genres for the first time",
        }
        found = []
        for what, words in said.items():
            number = self.count(what)
            if number:
                found.append(f"{number} {words}")
        return f"of its {self.albums} albums: {', '.join(found)}"


def compare(folder: Path, albums: pd.DataFrame, tracks: pd.DataFrame) -> Changes | None:
    """Return what would change; None where there is no catalogue that can be read.

    Parameters
    ----------
    folder : Path
        Of the catalogue that is there.
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
        was = before.get(album_id)
        is_now = after.get(album_id)
        if was is None or is_now is None:
            lines.append((album_id, "gone" if is_now is None else "new", "", ""))
            continue
        for what, value in was.items():
            if value != is_now[what]:
                kind = f"first {what}" if value in ("", "none") else what
                lines.append((album_id, kind, value, is_now[what]))
    return Changes(pd.DataFrame(lines, columns=["album_id", "what", "was", "would be"]), len(before))


def _facts(albums: pd.DataFrame, tracks: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Return for each album its tracks, split and genres as texts."""
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
    """Refuse to replace a catalogue whose albums would change, unless that is asked for.

    Raises
    ------
    ParameterError
        With how many albums would change, and what to type.
    """
    if changes is None or changes.table.empty:
        return
    if force or not changes.loses:
        print(f"the catalogue in {folder} is replaced ({changes})")
        return
    path = folder / NAME
    write_atomically(path, changes.table.to_csv(index=False))
    elsewhere = "--name" if folder == home() / "data" / name else "--out"
    raise ParameterError(
        f"{folder} holds another catalogue {name!r}, which would change ({changes}; listed in {path}). It stays as it is, "
        f"and so do the runs on it. To replace it add  --force  (in Python: force=True); to keep both add  {elsewhere}"
    )
