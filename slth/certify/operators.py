"""The linear maps between flat vectors that networks are made of: matrices, convolutions, means and slices of pictures.

A vector holds a picture (channels, height, width) row-major. Means and slices act on every channel alone, so that they
take any number of channels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from slth.certify.norms import spectral
from slth.certify.rounding import UNIT, Floats, length

ENTRIES = 1 << 19
"""Numbers in a temporary array of windows: small enough for a cache."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """A float64 matrix that stands for an exact one.

    Parameters
    ----------
    value : array of shape (out, in)
    error : array of the same shape or None
        |exact - value| is at most 4 units in the last place of `value`, which `gamma` covers, plus `error`.
    """

    value: Floats
    error: Floats | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(out, in)."""
        return self.value.shape[0], self.value.shape[1]

    @property
    def terms(self) -> int:
        """At least the number of terms of any sum in `forward` and `back`."""
        return sum(self.value.shape)

    @cached_property
    def magnitude(self) -> Floats:
        """|value|, entry by entry."""
        return np.abs(self.value)

    @cached_property
    def norm(self) -> float:
        """A verified upper bound of the spectral norm of the exact matrix."""
        extra = 4 * UNIT * length(self.value) + (0.0 if self.error is None else length(self.error))
        return math.nextafter(spectral(self.value) + extra * (1 + 8 * UNIT), math.inf)

    def forward(self, x: Floats) -> Floats:
        """value x, for one vector or for a batch (batch, in)."""
        out: Floats = self.value @ x if x.ndim == 1 else x @ self.value.T
        return out

    def back(self, rows: Floats) -> Floats:
        """rows value, for (rows, out)."""
        out: Floats = rows @ self.value
        return out

    def rows(self, start: int, stop: int) -> Floats:
        """Rows start, ..., stop - 1, dense."""
        return self.value[start:stop]

    def spread(self, weights: Floats) -> Floats:
        """|value| weights, for one vector."""
        out: Floats = self.magnitude @ weights
        return out

    def charge(self, weights: Floats, rounding: float) -> Floats:
        """Per row: `rounding` times |value| weights, plus error times weights (weights >= 0)."""
        out = rounding * self.spread(weights)
        return out if self.error is None else out + self.error @ weights

    def split(self) -> tuple[Matrix, Matrix]:
        """The positive and the negative entries."""
        return Matrix(np.maximum(self.value, 0.0)), Matrix(np.minimum(self.value, 0.0))


@dataclass(frozen=True)
class Grid:
    """Where windows lie on a picture.

    Parameters
    ----------
    picture : (height, width)
    kernel, stride, padding : (vertical, horizontal)
        Zero rows and columns are added on both sides.
    """

    picture: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int] = (0, 0)

    @property
    def places(self) -> tuple[int, int]:
        """Rows and columns of windows."""
        padded = zip(self.picture, self.padding, self.kernel, self.stride, strict=True)
        high, wide = ((size + 2 * pad - side) // step + 1 for size, pad, side, step in padded)
        return high, wide

    def tap(self, row: int, column: int) -> tuple[slice, slice]:
        """The padded pixels that one place in the kernel meets."""
        (high, wide), (down, right) = self.places, self.stride
        return slice(row, row + down * (high - 1) + 1, down), slice(column, column + right * (wide - 1) + 1, right)

    def padded(self, x: Floats) -> Floats:
        """Pictures (..., channels * pixels) as (batch, channels, padded height, padded width)."""
        (high, wide), (top, side) = self.picture, self.padding
        pictures = x.reshape(-1, x.shape[-1] // (high * wide), high, wide)
        return np.pad(pictures, ((0, 0), (0, 0), (top, top), (side, side))) if top or side else pictures

    def cropped(self, pictures: Floats) -> Floats:
        """The reverse of `padded`, what lies in the padding lost: (batch, channels * pixels)."""
        (high, wide), (top, side) = self.picture, self.padding
        return np.ascontiguousarray(pictures[:, :, top : top + high, side : side + wide]).reshape(len(pictures), -1)

    def blank(self, batch: int, channels: int) -> Floats:
        """Zeros in the shape of padded pictures."""
        (high, wide), (top, side) = self.picture, self.padding
        return np.zeros((batch, channels, high + 2 * top, wide + 2 * side))

    def windows(self, x: Floats) -> Floats:
        """All windows, (batch, channels * taps, places), taps row-major within a channel."""
        view = np.lib.stride_tricks.sliding_window_view(self.padded(x), self.kernel, axis=(2, 3))
        view = view[:, :, :: self.stride[0], :: self.stride[1]].transpose(0, 1, 4, 5, 2, 3)
        return view.reshape(len(view), -1, math.prod(self.places))

    def scattered(self, windows: Floats, channels: int) -> Floats:
        """The transpose of `windows`: every entry is added to the pixel that it came from."""
        taps = windows.reshape(len(windows), channels, *self.kernel, *self.places)
        out = self.blank(len(windows), channels)
        for row in range(self.kernel[0]):
            for column in range(self.kernel[1]):
                out[(slice(None), slice(None), *self.tap(row, column))] += taps[:, :, row, column]
        return self.cropped(out)


@dataclass(frozen=True, eq=False)
class Kernel:
    """A convolution as a linear map of flat pictures; stands for an exact one as `Matrix` does.

    Parameters
    ----------
    value : array of shape (out, in, kh, kw)
    grid : Grid
    error : array of the same shape or None
    """

    value: Floats
    grid: Grid
    error: Floats | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(out, in): lengths of the flat vectors."""
        return self.value.shape[0] * math.prod(self.grid.places), self.value.shape[1] * math.prod(self.grid.picture)

    @property
    def terms(self) -> int:
        """At least the number of terms of any sum in `forward` and `back`."""
        return int(self.value.shape[0] + self.value.shape[1]) * math.prod(self.grid.kernel)

    @cached_property
    def flat(self) -> Floats:
        """The kernel as a matrix (out, in * taps)."""
        out: Floats = self.value.reshape(len(self.value), -1)
        return out

    def forward(self, x: Floats) -> Floats:
        """The convolution of one flat picture or of a batch (batch, in)."""
        return self._forward(self.flat, x)

    def _forward(self, flat: Floats, x: Floats) -> Floats:
        if x.ndim == 1:
            single: Floats = self._forward(flat, x[None])[0]
            return single
        step = max(1, ENTRIES // (flat.shape[1] * math.prod(self.grid.places)))
        parts = [flat @ self.grid.windows(x[start : start + step]) for start in range(0, len(x), step)]
        out: Floats = np.concatenate(parts).reshape(len(x), -1)
        return out

    def back(self, rows: Floats) -> Floats:
        """The transposed convolution of rows (rows, out)."""
        places, channels = math.prod(self.grid.places), self.value.shape[1]
        step = max(1, ENTRIES // (self.flat.shape[1] * places))
        out = np.empty((len(rows), self.shape[1]))
        turned = np.ascontiguousarray(self.flat.T)
        for start in range(0, len(rows), step):
            part = rows[start : start + step].reshape(-1, len(self.value), places)
            out[start : start + step] = self.grid.scattered(turned @ part, channels)
        return out

    def rows(self, start: int, stop: int) -> Floats:
        """Rows start, ..., stop - 1 of the linear map, dense."""
        unit = np.zeros((stop - start, self.shape[0]))
        unit[np.arange(stop - start), np.arange(start, stop)] = 1.0
        return self.back(unit)

    def spread(self, weights: Floats) -> Floats:
        """|value| applied to one vector."""
        return self._forward(np.abs(self.flat), weights)

    def charge(self, weights: Floats, rounding: float) -> Floats:
        """Per output: `rounding` times |value| weights, plus error times weights (weights >= 0)."""
        out = rounding * self.spread(weights)
        return out if self.error is None else out + self._forward(self.error.reshape(self.flat.shape), weights)

    def split(self) -> tuple[Kernel, Kernel]:
        """The positive and the negative entries."""
        positive, negative = np.maximum(self.value, 0.0), np.minimum(self.value, 0.0)
        return Kernel(positive, self.grid), Kernel(negative, self.grid)


@dataclass(frozen=True)
class Mean:
    """The mean over windows of every channel; its coefficients are right to one unit in the last place."""

    grid: Grid

    @property
    def terms(self) -> int:
        """At least the number of terms of any sum in `forward` and `back`."""
        return 2 * math.prod(self.grid.kernel)

    def forward(self, x: Floats) -> Floats:
        """One flat picture or a batch."""
        pictures = self.grid.padded(x)
        taps = [
            pictures[(slice(None), slice(None), *self.grid.tap(row, column))]
            for row in range(self.grid.kernel[0])
            for column in range(self.grid.kernel[1])
        ]
        out: Floats = sum(taps[1:], taps[0]) * (1.0 / len(taps))
        return out.reshape(*x.shape[:-1], -1)

    spread = forward

    def charge(self, weights: Floats, rounding: float) -> Floats:
        """Per output: `rounding` times the mean of weights >= 0."""
        return rounding * self.forward(weights)

    def back(self, rows: Floats) -> Floats:
        """The transpose."""
        count = math.prod(self.grid.kernel)
        places = math.prod(self.grid.places)
        channels = rows.shape[1] // places
        part = rows.reshape(len(rows), channels, *self.grid.places) * (1.0 / count)
        out = self.grid.blank(len(rows), channels)
        for row in range(self.grid.kernel[0]):
            for column in range(self.grid.kernel[1]):
                out[(slice(None), slice(None), *self.grid.tap(row, column))] += part
        return self.grid.cropped(out)


@dataclass(frozen=True)
class Slice:
    """Some rows and columns of every channel, exactly."""

    picture: tuple[int, int]
    rows: slice
    columns: slice

    def forward(self, x: Floats) -> Floats:
        """One flat picture or a batch."""
        pictures = x.reshape(*x.shape[:-1], -1, *self.picture)
        return np.ascontiguousarray(pictures[..., self.rows, self.columns]).reshape(*x.shape[:-1], -1)

    def back(self, rows: Floats) -> Floats:
        """The transpose: zero where nothing was taken."""
        high = len(range(*self.rows.indices(self.picture[0])))
        wide = len(range(*self.columns.indices(self.picture[1])))
        part = rows.reshape(len(rows), -1, high, wide)
        out = np.zeros((len(rows), part.shape[1], *self.picture))
        out[:, :, self.rows, self.columns] = part
        return out.reshape(len(rows), -1)


Operator = Matrix | Kernel
