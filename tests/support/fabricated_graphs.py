"""Frozen graphs of the shape of Discogs-EffNet, made up: their numbers are simple functions of the mean of a window."""

from pathlib import Path

import numpy as np


def write(path: Path, batch: int | None = 64, *, python: bool = False, vectors: int = 1280) -> Path:
    """Write a graph: styles are the sigmoid of a window's mean, vectors that mean times 0, 1, 2, ..."""
    import tensorflow as tf

    def outputs(x):
        mean = tf.reduce_mean(x, axis=[1, 2])[:, None]
        if python:
            mean = tf.numpy_function(lambda y: y, [mean], tf.float32)
        return tf.sigmoid(mean * np.ones((1, 400), np.float32)), mean * np.arange(vectors, dtype=np.float32)[None]

    graph = tf.Graph()
    with graph.as_default():
        given = tf.compat.v1.placeholder(tf.float32, (batch, 128, 96), name="serving_default_melspectrogram")
        body = tf.function(outputs).get_concrete_function(tf.TensorSpec((batch, 128, 96), tf.float32))
        body.add_to_graph(graph)
        body(given)
    definition = graph.as_graph_def()
    for node in definition.node:
        if node.op in ("PartitionedCall", "StatefulPartitionedCall"):
            node.name = "PartitionedCall"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(definition.SerializeToString())
    return path
