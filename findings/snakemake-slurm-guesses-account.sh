#!/usr/bin/env bash
# Guess: where no account is named, Snakemake's plugin for SLURM takes the one of your latest job, as it says ("No SLURM
# account given, trying to guess").
# Seen: it never finds one. The command holds "| tail -1", but is split into words and run without a shell: sacct is given
# "|", "tail" and "-1", and refuses ("invalid option -- '1'", SLURM 22.05).
# snakemake-executor-plugin-slurm 2.8.0, from PyPI; a stand-in for sacct shows what it is told.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check snakemake==9.27.1 snakemake-executor-plugin-slurm==2.8.0
cd "$place"
mkdir bin
# It has sacct's way with options that it does not know.
cat > bin/sacct <<'SACCT'
#!/usr/bin/env bash
printf '%s\n' "$@" > "$SEEN"
getopt --name sacct --options nu:o: -- "$@" > /dev/null || exit 1
echo music
SACCT
chmod +x bin/sacct
export SEEN=$place/words PATH="$place/bin:$PATH"
env/bin/python - <<'PY'
import logging
import os

from snakemake_executor_plugin_slurm.accounts import get_account

logging.basicConfig(format="%(message)s")
found = get_account(logging.getLogger())
words = open(os.environ["SEEN"]).read().split()
print(f"sacct was given {words}; the account that is found: {found}")
assert words[-3:] == ["|", "tail", "-1"]
assert found is None
PY
