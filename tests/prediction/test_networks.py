"""What of a saved network is looked at before Keras builds it."""

import io
import json
import zipfile

import h5py
import keras
import numpy as np
import pytest

from mumu_lib import fusion, models, targets
from mumu_lib.core.errors import BadDataError
from mumu_lib.fusion.weighted import mean_of
from mumu_lib.prediction import networks


def saved(network, place):
    network.save(place / "model.keras")
    return (place / "model.keras").read_bytes()


def parts_of(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(parts):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    network = models.vector_mlp(5, "cosine", 4, 3, hidden=(4,), dropout=0.5, penalty=0.1)
    return saved(network, tmp_path_factory.mktemp("good"))


def changed(good, **changes):
    """The same network whose first hidden layer is described otherwise."""
    parts = parts_of(good)
    described = json.loads(parts["config.json"])
    layer = next(layer for layer in described["config"]["layers"] if layer["class_name"] == "Dense")
    for key, value in changes.items():
        (layer["config"] if key in layer["config"] else layer)[key] = value
    return packed({**parts, "config.json": json.dumps(described)})


def weighted(target):
    """Our fusion, a mean of two sources."""
    sources = [fusion.Source("audio", "a", np.ones((4, 2))), fusion.Source("text", "t", np.ones((4, 3)))]
    objective = (
        targets.Logistic(4, np.zeros(4)) if target == "logistic" else targets.Cosine(np.ones((4, 3)), np.zeros(4))
    )
    heads = []
    for length in (2, 3):
        head = models.vector_mlp(length, target, 4, 3)
        heads.append(keras.Model(head.inputs, head.outputs[0], name=f"source_{length}"))
    return mean_of(sources, heads, [0.5, 0.5], objective)


@pytest.mark.parametrize(
    "build",
    [
        lambda: weighted("cosine"),
        lambda: weighted("logistic"),
        lambda: models.cnn("low_3x3", "cosine", 4, 3, mean=[0.0] * 96, std=[1.0] * 96),
        lambda: models.cnn("low_4x96", "logistic", 4, 3),
        lambda: models.album_mlp(5, "logistic", 4, 3),
        lambda: models.text_mlp(5, "cosine", 4, 3),
        lambda: models.fusion([3, 4], "cosine", 4, 3, modality_dropout=0.5),
        lambda: models.fusion([3], "logistic", 4, 3),
        lambda: models.resnet("small", "logistic", 4, 3, weights="random", image_size=32),
        lambda: models.resnet("mobilenet_v2", "logistic", 4, 3, weights="random", image_size=32),
    ],
)
def test_our_networks_pass(build, tmp_path):
    networks.check(saved(build(), tmp_path), "x")


def test_a_number_that_hardly_varies_may_have_a_large_scale(tmp_path):
    std = np.array([0.1, 1e-9, 1e-33])
    networks.check(saved(models.vector_mlp(3, "cosine", 4, 3, mean=std, std=std), tmp_path), "x")


@pytest.mark.parametrize(
    "scale", [[1.0, float("inf")], [1.0, {"module": "os", "class_name": "system"}], [1 << 40], 1e30]
)
def test_other_large_scales_are_refused(good, scale):
    with pytest.raises(BadDataError, match=r"a number of|os\.system"):
        networks.check(changed(good, kernel_initializer={"scale": scale}), "x")


def test_a_lambda_layer_is_refused(tmp_path):
    inputs = keras.Input((3,))
    network = keras.Model(inputs, keras.layers.Lambda(lambda x: x + 1)(inputs))
    with pytest.raises(BadDataError, match="Lambda"):
        networks.check(saved(network, tmp_path), "x.mumu, network")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"class_name": "Lambda"}, "Lambda"),
        ({"class_name": "TFSMLayer"}, "TFSMLayer"),
        ({"class_name": "TorchModuleWrapper"}, "Torch"),
        ({"module": "os", "class_name": "system"}, "os.system"),
        ({"module": "keras.src.utils.file_utils", "class_name": "Path"}, "Path"),
        ({"module": None}, "None.Dense"),
        ({"module": ["keras.layers"]}, "Dense"),
        ({"registered_name": "mine>Dense"}, "mine>Dense"),
        ({"activation": {"class_name": "function", "config": "system", "module": "os"}}, "function"),
        ({"activation": {"class_name": "__lambda__", "config": {"value": "YQ=="}}}, "__lambda__"),
        ({"kernel_initializer": {"module": "builtins", "class_name": "eval", "config": {}}}, "eval"),
        ({"units": 1 << 40}, "a number of"),
        ({"units": 1e300}, "a number of"),
        ({"units": float("nan")}, "a number of"),
    ],
)
def test_what_is_not_one_of_the_known_layers_is_refused(good, changes, reason):
    with pytest.raises(BadDataError, match=reason):
        networks.check(changed(good, **changes), "x")


def test_other_parts_are_refused(good):
    parts = parts_of(good)
    for wrong in (
        {**parts, "assets/run.py": b""},
        {"config.json": parts["config.json"]},
        {**parts, "config.json": b"[]"},
        {**parts, "config.json": b"{}"},
        {**parts, "config.json": b"not json"},
        {**parts, "config.json": b"[" * 100_000},
        {**parts, "model.weights.h5": b"nothing"},
    ):
        with pytest.raises(BadDataError, match="not a usable network"):
            networks.check(packed(wrong), "x")
    for content in (b"", b"PK", good[: len(good) // 2], good[:-9]):
        with pytest.raises(BadDataError):
            networks.check(content, "x")


def weights(write):
    file = io.BytesIO()
    with h5py.File(file, "w") as made:
        write(made)
    return file.getvalue()


def outside(file):
    file["layers"] = h5py.ExternalLink("/etc/passwd", "/")


def soft(file):
    file["layers"] = h5py.SoftLink("/nothing")


def elsewhere(file):
    file.create_dataset("w", (4,), "f4", external=[("/etc/hostname", 0, 16)])


def circle(file):
    group = file.create_group("a")
    group["again"] = group


def bomb(file):
    file.create_dataset("w", (1 << 28,), "f4", chunks=True, compression="gzip")


def objects(file):
    file.create_dataset("w", data=["text"], dtype=h5py.string_dtype())


@pytest.mark.parametrize("write", [outside, soft, elsewhere, circle, bomb, objects])
def test_weights_must_lie_in_the_file_itself(good, write, monkeypatch):
    monkeypatch.setattr(networks, "MOST_MEMBERS", 100)
    with pytest.raises(BadDataError, match="not a usable network"):
        networks.check(packed({**parts_of(good), "model.weights.h5": weights(write)}), "x")


def test_what_is_shared_is_the_same_network_without_its_optimizer(tmp_path):
    network = models.text_mlp(50, "logistic", 4, 3)
    network.compile("adam", loss="binary_crossentropy")
    x = np.random.default_rng(0).normal(size=(8, 50)).astype(np.float32)
    network.fit(x, np.ones((8, 4)), verbose=0)
    network.save(tmp_path / "big.keras")
    networks.without_optimizer(tmp_path / "big.keras", tmp_path / "small.keras")
    assert (tmp_path / "small.keras").stat().st_size < (tmp_path / "big.keras").stat().st_size / 2
    small = keras.saving.load_model(tmp_path / "small.keras", compile=False)
    np.testing.assert_array_equal(small(x), network(x))
