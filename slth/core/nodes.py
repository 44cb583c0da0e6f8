"""The nodes of a network: affine layers, activations, pooling and sums, each callable on a batch in float64."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput

Array = NDArray[Any]
Floats = NDArray[np.float64]
Shape = tuple[int, ...]
ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid")


AT_ONCE = 1 << 18
"""Numbers that a convolution copies at once."""


def frozen(array: Array) -> Array:
    """A contiguous read-only view or copy of `array`: what the frozen types hold."""
    out = np.ascontiguousarray(array)
    if out.flags.writeable:
        out = out.copy() if out is array else out
        out.flags.writeable = False
    return out


class Affine:
    """What dense layers and convolutions share: a weight, perhaps a bias, both finite and of one dtype."""

    weight: Array
    bias: Array | None

    def _check(self, what: str, axes: int) -> None:
        if self.weight.ndim != axes or 0 in self.weight.shape:
            raise BadInput(f"a {what} needs a non-empty weight of {axes} axes, not shape {self.weight.shape}")
        if self.weight.dtype not in (np.float32, np.float64):
            raise BadInput(f"a {what} holds float32 or float64, not {self.weight.dtype}")
        object.__setattr__(self, "weight", frozen(self.weight))
        if self.bias is not None:
            if self.bias.shape != self.weight.shape[:1] or self.bias.dtype != self.weight.dtype:
                raise BadInput(f"bias of shape {self.bias.shape} does not fit weight {self.weight.shape}")
            object.__setattr__(self, "bias", frozen(self.bias))
        for name, array in self.tensors():
            if not np.isfinite(array).all():
                raise BadInput(f"a {name} is not finite; slth needs finite numbers")

    @property
    def shape(self) -> tuple[int, int]:
        """(out, in): channels of a convolution."""
        return self.weight.shape[0], self.weight.shape[1]

    @property
    def kernel(self) -> tuple[int, int]:
        """Height and width of a convolution's kernel; (1, 1) for a dense layer."""
        return (1, 1) if self.weight.ndim == 2 else (self.weight.shape[2], self.weight.shape[3])

    def tensors(self) -> Iterator[tuple[str, Array]]:
        """The named arrays of the layer, weight first."""
        yield "weight", self.weight
        if self.bias is not None:
            yield "bias", self.bias


@dataclass(frozen=True, eq=False)
class Dense(Affine):
    """The affine map x -> weight x + bias; pictures are flattened first, row-major.

    Parameters
    ----------
    weight : array of shape (out, in), float32 or float64
    bias : array of shape (out,) of the same dtype, or None for a layer that has none
    """

    weight: Array
    bias: Array | None = None

    def __post_init__(self) -> None:
        self._check("dense layer", 2)

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of the output for an input of this shape."""
        if int(np.prod(shape)) != self.shape[1]:
            raise BadInput(f"takes {self.shape[1]} inputs but {int(np.prod(shape))} arrive")
        return (self.shape[0],)

    def __call__(self, x: Array) -> Array:
        y: Array = x.reshape(len(x), -1) @ self.weight.T.astype(np.float64)
        return y if self.bias is None else y + self.bias.astype(np.float64)


@dataclass(frozen=True, eq=False)
class Conv(Affine):
    """A convolution (cross-correlation, as deep learning means it) with zero padding, on pictures (channels, h, w).

    Parameters
    ----------
    weight : array of shape (out, in, kh, kw), float32 or float64
    bias : array of shape (out,) of the same dtype, or None
    stride, padding : (vertical, horizontal)
        Zero rows and columns are added on both sides.
    """

    weight: Array
    bias: Array | None = None
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        self._check("convolution", 4)
        _check_window("convolution", self.kernel, self.stride, self.padding)

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of the output for an input of this shape."""
        if len(shape) != 3 or shape[0] != self.shape[1]:
            raise BadInput(f"takes pictures of {self.shape[1]} channels but {shape} arrives")
        padded = (shape[1] + 2 * self.padding[0], shape[2] + 2 * self.padding[1])
        return (self.shape[0], *window_shape(padded, self.kernel, self.stride))

    def __call__(self, x: Array) -> Array:
        (ph, pw), out = self.padding, self.shape[0]
        padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
        patches = windows(padded, self.kernel, self.stride).transpose(0, 1, 4, 5, 2, 3)
        rows, columns = patches.shape[4:]
        matrix = self.weight.reshape(out, -1).astype(np.float64)
        y = np.empty((len(x), out, rows, columns))
        read = matrix.shape[1] * columns
        high = max(1, min(rows, AT_ONCE // read))
        many = max(1, AT_ONCE // (read * high))
        for first in range(0, len(x), many):  # few pictures at once, or rows of one: their windows stay in the cache
            for top in range(0, rows, high):
                part = patches[first : first + many, ..., top : top + high, :]
                y[first : first + many, :, top : top + high] = (
                    matrix @ part.reshape(len(part), matrix.shape[1], -1)
                ).reshape(len(part), out, -1, columns)
        if self.bias is not None:
            y += self.bias.astype(np.float64)[:, None, None]
        return y


@dataclass(frozen=True)
class Activation:
    """A function applied to every coordinate.

    Parameters
    ----------
    kind : str
        One of ACTIVATIONS.
    slope : float
        Of leaky_relu for negative inputs, 0 < slope < 1; 0 for the others.
    """

    kind: str = "relu"
    slope: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in ACTIVATIONS:
            raise BadInput(f"activation {self.kind!r} is not supported; there are: {', '.join(ACTIVATIONS)}")
        if (self.kind == "leaky_relu") != (self.slope != 0) or not 0 <= self.slope < 1:
            raise BadInput(f"{self.kind} with slope {self.slope!r}: leaky_relu needs 0 < slope < 1, others have none")

    def out_shape(self, shape: Shape) -> Shape:
        """The shape, unchanged."""
        return shape

    def __call__(self, x: Array) -> Array:
        if self.kind == "tanh":
            return np.asarray(np.tanh(x))
        if self.kind == "sigmoid":
            return np.asarray(0.5 + 0.5 * np.tanh(0.5 * x))
        return np.asarray(np.maximum(x, 0.0) + (self.slope * np.minimum(x, 0.0) if self.slope else 0.0))


@dataclass(frozen=True)
class Pool:
    """Maximum or mean over windows of a picture, without padding.

    Parameters
    ----------
    kind : "max" or "mean"
    kernel, stride : (vertical, horizontal)
        What does not fill a window at the right and lower edge is left out.
    """

    kind: str
    kernel: tuple[int, int]
    stride: tuple[int, int]

    def __post_init__(self) -> None:
        if self.kind not in ("max", "mean"):
            raise BadInput(f"pooling {self.kind!r} is neither max nor mean")
        _check_window(f"{self.kind} pooling", self.kernel, self.stride, (0, 0))

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of the output for an input of this shape."""
        if len(shape) != 3:
            raise BadInput(f"pools pictures (channels, height, width) but {shape} arrives")
        return (shape[0], *window_shape(shape[1:], self.kernel, self.stride))

    def __call__(self, x: Array) -> Array:
        patches = windows(x, self.kernel, self.stride)
        y = patches[..., 0, 0].astype(np.float64)
        for place in range(1, self.kernel[0] * self.kernel[1]):
            tap = patches[..., place // self.kernel[1], place % self.kernel[1]]
            y = np.maximum(y, tap, out=y) if self.kind == "max" else np.add(y, tap, out=y)
        return y if self.kind == "max" else y / (self.kernel[0] * self.kernel[1])


@dataclass(frozen=True)
class Flatten:
    """(batch, ...) -> (batch, features), row-major."""

    def out_shape(self, shape: Shape) -> Shape:
        """One axis."""
        return (int(np.prod(shape)),)

    def __call__(self, x: Array) -> Array:
        return x.reshape(len(x), -1)


@dataclass(frozen=True)
class Add:
    """The sum of two inputs of one shape: a residual connection."""

    def out_shape(self, shape: Shape, other: Shape) -> Shape:
        """The shape that both must have."""
        if shape != other:
            raise BadInput(f"adds shapes {shape} and {other}, which differ")
        return shape

    def __call__(self, x: Array, other: Array) -> Array:
        return np.asarray(x + other)


Node = Dense | Conv | Activation | Pool | Flatten | Add


def windows(x: Array, kernel: tuple[int, int], stride: tuple[int, int]) -> Array:
    """All windows of pictures (batch, channels, h, w): a view (batch, channels, rows, columns, kh, kw)."""
    view = np.lib.stride_tricks.sliding_window_view(x, kernel, axis=(2, 3))
    return np.asarray(view)[:, :, :: stride[0], :: stride[1]]


def window_shape(size: Shape, kernel: tuple[int, int], stride: tuple[int, int]) -> tuple[int, int]:
    """How many windows fit into a picture (height, width), vertically and horizontally."""
    if size[0] < kernel[0] or size[1] < kernel[1]:
        raise BadInput(f"has a window of {kernel} but pictures of {tuple(size)} arrive")
    return (size[0] - kernel[0]) // stride[0] + 1, (size[1] - kernel[1]) // stride[1] + 1


def _check_window(what: str, kernel: Shape, stride: Shape, padding: Shape) -> None:
    sane = all(1 <= k <= 1 << 12 for k in (*kernel, *stride)) and all(0 <= p <= 1 << 12 for p in padding)
    if not sane or not len(kernel) == len(stride) == len(padding) == 2:
        raise BadInput(f"a {what} with kernel {kernel}, stride {stride} and padding {padding} is not possible")
