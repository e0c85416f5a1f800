"""Check whether SLURM accepts the jobs of a series, before the first one is submitted.

Snakemake's plugin submits jobs without checks; a job that fits on no node then waits for ever without a message.
"""

import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mumu_lib.core import commands
from mumu_lib.core.errors import MumuError
from mumu_lib.series import overrides

# Timeout of one command, in seconds.
PATIENCE = 30
NO_SUCH_NODE = "node configuration is not available"
# Resources that the plugin passes on to sbatch -> name of the option.
_OPTIONS = {
    "slurm_partition": "partition", "slurm_account": "account", "qos": "qos", "constraint": "constraint",
    "clusters": "clusters", "gres": "gres",
}  # fmt: skip
UNFIT = ("drain", "down", "fail", "maint", "unk")


@dataclass(frozen=True)
class Ask:
    """Describe the resources that one kind of job requests of SLURM.

    Attributes
    ----------
    rule : str
    cores, memory_mb, minutes, gpus : int
        Of one job; 0 if not specified.
    words : tuple of str
        Further options of ``sbatch``: partition, account, quality of service, constraint, kind of GPU, and others.

    Examples
    --------
    >>> print(Ask("image", 16, 8000, 60, 1))
    image (16 cores, 8000 MB, 60 minutes, 1 GPU)
    """

    rule: str
    cores: int
    memory_mb: int
    minutes: int
    gpus: int
    words: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = [f"{self.cores} cores", f"{self.memory_mb} MB", f"{self.minutes} minutes"]
        if self.gpus:
            parts.append(f"{self.gpus} GPU")
        if self.words:
            parts.append(" ".join(self.words))
        return f"{self.rule} ({', '.join(parts)})"

    def may_use(self, node: "Node") -> bool:
        """Return whether a node is in the requested partition; in SLURM's default partition if none is requested."""
        for word in self.words:
            option, _, value = word.partition("=")
            if option == "--clusters":
                # sinfo does not list the nodes of another cluster.
                return False
            if option == "--partition":
                return node.partition in value.split(",")
        return node.default

    @property
    def options(self) -> list[str]:
        """Options of ``sbatch``."""
        result = []
        if self.cores:
            result.append(f"--cpus-per-task={self.cores}")
        result += self.words
        numbers = {"mem": self.memory_mb, "time": self.minutes, "gpus": self.gpus}
        if any(word.startswith(("--gpus", "--gres")) for word in self.words):
            del numbers["gpus"]
        for name, value in numbers.items():
            if value:
                result.append(f"--{name}={value}")
        return result


@dataclass(frozen=True)
class Node:
    """Describe one node of one partition; ``default`` if jobs without a partition are sent there."""

    name: str
    partition: str
    default: bool
    cores: int
    memory_mb: int
    gpus: int
    minutes: int
    state: str


def ask_of(rule: str, cores: int, resources: Mapping[str, object]) -> Ask:
    """Return the resources that the plugin would request for a Snakemake job, from its cores and resources.

    Examples
    --------
    >>> print(ask_of("text", 8, {"mem_mb": 4000, "runtime": 90, "slurm_partition": "cpu"}))
    text (8 cores, 4000 MB, 90 minutes, --partition=cpu)
    """
    numbers = {}
    for name in ("mem_mb", "mem_mb_per_cpu", "runtime", "gpu", "cpus_per_task"):
        numbers[name] = 0
        value = resources.get(name, 0)
        if isinstance(value, int):
            numbers[name] = value
    if numbers["cpus_per_task"]:
        # A negative value means that no cores are requested.
        cores = max(numbers["cpus_per_task"], 0)
    memory = numbers["mem_mb_per_cpu"] * max(cores, 1) or numbers["mem_mb"]
    gpus = numbers["gpu"] or _gpus_requested(str(resources.get("gres") or ""))
    words = _further_options(resources, numbers["gpu"])
    return Ask(rule, cores, memory, numbers["runtime"], gpus, tuple(words))


def _further_options(resources: Mapping[str, object], gpus: int) -> list[str]:
    """Return the options of ``sbatch`` for resources other than cores, memory and time."""
    words = []
    for name, option in _OPTIONS.items():
        value = resources.get(name)
        if name == "slurm_account" and value:
            # The plugin uses the first of several accounts.
            value = re.split(r"[,\s]+", str(value))[0]
            words.append(f"--{option}={value}")
        elif value:
            words.append(f"--{option}={value}")
    if resources.get("gpu_model"):
        words.append(f"--gpus={resources['gpu_model']}:{gpus or 1}")
    words += shlex.split(str(resources.get("slurm_extra") or ""))
    return words


def _gpus_requested(gres: str) -> int:
    """Return the GPUs of a request for generic resources; without a number it means one."""
    if not re.search(r":\d+$", gres):
        gres += ":1"
    return gpus_of(gres)


def check(asks: Iterable[Ask]) -> None:
    """Check with SLURM whether it would accept these kinds of jobs, before any is submitted.

    Prints which jobs would have to wait for a node that is drained or down.

    Raises
    ------
    MumuError
        SLURM does not answer, or refuses a kind of job, or has no node that it fits on; the message contains the
        options to add.
    """
    all_nodes = nodes()
    refused: list[str] = []
    advice: list[tuple[str, str]] = []
    for ask in dict.fromkeys(asks):
        refusal = _refusal(ask)
        changes = lacking(ask, all_nodes)
        if changes:
            refused.append(f"  {ask}: {refusal or 'it would wait for ever'}")
            advice += changes
        elif NO_SUCH_NODE in refusal:
            why = "each node that it fits on is drained or down;  sinfo -R  says why"
            print(f"SLURM: {ask} will wait, since {why}", file=sys.stderr, flush=True)
        elif refusal:
            refused.append(f"  {ask}: {refusal}")
            advice += [
                ("--default-resources", "slurm_account=ACCOUNT"),
                ("--default-resources", "slurm_partition=PARTITION"),
            ]
    if refused:
        raise MumuError(_as_message(refused, all_nodes, advice))


def _as_message(refused: list[str], all_nodes: list[Node], advice: list[tuple[str, str]]) -> str:
    """Format the refused jobs, the nodes, and the options to add."""
    # An option on the command line replaces the whole option of a profile, so all of its arguments are printed.
    typed = commands.typed(*overrides.added(sys.argv, advice))
    lines = "\n".join(refused)
    return (
        f"SLURM would not run these jobs, so that none was submitted:\n{lines}\nIts nodes:\n{_as_text(all_nodes)}\n"
        f"Add to snakemake's words  {typed}\nor to those of make  OPTIONS={shlex.quote(typed)}"
    )


def lacking(ask: Ask, all_nodes: Iterable[Node]) -> list[tuple[str, str]]:
    """Return the Snakemake options and values that make a kind of job fit on a node; empty if it fits.

    Parameters
    ----------
    ask : Ask
    all_nodes : iterable of Node
        From :func:`nodes`.

    Examples
    --------
    >>> node = Node("n1", "cpu", True, 8, 16000, 0, 1440, "idle")
    >>> lacking(Ask("image", 16, 8000, 60, 1), [node])
    [('--set-threads', 'image=8'), ('--set-resources', 'image:gpu=0')]
    """
    all_nodes = list(all_nodes)
    usable = [node for node in all_nodes if ask.may_use(node)]
    if not usable or any(_fits(ask, node) for node in usable):
        return []
    for node in all_nodes:
        if _fits(ask, node):
            return [("--set-resources", f"{ask.rule}:slurm_partition={node.partition}")]
    # Choose the node with the most cores among those with enough GPUs.
    most_gpus = max(node.gpus for node in usable)
    with_gpus = [node for node in usable if node.gpus >= min(ask.gpus, most_gpus)]
    best = max(with_gpus, key=lambda node: (node.cores, node.memory_mb, node.minutes))
    changes = []
    if ask.cores > best.cores:
        changes.append(("--set-threads", f"{ask.rule}={best.cores}"))
    limits = {
        "gpu": (ask.gpus, best.gpus), "mem_mb": (ask.memory_mb, best.memory_mb), "runtime": (ask.minutes, best.minutes),
    }  # fmt: skip
    for name, (requested, limit) in limits.items():
        if requested > limit:
            changes.append(("--set-resources", f"{ask.rule}:{name}={limit}"))
    return changes


def _fits(ask: Ask, node: Node) -> bool:
    return (
        ask.cores <= node.cores
        and ask.memory_mb <= node.memory_mb
        and ask.gpus <= node.gpus
        and ask.minutes <= node.minutes
    )


def nodes() -> list[Node]:
    """List SLURM's nodes, once for each partition.

    Raises
    ------
    MumuError
        SLURM is not installed or does not answer.
    """
    code, output = run_command("sinfo", "--noheader", "--Node", "--format=%N|%P|%c|%m|%G|%l|%T")
    if code:
        raise MumuError(f"SLURM does not answer ({output.strip()}); call from a login node, when  sinfo  answers there")
    result = []
    for line in output.splitlines():
        parts = line.split("|")
        if len(parts) == 7:
            name, partition, cores, memory, gres, limit, state = parts
            node = Node(
                name=name,
                partition=partition.rstrip("*"),
                default=partition.endswith("*"),
                cores=int(cores.rstrip("+")),
                memory_mb=int(memory.rstrip("+")),
                gpus=gpus_of(gres),
                minutes=minutes_of(limit),
                state=state,
            )
            result.append(node)
    return result


def gpus_of(gres: str) -> int:
    """Return the number of GPUs among a node's generic resources.

    Examples
    --------
    >>> gpus_of("gpu:a100:4(S:0-1),gpu:1,shard:8")
    5
    """
    counts = re.findall(r"(?:^|,)gpu(?::[^:,(]*[^\d:,(][^:,(]*)?:(\d+)", gres)
    return sum(int(count) for count in counts)


def minutes_of(limit: str) -> int:
    """Parse a time limit of SLURM; return its minutes, ``sys.maxsize`` if it is unlimited.

    Examples
    --------
    >>> minutes_of("7-00:00:00"), minutes_of("12:30:00"), minutes_of("30:00")
    (10080, 750, 30)
    """
    match = re.fullmatch(r"(?:(?P<days>\d+)-)?(?:(?P<hours>\d+):)?(?P<minutes>\d+):\d+", limit)
    if not match:
        return sys.maxsize
    days = int(match["days"] or 0)
    hours = int(match["hours"] or 0)
    return (24 * days + hours) * 60 + int(match["minutes"])


def _as_text(all_nodes: Iterable[Node]) -> str:
    """Count equal nodes, and list each kind on a line."""
    kinds = Counter(_kind(node) for node in all_nodes)
    return "\n".join(f"  {count} x {kind}" for kind, count in kinds.items())


def _kind(node: Node) -> str:
    """Describe a node by its partition and resources."""
    parts = [f"{node.cores} cores", f"{node.memory_mb} MB"]
    if node.gpus:
        parts.append(f"{node.gpus} GPU")
    if node.minutes == sys.maxsize:
        parts.append("any time")
    else:
        parts.append(f"at most {node.minutes} minutes")
    if node.state.startswith(UNFIT):
        parts.append(node.state)
    return f"partition {node.partition}: {', '.join(parts)}"


def _refusal(ask: Ask) -> str:
    """Return SLURM's error message about a job; empty if it would accept the job."""
    code, output = run_command("sbatch", "--test-only", *ask.options, "--wrap=true")
    if not code:
        return ""
    lines = []
    for line in output.splitlines():
        lines.append(re.sub(r"^(sbatch: error: |allocation failure: )", "", line))
    return "; ".join(lines)


def run_command(*command: str) -> tuple[int, str]:
    """Run a SLURM command; return its exit status and its output."""
    try:
        done = subprocess.run(command, capture_output=True, encoding="utf-8", errors="replace", timeout=PATIENCE)
    except FileNotFoundError:
        return 127, f"there is no program {command[0]} here"
    except subprocess.TimeoutExpired:
        return 124, f"{command[0]} has said nothing for {PATIENCE} s"
    return done.returncode, done.stdout + done.stderr
