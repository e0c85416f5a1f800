"""The catalogue: a folder that describes albums, their tracks, reviews, cover, genres and split.

Paper: Section 3.  Notebooks: all.

On disk: ``catalogue.json``, ``albums.parquet``, ``tracks.parquet``, ``reviews.parquet`` and
``taxonomy.parquet``. Paths in the tables are relative to the roots kept in ``catalogue.json``.
"""

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import lazy_loader
import numpy as np
import pandas as pd
import pyarrow as pa
import scipy.sparse as sp

from mumu_lib.catalogue import contents
from mumu_lib.catalogue.schema import COLUMNS, INFO, SPLITS, check_tables, fill, holds, keep_labels
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError, did_you_mean
from mumu_lib.core.files import atomic_path
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.core.parsing import parsing, plain_name, read_json, read_table
from mumu_lib.experiments import MODALITIES

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submodules=["contents", "schema", "splits"])


FORMAT = 1
# Begins the path of a cover that is kept in the catalogue's own folder, e.g. one taken out of a recording.
OWN = "catalogue:"
REBUILD_HINT = "make the catalogue again"


class Catalogue:
    """Albums with their tracks, reviews, covers, genres and split.

    Open one with :func:`mumu_lib.open_catalogue`; make one with a module of ``mumu_lib.sources``.

    Attributes
    ----------
    albums, tracks, reviews, taxonomy : pd.DataFrame
        The tables, with the columns that :mod:`mumu_lib.catalogue.schema` names. ``albums.genres`` holds lists of genre names,
        ``taxonomy.branch`` lists of names from the top level down.
    labels : list of str
        Genres on at least ``min_label_albums`` albums, in the column order of ``label_matrix``.
    synthetic : bool
        Whether the albums were made up, so that no number from them says anything about music.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.info: dict[str, Any] = read_json(folder / "catalogue.json", REBUILD_HINT)
        if self.info.get("format") != FORMAT:
            raise BadDataError(f"{folder / 'catalogue.json'} is not of format {FORMAT}; {REBUILD_HINT}")
        if absent := [key for key in INFO if key not in self.info and key != "rare_labels"]:
            raise BadDataError(f"{folder / 'catalogue.json'} lacks {absent}; {REBUILD_HINT}")
        if wrong := [key for key, fits in INFO.items() if key in self.info and not fits(self.info[key])]:
            raise BadDataError(
                f"{folder / 'catalogue.json'}: {wrong} hold something else than they should; {REBUILD_HINT}"
            )
        # Runs and figures lie in folders of this name.
        self.name: str = plain_name(self.info["name"], "the name of a catalogue")
        self.synthetic: bool = self.info["synthetic"]

    def _table(self, name: str) -> pd.DataFrame:
        path = self.folder / f"{name}.parquet"
        table = read_table(path, REBUILD_HINT)
        absent = [c for c in COLUMNS[name] if c not in table]
        if absent:
            raise BadDataError(f"{path} lacks the columns {absent}; {REBUILD_HINT}")
        if wrong := [c for c in COLUMNS[name] if not holds(c, table[c])]:
            raise BadDataError(f"{path}: the columns {wrong} hold something else than they should; {REBUILD_HINT}")
        return table

    @cached_property
    def albums(self) -> pd.DataFrame:
        """One row an album."""
        return self._table("albums")

    @cached_property
    def tracks(self) -> pd.DataFrame:
        """One row a track."""
        return self._table("tracks")

    @cached_property
    def reviews(self) -> pd.DataFrame:
        """One row a review."""
        return self._table("reviews")

    @cached_property
    def taxonomy(self) -> pd.DataFrame:
        """One row a branch of the genre taxonomy."""
        return self._table("taxonomy")

    @property
    def labels(self) -> list[str]:
        """Genre names in column order."""
        return self.info["labels"]

    @cached_property
    def top_labels(self) -> list[str]:
        """Labels of the taxonomy's first level, in column order."""
        first = {branch[0] for branch in self.taxonomy["branch"]}
        return [label for label in self.labels if label in first]

    @cached_property
    def fingerprint(self) -> str:
        """Hash of all tables: two catalogues with one fingerprint give the same results."""
        parts = []
        for name in ("catalogue.json", *(f"{t}.parquet" for t in COLUMNS)):
            with parsing(self.folder / name, REBUILD_HINT):
                parts.append((self.folder / name).read_bytes())
        return hash_of(*parts, length=16)

    def rows(self, *splits: str) -> np.ndarray:
        """Row numbers of the albums of some splits, in table order.

        Returns
        -------
        rows : np.ndarray [shape=(n,), int]

        Raises
        ------
        ParameterError
            There is no such split.
        """
        if unknown := [split for split in splits if split not in (*SPLITS, "none")]:
            raise ParameterError(
                f"split={unknown[0]!r} is not one of {[*SPLITS, 'none']}{did_you_mean(unknown[0], SPLITS)}"
            )
        return np.flatnonzero(self.albums["split"].isin(splits))

    def label_matrix(self, split: str | Iterable[str] | None = None) -> sp.csr_matrix:
        """Binary matrix M of the paper's section 4.1.

        Parameters
        ----------
        split : str, several or None
            Restrict to the albums of these splits, in table order; ``None`` keeps every album.

        Returns
        -------
        M : scipy.sparse.csr_matrix [shape=(albums, labels), float32]
        """
        lists = pa.array(self.albums["genres"], type=pa.list_(pa.string()))
        column = {label: i for i, label in enumerate(self.labels)}
        known = lists.flatten().dictionary_encode()
        lookup = np.array([column.get(g, -1) for g in known.dictionary.to_pylist()] or [-1])
        columns = lookup[known.indices.to_numpy()] if len(known) else np.empty(0, int)
        album = np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy()))
        kept = columns >= 0
        shape = (len(lists), len(self.labels))
        matrix = sp.csr_matrix((np.ones(kept.sum(), np.float32), (album[kept], columns[kept])), shape=shape)
        matrix.data[:] = 1
        if split is None:
            return matrix
        return matrix[self.rows(*([split] if isinstance(split, str) else split))]

    def audio_path(self, audio: str) -> Path:
        """Where a track's ``audio`` entry lies."""
        return self.folder / self.info["roots"]["audio"] / audio

    def cover_path(self, cover: str) -> Path:
        """Where an album's ``cover`` entry lies."""
        if cover.startswith(OWN):
            return self.folder / cover.removeprefix(OWN)
        return self.folder / self.info["roots"]["covers"] / cover

    def require(self, modality: str) -> None:
        """Stop at once if nothing of a modality is there.

        Parameters
        ----------
        modality : {'audio', 'timbre', 'reviews', 'covers', 'labels'}
            Timbre comes from Million Song Dataset files (root ``msd``) or else from audio.

        Raises
        ------
        MissingDataError
            With what to do about it.
        """
        if modality == "timbre":
            if msd := self.info["roots"].get("msd"):
                if (self.folder / msd).is_dir():
                    return
                raise MissingDataError(
                    f"{self.folder / msd}, the Million Song Dataset of catalogue {self.name!r}, is not there; "
                    f"bring it back, or {REBUILD_HINT} without it"
                )
            modality = "audio"
        if not any(self._found(modality)):
            remedy = {
                "audio": "put the recordings there and name them in tracks.audio",
                "reviews": "add reviews (column 'text' of a manifest)",
                "covers": "add covers (column 'cover' of a manifest)",
                "labels": contents.why_no_labels(self.albums["genres"], self.info["min_label_albums"]),
            }[modality]
            raise MissingDataError(
                f"catalogue {self.name!r} has no {modality}: {remedy}, then make it again, "
                f"or use the sample with  -p catalogue sample"
            )

    def _found(self, part: str) -> Iterable[bool]:
        """Of each entry of a part, whether it is there; files are looked for one by one, as they are asked for."""
        if part == "labels":
            return [True] * len(self.labels)
        if part == "reviews":
            return self.reviews["text"].str.strip() != ""
        if part == "covers":
            return (os.path.isfile(self.cover_path(cover)) for cover in self.albums["cover"] if cover)
        return (os.path.isfile(self.audio_path(audio)) for audio in self.tracks["audio"] if audio)

    def validate(self) -> pd.DataFrame:
        """What is there, what is missing, and what each notebook can therefore do.

        Returns
        -------
        table : pd.DataFrame
            One row a part of the catalogue: how many are expected, there and missing, and a note.
        """
        albums = self.albums
        present = {part: sum(self._found(part)) for part in ("labels", "audio", "reviews", "covers")}
        roots, rare = self.info["roots"], self.info.get("rare_labels", [])
        can = present | {"audio": present["audio"] or "msd" in roots, "reviews": present["reviews"] or "ismir" in roots}
        unlabelled = int((~albums["split"].isin(SPLITS)).sum())
        sizes = Counter(albums["split"])
        listed = {
            "audio": int((self.tracks["audio"] != "").sum()),
            "reviews": len(self.reviews),
            "covers": int((albums["cover"] != "").sum()),
            "labels": len(self.labels) + len(rare),
        }
        notes = {"labels": contents.note_on_labels(self.labels, rare, self.info["min_label_albums"])}
        for modality in MODALITIES:
            if modality.letter:
                runs = "can run" if can[modality.needs] else "cannot run"
                if can[modality.needs] and not self.labels:
                    runs = "cannot run without a label"
                notes[modality.needs] = f"{modality.notebook}: {runs}"
        note = ", ".join(f"{s} {sizes[s]}" for s in SPLITS) + (f"; without genre {unlabelled}" if unlabelled else "")
        rows = [("albums", len(albums), len(albums), 0, note)]
        rows += [(part, listed[part], there, listed[part] - there, notes[part]) for part, there in present.items()]
        number, kinds = contents.passed_over(self.folder)
        if kinds:
            rows.append(("passed over", number, 0, 0, kinds))
        return pd.DataFrame(rows, columns=["part", "listed", "there", "missing", "note"]).set_index("part")

    def __repr__(self) -> str:
        kind = " (synthetic)" if self.synthetic else ""
        return f"Catalogue {self.name!r}{kind}: {len(self.albums)} albums, {len(self.tracks)} tracks, {len(self.labels)} labels"


def write(
    folder: Path, *, name: str, albums: pd.DataFrame, tracks: pd.DataFrame, reviews: pd.DataFrame,
    branches: Iterable[Sequence[str]], min_albums: int, source: str, roots: dict[str, str], synthetic: bool = False,
) -> Catalogue:  # fmt: skip
    """Write a catalogue, checked, all at once: a half-written one never takes the name.

    Parameters
    ----------
    folder : Path
        Replaced if it holds a catalogue already; other files in it are kept.
    albums, tracks, reviews : pd.DataFrame
        Columns as in :mod:`mumu_lib.catalogue.schema`; missing optional ones are filled with ``""``.
    branches : sequences of str
        Taxonomy branches from the top level down, e.g. ``("Jazz", "Vocal Jazz")``.
    min_albums : int
        A genre on fewer albums is not a label (12 in the paper).
    roots : dict
        ``audio`` and ``covers``: the folders the paths are relative to, absolute or relative to ``folder``.

    Raises
    ------
    BadDataError
        Two albums or two tracks with one id, a track or review of an unknown album, no album at all.
    """
    tables = {
        "albums": albums,
        "tracks": tracks,
        "reviews": reviews,
        "taxonomy": pd.DataFrame({"branch": sorted({tuple(b) for b in branches})}).map(list),
    }
    tables = {key: fill(key, table) for key, table in tables.items()}
    for table in tables.values():
        # What readers hang on their tables, paths among it, would be stored with them.
        table.attrs = {}
    check_tables(tables, source)
    plain_name(name, "the name of a catalogue")
    kept, rare = keep_labels(tables["albums"]["genres"], min_albums)
    # An album none of whose genres is a label cannot teach or test anything.
    labelled = tables["albums"]["genres"].map(lambda g: not set(kept).isdisjoint(g))
    tables["albums"]["split"] = tables["albums"]["split"].where(labelled, "none")
    info = {
        "format": FORMAT,
        "name": name,
        "synthetic": synthetic,
        "source": source,
        "roots": roots,
        "min_label_albums": min_albums,
        "labels": kept,
        "rare_labels": rare,
        "counts": {key: len(table) for key, table in tables.items()},
    }
    with ExitStack() as parts:
        # Written first, so that a full disk stops this while the catalogue as it was before is still whole; it gets its
        # name last.
        listed = parts.enter_context(atomic_path(folder / "catalogue.json"))
        listed.write_text(json.dumps(info, indent=1, ensure_ascii=False), encoding="utf-8")
        for key, table in tables.items():
            table.to_parquet(parts.enter_context(atomic_path(folder / f"{key}.parquet")), index=False)
        # All there: from here on there is no catalogue until all have their names.
        (folder / "catalogue.json").unlink(missing_ok=True)
    return Catalogue(folder)
