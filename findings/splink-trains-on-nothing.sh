#!/usr/bin/env bash
# Guess: Splink, told to train on a blocking rule that fixes every column it compares, says that nothing is left to be learned.
# Seen: it sends DuckDB a query with an empty sum and raises its parser error, "syntax error at or near", with the query.
# Album tables come to this at once, having two columns: title and artist.
# splink 5.0.0 and duckdb 2.0.1, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check splink==5.0.0 duckdb==2.0.1 pandas==3.0.1 pyarrow==22.0.0
cd "$place"
env/bin/python - <<'PY'
import pandas as pd
import splink.comparison_library as compare
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

albums = pd.DataFrame({"unique_id": range(40), "title": [f"album {i % 20}" for i in range(40)]})
albums["artist"] = [f"band {i % 20 % 7}" for i in range(40)]
settings = SettingsCreator(
    link_type="dedupe_only",
    comparisons=[compare.ExactMatch("title"), compare.ExactMatch("artist")],
    blocking_rules_to_generate_predictions=[block_on("title")],
)
linker = Linker(DuckDBAPI().register(albums), settings, log_level=50)
linker.training.estimate_u_using_random_sampling(max_pairs=1000)
seen = {}
for columns in (("title",), ("title", "artist")):
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns))
        seen[columns] = "trained"
    except Exception as error:
        seen[columns] = type(error).__name__ + (" with a parser error" if "Parser Error" in str(error) else "")
    print(columns, seen[columns])
assert list(seen.values()) == ["trained", "SplinkException with a parser error"], seen
PY
