"""A convolution with pooling, bias and ReLU, computed in the cheapest order.

Paper: Sections 5.1 and 6.1.  Notebooks: 04_audio.
"""

import math
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from mumu_lib.core import processor

# Fewest input channels for which the gradient of a kernel is faster as matrix products than in oneDNN: 2.4 times for
# 1,536 channels. With fewer channels it is slower.
WIDE = 256


@keras.saving.register_keras_serializable(package="mumu_lib")
class ConvolutionPool(layers.Layer):
    """Convolution without padding, bias, ReLU and max pooling; the pooling is computed before bias and ReLU.

    Adding a constant and applying ReLU preserve the maximum. The outputs are therefore equal to the last bit, and bias
    and ReLU are computed on a small map instead of a large one, forwards and backwards. Kernel and bias have the
    shapes, the order and the initial values of a ``Conv2D`` or a ``Conv1D``.

    Parameters
    ----------
    filters : int > 0
    kernel_size, pool_size : (frames, bins) or (frames,)
        A pool size of ones means no pooling.
    kernel_initializer : Keras initializer
    options
        Options of any layer, such as ``name``.

    Examples
    --------
    >>> ConvolutionPool(64, (4, 70), (4, 4)).compute_output_shape((None, 319, 93, 1))
    (None, 79, 6, 64)
    >>> ConvolutionPool(256, (4,), (4,)).compute_output_shape((None, 322, 96))
    (None, 79, 256)
    """

    def __init__(
        self, filters: int, kernel_size: tuple[int, ...], pool_size: tuple[int, ...],
        kernel_initializer: Any = "glorot_uniform", **options: Any,
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.filters = filters
        self.kernel_size = tuple(kernel_size)
        self.pool_size = tuple(pool_size)
        self.kernel_initializer = keras.initializers.get(kernel_initializer)

    def build(self, input_shape: tuple[Any, ...]) -> None:
        """Create the kernel [shape=(*kernel_size, channels, filters)] and the bias [shape=(filters,)]."""
        shape = (*self.kernel_size, input_shape[-1], self.filters)
        self.kernel = self.add_weight(shape=shape, initializer=self.kernel_initializer, name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        """Apply the layer to maps [shape=(n, frames, bins, channels), or without bins]."""
        if x.shape[-1] == 1 and self.kernel_size[-1] > self.pool_size[-1]:
            pooled = self._pooled_from_views(x)
        else:
            # Reshaped to a tensor: TensorFlow accepts no variable in a function with a custom gradient.
            kernel = ops.reshape(self.kernel, self.kernel.shape)
            pooled = _max_pool(_convolve(x, kernel), self.pool_size)
        return ops.relu(ops.add(pooled, self.bias))

    def _pooled_from_views(self, x: Any) -> Any:
        """Convolve and pool a map of one channel; each position of the kernel along frequency becomes an example.

        The bins under the kernel become the channels of a convolution over time. With a single input channel, oneDNN
        would compute the gradient of the kernel by a slow routine.
        """
        frames, bins = self.kernel_size
        length = x.shape[1] - frames + 1
        places = x.shape[2] - bins + 1
        views = ops.stack([x[:, :, place : place + bins, 0] for place in range(places)], axis=1)
        if not processor.has_avx512():
            # A matrix product is faster then; the frames of the kernel become channels too.
            views = ops.concatenate([views[:, :, frame : frame + length] for frame in range(frames)], axis=-1)
            bins = frames * bins
            frames = 1
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
        """Return the configuration that is saved with a network."""
        initializer = keras.initializers.serialize(self.kernel_initializer)
        own = {"filters": self.filters, "kernel_size": self.kernel_size, "pool_size": self.pool_size}
        return {**super().get_config(), **own, "kernel_initializer": initializer}


def _convolve(x: Any, kernel: Any) -> Any:
    """Convolve without padding, with the fastest gradient for the kernel's shape."""
    *sides, channels, filters = kernel.shape
    if math.prod(sides) == 1:
        maps = ops.matmul(ops.reshape(x, (-1, channels)), ops.reshape(kernel, (channels, filters)))
        return ops.reshape(maps, (-1, *x.shape[1:-1], filters))
    # Kernels over time and frequency were measured with AVX-512 only.
    measured = len(sides) == 1 or processor.has_avx512()
    if channels < WIDE or not measured or processor.gpu_capabilities():
        return ops.conv(x, kernel, padding="valid")
    return _convolve_wide(x, kernel)


@ops.custom_gradient
def _convolve_wide(x: Any, kernel: Any) -> Any:
    """Convolve; the kernel's gradient is computed by matrix products, the input's by oneDNN."""

    def gradients(*arguments: Any, upstream: Any = None) -> tuple[Any, Any]:
        # TensorFlow and JAX pass the upstream gradient by position, PyTorch by name.
        if upstream is None:
            upstream = arguments[0]
        return ops.conv_transpose(upstream, kernel, padding="valid"), _kernel_gradient(x, upstream, kernel.shape)

    return ops.conv(x, kernel, padding="valid"), gradients


def _kernel_gradient(x: Any, upstream: Any, shape: tuple[int, ...]) -> Any:
    """Compute the gradient of the kernel: one matrix product for each position in it."""
    *sides, channels, filters = shape
    rows = ops.reshape(upstream, (-1, filters))
    products = []
    for position in np.ndindex(*sides):
        window = [slice(None)]
        for start, length in zip(position, upstream.shape[1:-1], strict=True):
            window.append(slice(start, start + length))
        inputs = x[tuple(window)]
        products.append(ops.matmul(ops.transpose(ops.reshape(inputs, (-1, channels))), rows))
    return ops.reshape(ops.stack(products), shape)


def _max_pool(x: Any, size: tuple[int, ...]) -> Any:
    """Pool over windows that do not overlap."""
    if max(size) == 1:
        return x
    # Without strides Keras 3.15 raises on JAX.
    return ops.max_pool(x, size, strides=size, padding="valid")
