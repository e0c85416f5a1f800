"""Start papermill and its kernels as forks of one process that has imported what notebooks use.

Imports take each job some 6 s of processor time. The Snakefile starts that process (:class:`Forks`); it is on Linux,
with TensorFlow beneath, and for jobs of one machine only. Elsewhere, and where it has died, programs start as ever.
This file is run as one, without the room around it, whose own imports would take another second::

    python -P mumu_lib/series/forked.py papermill 02_dataset_overview.ipynb out.ipynb
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# Where the process with the imports listens.
ADDRESS = "MUMU_FORKS"
# How many threads do a fork's linear algebra; what has been imported no longer asks the variables for that.
THREADS = "MUMU_FORK_THREADS"
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
KERNEL = "ipykernel_launcher"
SERVE = "serve"
IMPORTS = (
    "papermill.cli",
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "matplotlib.pyplot",
    "seaborn",
    "sklearn.linear_model",
    "mumu_lib.browser",
    "mumu_lib.fusion.learned",
    "mumu_lib.image.finetuning",
    "mumu_lib.prediction.encoding",
    "mumu_lib.results",
    "mumu_lib.text.analysis",
    "mumu_lib.training.recipes",
)
# Seconds between two looks at whether the papermill of a kernel is still there.
LOOK = 1.0
_LONGEST = 1 << 20
_STARTED = b"started"
_KILLED = 128 + int(getattr(signal, "SIGKILL", 9))


def usable() -> bool:
    """Whether programs may be forked here: JAX has threads as soon as it is imported, and macOS libraries forbid it."""
    return sys.platform == "linux" and os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow"


class Forks:
    """The process with the imports, started at once; it ends with whoever holds this.

    Parameters
    ----------
    imports : iterable of str
        Names of modules.

    Attributes
    ----------
    environment : dict
        For whoever asks: the address, and where Jupyter finds a kernel specification that asks too.
    """

    def __init__(self, imports: Iterable[str] = IMPORTS) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mumu-forks-"))
        atexit.register(self.close)
        address = str(self.folder / "socket")
        specification = self.folder / "kernels" / "python3" / "kernel.json"
        specification.parent.mkdir(parents=True)
        argv = [*command(KERNEL), "-f", "{connection_file}"]
        about = {"argv": argv, "display_name": "Python 3", "language": "python"}
        specification.write_text(json.dumps(about), encoding="utf-8")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(address)
            # Whoever asks before the imports are done waits.
            listener.listen(64)
            self.process = subprocess.Popen(
                [*command(SERVE), str(listener.fileno()), *imports],
                stdin=subprocess.PIPE,
                stdout=sys.stderr.fileno() if _has_fileno(sys.stderr) else subprocess.DEVNULL,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        kernels = os.pathsep.join(filter(None, [str(self.folder), os.environ.get("JUPYTER_PATH")]))
        self.environment = {ADDRESS: address, "JUPYTER_PATH": kernels}

    def close(self) -> None:
        """End the process; what it has started goes on."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _has_fileno(stream: Any) -> bool:
    try:
        stream.fileno()
    except (AttributeError, OSError, ValueError):
        return False
    return True


def command(program: str) -> list[str]:
    """Return the words that start a program as a fork.

    Parameters
    ----------
    program : str
        Name of a module that ``python -m`` would run, such as ``papermill``.

    Examples
    --------
    >>> command("papermill")[-1]
    'papermill'
    """
    return [sys.executable, "-P", str(Path(__file__).absolute()), program]


# --- In the process with the imports. ---


def serve(listener: socket.socket, imports: Iterable[str]) -> socket.socket | None:
    """Import, then fork for each that asks.

    Parameters
    ----------
    listener : socket.socket
        Bound already, so that whoever asks meanwhile waits.
    imports : iterable of str

    Returns
    -------
    connection : socket.socket or None
        To the one who asked, in each fork; None when whoever started this process is gone.
    """
    # Read when matplotlib and ipykernel are imported; 1: a kernel that does not look after its parent.
    os.environ.update(MPLBACKEND="module://matplotlib_inline.backend_inline", JPY_PARENT_PID="1")
    with importlib.import_module("mumu_lib.core.environment").quiet_start():
        for name in imports:
            importlib.import_module(name)
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    watched: list[Any] = [listener, 0]
    while True:
        ready, _, _ = select.select(watched, [], [])
        if 0 in ready:
            return None
        connection, _ = listener.accept()
        if not os.fork():
            listener.close()
            return connection
        connection.close()


def become(connection: socket.socket) -> None:
    """Turn into the program that was asked for; its exit status is told in the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    message, files, _, _ = socket.recv_fds(connection, _LONGEST, 3)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    asked = json.loads(message)
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    sys.argv = [asked["program"], *asked["words"]]
    threads = os.environ.get(THREADS)
    if threads:
        os.environ.update(dict.fromkeys(_THREADS, threads))
        importlib.import_module("threadpoolctl").threadpool_limits(int(threads))
    connection.sendall(_STARTED)
    threading.Thread(target=_obey, args=(connection,), daemon=True).start()
    status = 1

    def tell() -> None:
        with contextlib.suppress(OSError):
            connection.sendall(str(status).encode())

    # Registered first, so that it is called after what the program registers.
    atexit.register(tell)
    try:
        runpy.run_module(asked["program"], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = _status(end)
        raise


def _status(end: SystemExit) -> int:
    if end.code is None:
        return 0
    return end.code if isinstance(end.code, int) else 1


def _obey(connection: socket.socket) -> None:
    """Take the signals that the one who asked has got; when it is gone, end with all that was started."""
    while signals := connection.recv(1):
        os.kill(os.getpid(), signals[0])
    os.killpg(0, signal.SIGKILL)


# --- In the process that asks. ---


def ask(program: str, words: list[str]) -> int:
    """Have a program run as a fork that writes where this process does; return its exit status.

    It gets this process's signals and ends with it. If nobody answers, this process becomes the program.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        try:
            server.connect(os.environ.get(ADDRESS, ""))
            asked = {"program": program, "words": words, "folder": os.getcwd(), "environment": dict(os.environ)}
            socket.send_fds(server, [json.dumps(asked).encode()], [0, 1, 2])
            answered = server.recv(_LONGEST) == _STARTED
            problem = "no answer"
        except OSError as error:
            answered = False
            problem = str(error)
        if answered:
            return _follow(server, program)
    print(f"{program} starts by itself, without the imports of others: {problem}", file=sys.stderr, flush=True)
    os.execv(sys.executable, [sys.executable, "-m", program, *words])


def _follow(server: socket.socket, program: str) -> int:
    """Hand on signals until the program ends, or the papermill of this kernel has."""
    got: list[int] = []

    def hand_on(number: int, frame: object) -> None:
        got.append(number)
        with contextlib.suppress(OSError):
            server.send(bytes([number]))

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hand_on)
    parent = os.getppid()
    while True:
        ready, _, _ = select.select([server], [], [], LOOK)
        if ready:
            break
        if program == KERNEL and os.getppid() != parent:
            return _KILLED
    try:
        said = server.recv(_LONGEST)
    except OSError:
        said = b""
    if said:
        return int(said)
    return 128 + got[-1] if got else _KILLED


def main(program: str, *words: str) -> int:
    """Run what the command line of this file names."""
    if program != SERVE:
        return ask(program, list(words))
    with socket.socket(fileno=int(words[0])) as listener:
        address = Path(listener.getsockname())
        connection = serve(listener, words[1:])
    if connection:
        become(connection)
    else:
        # Whoever was killed could not remove it.
        shutil.rmtree(address.parent, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
