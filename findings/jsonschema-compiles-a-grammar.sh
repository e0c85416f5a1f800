#!/usr/bin/env bash
# Guess: importing jsonschema costs what its modules cost; a check of formats costs something when it is asked for.
# Seen: where rfc3987-syntax is installed too, as Jupyter's server brings it, the import compiles a grammar of web addresses
# with Lark: most of its processor time, half a second and more. nbformat imports it, and so papermill at every start, though
# no notebook asks for that check.
# jsonschema 4.26.0, rfc3987-syntax 1.1.0 and lark 1.3.1, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check jsonschema==4.26.0 rfc3987-syntax==1.1.0 lark==1.3.1
cd "$place"
cat > timed.py <<'PY'
import sys
import time

if "without" in sys.argv:
    sys.modules["rfc3987_syntax"] = None
before = time.process_time()
import jsonschema

print(f"{time.process_time() - before:.2f} {'lark' in sys.modules}")
PY
env/bin/python timed.py > first
read -r full compiled < <(env/bin/python timed.py)
read -r bare absent < <(env/bin/python timed.py without)
echo "import jsonschema: $full s of processor time, $bare s without rfc3987-syntax; Lark loaded: $compiled, $absent"
test "$compiled $absent" = "True False"
awk -v full="$full" -v bare="$bare" 'BEGIN { exit !(full > bare + 0.2) }'
