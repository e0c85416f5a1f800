"""Networks that somebody else has saved: looked at before Keras builds them, so that nothing of theirs is executed.

Paper: none.  Notebooks: 09_your_album, through files of :mod:`mumu_lib.prediction.sharing`.
"""

import io
import math
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

from mumu_lib import models
from mumu_lib.core.parsing import parse_json, parsing

ASK_AGAIN = "get the file again from whoever made it"
ENTRIES = ("config.json", "metadata.json", "model.weights.h5")
# Keras builds these from numbers and names alone; no function, and no file, can stand in what describes them.
LAYERS = frozenset({
    "Activation", "Add", "Average", "AveragePooling1D", "AveragePooling2D", "BatchNormalization", "Concatenate", "Conv1D",
    "Conv2D", "Cropping1D", "Cropping2D", "Dense", "DepthwiseConv1D", "DepthwiseConv2D", "Dropout", "Flatten",
    "GlobalAveragePooling1D", "GlobalAveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "Identity", "InputLayer",
    "LayerNormalization", "LeakyReLU", "MaxPooling1D", "MaxPooling2D", "Maximum", "Multiply", "Permute", "ReLU", "Rescaling",
    "Reshape", "SeparableConv2D", "Softmax", "SpatialDropout1D", "SpatialDropout2D", "UnitNormalization", "ZeroPadding1D",
    "ZeroPadding2D",
})  # fmt: skip
OPERATIONS = frozenset({
    "Absolute", "Add", "Any", "Clip", "Concatenate", "Divide", "Exp", "ExpandDims", "Flip", "GetItem", "Log", "Maximum", "Mean",
    "Minimum", "Multiply", "Negative", "NotEqual", "Reshape", "Split", "Sqrt", "Square", "Squeeze", "Stack", "Subtract", "Sum",
    "Transpose", "TrueDivide",
})  # fmt: skip
ALLOWED = {
    "keras.layers": LAYERS,
    "keras.initializers": frozenset({
        "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform", "Ones",
        "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Zeros",
    }),
    "keras.regularizers": frozenset({"L1", "L1L2", "L2"}),
    "keras": frozenset({"DTypePolicy"}),
    "keras.src.models.functional": frozenset({"Functional"}),
    "keras.src.ops.core": frozenset({"Cast"}),
    "keras.src.ops.numpy": OPERATIONS,
    "mumu_lib.models.convolution": frozenset({"ConvolutionPool"}),
    None: frozenset({"__keras_tensor__", "__slice__", "__tensor__"}),
}  # fmt: skip
# No number in a description is larger: a layer of a thousand million units would fill the memory before it is filled.
LARGEST = 1 << 24
# These are multiplied and added, and make nothing large: a number that hardly varies has a large scale.
CONSTANTS = ("scale", "offset")
MOST_CONFIG = 64 << 20
MOST_WEIGHTS = 4 << 30
# Arrays and groups of weights; a group that holds itself has no end.
MOST_MEMBERS = 100_000


def check(content: bytes, where: str) -> None:
    """Refuse a saved network that is anything else than known layers and their weights.

    Parameters
    ----------
    content : bytes
        Of a ``.keras`` file.
    where : str
        What it is, for the message.

    Raises
    ------
    BadDataError
        It is not such a file; it holds a layer of another kind, such as ``Lambda``, whose code would be executed; its
        weights lie elsewhere, or are more than can be.
    """
    with parsing(where, ASK_AGAIN, trouble="is no network that can be used"):
        with zipfile.ZipFile(io.BytesIO(content)) as saved:
            names = saved.namelist()
            if sorted(names) != sorted(ENTRIES):
                raise ValueError(f"it holds {sorted(names)} and not {sorted(ENTRIES)}")
            sizes = {entry.filename: entry.file_size for entry in saved.infolist()}
            if sizes["config.json"] > MOST_CONFIG or sizes["metadata.json"] > MOST_CONFIG:
                raise ValueError("its description is too long")
            if sizes["model.weights.h5"] > MOST_WEIGHTS:
                raise ValueError("its weights are too large")
            described = parse_json(saved.read("config.json"))
            weights = saved.read("model.weights.h5")
        _check_described(described)
        _check_weights(weights)


def _check_described(described: Any) -> None:
    """Refuse a description that names a class which is not allowed."""
    if not isinstance(described, dict) or described.get("class_name") != "Functional":
        raise ValueError("it does not describe a network of layers")
    for found in _parts(described):
        if isinstance(found, bool):
            continue
        if isinstance(found, int | float) and not abs(found) <= LARGEST:
            raise ValueError(f"a number of {found} in it")
        if isinstance(found, dict):
            _check_class(found)


def _check_class(found: dict[str, Any]) -> None:
    """Refuse one dictionary of a description if it stands for an object that is not allowed."""
    named = {"class_name", "module", "registered_name", "fn", "function_type"} & found.keys()
    if not named:
        return
    name, module = found.get("class_name"), found.get("module")
    allowed = ALLOWED.get(module, frozenset()) if isinstance(module, str | None) else frozenset()
    # A name that was registered could mean another class than that of the module.
    registered = found.get("registered_name")
    own = f"mumu_lib>{name}" if module == "mumu_lib.models.convolution" else name
    if not isinstance(name, str) or name not in allowed or registered not in (None, own):
        raise ValueError(
            f"{module}.{name} (registered as {registered}) is no layer that this program takes from others"
        )


def _parts(described: Any) -> Iterator[Any]:
    """Yield everything in a description, one after the other, however deep."""
    waiting = [described]
    while waiting:
        found = waiting.pop()
        yield found
        if isinstance(found, dict):
            # By its address in the memory of whoever saved it, Keras knows an object that stands in two places.
            for key, value in found.items():
                if key != "shared_object_id" and not (key in CONSTANTS and _are_finite(value)):
                    waiting.append(value)
        elif isinstance(found, list):
            waiting.extend(found)


def _are_finite(values: Any) -> bool:
    """Whether something is a list of finite numbers and of nothing else."""
    return isinstance(values, list) and all(isinstance(value, float) and math.isfinite(value) for value in values)


def _check_weights(content: bytes) -> None:
    """Refuse weights that lie in another file, or claim more than is stored."""
    total = seen = 0
    with h5py.File(io.BytesIO(content), "r") as file:
        waiting = [file["/"]]
        while waiting:
            group = waiting.pop()
            for name in group:
                seen += 1
                if seen > MOST_MEMBERS:
                    raise ValueError(f"its weights have more than {MOST_MEMBERS:,} parts")
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError(f"{name} lies elsewhere")
                member = group[name]
                if isinstance(member, h5py.Group):
                    waiting.append(member)
                else:
                    total += _size(member, name)
                if total > len(content):
                    raise ValueError(f"its weights claim more than the {len(content):,} bytes that are there")


def _size(member: Any, name: str) -> int:
    """Return the bytes of the numbers of a dataset; Keras compresses none, so that they all lie in the file."""
    plain = isinstance(member, h5py.Dataset) and not (member.external or member.is_virtual or member.dtype.hasobject)
    if not plain or member.shape is None:
        raise ValueError(f"{name} does not hold its numbers itself")
    return int(member.nbytes)


def without_optimizer(path: Path, place: Path) -> None:
    """Save a network again without what only further training needs, which is twice as large as the network.

    Parameters
    ----------
    path : Path
        A ``.keras`` file of one's own.
    place : Path
        Where to write it; ends in ``.keras``.

    Raises
    ------
    BadDataError
        It has layers that nobody could open (:func:`check`).
    """
    network = models.load(path, compile=False)
    network.save(place, include_optimizer=False)
    check(place.read_bytes(), str(path))
