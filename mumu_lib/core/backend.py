"""Settings of the deep-learning backend that must stand before it starts: environment variables, set where none is."""

import os

DEFAULTS = {
    # The backend's start-up messages carry timestamps and process numbers, which no saved notebook should hold.
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "KERAS_BACKEND": "tensorflow",
    # TensorFlow leaves oneDNN out on processors without AVX-512; convolutions are nearly twice as fast with it.
    "TF_ENABLE_ONEDNN_OPTS": "1",
    # Notebooks share a GPU's memory; without this the first one takes all of it.
    "TF_FORCE_GPU_ALLOW_GROWTH": "true",
}


def set_defaults() -> None:
    """Set every variable that the user has not set."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
