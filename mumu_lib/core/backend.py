"""Settings of the libraries beneath that must stand before they start: environment variables, set where none is."""

import logging
import os
from pathlib import Path

from mumu_lib.core.paths import home

DEFAULTS = {
    # The backend's start-up messages carry timestamps and process numbers, which no saved notebook should hold.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "KERAS_BACKEND": "tensorflow",
    # TensorFlow leaves oneDNN out on processors without AVX-512; convolutions are nearly twice as fast with it.
    "TF_ENABLE_ONEDNN_OPTS": "1",
    # Notebooks share a GPU's memory; without this the first one takes all of it.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
    # Keras loads the client of a hub that comes with the tokenizer; nothing here may ask it for anything.
    "HF_HUB_OFFLINE": "1",
}
# What keeps files of its own below the user's home: compiled functions, lists of fonts, weights.
CACHES = {
    "NUMBA_CACHE_DIR": "numba",
    "MPLCONFIGDIR": "matplotlib",
    "XDG_CACHE_HOME": "",
    "KERAS_HOME": "keras",
}


def set_defaults() -> None:
    """Set every variable that the user has not set, and keep back one warning that is wrong here."""
    logging.getLogger("tensorflow").addFilter(_worth_saying)
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    if not _can_write(_user_home()) and _can_write(home()):
        # Numba, which librosa needs, stops where it finds no place for what it compiles.
        for name, folder in CACHES.items():
            os.environ.setdefault(name, str(home() / "cache" / folder))


def _worth_saying(record: logging.LogRecord) -> bool:
    """Whether a message of TensorFlow is about anything but tracing.

    Several networks are each traced once, which it takes for one that is traced again and again.
    """
    return "tf.function retracing" not in record.getMessage()


def _user_home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _can_write(folder: Path | None) -> bool:
    """Whether a folder, or the nearest one above it that is there, can be written to."""
    if folder is None:
        return False
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK)
