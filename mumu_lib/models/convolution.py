"""One convolution of an audio network with what follows it, computed in the order that costs least.

Paper: Sections 5.1 and 6.1.  Notebooks: 04_audio.
"""

import itertools
import math
from typing import Any

import keras
from keras import layers, ops

from mumu_lib.core import processor

# From so many input channels on, the gradient of a kernel is faster as products of matrices than as oneDNN has it: for
# 1,536 channels 2.4 times. With few channels it is slower.
WIDE = 256


@keras.saving.register_keras_serializable(package="mumu_lib")
class ConvolutionPool(layers.Layer):
    """Convolution without padding, bias, ReLU and max pooling, as the paper reads; the pooling is computed before the bias.

    A maximum stays the maximum when a number is added to all or negative ones become 0. So the outputs are the same to the
    last bit, and bias and ReLU pass over a small map instead of a large one, there and back. Kernel and bias have the
    shapes, the order and the first values of a ``Conv2D``, or of a ``Conv1D``.

    Parameters
    ----------
    filters : int > 0
    kernel_size, pool_size : (frames, bins) or (frames,)
        A pooling of ones pools nothing.
    kernel_initializer : Keras initializer
    options
        Of every layer, such as ``name``.

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
        """Make kernel [shape=(*kernel_size, channels, filters)] and bias [shape=(filters,)]."""
        shape = (*self.kernel_size, input_shape[-1], self.filters)
        self.kernel = self.add_weight(shape=shape, initializer=self.kernel_initializer, name="kernel")
        self.bias = self.add_weight(shape=(self.filters,), initializer="zeros", name="bias")

    def call(self, x: Any) -> Any:
        """Apply the layer to maps [shape=(n, frames, bins, channels), or without bins]."""
        if x.shape[-1] == 1 and self.kernel_size[-1] > self.pool_size[-1]:
            pooled = self._pooled_from_views(x)
        else:
            # Read here: TensorFlow takes no variable into a function with a gradient of its own.
            kernel = ops.reshape(self.kernel, self.kernel.shape)
            pooled = _max_pool(_convolve(x, kernel), self.pool_size)
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


def _convolve(x: Any, kernel: Any) -> Any:
    """Convolve without padding; how the gradients are computed depends on what the kernel's shape makes fast."""
    *sides, channels, filters = kernel.shape
    if math.prod(sides) == 1:
        maps = ops.matmul(ops.reshape(x, (-1, channels)), ops.reshape(kernel, (channels, filters)))
        return ops.reshape(maps, (-1, *x.shape[1:-1], filters))
    # Over time and frequency it was not measured without AVX-512.
    measured = len(sides) == 1 or processor.has_avx512()
    if channels < WIDE or not measured or processor.gpu_capabilities():
        return ops.conv(x, kernel, padding="valid")
    return _convolve_wide(x, kernel)


@ops.custom_gradient
def _convolve_wide(x: Any, kernel: Any) -> Any:
    """Convolve; the kernel's gradient is a product of matrices for each place of the kernel, the input's is oneDNN's."""

    def gradients(*arguments: Any, upstream: Any = None) -> tuple[Any, Any]:
        above = arguments[0] if upstream is None else upstream
        return ops.conv_transpose(above, kernel, padding="valid"), _kernel_gradient(x, above, kernel.shape)

    return ops.conv(x, kernel, padding="valid"), gradients


def _kernel_gradient(x: Any, above: Any, shape: tuple[int, ...]) -> Any:
    *sides, channels, filters = shape
    rows = ops.reshape(above, (-1, filters))
    products = []
    for place in itertools.product(*[range(side) for side in sides]):
        part = [slice(None)]
        for start, length in zip(place, above.shape[1:-1], strict=True):
            part.append(slice(start, start + length))
        seen = x[tuple(part)]
        products.append(ops.matmul(ops.transpose(ops.reshape(seen, (-1, channels))), rows))
    return ops.reshape(ops.stack(products), shape)


def _max_pool(x: Any, size: tuple[int, ...]) -> Any:
    if max(size) == 1:
        return x
    # Without strides Keras 3.15 stops on JAX.
    return ops.max_pool(x, size, strides=size, padding="valid")
