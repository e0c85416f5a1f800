"""Interrupt notebooks many times, at moments by chance, on full disks too: outside of  make test , since it takes hours.

    python tests/robustness/endurance.py [JOB ...] [--rounds 10] [--seed 0]

Each round has one job of tests/support/interrupted_jobs.py killed before a step of its own, killed by the clock, and, where
a small disk can be mounted, run on one that has too little room; then it is resumed, and what comes of it must be equal to
what comes of an uninterrupted call, to the digit. What fails is named with its seed, and fails the command in the end.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

SUPPORT = Path(__file__).resolve().parents[1] / "support"


def begin(folder):
    """A catalogue and the runs that the fusions are made of."""
    import notebook_processes as processes

    alone = folder / "alone"
    made = processes.generate(alone / "catalogue")
    processes.run(processes.series(made.folder), alone / "home")
    return alone


def by_the_clock(trial, place, seconds, chance):
    """Kill a job after a while, within what it takes undisturbed; whether that came in time."""
    import interrupting
    import notebook_processes as processes

    process = processes.start(trial.job(place), place / "home", before=interrupting.search_shortly)
    process.join(chance.uniform(0, seconds))
    came = process.is_alive()
    if came:
        try:
            processes.kill(process)
        except ProcessLookupError:
            # It has just been started, and is no group of its own yet.
            process.kill()
            process.join()
    assert interrupting.half_written(place) == []
    return came


def on_a_small_disk(trial, disk, needed, chance):
    """Run a job where there is too little room for it, then give it more; the place."""
    import interrupted_jobs
    import interrupting
    import notebook_processes as processes

    place = trial.place(disk.folder / "full")
    used = interrupting.kilobytes_of(place)
    disk.grow(used + int(chance.uniform(4, needed)))
    process = trial.start(place, interrupting.search_shortly)
    process.join()
    said = processes.said(process, place / "home")
    assert process.exitcode == 0 or interrupted_jobs.FULL.search(said), said[-3000:]
    assert interrupting.half_written(place) == []
    print(f"  full disk: {'said' if process.exitcode else 'there was room'}", flush=True)
    disk.grow(1 << 20)
    return place


def one_round(trial, folder, expected, steps, seconds, needed, chance):
    """Interrupt a job in all ways."""
    import interrupting

    place = trial.place(folder / "killed")
    for _ in range(2):
        print(f"  killed before a step: {trial.kill(place, chance.randint(1, steps))}", flush=True)
    print(f"  killed by the clock: {by_the_clock(trial, place, seconds, chance)}", flush=True)
    print(f"  no file can be opened: {trial.fill(place, chance.randint(1, steps))}", flush=True)
    trial.resume(place, expected)
    disk = interrupting.SmallDisk(folder / "disk", 1 << 20)
    if not disk.there:
        print("  no small disk can be mounted here: left out", flush=True)
        return
    try:
        trial.resume(on_a_small_disk(trial, disk, needed, chance), expected)
    finally:
        disk.unmount()


def main():
    """Command line."""
    import interrupting
    from interrupted_jobs import JOBS, Trial

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(JOBS)}; none: all")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    failed = []
    with tempfile.TemporaryDirectory() as place:
        alone = begin(Path(place))
        for name in asked.jobs or JOBS:
            trial = Trial(name, alone, Path(place) / name)
            (Path(place) / name).mkdir()
            started = time.monotonic()
            expected, steps = trial.undisturbed()
            seconds = time.monotonic() - started
            needed = interrupting.kilobytes_of(trial.folder / "undisturbed") - interrupting.kilobytes_of(alone)
            for seed in range(asked.seed, asked.seed + asked.rounds):
                print(f"{name}, --seed {seed}: {steps} steps, {seconds:.0f} s, {needed} kB", flush=True)
                folder = trial.folder / str(seed)
                try:
                    one_round(trial, folder, expected, steps, seconds, needed, random.Random(f"{name} {seed}"))
                except AssertionError:
                    traceback.print_exc()
                    failed.append(f"{name} --rounds 1 --seed {seed}")
                shutil.rmtree(folder, ignore_errors=True)
    for one in failed:
        print(f"failed: {one}")
    print(f"{len(failed)} rounds ended otherwise than uninterrupted ones")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.path.insert(0, str(SUPPORT))
    sys.exit(main())
