"""Worker processes: they end with their parent, and no recording can stop them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from mumu_lib.audio import store as audio_store
from mumu_lib.core import paths
from mumu_lib.core.errors import MumuError
from mumu_lib.features import workers as features_workers
from six_recordings import start_worker_to_be_killed, start_worker_with_bad_decoder


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="Linux lists processes there")
def test_workers_end_with_their_parent(good, tmp_path):
    script = tmp_path / "extract.py"
    script.write_text(
        "import os, time; from concurrent.futures import ProcessPoolExecutor; import multiprocessing as mp\n"
        "from mumu_lib.features import workers as extraction\n"
        "if __name__ == '__main__':\n"
        "    pool = ProcessPoolExecutor(1, mp.get_context('spawn'), extraction._start_worker)\n"
        "    print(pool.submit(os.getpid).result(), flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    worker = int(process.stdout.readline())
    process.kill()
    process.wait()
    for _ in range(100):
        status = Path(f"/proc/{worker}/stat")
        if not status.exists() or status.read_text(encoding="utf-8").split()[2] == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the worker outlived its parent")


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_decoder_that_hangs_or_crashes_costs_one_track(good, monkeypatch, shards_of_two):
    monkeypatch.setattr(features_workers, "_start_worker", start_worker_with_bad_decoder)
    store = audio_store.extract(good, workers=2)
    assert store.index["status"].tolist() == ["ok", "timeout", "ok", "ok", "corrupt", "ok"]
    assert "1.flac" in store.index["message"][1]
    assert "crashes the decoder" in store.index["message"][4]
    assert (np.array(store.values)[[0, 2, 3, 5]] == -1).all()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_killed_worker_is_no_fault_of_the_recording(good, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(features_workers, "_start_worker", start_worker_to_be_killed)
        with pytest.raises(MumuError, match="memory ran out"):
            audio_store.extract(good, workers=1)
    assert audio_store.extract(good, workers=1).counts() == {"ok": 6}


INTERRUPTED = """
import mumu_lib
from mumu_lib.audio import store
from mumu_lib.features import workers
from six_recordings import start_worker_with_bad_decoder
workers._start_worker = start_worker_with_bad_decoder
music = mumu_lib.open_catalogue({folder!r})
print("begin", flush=True)
store.extract(music, workers=2)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("after", [0.1, 1.0])
def test_ctrl_c_ends_an_extraction_also_while_workers_start(good, tmp_path, after):
    script = tmp_path / "extract.py"
    script.write_text(INTERRUPTED.format(folder=str(good.folder)))
    places = [str(paths.checkout()), str(paths.checkout() / "tests" / "support")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    process = subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
        start_new_session=True,
    )  # fmt: skip
    assert process.stdout.readline() == "begin\n"
    time.sleep(after)
    # A terminal tells the workers as well.
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode
    assert "KeyboardInterrupt" in said
    assert audio_store.extract(good, workers=1).counts() == {"ok": 6}


SCRIPT = """
import mumu_lib
from mumu_lib.audio import store
print("runs once")
print(store.extract(mumu_lib.open_catalogue({folder!r}), workers=2).counts())
"""


@pytest.mark.parametrize("way", ["file", "standard input", "module", "argument"])
def test_a_script_without_a_guard_works(good, tmp_path, way):
    code = SCRIPT.format(folder=str(good.folder))
    (tmp_path / "extract_all.py").write_text(code, encoding="utf-8")
    words = {
        "file": ["extract_all.py"],
        "standard input": ["-"],
        "module": ["-m", "extract_all"],
        "argument": ["-c", code],
    }
    done = subprocess.run(
        [sys.executable, *words[way]], cwd=tmp_path, input=code, capture_output=True, text=True, timeout=100,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(paths.checkout()), str(tmp_path)])},
    )  # fmt: skip
    assert done.stdout.count("runs once") == 1
    assert "{'ok': 6}" in done.stdout


def test_the_callers_script_is_as_it_was_when_processes_have_started():
    main = sys.modules["__main__"]
    before = dict(vars(main))
    with features_workers._without_main():
        assert main.__spec__ is None
        assert getattr(main, "__file__", None) is None
    assert vars(main) == before
