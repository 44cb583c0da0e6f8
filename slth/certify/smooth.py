"""tanh and sigmoid in float64 with an assumed accuracy, and the range of their slopes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slth.certify.rounding import FLOOR, Floats, down, largest, up

TANH_ERROR = 2.0**-40
"""Assumed: numpy's tanh is right to this relative error (libraries promise 4 units in the last place, 2^-50)."""


@dataclass(frozen=True, eq=False)
class Slopes:
    """The least and the largest slope of an activation, neuron by neuron."""

    small: Floats
    large: Floats


def tanh(x: Floats) -> tuple[Floats, Floats]:
    """An enclosure of tanh x."""
    value = np.tanh(x)
    error = TANH_ERROR * np.abs(value) * (1 + TANH_ERROR) + FLOOR
    return np.maximum(down(value - error), -1.0), np.minimum(up(value + error), 1.0)


def enclosed(kind: str, x: Floats) -> tuple[Floats, Floats]:
    """An enclosure of tanh x or sigmoid x; sigmoid x = (1 + tanh(x/2)) / 2."""
    if kind == "tanh":
        return tanh(x)
    low, high = tanh(x / 2)
    return np.maximum(down(0.5 + 0.5 * low), 0.0), np.minimum(up(0.5 + 0.5 * high), 1.0)


def slopes(kind: str, lower: Floats, upper: Floats) -> Slopes:
    """The range of the derivative on [lower, upper]: 1 - tanh² x, or (1 - tanh²(x/2)) / 4; it falls away from 0."""
    steep, half = (1.0, 1.0) if kind == "tanh" else (0.25, 0.5)
    near = np.where((lower <= 0) & (upper >= 0), 0.0, np.minimum(np.abs(lower), np.abs(upper)))
    far = largest(lower, upper)
    small = down(1.0 - up(tanh(half * far)[1] ** 2))
    bottom = tanh(half * near)[0]
    large = np.where(near > 0, up(1.0 - down(np.maximum(bottom, 0.0) ** 2)), 1.0)
    return Slopes(steep * np.maximum(small, 0.0), steep * np.minimum(large, 1.0))
