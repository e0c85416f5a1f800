"""Stores of features: one memory-mapped file for all items of a catalogue, built by processes that survive bad files."""

import lazy_loader

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submodules=["build", "embeddings", "store", "workers"])
