"""A third encoder, from a file: on made-up graphs."""

import importlib.util
import json
import sys
from types import SimpleNamespace

import librosa
import numpy as np
import pytest

import fabricated_graphs
from mumu_lib import encoders
from mumu_lib.core.errors import AudioError, BadDataError, MissingDataError, ParameterError
from mumu_lib.encoders import discogs_effnet
from sounds import tone

pytestmark = pytest.mark.skipif(importlib.util.find_spec("tensorflow") is None, reason="TensorFlow reads the graph")


@pytest.fixture
def folder(home):
    return home / "data" / "pretrained" / "discogs_effnet"


@pytest.fixture
def y():
    sound = np.concatenate([tone(4, 300, 16000), 0.1 * tone(4, 3000, 16000), tone(3, 90, 16000)])
    return sound.astype(np.float32)


@pytest.mark.parametrize("batch", [64, 1, None])
def test_what_it_makes_of_a_recording_is_what_the_graph_says_of_each_window(folder, y, batch):
    fabricated_graphs.write(folder / "discogs-effnet.pb", batch)
    encoder = encoders.make("discogs_effnet")
    heard = encoder.encode(y)
    mel = librosa.feature.melspectrogram(y=y, sr=16000, n_fft=512, hop_length=256, n_mels=96, window=np.hanning(512))
    frames = np.log10(10000 * mel + 1).T
    means = []
    for start in np.round(heard.starts * 16000 / 256).astype(int):
        means.append(frames[start : start + 128].mean())
    assert len(means) == 1 + (len(frames) - 128) // 62
    expected = np.outer(means, np.arange(1280))
    np.testing.assert_allclose(heard.vectors, expected, rtol=1e-4, atol=1e-4)
    assert heard.vectors.dtype == np.float32
    assert heard.scores.shape == (len(means), 0)


def test_what_the_network_is_given_is_what_essentia_gives_it():
    t = np.arange(16000) / 16000
    y = 0.3 * np.sin(2 * np.pi * 440 * t) + 0.1 * np.sin(2 * np.pi * 3000 * t**2)
    # TensorflowInputMusiCNN of Essentia 2.1-beta6-dev: mean over frames 5 to 54 of every eighth band.
    expected = [0.0002, 0.0625, 1.3596, 0.2208, 0.2206, 0.2219, 0.2352, 0.2534, 0.2696, 0.2971, 0.3348, 0.0]
    found = discogs_effnet.log_mel(y.astype(np.float32))[5:55, ::8].mean(axis=0)
    np.testing.assert_allclose(found, expected, atol=2e-4)


def test_few_windows_are_spread_evenly_and_are_some_of_all(folder, y):
    fabricated_graphs.write(folder / "discogs-effnet.pb")
    encoder = encoders.make("discogs_effnet")
    everything = encoder.encode(y)
    some = encoder.encode(y, windows=3)
    at = np.searchsorted(everything.starts, some.starts)
    np.testing.assert_allclose(some.vectors, everything.vectors[at], rtol=1e-6)
    assert np.ptp(np.diff(at)) <= 1
    np.testing.assert_array_equal(encoder.encode(y, windows=99).starts, everything.starts)


def test_it_says_what_it_is_and_the_file_beside_it_names_the_styles(folder, y):
    path = fabricated_graphs.write(folder / "discogs-effnet-bs64-1.pb")
    styles = [f"Genre---{n}" for n in range(400)]
    path.with_suffix(".json").write_text(json.dumps({"classes": styles}))
    encoder = encoders.make("discogs_effnet")
    assert encoder.tags == tuple(styles)
    assert encoder.encode(y).scores.shape[1] == 400
    assert encoder.about.length == 1280
    assert "NC" in encoder.about.licence
    before = encoder.about.digest
    fabricated_graphs.write(path, None)
    assert encoders.make("discogs_effnet").about.digest != before


def test_without_a_file_it_says_which_and_where(folder):
    with pytest.raises(MissingDataError, match=r"put discogs-effnet-bs64-1\.pb there .*CC BY-NC-SA"):
        encoders.make("discogs_effnet")


def test_of_several_files_none_is_taken(folder):
    for name in ("one.pb", "two.pb"):
        fabricated_graphs.write(folder / name)
    with pytest.raises(BadDataError, match=r"2 networks: one\.pb, two\.pb; leave one"):
        encoders.make("discogs_effnet")


def test_a_graph_that_runs_python_is_refused(folder):
    fabricated_graphs.write(folder / "discogs-effnet.pb", python=True)
    with pytest.raises(BadDataError, match=r"refused: it holds the operation .*PyFunc"):
        encoders.make("discogs_effnet")


@pytest.mark.parametrize(
    "name", ["WriteFile", "ReadFile", "SaveV2", "RestoreV2", "PyFuncStateless", "_Send", "PrintV2"]
)
def test_operations_that_do_more_than_reckon_are_known(name):
    assert discogs_effnet.FORBIDDEN.search(name)


@pytest.mark.parametrize("name", ["Conv2D", "DepthwiseConv2dNative", "FusedBatchNormV3", "PartitionedCall", "Identity"])
def test_operations_of_a_network_are_allowed(name):
    assert not discogs_effnet.FORBIDDEN.search(name)


@pytest.mark.parametrize("content", [b"", b"<html>not found</html>", b"\x08\xff" * 40])
def test_what_is_no_graph_is_refused_by_name(folder, content):
    folder.mkdir(parents=True)
    (folder / "discogs-effnet.pb").write_bytes(content)
    with pytest.raises(BadDataError, match=r"discogs-effnet\.pb"):
        encoders.make("discogs_effnet")


def test_a_graph_of_another_network_is_refused(folder, y):
    fabricated_graphs.write(folder / "discogs-effnet.pb", vectors=512)
    with pytest.raises(BadDataError, match=r"gives \[400, 512\] numbers"):
        encoders.make("discogs_effnet").encode(y)


@pytest.mark.parametrize("styles", [{"classes": ["Rock"]}, {"classes": 3}, {}])
def test_a_list_of_styles_that_is_none_is_refused(folder, styles):
    path = fabricated_graphs.write(folder / "discogs-effnet.pb")
    path.with_suffix(".json").write_text(json.dumps(styles))
    with pytest.raises(BadDataError, match=r"discogs-effnet\.json"):
        encoders.make("discogs_effnet")


def test_too_little_sound_and_wrong_numbers_are_refused(folder, y):
    fabricated_graphs.write(folder / "discogs-effnet.pb")
    encoder = encoders.make("discogs_effnet")
    with pytest.raises(AudioError, match=r"1\.0 s of sound"):
        encoder.encode(y[:16000])
    with pytest.raises(ParameterError, match="windows=0"):
        encoder.encode(y, windows=0)
    with pytest.raises(ParameterError, match="one channel"):
        encoder.encode(np.zeros((2, 16000), np.float32))


def test_onnx_is_read_by_onnxruntime(folder, y, monkeypatch):
    graph = fabricated_graphs.write(folder / "discogs-effnet.pb")
    expected = encoders.make("discogs_effnet").encode(y).vectors
    graph.unlink()
    (folder / "discogs-effnet.onnx").write_bytes(b"a network")
    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace(InferenceSession=Session))
    heard = encoders.make("discogs_effnet").encode(y)
    np.testing.assert_allclose(heard.vectors, expected, rtol=1e-4, atol=1e-4)


class Session:
    """What onnxruntime would make of a file: its batches may have any length."""

    def __init__(self, content, providers):
        assert (content, providers) == (b"a network", ["CPUExecutionProvider"])

    def get_inputs(self):
        return [SimpleNamespace(name="melspectrogram", shape=["n", 128, 96])]

    def run(self, outputs, given):
        assert outputs is None
        mean = given["melspectrogram"].mean(axis=(1, 2))
        return [np.zeros((len(mean), 400)), np.outer(mean, np.arange(1280))]


def test_onnx_without_what_reads_it_names_both_ways_out(folder):
    folder.mkdir(parents=True)
    (folder / "discogs-effnet.onnx").write_bytes(b"not read")
    if importlib.util.find_spec("onnxruntime") is None:
        with pytest.raises(MissingDataError, match=r"onnxruntime reads .*put the \.pb there"):
            encoders.make("discogs_effnet")
    else:
        with pytest.raises(BadDataError, match="is not an ONNX network"):
            encoders.make("discogs_effnet")
