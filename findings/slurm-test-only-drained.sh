#!/usr/bin/env bash
# Guess: sbatch --test-only says whether SLURM would take a job, and when it would start: of a drained node that it has to
# wait, of more cores than any node has that it never fits.
# Seen: both are refused in the same words, "Requested node configuration is not available". The same sbatch without
# --test-only takes both into the queue: the first starts when the node is back, the second never does.
# slurmctld and slurm-client 22.05.8-4+deb12u3, from Debian 12: fetched and unpacked in a temporary folder, all of them
# pinned; nothing is installed into the system, no node daemon runs.
set -euo pipefail
place=$(mktemp -d)
controller=
trap 'test -z "$controller" || kill "$controller"; wait; rm -rf "$place"' EXIT
cd "$place"
apt-get download --quiet --quiet slurmctld=22.05.8-4+deb12u3 slurm-client=22.05.8-4+deb12u3 slurm-wlm-basic-plugins=22.05.8-4+deb12u3 libmunge2=0.5.15-2+deb12u1 libhwloc15=2.9.0-1 > /dev/null
for package in *.deb; do dpkg -x "$package" .; done
libraries=$(dirname "$(find "$place/usr" -name libslurmfull.so)")
export LD_LIBRARY_PATH="$libraries:$(dirname "$libraries")" SLURM_CONF="$place/slurm.conf" PATH="$place/usr/bin:$place/usr/sbin:$PATH"
mkdir state
cat > slurm.conf <<CONF
ClusterName=one
SlurmctldHost=$(hostname)(127.0.0.1)
SlurmctldPort=23817
PluginDir=$libraries
AuthType=auth/none
CredType=cred/none
SlurmUser=$(id -un)
StateSaveLocation=$place/state
SlurmctldPidFile=$place/pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
NodeName=n1 NodeAddr=127.0.0.1 CPUs=4 State=IDLE
PartitionName=all Nodes=n1 Default=YES State=UP
CONF
slurmctld -D -i > log 2>&1 &
controller=$!
for _ in $(seq 100); do sinfo --noheader > /dev/null 2>&1 && break; sleep 0.2; done
ask() {
    sbatch --test-only --wrap true "$@" 2>&1 | sed 's/^/    /' || true
}
echo "node idle:"
ask | tee idle
scontrol update NodeName=n1 State=DRAIN Reason=repair
echo "node drained:"
ask | tee drained
echo "99 cores:"
ask --ntasks=99 | tee large
sbatch --wrap true
sbatch --wrap true --ntasks=99
grep -q "to start at" idle
grep -q "Requested node configuration is not available" drained
diff drained large
test "$(squeue --noheader --states=PENDING | wc -l)" = 2
