"""Stores of features: one memory-mapped file for all items of a catalogue, made once by workers that no file can stop."""

import lazy_loader

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submodules=["build", "embeddings", "store", "workers"])
