"""Start papermill and its kernels as forks of one process that has already imported the libraries of the notebooks.

The imports take about 6 s of processor time in each job. The Snakefile starts that process (:class:`Forks`), on Linux
only, with the TensorFlow backend, and for jobs on the same machine. Otherwise, and if the process has died, programs
are started normally. This file is run as a script, because importing the package takes another second::

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

# Environment variable with the address of the process that forks.
ADDRESS = "MUMU_FORKS"
# Environment variable with the linear algebra threads of a fork; libraries read their own variables only at import.
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
# Seconds between two checks whether the papermill of a kernel is still running.
LOOK = 1.0
_LONGEST = 1 << 20
_STARTED = b"started"
_KILLED = 128 + int(getattr(signal, "SIGKILL", 9))


def usable() -> bool:
    """Return whether programs can be forked here; JAX starts threads at import, and macOS libraries do not allow it."""
    return sys.platform == "linux" and os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow"


class Forks:
    """Start the process with the imports; it ends with :meth:`close` or with this process.

    Parameters
    ----------
    imports : iterable of str
        Names of modules.

    Attributes
    ----------
    environment : dict
        Variables for jobs: the address, and the path of a kernel specification that uses forks.
    """

    def __init__(self, imports: Iterable[str] = IMPORTS) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="mumu-forks-"))
        atexit.register(self.close)
        address = str(self.folder / "socket")
        specification = self.folder / "kernels" / "python3" / "kernel.json"
        specification.parent.mkdir(parents=True)
        argv = [*command(KERNEL), "-f", "{connection_file}"]
        content = {"argv": argv, "display_name": "Python 3", "language": "python"}
        specification.write_text(json.dumps(content), encoding="utf-8")
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(address)
            # Requests that arrive during the imports are queued.
            listener.listen(64)
            self.process = subprocess.Popen(
                [*command(SERVE), str(listener.fileno()), *imports],
                stdin=subprocess.PIPE,
                stdout=_stderr(),
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        kernels = str(self.folder)
        if os.environ.get("JUPYTER_PATH"):
            kernels += os.pathsep + os.environ["JUPYTER_PATH"]
        self.environment = {ADDRESS: address, "JUPYTER_PATH": kernels}

    def close(self) -> None:
        """End the process; the forks that it has started keep running."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _stderr() -> int:
    """Return the file descriptor of stderr; ``subprocess.DEVNULL`` if it has none."""
    try:
        return sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        return subprocess.DEVNULL


def command(program: str) -> list[str]:
    """Return the command line that starts a program as a fork.

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
    """Import the modules, then fork for each request.

    Parameters
    ----------
    listener : socket.socket
        Already bound, so requests that arrive during the imports are queued.
    imports : iterable of str
        Names of modules.

    Returns
    -------
    connection : socket.socket or None
        In each fork, the connection to the process that requested it; None if the parent of this process has ended.
    """
    # matplotlib and ipykernel read these when they are imported; 1 stops a kernel from polling its parent.
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
    """Run the requested program in this process, and send its exit status at the end."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    message, files, _, _ = socket.recv_fds(connection, _LONGEST, 3)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    request = json.loads(message)
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["folder"])
    sys.argv = [request["program"], *request["words"]]
    threads = os.environ.get(THREADS)
    if threads:
        os.environ.update(dict.fromkeys(_THREADS, threads))
        importlib.import_module("threadpoolctl").threadpool_limits(int(threads))
    connection.sendall(_STARTED)
    threading.Thread(target=_forward_signals, args=(connection,), daemon=True).start()
    status = 1

    def send_status() -> None:
        with contextlib.suppress(OSError):
            connection.sendall(str(status).encode())

    # atexit calls functions in reverse order: this one runs after those that the program registers.
    atexit.register(send_status)
    try:
        runpy.run_module(request["program"], run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = _status(end)
        raise


def _status(end: SystemExit) -> int:
    """Return the exit status of a program that called ``sys.exit``."""
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code
    return 1


def _forward_signals(connection: socket.socket) -> None:
    """Raise the signals that the requesting process has received; when it ends, kill this process and its children."""
    while True:
        signals = connection.recv(1)
        if not signals:
            break
        os.kill(os.getpid(), signals[0])
    os.killpg(0, signal.SIGKILL)


# --- In the process that asks. ---


def ask(program: str, words: list[str]) -> int:
    """Run a program as a fork with the standard streams of this process; return its exit status.

    The fork receives the signals of this process and ends with it. If the forking process does not answer, this
    process executes the program itself.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        try:
            server.connect(os.environ.get(ADDRESS, ""))
            request = {"program": program, "words": words, "folder": os.getcwd(), "environment": dict(os.environ)}
            socket.send_fds(server, [json.dumps(request).encode()], [0, 1, 2])
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
    """Forward signals until the program ends, or until the papermill of this kernel has ended."""
    received: list[int] = []

    def forward(number: int, frame: object) -> None:
        received.append(number)
        with contextlib.suppress(OSError):
            server.send(bytes([number]))

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, forward)
    parent = os.getppid()
    while True:
        ready, _, _ = select.select([server], [], [], LOOK)
        if ready:
            break
        if program == KERNEL and os.getppid() != parent:
            return _KILLED
    try:
        status = server.recv(_LONGEST)
    except OSError:
        status = b""
    if status:
        return int(status)
    if received:
        return 128 + received[-1]
    return _KILLED


def main(program: str, *words: str) -> int:
    """Run the program named on the command line of this file, or the process that forks."""
    if program != SERVE:
        return ask(program, list(words))
    with socket.socket(fileno=int(words[0])) as listener:
        address = Path(listener.getsockname())
        connection = serve(listener, words[1:])
    if connection:
        become(connection)
    else:
        # The parent has ended; if it was killed, it could not remove the folder.
        shutil.rmtree(address.parent, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
