"""Whether SLURM would take the jobs of a series, asked before the first is submitted.

Snakemake's plugin submits what it is told to; a job that fits on no node then waits for ever, and says nothing.
"""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mumu_lib.core import commands
from mumu_lib.core.errors import MumuError
from mumu_lib.series import overrides

# Of one question. A scheduler that takes longer is as good as none.
PATIENCE = 30
NO_SUCH_NODE = "node configuration is not available"
# Resources that the plugin hands on to sbatch, and as which option.
_OPTIONS = {
    "slurm_partition": "partition", "slurm_account": "account", "qos": "qos", "constraint": "constraint",
    "clusters": "clusters", "gres": "gres",
}  # fmt: skip
UNFIT = ("drain", "down", "fail", "maint", "unk")


@dataclass(frozen=True)
class Ask:
    """What one kind of jobs asks of SLURM.

    Attributes
    ----------
    rule : str
    cores, memory_mb, minutes, gpus : int
        Of one job; 0 where nothing is said.
    words : tuple of str
        Further options of ``sbatch``: partition, account, quality of service, constraint, kind of GPU, and others.
    """

    rule: str
    cores: int
    memory_mb: int
    minutes: int
    gpus: int
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        gpus = f", {self.gpus} GPU" if self.gpus else ""
        more = f", {' '.join(self.words)}" if self.words else ""
        return f"{self.rule} ({self.cores} cores, {self.memory_mb} MB, {self.minutes} minutes{gpus}{more})"

    def may_use(self, node: "Node") -> bool:
        """Whether a node is in the partition that is asked for; in SLURM's own choice where none is."""
        for word in self.words:
            option, _, value = word.partition("=")
            if option == "--clusters":
                # The nodes of another cluster are not listed here.
                return False
            if option == "--partition":
                return node.partition in value.split(",")
        return node.default

    @property
    def options(self) -> list[str]:
        """Options of ``sbatch``."""
        found = [f"--cpus-per-task={self.cores}"] if self.cores else []
        found += self.words
        gpus = 0 if any(word.startswith(("--gpus", "--gres")) for word in self.words) else self.gpus
        for name, value in (("mem", self.memory_mb), ("time", self.minutes), ("gpus", gpus)):
            if value:
                found.append(f"--{name}={value}")
        return found


@dataclass(frozen=True)
class Node:
    """One node of one partition; ``default`` where jobs go that name none."""

    name: str
    partition: str
    default: bool
    cores: int
    memory_mb: int
    gpus: int
    minutes: int
    state: str


def ask_of(rule: str, cores: int, resources: Mapping[str, object]) -> Ask:
    """Return what a job of Snakemake's asks, from its cores and resources, as the plugin would submit it."""
    numbers = {}
    for name in ("mem_mb", "mem_mb_per_cpu", "runtime", "gpu", "cpus_per_task"):
        value = resources.get(name, 0)
        numbers[name] = value if isinstance(value, int) else 0
    # Below 0 sbatch is told of no cores.
    cores = max(numbers["cpus_per_task"], 0) if numbers["cpus_per_task"] else cores
    words = []
    for name, option in _OPTIONS.items():
        value = resources.get(name)
        if value:
            # Of several accounts the plugin takes the first.
            text = re.split(r"[,\s]+", str(value))[0] if name == "slurm_account" else value
            words.append(f"--{option}={text}")
    if resources.get("gpu_model"):
        words.append(f"--gpus={resources['gpu_model']}:{numbers['gpu'] or 1}")
    words += shlex.split(str(resources.get("slurm_extra") or ""))
    gres = str(resources.get("gres") or "")
    gpus = numbers["gpu"] or gpus_of(gres if re.search(r":\d+$", gres) else f"{gres}:1")
    memory = numbers["mem_mb_per_cpu"] * max(cores, 1) or numbers["mem_mb"]
    return Ask(rule, cores, memory, numbers["runtime"], gpus, tuple(words))


def check(asks: Iterable[Ask]) -> None:
    """Ask SLURM whether it would take jobs of these kinds, before any is submitted.

    Prints what would have to wait for a node that is drained or down.

    Raises
    ------
    MumuError
        SLURM does not answer, or refuses a kind of job, or has no node that it fits on; with what to type.
    """
    there = nodes()
    refused: list[str] = []
    advice: list[tuple[str, str]] = []
    for ask in dict.fromkeys(asks):
        said = _refusal(ask)
        short = lacking(ask, there)
        if short:
            refused.append(f"  {ask}: {said or 'it would wait for ever'}")
            advice += short
        elif NO_SUCH_NODE in said:
            why = "each node that it fits on is drained or down;  sinfo -R  says why"
            print(f"SLURM: {ask} will wait, since {why}", file=sys.stderr, flush=True)
        elif said:
            refused.append(f"  {ask}: {said}")
            advice += [
                ("--default-resources", "slurm_account=ACCOUNT"),
                ("--default-resources", "slurm_partition=PARTITION"),
            ]
    if refused:
        raise MumuError(_as_message(refused, there, advice))


def _as_message(refused: list[str], there: list[Node], advice: list[tuple[str, str]]) -> str:
    # Of an option that is given twice the last counts, and what a profile says of it is gone: all of it is typed.
    typed = commands.typed(*overrides.added(sys.argv, advice))
    lines = "\n".join(refused)
    return (
        f"SLURM would not run these jobs, so that none was submitted:\n{lines}\nIts nodes:\n{_as_text(there)}\n"
        f"Add to snakemake's words  {typed}\nor to those of make  OPTIONS={shlex.quote(typed)}"
    )


def lacking(ask: Ask, there: Iterable[Node]) -> list[tuple[str, str]]:
    """Return options of Snakemake's, and their values, that make a kind of job fit on a node; none where it does.

    Parameters
    ----------
    ask : Ask
    there : iterable of Node
        As from :func:`nodes`.

    Examples
    --------
    >>> node = Node("n1", "cpu", True, 8, 16000, 0, 1440, "idle")
    >>> lacking(Ask("image", 16, 8000, 60, 1), [node])
    [('--set-threads', 'image=8'), ('--set-resources', 'image:gpu=0')]
    """
    there = list(there)
    able = [node for node in there if ask.may_use(node)]
    if not able or any(_fits(ask, node) for node in able):
        return []
    for node in there:
        if _fits(ask, node):
            return [("--set-resources", f"{ask.rule}:slurm_partition={node.partition}")]
    most_gpus = max(node.gpus for node in able)
    able = [node for node in able if node.gpus >= min(ask.gpus, most_gpus)]
    # Of the nodes with as many GPUs as are asked for the one with the most cores.
    best = max(able, key=lambda node: (node.cores, node.memory_mb, node.minutes))
    found = []
    if ask.cores > best.cores:
        found.append(("--set-threads", f"{ask.rule}={best.cores}"))
    limits = {
        "gpu": (ask.gpus, best.gpus), "mem_mb": (ask.memory_mb, best.memory_mb), "runtime": (ask.minutes, best.minutes),
    }  # fmt: skip
    for name, (asked, most) in limits.items():
        if asked > most:
            found.append(("--set-resources", f"{ask.rule}:{name}={most}"))
    return found


def _fits(ask: Ask, node: Node) -> bool:
    pairs = (ask.cores, node.cores), (ask.memory_mb, node.memory_mb), (ask.gpus, node.gpus), (ask.minutes, node.minutes)
    return all(asked <= there for asked, there in pairs)


def nodes() -> list[Node]:
    """Return SLURM's nodes, a partition's each.

    Raises
    ------
    MumuError
        SLURM is not here or does not answer.
    """
    code, said = said_by("sinfo", "--noheader", "--Node", "--format=%N|%P|%c|%m|%G|%l|%T")
    if code:
        raise MumuError(f"SLURM does not answer ({said.strip()}); call from a login node, when  sinfo  answers there")
    found = []
    for line in said.splitlines():
        parts = line.split("|")
        if len(parts) == 7:
            name, partition, cores, memory, gres, limit, state = parts
            numbers = int(cores.rstrip("+")), int(memory.rstrip("+")), gpus_of(gres), minutes_of(limit)
            found.append(Node(name, partition.rstrip("*"), partition.endswith("*"), *numbers, state))
    return found


def gpus_of(gres: str) -> int:
    """Return how many GPUs a node's generic resources have.

    >>> gpus_of("gpu:a100:4(S:0-1),gpu:1,shard:8")
    5
    """
    counts = re.findall(r"(?:^|,)gpu(?::[^:,(]*[^\d:,(][^:,(]*)?:(\d+)", gres)
    return sum(map(int, counts))


def minutes_of(limit: str) -> int:
    """Return the minutes of a limit of time as SLURM writes it.

    >>> minutes_of("7-00:00:00"), minutes_of("12:30:00"), minutes_of("30:00")
    (10080, 750, 30)
    """
    found = re.fullmatch(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)", limit)
    if not found:
        return sys.maxsize
    days, hours, minutes, _ = (int(part or 0) for part in found.groups())
    return (24 * days + hours) * 60 + minutes


def _as_text(there: Iterable[Node]) -> str:
    counts: dict[str, int] = {}
    for node in there:
        gpus = f", {node.gpus} GPU" if node.gpus else ""
        limit = "any time" if node.minutes == sys.maxsize else f"at most {node.minutes} minutes"
        state = f", {node.state}" if node.state.startswith(UNFIT) else ""
        kind = f"partition {node.partition}: {node.cores} cores, {node.memory_mb} MB{gpus}, {limit}{state}"
        counts[kind] = counts.get(kind, 0) + 1
    return "\n".join(f"  {count} x {kind}" for kind, count in counts.items())


def _refusal(ask: Ask) -> str:
    """Return what SLURM says against a job; empty where it would take it."""
    code, said = said_by("sbatch", "--test-only", *ask.options, "--wrap=true")
    lines = []
    for line in said.splitlines():
        lines.append(re.sub(r"^(sbatch: error: |allocation failure: )", "", line))
    return "; ".join(lines) if code else ""


def said_by(*command: str) -> tuple[int, str]:
    """Run one of SLURM's commands; return its code and what it says."""
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=PATIENCE)
    except FileNotFoundError:
        return 127, f"there is no program {command[0]} here"
    except subprocess.TimeoutExpired:
        return 124, f"{command[0]} has said nothing for {PATIENCE} s"
    return done.returncode, done.stdout + done.stderr
