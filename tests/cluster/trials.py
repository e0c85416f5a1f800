"""Try the series on a real SLURM of one node:  python tests/cluster/trials.py [NAME ...] [--whole] [--accounting no]

Each trial submits jobs by params/profiles/slurm, lets one thing go wrong, says what was told to the user, types the same
again, and compares the numbers with those of jobs that nothing happened to. ``--whole`` adds the sample's whole series.
Debian's packages are needed (make slurm says which), and a user who may start daemons: root, in a container.
"""

import argparse
import re
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import one_node
import typed
from typed import MINUTE, Series, must


def finishes(series: Series) -> None:
    """Type the same again, and see that it finishes."""
    must(series.run() == 0, "the second call failed", series)


def undisturbed(series: Series) -> None:
    """Nothing happens."""
    must(series.run() == 0, "it failed", series)


def cancelled(series: Series) -> None:
    """A job is cancelled while it runs; the others go on."""
    process = series.start("--retries", "0")
    series.cluster.ask("scancel", series.one("RUNNING"))
    series.tells(r"CANCELLED, somebody")
    must(series.wait(process) != 0, "a cancelled job counts as done", series)
    finishes(series)


def out_of_memory(series: Series) -> None:
    """A job uses more than it has asked for, whatever it is tried with."""
    process = series.start("--retries", "1", "--set-resources", "overview:mem_mb=60")
    series.tells(r"used more memory|exceeded .*memory")
    must(series.wait(process) != 0, "a job without memory counts as done", series)
    finishes(series)


def out_of_time(series: Series) -> None:
    """A job stands still until its minute is over."""
    process = series.start("--retries", "0", "--set-resources", "overview:runtime=1")
    job = series.one("RUNNING", "rule_overview")
    one_node.wait_for("no step", lambda: f"{job}.0" in series.cluster.ask("squeue", "-h", "-s", "-o", "%i"))
    series.cluster.ask("scancel", "--signal=STOP", "--full", job)
    series.tells(r"job \d+ .*: TIMEOUT")
    must(series.wait(process) != 0, "a job out of time counts as done", series)
    finishes(series)


def drained(series: Series) -> None:
    """The node is drained, so that every job waits; and comes back."""
    series.drain()
    process = series.start()
    series.tells(r"will wait, since each node that it fits on is drained")
    series.tells(r"lets job \d+ .* wait: .*DRAIN")
    series.resume()
    must(series.wait(process) == 0, "it failed though the node came back", series)


def killed(series: Series) -> None:
    """Snakemake is killed outright; its jobs go on, and the next call does not run them twice."""
    process = series.start()
    job = series.one("RUNNING")
    # Else it may end before the next call has begun.
    series.cluster.ask("scontrol", "suspend", job)
    process.kill()
    process.wait()
    must(series.run() != 0, "it began though jobs of a killed call go on", series)
    series.tells(r"jobs of an earlier series .* go on")
    command = re.findall(r"scancel --name \S+", series.said())[0]
    series.cluster.ask(*command.split())
    one_node.wait_for("jobs go on", lambda: not series.jobs("RUNNING", "PENDING", "COMPLETING", "SUSPENDED"))
    finishes(series)


def terminated(series: Series) -> None:
    """SIGTERM: what runs is waited for, nothing new begins."""
    process = series.start()
    series.one("RUNNING")
    process.terminate()
    series.tells(r"Will exit after finishing currently running jobs")
    must(series.wait(process) != 0, "it ended as if all were done", series)
    must(not series.jobs("RUNNING", "PENDING"), "jobs go on", series)
    finishes(series)


def interrupted(series: Series) -> None:
    """Ctrl-C: what runs is cancelled."""
    process = series.start()
    series.one("RUNNING")
    process.send_signal(signal.SIGINT)
    must(series.wait(process, 4 * MINUTE) != 0, "it ended as if all were done", series)
    one_node.wait_for("jobs go on", lambda: not series.jobs("RUNNING", "PENDING", "COMPLETING"))
    finishes(series)


def refused(series: Series) -> None:
    """More cores, memory, time or GPUs than there are: refused before the first job, with what to type; which works."""
    before = set(series.jobs("all"))
    began = time.monotonic()
    process = series.start(
        "--set-threads", "features_part=99", "--set-resources", "overview:gpu=3", "features:mem_mb=99999"
    )
    must(series.wait(process, 4 * MINUTE) != 0, "it began", series)
    must(time.monotonic() - began < MINUTE, "a user waits for more than a minute", series)
    series.tells(r"SLURM would not run these jobs")
    must(series.said().count("SLURM would not run these jobs") == 1, "it is said more than once", series)
    must(not set(series.jobs("all")) - before, "a job was submitted", series)
    words = series.advice()
    must(series.run(*words) == 0, f"{words} did not help", series)
    if series.cluster.accounting:
        must(series.run("--default-resources", "slurm_account=nobody", "--forceall") != 0, "an unknown account", series)
        series.tells(r"Invalid account")


def made(series: Series) -> None:
    """``make paper ON=slurm`` is refused: said once."""
    process = series.make("paper", "ON=slurm", "OPTIONS=--set-threads factors=99")
    must(series.wait(process, 4 * MINUTE) != 0, "it began", series)
    must(series.said().count("SLURM would not run these jobs") == 1, "it is not said once", series)
    must(not series.jobs("RUNNING", "PENDING"), "a job was submitted", series)
    finishes(series)


def demanded(series: Series) -> None:
    """The cluster wants account, partition and GPU named, as the profile's comments say."""
    words, wanted, gpu = ["slurm_partition=cpu"], {"cpu", "gres:gpu:1"}, ["overview:gpu=0", "overview:gres=gpu:1"]
    if series.cluster.accounting:
        words.append("slurm_account=music")
        wanted.add("music")
        gpu = ["overview:gpu=1"]
    process = series.start("--default-resources", *words, "--set-resources", *gpu)
    job = series.one("RUNNING", "rule_overview")
    fields = "Account:20,Partition:20,tres-per-job:20,tres-per-node:20"
    asked = series.cluster.ask("squeue", "-h", "-j", job, "-O", fields).split()
    print(f"    {' '.join(asked)}", flush=True)
    must(wanted <= set(asked), f"job {job} asks for {asked}", series)
    must(series.wait(process) == 0, "it failed", series)


def twice(series: Series) -> None:
    """A second person starts the same series."""
    # Else the first may have ended before the second begins.
    series.drain()
    process = series.start()
    series.one("PENDING")
    first, series.log = series.log, series.log.with_suffix(".second")
    second = series.start()
    must(series.wait(second, 4 * MINUTE) != 0, "both began", series)
    series.tells(r"another series is running on catalogue 'small', of ")
    series.log = first
    series.resume()
    must(series.wait(process) == 0, "the first was disturbed", series)


def unseen_home(series: Series) -> None:
    """The node does not see MUMU_HOME."""
    with series.cluster.hides(series.home):
        process = series.start("--retries", "0")
        series.tells(r"does not see MUMU_HOME")
        must(series.wait(process) != 0, "it counts as done", series)
    finishes(series)


def unseen_environment(series: Series) -> None:
    """The node has no environment."""
    with series.cluster.hides(Path(sys.prefix)):
        process = series.start("--retries", "0")
        series.tells(r"the node does not see the environment")
        must(series.wait(process) != 0, "it counts as done", series)
    finishes(series)


TRIALS: dict[str, Callable[[Series], None]] = {
    trial.__name__: trial
    for trial in (
        undisturbed, cancelled, out_of_memory, out_of_time, drained, killed, terminated, interrupted, refused, made, demanded, twice,
        unseen_home, unseen_environment,
    )
}  # fmt: skip


@contextmanager
def folder() -> Iterator[Path]:
    """A new folder, which every user may pass through."""
    found = Path(tempfile.mkdtemp(prefix="slurm-"))
    found.chmod(0o755)
    try:
        yield found
    finally:
        shutil.rmtree(found, ignore_errors=True)


def try_all(cluster: one_node.OneNode, place: Path, asked: argparse.Namespace) -> None:
    """Let each trial that was asked for do its worst on a cluster, and compare what comes out."""
    expected: dict[str, object] = {}
    for name in dict.fromkeys(["undisturbed", *asked.names]):
        began = time.monotonic()
        print(f"{name}, {'with' if cluster.accounting else 'without'} accounting: {TRIALS[name].__doc__}", flush=True)
        series = Series(cluster, place / f"home-{name}-{cluster.accounting}", one_job=asked.one_job)
        TRIALS[name](series)
        expected = expected or series.numbers()
        must(series.numbers() == expected, "other numbers", series)
        print(f"    as it should be; {time.monotonic() - began:.0f} s", flush=True)


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*TRIALS, []], metavar="NAME", help=f"of {', '.join(TRIALS)}")
    parser.add_argument(
        "--whole", action="store_true", help="the sample's whole series at the end, beside one on this machine"
    )
    parser.add_argument("--whole-only", action="store_true", help="that alone")
    parser.add_argument(
        "--beside", type=Path, metavar="HOME", help="MUMU_HOME where make run has ended, not to run it again"
    )
    parser.add_argument("--one-job", action="store_true", help="one job each instead of four, on a busy machine")
    parser.add_argument("--accounting", choices=("yes", "no", "both"), default="both")
    asked = parser.parse_args()
    asked.whole |= asked.whole_only
    asked.names = asked.names or list(TRIALS)
    lacks = one_node.missing(accounting=asked.accounting != "no")
    if lacks:
        print(f"skipped: {', '.join(lacks)} are not here; on Debian  apt-get install {one_node.PACKAGES}")
        return 0
    # Daemons must end with this process, however it is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended by SIGTERM"))
    with folder() as place:
        modes = {"yes": [True], "no": [False], "both": [False, True]}[asked.accounting]
        for accounting in [] if asked.whole_only else modes:
            with one_node.OneNode(place / f"accounting-{accounting}", accounting=accounting) as cluster:
                try_all(cluster, place, asked)
        if asked.whole:
            began = time.monotonic()
            print("the sample's whole series on this machine", flush=True)
            beside = asked.beside or place / "home-local"
            expected = typed.numbers_of(beside) if asked.beside else typed.on_this_machine(beside)
            print(f"    {time.monotonic() - began:.0f} s", flush=True)
        for accounting in modes if asked.whole else []:
            began = time.monotonic()
            print(f"the same on SLURM, {'with' if accounting else 'without'} accounting", flush=True)
            with one_node.OneNode(place / f"whole-{accounting}", accounting=accounting) as cluster:
                series = Series(cluster, place / f"home-whole-{accounting}", "sample")
                typed.copy_sample(beside, series.home)
                typed.whole(series)
                print(f"    {len(series.jobs('all'))} jobs remembered, {time.monotonic() - began:.0f} s", flush=True)
                typed.compare(series.numbers(), expected)
    return 0


if __name__ == "__main__":
    sys.exit(main())
