"""Check networks from others before Keras builds them: nothing in them may execute code.

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

ASK_AGAIN = "get the file again from its author"
ENTRIES = ("config.json", "metadata.json", "model.weights.h5")
# Keras builds these from numbers and names alone; their descriptions cannot contain functions or files.
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
# Largest number in a description: a layer with a thousand million units would exhaust the memory when it is built.
LARGEST = 1 << 24
# Factors and offsets allocate no memory and may be larger: an input that hardly varies has a large scale.
CONSTANTS = ("scale", "offset")
MOST_CONFIG = 64 << 20
MOST_WEIGHTS = 4 << 30
# Arrays and groups of weights; bounds the walk through a group that contains itself.
MOST_MEMBERS = 100_000


def check(content: bytes, where: str) -> None:
    """Refuse a saved network that contains anything but known layers and their weights.

    Parameters
    ----------
    content : bytes
        Of a ``.keras`` file.
    where : str
        Name of the file, for the message.

    Raises
    ------
    BadDataError
        The file is not a network; it has another layer, such as ``Lambda``, whose code would be executed; its weights
        are stored in another file, or are too large.

    Examples
    --------
    >>> check(b"", "a.keras")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mumu_lib.core.errors.BadDataError: a.keras is not a usable network (...); get the file again from its author
    """
    with parsing(where, ASK_AGAIN, trouble="is not a usable network"):
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
    """Refuse a description with a class that is not allowed."""
    if not isinstance(described, dict) or described.get("class_name") != "Functional":
        raise ValueError("it does not describe a network of layers")
    for part in _parts(described):
        if isinstance(part, bool):
            continue
        if isinstance(part, int | float) and not abs(part) <= LARGEST:
            raise ValueError(f"a number of {part} in it")
        if isinstance(part, dict):
            _check_class(part)


def _check_class(part: dict[str, Any]) -> None:
    """Refuse one dictionary of a description if it describes an object that is not allowed."""
    if not {"class_name", "module", "registered_name", "fn", "function_type"} & part.keys():
        return
    name = part.get("class_name")
    module = part.get("module")
    allowed: frozenset[str] = frozenset()
    if isinstance(module, str | None):
        allowed = ALLOWED.get(module, allowed)
    expected = name
    if module == "mumu_lib.models.convolution":
        expected = f"mumu_lib>{name}"
    # A registered name could refer to another class than that of the module.
    registered = part.get("registered_name")
    if not isinstance(name, str) or name not in allowed or registered not in (None, expected):
        raise ValueError(f"{module}.{name} (registered as {registered}) is not a layer that this program accepts")


def _parts(described: Any) -> Iterator[Any]:
    """Yield all parts of a description, nested ones too."""
    waiting = [described]
    while waiting:
        part = waiting.pop()
        yield part
        if isinstance(part, dict):
            for key, value in part.items():
                # The id is a memory address on the machine that saved the network, hence a large number.
                if key != "shared_object_id" and not (key in CONSTANTS and _are_finite(value)):
                    waiting.append(value)
        elif isinstance(part, list):
            waiting.extend(part)


def _are_finite(values: Any) -> bool:
    """Return whether an object is a list of finite numbers only."""
    return isinstance(values, list) and all(isinstance(value, float) and math.isfinite(value) for value in values)


def _check_weights(content: bytes) -> None:
    """Refuse weights that are stored in another file, or that declare more bytes than the file has."""
    total = 0
    members = 0
    with h5py.File(io.BytesIO(content), "r") as file:
        waiting = [file["/"]]
        while waiting:
            group = waiting.pop()
            for name in group:
                members += 1
                if members > MOST_MEMBERS:
                    raise ValueError(f"its weights have more than {MOST_MEMBERS:,} parts")
                if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                    raise ValueError(f"{name} is stored elsewhere")
                member = group[name]
                if isinstance(member, h5py.Group):
                    waiting.append(member)
                else:
                    total += _size(member, name)
                if total > len(content):
                    raise ValueError(f"its weights declare more than the {len(content):,} bytes of the file")


def _size(member: Any, name: str) -> int:
    """Return the bytes of a dataset; Keras does not compress, hence all of them must be in the file."""
    plain = isinstance(member, h5py.Dataset) and not (member.external or member.is_virtual or member.dtype.hasobject)
    if not plain or member.shape is None:
        raise ValueError(f"{name} does not contain its own numbers")
    return int(member.nbytes)


def without_optimizer(path: Path, place: Path) -> None:
    """Save a copy of a network without the state of its optimizer, which is twice as large as the network.

    Parameters
    ----------
    path : Path
        A trusted ``.keras`` file.
    place : Path
        The copy; ends in ``.keras``.

    Raises
    ------
    BadDataError
        It has layers that :func:`check` refuses.
    """
    network = models.load(path, compile=False)
    network.save(place, include_optimizer=False)
    check(place.read_bytes(), str(path))
