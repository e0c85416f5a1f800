"""Programs as forks of one process: the same output, exit status, signals and ends as started by themselves."""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from mumu_lib.core.paths import checkout
from mumu_lib.series import forked

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere")

SAYS = """
import os, sys
import colorsys
print(sys.argv[1:], os.getcwd(), os.environ["OWN"], "imported" if "colorsys" in BEFORE else "anew")
print("to stderr", file=sys.stderr)
if sys.argv[1] == "raise":
    raise ValueError("of the program")
sys.exit(int(sys.argv[1]) if sys.argv[1].isdigit() else sys.argv[1])
""".replace("import colorsys", "BEFORE = set(sys.modules)")
WAITS = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def forks(tmp_path_factory):
    """A process that has imported little, beside programs of the tests."""
    folder = tmp_path_factory.mktemp("programs")
    for name, text in (("says", SAYS), ("waits", WAITS), (forked.KERNEL, WAITS)):
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")])))
        made = forked.Forks(["colorsys"])
        for name, value in made.environment.items():
            patch.setenv(name, value)
        yield made
        made.close()


def call(*words, **options):
    return subprocess.run(forked.command(words[0]) + list(words[1:]), capture_output=True, text=True, **options)


def gone(pid):
    """Wait for the end of a process that need not be ours."""
    for _ in range(100):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except FileNotFoundError:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(("word", "status"), [("0", 0), ("3", 3), ("raise", 1), ("a message", 1)])
def test_a_fork_is_the_program_with_its_words_folder_environment_and_status(forks, tmp_path, word, status):
    done = call("says", word, cwd=tmp_path, env={**os.environ, "OWN": "mine"})
    assert done.returncode == status
    assert done.stdout == f"{[word]} {tmp_path} mine imported\n"
    said = done.stderr.splitlines()
    assert said[0] == "to stderr"
    assert said[-1] == {"raise": "ValueError: of the program", "a message": "a message"}.get(word, "to stderr")


def test_a_fork_computes_with_the_threads_it_is_told(tmp_path, monkeypatch):
    (tmp_path / "counts.py").write_text(
        "import os, threadpoolctl\nprint({pool['num_threads'] for pool in threadpoolctl.threadpool_info()}, os.environ['OMP_NUM_THREADS'])",
        encoding="utf-8",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    made = forked.Forks(["numpy"])
    for threads in ("1", "3"):
        own = {**os.environ, **made.environment, forked.THREADS: threads}
        assert call("counts", env=own).stdout == f"{{{threads}}} {threads}\n"
    made.close()


def test_programs_run_beside_each_other(forks):
    started = [subprocess.Popen(forked.command("waits"), stdout=subprocess.PIPE, text=True) for _ in range(3)]
    children = [process.stdout.readline() for process in started]
    assert len(set(children)) == 3
    for process in started:
        process.kill()
        process.communicate(timeout=30)


@pytest.mark.parametrize(
    ("number", "expected"), [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_a_program_ends_with_the_one_that_asked(forks, number, expected):
    process = subprocess.Popen(forked.command("waits"), stdout=subprocess.PIPE, text=True)
    child = int(process.stdout.readline())
    process.send_signal(number)
    assert process.wait(timeout=30) == expected
    if number == signal.SIGTERM:
        # As without a fork: who ends so has not ended what it started.
        os.kill(child, signal.SIGKILL)
    assert gone(child)
    process.communicate(timeout=30)


def test_an_interrupt_reaches_the_program(forks):
    process = subprocess.Popen(
        forked.command("waits"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    child = int(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    status = process.wait(timeout=30)
    os.kill(child, signal.SIGKILL)
    _, said = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in said
    assert status == 1


def test_a_kernel_ends_with_its_papermill(forks):
    papermill = f"import subprocess, time; subprocess.Popen({forked.command(forked.KERNEL)}); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", papermill], stdout=subprocess.PIPE, text=True)
    child = int(process.stdout.readline())
    process.kill()
    assert gone(child)
    process.communicate(timeout=30)


def test_without_the_process_a_program_starts_by_itself_and_says_so(forks, tmp_path):
    done = call("says", "3", env={**os.environ, "OWN": "mine", forked.ADDRESS: str(tmp_path / "nobody")})
    assert done.returncode == 3
    assert "mine anew" in done.stdout
    assert done.stderr.startswith("says starts by itself, without the imports of others: [Errno 2]")


def test_a_process_that_dies_while_it_imports_is_not_waited_for(forks):
    dead = forked.Forks(["no_such_module"])
    done = call("says", "0", env={**os.environ, **dead.environment, "OWN": "mine"})
    assert done.returncode == 0
    assert "starts by itself" in done.stderr
    dead.close()


def test_a_notebook_has_the_outputs_that_it_has_by_itself(tmp_path, monkeypatch):
    # Without the made-up kernel of the other tests.
    monkeypatch.setenv("PYTHONPATH", str(checkout()))
    cells = ["import os, sys\nprint(__name__, sys.path[0] == '', os.path.basename(os.getcwd()))",
             "import matplotlib.pyplot as plt\n_ = plt.figure(figsize=(1, 1)), plt.plot([1, 2])", "print('end', file=sys.stderr)\n1 + 1"]  # fmt: skip
    book = new_notebook(cells=[new_code_cell(text) for text in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, tmp_path / "in.ipynb")
    made = forked.Forks(["papermill.cli", "ipykernel.kernelapp", "ipykernel.ipkernel", "matplotlib.pyplot"])
    outputs = []
    ways = [
        (forked.command("papermill"), made.environment),
        ([sys.executable, "-m", "papermill"], {"JUPYTER_PATH": ""}),
    ]
    for start, own in ways:
        command = [*start, "--cwd", str(tmp_path), "--no-progress-bar", "in.ipynb", "out.ipynb"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, **own})
        assert done.returncode == 0, done.stderr
        assert "starts by itself" not in done.stderr
        assert "NOTE" not in done.stderr
        found = nbformat.read(tmp_path / "out.ipynb", as_version=4)
        outputs.append([cell.outputs for cell in found.cells])
    made.close()
    assert outputs[0] == outputs[1]
    assert any("image/png" in output.get("data", {}) for cell in outputs[0] for output in cell)


def test_every_module_of_the_list_is_there():
    for name in forked.IMPORTS:
        place = checkout().joinpath(*name.split("."))
        ours = place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()
        assert ours or (not name.startswith("mumu_lib") and find_spec(name.split(".")[0])), name


def test_jax_and_other_systems_fork_nothing(monkeypatch):
    assert forked.usable()
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert not forked.usable()
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.setattr(forked.sys, "platform", "darwin")
    assert not forked.usable()


def test_the_folder_of_a_series_that_was_killed_goes():
    text = (
        "import time; from mumu_lib.series import forked; made = forked.Forks(['colorsys']); "
        "print(made.folder, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True) as owner:
        folder = Path(owner.stdout.readline().strip())
        assert folder.is_dir()
        owner.kill()
    for _ in range(200):
        if not folder.exists():
            break
        time.sleep(0.1)
    assert not folder.exists()
