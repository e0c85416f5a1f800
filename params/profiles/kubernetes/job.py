"""Submit one of Snakemake's job scripts to Kubernetes, or ask what became of it; the profile beside this file calls it.

python job.py submit --image IMAGE --claim NAME:PATH --cores N --memory-mb N --minutes N --gpu N SCRIPT
python job.py status NAME
"""

import argparse
import json
import os
import subprocess
import sys
from typing import Any

LAST_LINES = 15


def manifest(asked: argparse.Namespace) -> dict[str, Any]:
    """Describe a job of one pod that sees the shared volume where this machine sees it, and is not tried again by itself."""
    claim, path = asked.claim.split(":", 1)
    # Kubernetes gives a GPU only to who limits itself to it, and a limit is a request too.
    limits = {"cpu": str(asked.cores), "memory": f"{asked.memory_mb}M"}
    limits |= {"nvidia.com/gpu": str(asked.gpu)} if asked.gpu else {}
    container = {
        "name": "mumu", "image": asked.image, "command": ["/bin/sh", asked.script], "workingDir": os.getcwd(),
        "resources": {"limits": limits}, "volumeMounts": [{"name": "shared", "mountPath": path}],
    }  # fmt: skip
    volume = {"name": "shared", "persistentVolumeClaim": {"claimName": claim}}
    pod = {"restartPolicy": "Never", "containers": [container], "volumes": [volume]}
    return {
        "apiVersion": "batch/v1", "kind": "Job", "metadata": {"generateName": "mumu-", "labels": {"app": "mumu"}},
        "spec": {"backoffLimit": 0, "activeDeadlineSeconds": 60 * asked.minutes, "ttlSecondsAfterFinished": 86400,
                 "template": {"spec": pod}},
    }  # fmt: skip


def submit(asked: argparse.Namespace) -> int:
    """Print the name of the new job, by which ``status`` finds it."""
    command = ["kubectl", "create", "--filename=-", "--output=jsonpath={.metadata.name}"]
    return subprocess.run(command, input=json.dumps(manifest(asked)), encoding="utf-8").returncode


def status(asked: argparse.Namespace) -> int:
    """Print ``running``, ``success`` or ``failed``, as Snakemake expects it."""
    command = ["kubectl", "get", "job", asked.name, "--output=jsonpath={.status.succeeded}/{.status.failed}"]
    answer = subprocess.run(command, capture_output=True, encoding="utf-8")
    if answer.returncode and "NotFound" not in answer.stderr:
        # A server that does not answer now says nothing about the job: Snakemake asks again.
        print(answer.stderr, file=sys.stderr)
        print("running")
        return 0
    succeeded, _, failed = answer.stdout.partition("/")
    if succeeded.strip():
        print("success")
    elif failed.strip() or answer.returncode:
        tell_end(asked.name)
        print("failed")
    else:
        print("running")
    return 0


def tell_end(name: str) -> None:
    """Say on stderr how the log of a job ends, and what to do where its pod had no environment."""
    end = subprocess.run(
        ["kubectl", "logs", f"--tail={LAST_LINES}", f"job/{name}"], capture_output=True, encoding="utf-8"
    )
    said = f"{end.stdout}{end.stderr}".rstrip()
    print(f"{name} failed. The end of its log:", file=sys.stderr)
    for line in said.splitlines():
        print(f"    {line[:500]}", file=sys.stderr)
    if any(word in said for word in ("not found", "No such file or directory", "can't cd to")):
        print(
            f"does its pod see the environment? It needs {sys.prefix} and {os.getcwd()} on the volume, under the same paths",
            file=sys.stderr,
        )


def main(words: list[str] | None = None) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    one = verbs.add_parser("submit")
    for name in ("image", "claim"):
        one.add_argument(f"--{name}", required=True)
    for name in ("cores", "memory-mb", "minutes", "gpu"):
        one.add_argument(f"--{name}", required=True, type=int)
    one.add_argument("script")
    one.set_defaults(act=submit)
    other = verbs.add_parser("status")
    other.add_argument("name")
    other.set_defaults(act=status)
    asked = parser.parse_args(words)
    return asked.act(asked)


if __name__ == "__main__":
    sys.exit(main())
