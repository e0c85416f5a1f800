r"""Throw damaged and hostile bytes at every reader of outside data.

    python tests/robustness/fuzz/fuzz.py                         lists the targets
    python tests/robustness/fuzz/fuzz.py cover --runs 50000      fuzzes one
    python tests/robustness/fuzz/fuzz.py all --runs 20000        fuzzes each in turn, in a process of its own

Guided by coverage where ``atheris`` is installed (``pip install atheris``: Linux, an environment of its own will do);
elsewhere it says so and mutates blindly. The examples that it starts from are made by the sample's writers.

A finding is anything that ends otherwise than with a result or a ``MumuError``: another exception, a file outside the
target's folder touched, an unpickled object, code run from a string, a connection, a process started, more memory than
the target's bound, or a crash. The first input of each finding is kept in ``--keep``.
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))

try:
    import atheris
except ImportError:
    atheris = None

with atheris.instrument_imports(include=["mumu_lib"]) if atheris and __name__ == "__main__" else nullcontext():
    from targets import TARGETS, world

    from mumu_lib.audio import ffmpeg
    from mumu_lib.core.errors import MumuError

LARGEST = 1 << 16
NESTED = "[" * 3000
# Raw JSON, since some of these no Python value is written as.
HOSTILE = (
    "null", "true", "-1", "0", "2", "4294967296", "1e308", "1e400", "-1e400", "NaN", "Infinity", "1" * 5000, '""', '"a"', '"\\ud800"',
    '"\\u0000"', '"../../x"', '"/etc/passwd"', '"C:\\\\x"', '"..\\\\x"', '"."', '".."', '"\\r\\n"', '"\\ufeff"', '"a b"', '"%00"', "[]", "{}", "[null]",
    '[["a"]]', '{"": null}', '"' + "a" * 3000 + '"', '"' + " " * 3000 + 'b"', '"\\u202e<script>"', "[1,2,3]", '"-5"', '"1e400"', '"\\u00b2"',
)  # fmt: skip
PIECES = [piece.encode() for piece in HOSTILE] + [
    b"\0", b"\r\n", b"\r", b"\xef\xbb\xbf", b"\xff", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b'"', b"\n", b"\t", b",", b"../", NESTED.encode(),
    b"{" * 200, b"\xed\xa0\x80", b"%s" % b"x" * 300, b"\\u0000", b" > | > ", b"<SEP>", b"-0", b"(17)",
]  # fmt: skip
MARK = "\u2603 hostile "


class Breach(BaseException):
    """Something was done that no reader may do; no ``except Exception`` swallows it."""


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A few changes: to the values of JSON where it is JSON, else, or now and then, to the bytes."""
    if rng.random() < 0.7:
        try:
            return _values_changed(json.loads(data), rng)[:LARGEST]
        except (ValueError, RecursionError):
            pass
    for _ in range(rng.choice((1, 1, 2, 4, 8))):
        data = _bytes_changed(data, rng)
    return data[:LARGEST]


def _bytes_changed(data: bytes, rng: random.Random) -> bytes:
    at, end = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    kind = rng.randrange(7)
    if kind == 0 and data:
        place = rng.randrange(len(data))
        return data[:place] + bytes([rng.randrange(256)]) + data[place + 1 :]
    if kind == 1 and data:
        place = rng.randrange(len(data))
        return data[:place] + bytes([data[place] ^ 1 << rng.randrange(8)]) + data[place + 1 :]
    if kind == 2:
        return data[:at] + data[at + min(end - at, 64) :]
    if kind == 3:
        return data[:end] + data[at:end]
    if kind == 4:
        return data[:at]
    piece = rng.choice(PIECES)
    return data[:at] + piece + data[at + (len(piece) if kind == 5 else 0) :]


def _values_changed(value: Any, rng: random.Random) -> bytes:
    places: list[tuple[Any, Any]] = []

    def walk(node: Any) -> None:
        for key, child in list(node.items() if isinstance(node, dict) else enumerate(node)):
            places.append((node, key))
            if isinstance(child, dict | list):
                walk(child)

    whole = [value]
    walk(whole)
    for _ in range(rng.choice((1, 1, 2, 3))):
        node, key = rng.choice(places)
        kind = rng.randrange(6)
        if kind == 0 and isinstance(node, dict):
            node.pop(key, None)
        elif kind == 1 and isinstance(node, dict):
            node[rng.choice(["", "\0", "../x", *map(str, node)])] = node.get(key)
        elif kind == 2 and isinstance(node, list) and node is not whole:
            node.append(node[rng.randrange(len(node))] if node else None)
        elif isinstance(node, dict) or key < len(node):
            node[key] = f"{MARK}{rng.randrange(len(HOSTILE))}"
    text = json.dumps(whole[0], ensure_ascii=rng.random() < 0.5)
    for number in range(len(HOSTILE) - 1, -1, -1):
        for mark in (MARK, json.dumps(MARK)[1:-1]):
            text = text.replace(f'"{mark}{number}"', HOSTILE[number])
    return text.encode("utf-8", "surrogatepass")


# Audit events that change a file, with the places of its names among their arguments.
CHANGES = {
    "os.remove": (0,), "os.rename": (0, 1), "os.mkdir": (0,), "os.rmdir": (0,), "os.symlink": (0, 1), "os.link": (0, 1), "os.truncate": (0,),
    "os.chmod": (0,), "os.chown": (0,), "os.utime": (0,), "shutil.rmtree": (0,), "shutil.move": (0, 1), "shutil.copyfile": (1,),
}  # fmt: skip
FORBIDDEN = (
    "pickle.find_class", "socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork",
    "ctypes.dlopen", "webbrowser.open",
)  # fmt: skip


class Guard:
    """Watches what Python does while an input is read; audit hooks cannot be taken off, so there is one for all."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.on = os.path.realpath(folder), False
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: tuple) -> None:
        if not self.on:
            return
        if event in FORBIDDEN and not self._is_ffmpeg(event, arguments):
            raise Breach(f"{event} {arguments!r:.200}")
        if event == "exec" and getattr(arguments[0], "co_filename", "<") == "<string>":
            raise Breach(f"code run from a string: {arguments!r:.200}")
        if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike) and self._writes(*arguments[1:3]):
            self._inside(event, arguments[0])
        for place in CHANGES.get(event, ()):
            if isinstance(arguments[place], str | bytes | os.PathLike) and not _relative(event, arguments):
                self._inside(event, arguments[place])

    def _is_ffmpeg(self, event: str, arguments: tuple) -> bool:
        """Whether ffmpeg is started, with its usual arguments but for the name of a file in the target's folder."""
        if event != "subprocess.Popen" or not isinstance(arguments[1], list):
            return False
        words = list(map(str, arguments[1]))
        place = words.index("-i") + 1 if "-i" in words[:-1] else 0
        usual = ffmpeg.command(Path("usual"), 600.0)
        name = words[place].removeprefix("file:")
        usual[place] = words[place]
        return words == usual and words[place] != name and os.path.realpath(name).startswith(self.folder + os.sep)

    @staticmethod
    def _writes(mode: Any, flags: Any) -> bool:
        if isinstance(mode, str):
            return not set("wax+").isdisjoint(mode)
        return bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC))

    def _inside(self, event: str, path: Any) -> None:
        place = os.path.realpath(os.fsdecode(path))
        if not place.startswith(self.folder + os.sep) and place not in (self.folder, os.devnull):
            raise Breach(f"{event} outside its folder: {place}")


def _relative(event: str, arguments: tuple) -> bool:
    """Whether a name is relative to an open folder, as those are that shutil.rmtree removes after its own event."""
    return event in ("os.remove", "os.rmdir") and isinstance(arguments[-1], int) and arguments[-1] >= 0


class Run:
    """Inputs of one target, in a folder of their own, with what they found."""

    def __init__(self, name: str, place: Path, guard: Guard) -> None:
        self.target, self.home, self.guard = TARGETS[name], place / "input", guard
        os.environ["MUMU_HOME"] = str(self.home / "home")
        self.examples = list(self.target.seeds(world(place / "world")))
        self.inputs, self.findings = 0, dict[str, tuple[bytes, str]]()

    def one(self, data: bytes) -> None:
        """Read one input; findings are told apart by the kind of trouble and its place in the library."""
        if not self.home.is_dir() or any(os.scandir(self.home)):
            shutil.rmtree(self.home, ignore_errors=True)
            self.home.mkdir(parents=True)
        self.inputs += 1
        try:
            self.guard.on = True
            self.target.read(data, self.home)
        except MumuError:
            pass
        except (Exception, Breach) as error:
            frames = [f for f in traceback.extract_tb(error.__traceback__) if "mumu_lib" in f.filename]
            where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "outside the library"
            finding = f"{type(error).__name__} at {where}"
            self.findings.setdefault(finding, (data, "".join(traceback.format_exception(error)[-12:])))
        finally:
            self.guard.on = False


def limit_memory(more: int) -> None:
    """Let the process take so many bytes beyond what it has; where the system knows no such limit, all it wants."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0])
    except (ImportError, OSError):
        print("no limit of memory on this system")
        return
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + more,) * 2)


def blindly(run: Run, count: int, seed: int) -> None:
    """Mutate without knowing what the library does; also how the tests do it."""
    rng, pool = random.Random(seed), list(run.examples)
    for example in run.examples:
        run.one(example)
    for _ in range(count):
        run.one(mutated(rng.choice(pool), rng))


def guided(run: Run, count: int, seed: int, corpus: Path, finish: Callable[[], None]) -> None:
    """Mutate by coverage; libFuzzer never comes back, so that what is to be done afterwards is handed in."""
    for number, example in enumerate(run.examples):
        (corpus / f"{number}").write_bytes(example[:LARGEST])

    def once(data: bytes) -> None:
        if run.inputs >= count:
            finish()
        run.one(data)

    def mutate(data: bytes, largest: int, number: int) -> bytes:
        rng = random.Random(number)
        return (
            atheris.Mutate(data, largest)
            if rng.random() < 0.3
            else mutated(data or rng.choice(run.examples), rng)[:largest]
        )

    options = [
        f"-seed={seed + 1}",
        f"-max_len={LARGEST}",
        "-timeout=60",
        "-rss_limit_mb=0",
        "-verbosity=0",
        f"-artifact_prefix={corpus.parent}/",
    ]
    atheris.Setup([sys.argv[0], *options, str(corpus)], once, custom_mutator=mutate)
    atheris.Fuzz()


def fuzz(name: str, count: int, seed: int, keep: Path) -> None:
    """Fuzz one target and end the process: with 1 if there was a finding."""
    warnings.simplefilter("ignore")
    place = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
    (place / "corpus").mkdir()
    run, started = Run(name, place, Guard(place / "input")), time.monotonic()
    outside = sorted(p.name for p in place.iterdir())

    def finish() -> None:
        left = sorted(p.name for p in place.iterdir() if p != run.home)
        if left != outside:
            run.findings[f"files beside its folder: {set(left) ^ set(outside)}"] = (b"", "")
        for number, (finding, (data, trace)) in enumerate(run.findings.items()):
            keep.mkdir(parents=True, exist_ok=True)
            path = keep / f"{name}-{number}"
            path.write_bytes(data)
            print(f"\n{finding}: {path}\n{trace}")
        how = "guided" if atheris else "atheris is not installed: blind"
        seconds = time.monotonic() - started
        print(f"{name}: {run.inputs} inputs ({how}), {seconds:.0f} s, {len(run.findings)} findings", flush=True)
        shutil.rmtree(place, ignore_errors=True)
        os._exit(bool(run.findings))

    for example in run.examples:  # What is imported late is imported before memory is counted.
        run.one(example)
    limit_memory(run.target.memory)
    if atheris:
        guided(run, count, seed, place / "corpus", finish)
    blindly(run, count, seed)
    finish()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("targets", nargs="*", help="some of the targets, or all")
    parser.add_argument("--runs", type=int, default=10_000, help="inputs for each target (default: 10000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "fuzz-findings", metavar="FOLDER")
    asked = parser.parse_args()
    names = list(TARGETS) if asked.targets == ["all"] else asked.targets
    if not names or not set(names) <= TARGETS.keys():
        print("targets:", *TARGETS)
        return 2
    # A forked process need not import everything again.
    start = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn").Process
    failed = []
    for name in names:
        process = start(target=fuzz, args=(name, asked.runs, asked.seed, asked.keep))
        process.start()
        process.join()
        failed += [name] if process.exitcode else []
    print("findings in:", *failed) if failed else print("no finding")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
