#!/usr/bin/env bash
# Guess: snakemake --quiet rules leaves out what is said when a rule starts and ends; of one that fails, what went wrong is
# still said, and its log is shown where --show-failed-logs asks for it.
# Seen: --show-failed-logs then does nothing, and "Error in rule ..." with the rule's log file and output is not printed either.
# snakemake 9.27.1, from PyPI.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check snakemake==9.27.1
cd "$place"
cat > Snakefile <<'RULES'
rule spoilt:
    output: "made"
    log: "spoilt.log"
    shell: "echo the reason > {log}; exit 7"
RULES
for quiet in host "host rules"; do
    # shellcheck disable=SC2086
    env/bin/snakemake --cores 1 --show-failed-logs --quiet $quiet > said 2>&1 && exit 1
    shown=$(grep -c -e "Error in rule spoilt" -e "^the reason$" said || true)
    echo "--quiet $quiet: $shown of 2 lines: the error of the rule, what stands in its log"
    case $quiet in
        host) test "$shown" = 2 ;;
        *) test "$shown" = 0 && grep -q "At least one job did not complete" said ;;
    esac
done
