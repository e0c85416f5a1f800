"""The series as somebody on a login node types it, and the numbers that come out."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import one_node  # noqa: E402

import sixty_six_tracks  # noqa: E402

MINUTE = 60
# What differs between two runs of the same numbers.
ABOUT = ("commit", "versions", "device", "seconds")
QUICK = ["--quiet", "host", "reason", "--latency-wait", "10", "--slurm-init-seconds-before-status-checks", "5"]


class Series:
    """The series on one catalogue, as somebody on a login node types it.

    Parameters
    ----------
    cluster : OneNode
    home : Path
        ``MUMU_HOME``; a new one.
    """

    def __init__(
        self, cluster: one_node.OneNode, home: Path, catalogue: str = "small", *, one_job: bool = False
    ) -> None:
        self.cluster = cluster
        self.home = home
        self.catalogue = catalogue
        self.log = home.with_name(f"{home.name}.said")
        if catalogue == "small":
            sixty_six_tracks.write(home)
        runs = home / "runs" / catalogue
        self.targets = [runs / "overview" / "metrics.json"]
        if not one_job:
            self.targets.append(runs / "features" / "all.done")

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Begin; what is said is in :meth:`said`."""
        call = ["snakemake", "--workflow-profile", "params/profiles/slurm", *QUICK, *words]
        call += ["--config", f"catalogue={self.catalogue}", "profile=sample", "parts=2", "--", *map(str, self.targets)]
        return self._type(sys.executable, "-m", *call)

    def make(self, *words: str) -> subprocess.Popen[bytes]:
        """Begin with ``make``."""
        return self._type("make", "-o", ".venv/.installed", *words, f"CATALOGUE={self.catalogue}")

    def _type(self, *words: str) -> subprocess.Popen[bytes]:
        path = os.pathsep.join([os.path.dirname(sys.executable), self.cluster.environment["PATH"]])
        own = {"MUMU_HOME": str(self.home), "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "PATH": path}
        self.log.write_bytes(b"")
        with self.log.open("ab") as log:
            return subprocess.Popen(
                words, cwd=ROOT, env={**os.environ, **self.cluster.environment, **own}, stdout=log, stderr=log
            )

    def said(self) -> str:
        """Return everything that was printed since the last start."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait(self, process: subprocess.Popen[bytes], seconds: float = 15 * MINUTE) -> int:
        """Let it end."""
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise SystemExit(f"after {seconds:.0f} s it has not ended; it said:\n{self.said()[-3000:]}") from None

    def run(self, *words: str) -> int:
        """Begin, and let it end."""
        return self.wait(self.start(*words))

    def jobs(self, *states: str) -> list[str]:
        """Return the numbers of jobs in these states."""
        return self.cluster.ask("squeue", "-h", "-o", "%i", f"--states={','.join(states)}").split()

    def one(self, state: str, rule: str = "rule_") -> str:
        """Wait for a job in a state, of one rule or of any."""
        found: list[str] = []

        def there() -> bool:
            for line in self.cluster.ask("squeue", "-h", "-o", "%i %k", f"--states={state}").splitlines():
                if line.partition(" ")[2].startswith(rule):
                    found.append(line.split()[0])
            return bool(found)

        one_node.wait_for(f"no job is {state}; {self.said()[-2000:]}", there, 5 * MINUTE)
        return found[0]

    def advice(self) -> list[str]:
        """Return the words that a refusal says to add."""
        (words,) = re.findall(r"Add to snakemake's words  (--.*)", self.said())
        return shlex.split(words)

    def drain(self) -> None:
        """Let the node take no job."""
        self.cluster.ask("scontrol", "update", f"NodeName={self.cluster.host}", "State=DRAIN", "Reason=trial")

    def resume(self) -> None:
        """Let the node take jobs again."""
        self.cluster.ask("scontrol", "update", f"NodeName={self.cluster.host}", "State=RESUME")

    def tells(self, pattern: str, seconds: float = 4 * MINUTE) -> None:
        """Wait until something is said."""
        began = time.monotonic()
        one_node.wait_for(
            f"nobody said {pattern!r}; but:\n{self.said()[-3000:]}",
            lambda: bool(re.search(pattern, self.said())),
            seconds,
        )
        shown = next(line for line in self.said().splitlines() if re.search(pattern, line))
        print(f"    after {time.monotonic() - began:.0f} s: {shown[:400]}", flush=True)

    def numbers(self) -> dict[str, object]:
        """Return the results, without when and by what they were made."""
        return numbers_of(self.home)


def numbers_of(home: Path) -> dict[str, object]:
    """Return the results in a home, without when and by what they were made, and from where."""
    found: dict[str, object] = {}
    for path in sorted((home / "runs").rglob("metrics.json")):
        facts = json.loads(path.read_text(encoding="utf-8"))
        numbers = {name: value for name, value in facts.items() if not name.startswith(ABOUT)}
        # Stores are named by the files that they were made of, each with its folder.
        text = re.sub(r"-[0-9a-f]{8,16}\b", "", json.dumps(numbers))
        found[path.parent.name] = json.loads(text)
    arrays: dict[str, list[bytes]] = {}
    for path in (home / "data").glob("*/features/*/*.npy"):
        arrays.setdefault(path.parent.name, []).append(path.read_bytes()[-2000:])
    for name, ends in arrays.items():
        found[name] = sorted(ends)
    return found


def must(so: bool, what: str, series: Series) -> None:
    """End here unless something is so."""
    if not so:
        raise SystemExit(f"{what}; it said:\n{series.said()[-4000:]}")


def whole(series: Series) -> None:
    """Run the sample's whole series; some of it asks for more than the node has, so that the words that help are typed."""
    series.targets = []
    must(series.wait(series.start(), 4 * MINUTE) != 0, "it began with jobs that fit on no node", series)
    words = series.advice()
    # With another number of threads sums of the straight lines of fusions round otherwise, and ranks that tie fall otherwise.
    cores = -(-(os.cpu_count() or 1) // 2)
    words.insert(words.index("--set-threads") + 1, f"multimodal={cores}")
    print(f"    refused, until  {' '.join(words)}  was typed", flush=True)
    must(series.wait(series.start(*words), 120 * MINUTE) == 0, "it failed", series)


def on_this_machine(home: Path) -> dict[str, object]:
    """Run the sample's whole series without a cluster, as ``make run`` does, and return its numbers."""
    cores = str(os.cpu_count())
    call = [sys.executable, "-m", "snakemake", "--workflow-profile", "params/profiles/local", "--cores", cores]
    call += ["--quiet", "rules", "host", "reason", "--config", "catalogue=sample", "profile=sample"]
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    own = {"MUMU_HOME": str(home), "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", "PATH": path}
    subprocess.run(call, cwd=ROOT, env={**os.environ, **own}, check=True)
    return numbers_of(home)


def copy_sample(beside: Path, home: Path) -> None:
    """Take the sample's files over from another home, without what was computed of them."""
    for data in (beside / "data").glob("sample*"):
        shutil.copytree(data, home / "data" / data.name, ignore=shutil.ignore_patterns("features", "*.lock"))


def compare(found: dict[str, object], expected: dict[str, object]) -> None:
    """Print how far two series are apart, number by number; end here where they are not equal."""
    apart: list[str] = []
    count = 0
    for run in sorted(found.keys() | expected.keys()):
        one, other = found.get(run), expected.get(run)
        if not isinstance(one, dict) or not isinstance(other, dict):
            count += 1
            if one != other:
                apart.append(run)
            continue
        for name in sorted(one.keys() | other.keys()):
            count += 1
            if one.get(name) != other.get(name):
                apart.append(f"{run}, {name}: {one.get(name)}, on one machine {other.get(name)}")
    print(f"    {len(found)} runs and arrays, {count} values, {len(apart)} apart", flush=True)
    if apart:
        raise SystemExit("\n".join(apart))
