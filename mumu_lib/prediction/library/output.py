"""Write the table of a library's genres as CSV, JSON lines or Parquet, by the ending of the file.

Paper: none.  Notebooks: none; ``python -m mumu_lib predict``.
"""

import csv
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from mumu_lib.core.errors import ParameterError
from mumu_lib.core.files import atomic_path
from mumu_lib.prediction.library.rows import COLUMNS

ENDINGS = (".csv", ".jsonl", ".parquet")
# Rows in memory.
PIECE = 10_000
_TYPES = {"string": pa.string(), "float": pa.float64(), "int": pa.int64(), "bool": pa.bool_()}


def check(path: Path) -> None:
    """Refuse a file name with an unknown ending, and a folder.

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> check(Path("genres.csv"))
    """
    if path.suffix.lower() not in ENDINGS:
        raise ParameterError(f"--out {path} ends with {path.suffix!r}; give a name that ends with {', '.join(ENDINGS)}")
    if path.is_dir():
        raise ParameterError(f"--out {path} is a folder; give the name of a file in it")


def write(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write rows atomically, and return their number.

    Parameters
    ----------
    rows : iterable of dict
        With the keys of ``rows.COLUMNS``; NaN and None become empty cells.
    """
    writers = {".csv": _csv, ".jsonl": _json_lines, ".parquet": _parquet}
    with atomic_path(path) as part:
        return writers[path.suffix.lower()](part, rows)


def _cells(row: dict[str, Any]) -> list[Any]:
    """Return the values of a row in the order of the columns; None for numbers that are not finite."""
    cells = []
    for name in COLUMNS:
        value = row.get(name)
        if isinstance(value, float) and not math.isfinite(value):
            value = None
        cells.append(value)
    return cells


def _csv(part: Path, rows: Iterable[dict[str, Any]]) -> int:
    number = 0
    with open(part, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow(_cells(row))
            number += 1
    return number


def _json_lines(part: Path, rows: Iterable[dict[str, Any]]) -> int:
    number = 0
    with open(part, "w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            line = dict(zip(COLUMNS, _cells(row), strict=True))
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            number += 1
    return number


def _parquet(part: Path, rows: Iterable[dict[str, Any]]) -> int:
    schema = pa.schema([(name, _TYPES[kind]) for name, kind in COLUMNS.items()])
    number = 0
    held: list[dict[str, Any]] = []
    with pq.ParquetWriter(part, schema) as writer:
        for row in rows:
            held.append(dict(zip(COLUMNS, _cells(row), strict=True)))
            number += 1
            if len(held) == PIECE:
                writer.write_table(pa.Table.from_pylist(held, schema))
                held = []
        writer.write_table(pa.Table.from_pylist(held, schema))
    return number
