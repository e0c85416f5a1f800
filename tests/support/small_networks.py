"""An image network small enough to train in a test."""

import keras

from mumu_lib import models


def small(target="logistic", n_labels=4, d=3, size=32):
    keras.utils.set_random_seed(0)
    return models.resnet("small", target, n_labels, d, weights="random", image_size=size)
