"""Set environment variables that other libraries read when they are imported, unless the user has set them."""

import logging
import os
from pathlib import Path

from mumu_lib.core.paths import home

DEFAULTS = {
    # The start-up messages of the backend contain times and process ids, which would change saved notebooks.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "KERAS_BACKEND": "tensorflow",
    # TensorFlow disables oneDNN on processors without AVX-512; convolutions are nearly twice as fast with it.
    "TF_ENABLE_ONEDNN_OPTS": "1",
    # Several notebooks share a GPU; by default the first one allocates all of its memory, with JAX three quarters.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
    # Keras imports the client of a model hub; it must not connect to the network.
    "HF_HUB_OFFLINE": "1",
}
# Libraries that store files in the user's home (compiled functions, font lists, weights) -> subfolder of the cache.
CACHES = {
    "NUMBA_CACHE_DIR": "numba",
    "MPLCONFIGDIR": "matplotlib",
    "XDG_CACHE_HOME": "",
    "KERAS_HOME": "keras",
}


def set_defaults() -> None:
    """Set every variable that the user has not set; suppress a warning of TensorFlow that does not apply."""
    logging.getLogger("tensorflow").addFilter(_is_relevant)
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    if not _can_write(_user_home()) and _can_write(home()):
        # Numba, which librosa needs, fails if it cannot store compiled functions.
        for name, folder in CACHES.items():
            os.environ.setdefault(name, str(home() / "cache" / folder))


def _is_relevant(record: logging.LogRecord) -> bool:
    """Return whether a message of TensorFlow is not the warning about retracing.

    TensorFlow gives this warning when several networks are traced once each.
    """
    return "tf.function retracing" not in record.getMessage()


def _user_home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _can_write(folder: Path | None) -> bool:
    """Return whether a folder, or the nearest of its parents that exists, is writable."""
    if folder is None:
        return False
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK)
