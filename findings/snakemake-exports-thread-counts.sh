#!/usr/bin/env bash
# Guess: `threads` of a Snakemake rule is a number for the scheduler, which a shell command uses only where it names
# {threads}.
# Seen: Snakemake also exports it as OMP_NUM_THREADS, OPENBLAS_NUM_THREADS, MKL_NUM_THREADS and others to every shell
# command, 1 where nothing is said; what the user has exported is overwritten. A numpy that had all cores by hand has one.
# snakemake 9.27.1, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check snakemake==9.27.1
cd "$place"
cat > Snakefile <<'RULES'
rule all:
    input: "plain", "two"

rule plain:
    output: "plain"
    shell: "env > {output}"

rule two:
    output: "two"
    threads: 2
    shell: "env > {output}"
RULES
OMP_NUM_THREADS=7 env/bin/snakemake --cores 2 --quiet all > said 2>&1
for name in OMP_NUM_THREADS OPENBLAS_NUM_THREADS MKL_NUM_THREADS; do
    echo "$name: $(sed -n "s/^$name=//p" plain) without threads, $(sed -n "s/^$name=//p" two) with threads: 2"
    grep -qx "$name=1" plain
    grep -qx "$name=2" two
done
