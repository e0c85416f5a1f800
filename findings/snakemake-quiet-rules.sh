#!/usr/bin/env bash
# Guess: snakemake --quiet rules leaves out what is said when a rule starts and ends; an error is still printed.
# Seen: of a rule that fails nothing is printed either: no rule, no log file, no exit status, and with --show-failed-logs no
# log. Only "At least one job did not complete successfully" is left.
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
    found=$(grep -c -e "rule spoilt" -e "spoilt.log" -e "the reason" said || true)
    echo "--quiet $quiet: $found lines name the rule, its log or what stands in it"
    case $quiet in
        host) test "$found" -gt 2 ;;
        *) test "$found" -eq 0 && grep -q "At least one job did not complete" said ;;
    esac
done
