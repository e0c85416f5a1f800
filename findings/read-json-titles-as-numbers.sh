#!/usr/bin/env bash
# Guess: JSON says what is a string and what a number, so that pandas.read_json leaves strings as they are.
# Seen: a column in which every string looks like a number becomes numbers: titles "007" and "1989" are 7 and 1989. Whether
# it happens depends on the other rows. dtype=False keeps them.
# pandas 3.1.1, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check pandas==3.1.1 numpy==2.4.6
cd "$place"
env/bin/python - <<'PY'
import io
import json

import pandas as pd


def titles(*names, **options):
    return pd.read_json(io.StringIO(json.dumps([{"title": name} for name in names])), **options)["title"].tolist()


alone, beside = titles("007", "1989"), titles("007", "1989", "Thriller")
kept = titles("007", "1989", dtype=False)
print(f"alone {alone}; beside a word {beside}; dtype=False {kept}")
assert alone == [7, 1989]
assert beside == ["007", "1989", "Thriller"]
assert kept == ["007", "1989"]
PY
