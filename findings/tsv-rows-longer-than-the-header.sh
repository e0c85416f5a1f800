#!/usr/bin/env bash
# Guess: a table whose rows have more fields than its header, as lists of tags have (MTG-Jamendo's: one tag a column, from the
# last one named on), is refused by pandas.read_csv, or its surplus is dropped.
# Seen: it depends on the first row. Where that is the longest, all columns move by the surplus, without a word: TRACK_ID holds
# the artists, and the tracks are the index. Where it is not, ParserError.
# pandas 3.1.1, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check pandas==3.1.1 numpy==2.4.6
cd "$place"
env/bin/python - <<'PY'
import io

import pandas as pd

HEADER = "TRACK_ID\tARTIST_ID\tTAGS\n"
LONG, SHORT = "track_1\tartist_1\trock\tpop\n", "track_2\tartist_2\tjazz\n"


def first_column(*rows):
    try:
        return pd.read_csv(io.StringIO(HEADER + "".join(rows)), sep="\t")["TRACK_ID"].tolist()
    except Exception as error:
        return type(error).__name__


long_first, short_first = first_column(LONG, SHORT), first_column(SHORT, LONG)
print(f"TRACK_ID with the longest row first: {long_first}; with a shorter row first: {short_first}")
assert long_first == ["artist_1", "artist_2"]
assert short_first == "ParserError"
PY
