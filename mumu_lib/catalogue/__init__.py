"""The catalogue: a folder that describes albums, their tracks, reviews, cover, genres and split.

Paper: Section 3.  Notebooks: all.

On disk: ``catalogue.json``, ``albums.parquet``, ``tracks.parquet``, ``reviews.parquet`` and
``taxonomy.parquet``. Paths in the tables are relative to the roots kept in ``catalogue.json``.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any

import lazy_loader
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import scipy.sparse as sp

from mumu_lib.catalogue import contents
from mumu_lib.catalogue.schema import COLUMNS, INFO, SPLITS, check_tables, fill, holds, keep_labels
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError, did_you_mean
from mumu_lib.core.files import atomic_path
from mumu_lib.core.fingerprints import hash_of_stream
from mumu_lib.core.parsing import parsing, plain_name, read_json, read_table
from mumu_lib.experiments import MODALITIES

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submodules=["contents", "schema", "splits"])


FORMAT = 1
# Prefix of a cover's path in the catalogue's own folder, e.g. of a cover extracted from a recording.
OWN = "catalogue:"
REBUILD_HINT = "make the catalogue again"
# Bytes of a file that are hashed at a time.
PIECE = 1 << 20


class Catalogue:
    """Albums with their tracks, reviews, covers, genres and split.

    Open one with :func:`mumu_lib.open_catalogue`; build one with a module of ``mumu_lib.sources``.

    Attributes
    ----------
    albums, tracks, reviews, taxonomy : pd.DataFrame
        The tables, with the columns of :mod:`mumu_lib.catalogue.schema`. ``albums.genres`` holds lists of genre names,
        ``taxonomy.branch`` lists of names from the top level down.
    labels : list of str
        Genres on at least ``min_label_albums`` albums, in the column order of ``label_matrix``.
    synthetic : bool
        Whether the albums are synthetic; results on them are not evidence about music.

    Examples
    --------
    >>> import tempfile
    >>> albums = pd.DataFrame({"album_id": ["A", "B", "C"], "genres": [["Jazz"], ["Jazz", "Pop"], ["Pop"]]})
    >>> albums["split"] = ["train", "train", "test"]
    >>> tracks = pd.DataFrame({"track_id": ["A-1"], "album_id": ["A"]})
    >>> reviews = pd.DataFrame({"album_id": ["B"], "text": ["A review."]})
    >>> folder = tempfile.TemporaryDirectory()
    >>> music = write(
    ...     Path(folder.name), name="three", albums=albums, tracks=tracks, reviews=reviews, branches=[["Jazz"], ["Pop"]],
    ...     min_albums=1, source="an example", roots={"audio": ".", "covers": "."},
    ... )
    >>> music.labels
    ['Jazz', 'Pop']
    >>> music.label_matrix("train").toarray().tolist()
    [[1.0, 0.0], [1.0, 1.0]]
    >>> music.validate()["listed"].to_dict()
    {'albums': 3, 'labels': 2, 'audio': 0, 'reviews': 1, 'covers': 0}
    >>> folder.cleanup()
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.info: dict[str, Any] = read_json(folder / "catalogue.json", REBUILD_HINT)
        if self.info.get("format") != FORMAT:
            raise BadDataError(f"{folder / 'catalogue.json'} is not of format {FORMAT}; {REBUILD_HINT}")
        self._check_info()
        # Names the folders of runs and figures.
        self.name: str = plain_name(self.info["name"], "the name of a catalogue")
        self.synthetic: bool = self.info["synthetic"]

    def _check_info(self) -> None:
        """Raise if entries of ``catalogue.json`` are missing or invalid."""
        absent = []
        invalid = []
        for key, is_valid in INFO.items():
            if key in self.info:
                if not is_valid(self.info[key]):
                    invalid.append(key)
            elif key != "rare_labels":
                absent.append(key)
        if absent:
            raise BadDataError(f"{self.folder / 'catalogue.json'} lacks {absent}; {REBUILD_HINT}")
        if invalid:
            raise BadDataError(f"{self.folder / 'catalogue.json'}: {invalid} have invalid values; {REBUILD_HINT}")

    def _table(self, name: str) -> pd.DataFrame:
        """Read a table and check its columns."""
        path = self.folder / f"{name}.parquet"
        table = read_table(path, REBUILD_HINT)
        absent = [column for column in COLUMNS[name] if column not in table]
        if absent:
            raise BadDataError(f"{path} lacks the columns {absent}; {REBUILD_HINT}")
        invalid = [column for column in COLUMNS[name] if not holds(column, table[column])]
        if invalid:
            raise BadDataError(f"{path}: the columns {invalid} have invalid values; {REBUILD_HINT}")
        return table

    @cached_property
    def albums(self) -> pd.DataFrame:
        """One row for each album."""
        return self._table("albums")

    @cached_property
    def tracks(self) -> pd.DataFrame:
        """One row for each track."""
        return self._table("tracks")

    @cached_property
    def reviews(self) -> pd.DataFrame:
        """One row for each review."""
        return self._table("reviews")

    @cached_property
    def taxonomy(self) -> pd.DataFrame:
        """One row for each branch of the genre taxonomy."""
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
        """Hash of all tables: catalogues with the same fingerprint give the same results."""
        return hash_of_stream(self._pieces(), length=16)

    def _pieces(self) -> Iterator[bytes]:
        """Yield the content of all files, piece by piece: reviews may take gigabytes."""
        files = ["catalogue.json"]
        for table in COLUMNS:
            files.append(f"{table}.parquet")
        for name in files:
            with parsing(self.folder / name, REBUILD_HINT), open(self.folder / name, "rb") as file:
                while piece := file.read(PIECE):
                    yield piece

    def rows(self, *splits: str) -> np.ndarray:
        """Return the row numbers of the albums of some splits, in table order.

        Parameters
        ----------
        splits : {'train', 'val', 'test', 'none'}

        Returns
        -------
        rows : np.ndarray [shape=(n,), int]

        Raises
        ------
        ParameterError
            A split is unknown.
        """
        choices = [*SPLITS, "none"]
        for split in splits:
            if split not in choices:
                raise ParameterError(f"split={split!r} is not one of {choices}{did_you_mean(split, SPLITS)}")
        return np.flatnonzero(self.albums["split"].isin(splits))

    def label_matrix(self, split: str | Iterable[str] | None = None) -> sp.csr_matrix:
        """Return the binary matrix M of the paper's section 4.1.

        Parameters
        ----------
        split : str, several or None
            Restrict to the albums of these splits, in table order; by default all albums.

        Returns
        -------
        M : scipy.sparse.csr_matrix [shape=(albums, labels), float32]
        """
        lists = pa.array(self.albums["genres"], type=pa.large_list(pa.large_string()))
        rows = np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy()))
        # -1 for a genre that is not a label.
        columns = pc.index_in(lists.flatten(), pa.array(self.labels, pa.large_string())).fill_null(-1).to_numpy()
        is_label = columns >= 0
        ones = np.ones(is_label.sum(), np.float32)
        shape = (len(lists), len(self.labels))
        matrix = sp.csr_matrix((ones, (rows[is_label], columns[is_label])), shape=shape)
        # A genre that is listed twice on an album counts once.
        matrix.data[:] = 1
        if split is None:
            return matrix
        if isinstance(split, str):
            return matrix[self.rows(split)]
        return matrix[self.rows(*split)]

    def audio_path(self, audio: str) -> Path:
        """Return the path of a track's ``audio`` entry."""
        return self.folder / self.info["roots"]["audio"] / audio

    def cover_path(self, cover: str) -> Path:
        """Return the path of an album's ``cover`` entry."""
        if cover.startswith(OWN):
            return self.folder / cover.removeprefix(OWN)
        return self.folder / self.info["roots"]["covers"] / cover

    def require(self, modality: str) -> None:
        """Raise an error if the catalogue has no data of a modality.

        Parameters
        ----------
        modality : {'audio', 'timbre', 'reviews', 'covers', 'labels'}
            Timbre comes from Million Song Dataset files (root ``msd``), or from audio if there are none.

        Raises
        ------
        MissingDataError
            There is no such data; the message tells what to do.
        """
        if modality == "timbre":
            if self.info["roots"].get("msd"):
                self._require_msd()
                return
            modality = "audio"
        if not any(self._found(modality)):
            remedies = {
                "audio": "put the recordings there and name them in tracks.audio",
                "reviews": "add reviews (column 'text' of a manifest)",
                "covers": "add covers (column 'cover' of a manifest)",
                "labels": contents.why_no_labels(self.albums["genres"], self.info["min_label_albums"]),
            }
            raise MissingDataError(
                f"catalogue {self.name!r} has no {modality}: {remedies[modality]}, then make it again, "
                f"or use the sample with  -p catalogue sample"
            )

    def _require_msd(self) -> None:
        """Raise an error if the folder of the Million Song Dataset is missing."""
        folder = self.folder / self.info["roots"]["msd"]
        if not folder.is_dir():
            raise MissingDataError(
                f"{folder}, the Million Song Dataset of catalogue {self.name!r}, is not there; "
                f"put it back, or {REBUILD_HINT} without it"
            )

    def _found(self, part: str) -> Iterable[bool]:
        """Tell for each entry of a part whether its data exist; files are checked lazily."""
        if part == "labels":
            return [True] * len(self.labels)
        if part == "reviews":
            return self.reviews["text"].str.strip() != ""
        if part == "covers":
            return (os.path.isfile(self.cover_path(cover)) for cover in self.albums["cover"] if cover)
        return (os.path.isfile(self.audio_path(audio)) for audio in self.tracks["audio"] if audio)

    def validate(self) -> pd.DataFrame:
        """Tabulate which data exist, which are missing, and which notebooks can run.

        Returns
        -------
        table : pd.DataFrame
            A row for each part of the catalogue: ``listed``, ``there``, ``missing`` and a ``note``.
        """
        listed = {
            "labels": len(self.labels) + len(self.info.get("rare_labels", [])),
            "audio": int((self.tracks["audio"] != "").sum()),
            "reviews": len(self.reviews),
            "covers": int((self.albums["cover"] != "").sum()),
        }
        rows = [("albums", len(self.albums), len(self.albums), 0, contents.note_on_splits(self.albums["split"]))]
        for part, expected in listed.items():
            present = sum(self._found(part))
            rows.append((part, expected, present, expected - present, self._note(part, present > 0)))
        number, kinds = contents.passed_over(self.folder)
        if kinds:
            rows.append(("passed over", number, 0, 0, kinds))
        return pd.DataFrame(rows, columns=["part", "listed", "there", "missing", "note"]).set_index("part")

    def _note(self, part: str, present: bool) -> str:
        """Tell which notebooks can run on a part of the catalogue."""
        if part == "labels":
            return contents.note_on_labels(self.labels, self.info.get("rare_labels", []), self.info["min_label_albums"])
        # Published features replace recordings and reviews.
        roots = self.info["roots"]
        usable = present or (part == "audio" and "msd" in roots) or (part == "reviews" and "ismir" in roots)
        notes = []
        for modality in MODALITIES:
            if modality.letter and modality.needs == part:
                notes.append(f"{modality.notebook}: {contents.verdict(usable, bool(self.labels))}")
        return ", ".join(notes)

    def __repr__(self) -> str:
        kind = " (synthetic)" if self.synthetic else ""
        sizes = f"{len(self.albums)} albums, {len(self.tracks)} tracks, {len(self.labels)} labels"
        return f"Catalogue {self.name!r}{kind}: {sizes}"


def write(
    folder: Path, *, name: str, albums: pd.DataFrame, tracks: pd.DataFrame, reviews: pd.DataFrame,
    branches: Iterable[Sequence[str]], min_albums: int, source: str, roots: dict[str, str], synthetic: bool = False,
) -> Catalogue:  # fmt: skip
    """Validate and write a catalogue atomically.

    Parameters
    ----------
    folder : Path
        A catalogue in it is replaced; other files are kept.
    name : str
        Name of the catalogue.
    albums, tracks, reviews : pd.DataFrame
        Columns as in :mod:`mumu_lib.catalogue.schema`; missing optional columns are filled with ``""``.
    branches : sequences of str
        Taxonomy branches from the top level down, e.g. ``("Jazz", "Vocal Jazz")``.
    min_albums : int
        Fewest albums that make a genre a label (12 in the paper).
    source : str
        Origin of the tables, for messages.
    roots : dict
        ``audio`` and ``covers``: the folders of the paths, absolute or relative to ``folder``.
    synthetic : bool
        Whether the albums are synthetic.

    Returns
    -------
    catalogue : Catalogue

    Raises
    ------
    BadDataError
        Ids repeat, a track or review names an unknown album, or there are no albums.
    """
    unique_branches = sorted({tuple(branch) for branch in branches})
    taxonomy = pd.DataFrame({"branch": unique_branches}).map(list)
    tables = {}
    for key, table in (("albums", albums), ("tracks", tracks), ("reviews", reviews), ("taxonomy", taxonomy)):
        tables[key] = fill(key, table)
        # pandas would store the attributes that readers attach, such as paths.
        tables[key].attrs = {}
    check_tables(tables, source)
    plain_name(name, "the name of a catalogue")
    kept, rare = keep_labels(tables["albums"]["genres"], min_albums)
    # Albums without labels cannot be used for training or test.
    labelled = tables["albums"]["genres"].map(lambda names: not set(kept).isdisjoint(names))
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
    _write_files(folder, info, tables)
    return Catalogue(folder)


def _write_files(folder: Path, info: dict[str, Any], tables: dict[str, pd.DataFrame]) -> None:
    """Write all files under temporary names, and rename them when all are complete; ``catalogue.json`` last.

    If the disk is full, an earlier catalogue in the folder stays intact.
    """
    with ExitStack() as files:
        info_file = files.enter_context(atomic_path(folder / "catalogue.json"))
        info_file.write_text(json.dumps(info, indent=1, ensure_ascii=False), encoding="utf-8")
        for key, table in tables.items():
            table.to_parquet(files.enter_context(atomic_path(folder / f"{key}.parquet")), index=False)
        # Without this file there is no catalogue: none can be opened while only some files are replaced.
        (folder / "catalogue.json").unlink(missing_ok=True)
