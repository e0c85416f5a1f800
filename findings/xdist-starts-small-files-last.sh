#!/usr/bin/env bash
# Guess: pytest-xdist with --dist loadfile hands out the files in the order in which pytest collects them.
# Seen: files with more tests come first, so that one slow test in a file of its own is started last of all, and the others
# wait for it. --no-loadscope-reorder keeps the order.
# pytest 9.2.0 and pytest-xdist 3.8.0, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check pytest==9.2.0 pytest-xdist==3.8.0
cd "$place"
mkdir tests
echo 'def test_one(): open("order", "a").write("a ")' > tests/test_a.py
for i in 1 2 3; do echo "def test_$i(): open('order', 'a').write('b ')"; done > tests/test_b.py
ran() {
    rm -f order
    env/bin/pytest -q -p no:cacheprovider -n 1 --dist loadfile "$@" tests > said
    cat order
}
by_default=$(ran)
kept=$(ran --no-loadscope-reorder)
echo "collected: a b b b; run by default: $by_default; with --no-loadscope-reorder: $kept"
test "$by_default" = "b b b a "
test "$kept" = "a b b b "
