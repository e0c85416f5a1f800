"""The audio networks as version 0.1.0 laid them out: finished models of it lie in users' homes."""

import keras
from keras import layers

from mumu_lib import models

USED = {"3x3": (302, 90), "4x96": (322, 96), "4x70": (322, 93)}


def former(filters, target="cosine", n_labels=9, d=5, mean=None, std=None):
    """The layout of 0.1.0; mean and std are numbers for each bin, or there is no standardisation."""
    shape = models.NETWORKS[filters]
    x = inputs = keras.Input(models.PATCH_SHAPE, name="patch")
    if mean is not None:
        scale, offset = [1 / float(s) for s in std], [float(-m / s) for m, s in zip(mean, std, strict=True)]
        x = layers.Rescaling(scale, offset, name="standardise", dtype="float32")(x)
    x = layers.Reshape((*models.PATCH_SHAPE, 1))(x)
    frames, bins = USED[filters.split("_")[1]]
    x = layers.Cropping2D(((0, models.PATCH_SHAPE[0] - frames), (0, models.PATCH_SHAPE[1] - bins)))(x)
    for width, kernel, pool in zip(shape.widths, shape.kernels, shape.pools, strict=True):
        uniform = keras.initializers.RandomUniform(-0.05, 0.05)
        if len(x.shape) == 4 and x.shape[2] == kernel[1]:
            x = layers.Reshape((x.shape[1], x.shape[2] * x.shape[3]))(x)
        if len(x.shape) == 3:
            x = layers.Conv1D(width, kernel[0], activation="relu", kernel_initializer=uniform)(x)
            x = layers.MaxPooling1D(pool[0])(x) if pool else x
        else:
            x = layers.Conv2D(width, kernel, activation="relu", kernel_initializer=uniform)(x)
            x = layers.MaxPooling2D(pool)(x)
        if shape.cosine_dropout and target == "cosine":
            x = layers.Dropout(shape.cosine_dropout)(x)
    x = layers.Flatten(name=models.FEATURES)(x)
    return keras.Model(inputs, models.head(x, target, n_labels, d), name=f"{filters}_{target}")
