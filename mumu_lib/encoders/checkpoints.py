"""Read the variables of a TensorFlow 1 checkpoint, by name and shape; TensorFlow is needed here and nowhere else.

Paper: none.  Notebooks: none; ``make pretrained`` reads checkpoints once.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from mumu_lib.core.errors import BadDataError, MissingDataError
from mumu_lib.core.parsing import parsing
from mumu_lib.encoders import FETCH_HINT

INDEX = ".index"
DATA = ".data-00000-of-00001"


def read(folder: Path, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Read variables of a checkpoint whose files bear no name before their endings.

    Parameters
    ----------
    folder : Path
        Holds ``.index`` and ``.data-00000-of-00001``. The file named ``checkpoint`` is not read: it names a path of the
        machine that wrote it.
    shapes : mapping
        Name of each variable that is wanted -> its shape.

    Returns
    -------
    variables : dict of str to np.ndarray [float32]

    Raises
    ------
    MissingDataError
        A file is not there; TensorFlow is not installed.
    BadDataError
        The files are damaged; a variable is missing or has another shape, type or values that are not finite.

    Examples
    --------
    >>> read(Path("MTT_musicnn"), {"dense/bias": (200,)})["dense/bias"].shape  # doctest: +SKIP
    (200,)
    """
    for name in (INDEX, DATA):
        if not (folder / name).is_file():
            raise MissingDataError(f"{folder / name} is missing; {FETCH_HINT}")
    with parsing(folder, FETCH_HINT, trouble="is no checkpoint of TensorFlow"):
        reader = _reader(folder)
        there = reader.get_variable_to_shape_map()
    _check_shapes(folder, there, shapes)
    variables = {}
    for name in shapes:
        with parsing(folder, FETCH_HINT, trouble=f"is damaged at the variable {name!r}"):
            variables[name] = np.asarray(reader.get_tensor(name))
        _check_values(folder, name, variables[name])
    return variables


def _reader(folder: Path):  # type: ignore[no-untyped-def]
    try:
        import tensorflow as tf
    except ImportError:
        raise MissingDataError(
            "reading a checkpoint takes TensorFlow, once: install it with  pip install tensorflow  and run again, or copy "
            "data/pretrained from a machine that has it"
        ) from None
    # Before the endings of the files stands nothing, so that the prefix is the folder and a slash.
    return tf.compat.v1.train.NewCheckpointReader(f"{folder}/")


def _check_shapes(folder: Path, there: Mapping[str, list[int]], shapes: Mapping[str, tuple[int, ...]]) -> None:
    for name, shape in shapes.items():
        if name not in there:
            raise BadDataError(f"{folder}: the checkpoint lacks the variable {name!r}; {FETCH_HINT}")
        found = tuple(there[name])
        if found != shape:
            raise BadDataError(f"{folder}: the variable {name!r} has the shape {found}, expected {shape}; {FETCH_HINT}")


def _check_values(folder: Path, name: str, values: np.ndarray) -> None:
    if values.dtype != np.float32:
        raise BadDataError(f"{folder}: the variable {name!r} is of type {values.dtype}, expected float32; {FETCH_HINT}")
    if not np.isfinite(values).all():
        raise BadDataError(f"{folder}: the variable {name!r} holds values that are not finite; {FETCH_HINT}")
