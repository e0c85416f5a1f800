"""Multi-label music genre classification of albums from audio, text and covers.

Modules load when first used, so that ``import mumu_lib`` costs nothing.
"""

import os

import lazy_loader

# The backend's start-up messages carry timestamps and process numbers, which no saved notebook should hold.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# TensorFlow leaves oneDNN out on processors without AVX-512; convolutions are nearly twice as fast with it.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# Notebooks share a GPU's memory; without this the first one takes all of it.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submodules=[
        "albums",
        "audio",
        "augment",
        "backbones",
        "canvases",
        "cards",
        "catalogue",
        "claims",
        "costs",
        "cover_maps",
        "controls",
        "covers",
        "encoders",
        "environment",
        "errors",
        "extraction",
        "figures",
        "finetuning",
        "fusion",
        "hierarchy",
        "image",
        "image_figures",
        "labels",
        "linking",
        "mapping",
        "mapping_figures",
        "maps",
        "matching",
        "metrics",
        "models",
        "names",
        "params",
        "patches",
        "plots",
        "prediction",
        "prediction_figures",
        "progress",
        "resampling",
        "result_figures",
        "results",
        "runs",
        "series",
        "simultaneous",
        "sketches",
        "sources",
        "store",
        "tables",
        "targets",
        "text",
        "text_analysis",
        "text_figures",
        "timbre",
        "training",
        "vectors",
        "widgets",
    ],
    submod_attrs={"sources": ["open_catalogue"], "environment": ["hello"], "prediction": ["predict_album"]},
)
