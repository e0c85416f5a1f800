"""One convolution of an audio network with what follows it, computed in the order that costs least.

Paper: Sections 5.1 and 6.1.  Notebooks: 04_audio.
"""

from typing import Any

import keras
from keras import layers, ops

from mumu_lib.core import processor


@keras.saving.register_keras_serializable(package="mumu_lib")
class ConvolutionPool(layers.Layer):
    """Convolution without padding, bias, ReLU and max pooling, as the paper reads; the pooling is computed before the bias.

    A maximum stays the maximum when a number is added to all or negative ones become 0. So the outputs are the same to the
    last bit, and bias and ReLU pass over a small map instead of a large one, there and back. Kernel and bias have the
    shapes, the order and the first values of a ``Conv2D``.

    Parameters
    ----------
    filters : int > 0
    kernel_size, pool_size : (frames, bins)
    kernel_initializer : Keras initializer
    options
        Of every layer, such as ``name``.

    Examples
    --------
    >>> ConvolutionPool(64, (4, 70), (4, 4)).compute_output_shape((None, 319, 93, 1))
    (None, 79, 6, 64)
    """

    def __init__(
        self, filters: int, kernel_size: tuple[int, int], pool_size: tuple[int, int],
        kernel_initializer: Any = "glorot_uniform", **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.filters = filters
        self.kernel_size = tuple(kernel_size)
        self.pool_size = tuple(pool_size)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Make kernel [shape=(frames, bins, channels, filters)] and bias [shape=(filters,)]."""
        shape = (*self.kernel_size, input_shape[-1], self.filters)
        self.kernel = self.add_weight(shape=shape, initializer=self.kernel_initializer, name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        """Apply the layer to maps [shape=(n, frames, bins, channels)]."""
        if x.shape[-1] == 1 and self.kernel_size[1] > self.pool_size[1]:
            pooled = self._pooled_from_views(x)
        else:
            pooled = _max_pool(ops.conv(x, self.kernel, padding="valid"), self.pool_size)
        return ops.relu(ops.add(pooled, self.bias))

    def _pooled_from_views(self, x: Any) -> Any:
        """Convolve and pool one channel: each place of the kernel along frequency is an example of its own.

        What the kernel covers of the bins become the channels of a convolution over time. With a single input channel
        the gradient of the kernel would fall to a slow routine of oneDNN.
        """
        frames, bins = self.kernel_size
        length = x.shape[1] - frames + 1
        places = x.shape[2] - bins + 1
        views = ops.stack([x[:, :, place : place + bins, 0] for place in range(places)], axis=1)
        if not processor.has_avx512():
            # Without it a product of matrices is faster, for which the kernel's frames become channels too.
            views = ops.concatenate([views[:, :, frame : frame + length] for frame in range(frames)], axis=-1)
            frames, bins = 1, frames * bins
        views = ops.reshape(views, (-1, length + frames - 1, bins))
        maps = ops.conv(views, ops.reshape(self.kernel, (frames, bins, self.filters)), padding="valid")
        maps = ops.reshape(maps, (-1, places, length, self.filters))
        return ops.transpose(_max_pool(maps, self.pool_size[::-1]), (0, 2, 1, 3))

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the shape of the outputs."""
        n, *sides, _ = input_shape
        pooled = []
        for side, kernel, pool in zip(sides, self.kernel_size, self.pool_size, strict=True):
            pooled.append((side - kernel + 1) // pool)
        return (n, *pooled, self.filters)

    def get_config(self) -> dict[str, Any]:
        """Return what a saved network keeps of the layer."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "pool_size": self.pool_size}
        return {**super().get_config(), **own, "kernel_initializer": initializer}


def _max_pool(x: Any, size: tuple[int, ...]) -> Any:
    # Without strides Keras 3.15 stops on JAX.
    return ops.max_pool(x, size, strides=size, padding="valid")
