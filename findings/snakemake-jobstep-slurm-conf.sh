#!/usr/bin/env bash
# Guess: where a cluster names its configuration by the variable SLURM_CONF, as SLURM's manual allows, what Snakemake starts
# inside of a job finds it too.
# Seen: the plugin takes every variable SLURM_* but a few out of the environment of srun, SLURM_CONF among them. The real srun
# then says "Could not establish a configuration source" (SLURM 22.05), and every job of the workflow fails.
# snakemake 9.27.1 and snakemake-executor-plugin-slurm-jobstep 0.6.1, from PyPI; a stand-in for srun shows what it is told.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/env"
"$place/env/bin/pip" install --quiet --disable-pip-version-check snakemake==9.27.1 snakemake-executor-plugin-slurm-jobstep==0.6.1
cd "$place"
mkdir bin
cat > bin/srun <<'SRUN'
#!/bin/sh
echo "${SLURM_CONF:-not told}" > "$SEEN/conf"
echo "${SLURM_JOB_ID:-not told}" > "$SEEN/job"
SRUN
chmod +x bin/srun
cat > Snakefile <<'RULES'
rule made:
    output: "made"
    shell: "touch {output}"
RULES
export SLURM_CONF=/shared/slurm.conf SLURM_JOB_ID=7 SEEN=$place
PATH="$place/bin:$PATH" env/bin/snakemake --executor slurm-jobstep --jobs 1 --latency-wait 0 > said 2>&1 || true
echo "in the job SLURM_CONF=$SLURM_CONF and SLURM_JOB_ID=$SLURM_JOB_ID; srun is told $(cat conf) and $(cat job)"
test "$(cat conf)" = "not told"
test "$(cat job)" = 7
