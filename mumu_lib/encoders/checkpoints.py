"""Read the variables of a TensorFlow 1 checkpoint by name and shape; only this module needs TensorFlow.

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
    """Read variables of a checkpoint whose files are named by their endings only.

    Parameters
    ----------
    folder : Path
        Contains ``.index`` and ``.data-00000-of-00001``. The file ``checkpoint`` is not read: it contains a path of the
        machine that wrote it.
    shapes : mapping
        Name of each variable to read -> its shape.

    Returns
    -------
    variables : dict of str to np.ndarray [float32]

    Raises
    ------
    MissingDataError
        A file is missing; TensorFlow is not installed.
    BadDataError
        The files are damaged; a variable is missing, has another shape or type, or contains NaN or infinity.

    Examples
    --------
    >>> read(Path("MTT_musicnn"), {"dense/bias": (200,)})["dense/bias"].shape  # doctest: +SKIP
    (200,)
    """
    for name in (INDEX, DATA):
        if not (folder / name).is_file():
            raise MissingDataError(f"{folder / name} is missing; {FETCH_HINT}")
    with parsing(folder, FETCH_HINT, trouble="is not a TensorFlow checkpoint"):
        reader = _reader(folder)
        stored = reader.get_variable_to_shape_map()
    _check_shapes(folder, stored, shapes)
    variables = {}
    for name in shapes:
        with parsing(folder, FETCH_HINT, trouble=f"is damaged at the variable {name!r}"):
            variables[name] = np.asarray(reader.get_tensor(name))
        _check_values(folder, name, variables[name])
    return variables


def _reader(folder: Path):  # type: ignore[no-untyped-def]
    """Open a checkpoint with TensorFlow."""
    try:
        import tensorflow as tf
    except ImportError:
        raise MissingDataError(
            "converting a checkpoint takes TensorFlow, once: install it with  pip install tensorflow  and run again, "
            "or copy data/pretrained from a machine that has it"
        ) from None
    # The file names consist of endings only: the prefix is the folder and a slash.
    return tf.compat.v1.train.NewCheckpointReader(f"{folder}/")


def _check_shapes(folder: Path, stored: Mapping[str, list[int]], shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse a checkpoint in which a variable is missing or has another shape."""
    for name, shape in shapes.items():
        if name not in stored:
            raise BadDataError(f"{folder}: the checkpoint lacks the variable {name!r}; {FETCH_HINT}")
        actual = tuple(stored[name])
        if actual != shape:
            raise BadDataError(
                f"{folder}: the variable {name!r} has the shape {actual}, expected {shape}; {FETCH_HINT}"
            )


def _check_values(folder: Path, name: str, values: np.ndarray) -> None:
    """Refuse values that are not finite numbers in single precision."""
    if values.dtype != np.float32:
        raise BadDataError(f"{folder}: the variable {name!r} is of type {values.dtype}, expected float32; {FETCH_HINT}")
    if not np.isfinite(values).all():
        raise BadDataError(f"{folder}: the variable {name!r} contains values that are not finite; {FETCH_HINT}")
