"""Preprocessing: how a byte of a picture becomes a number, in a data set and in a claim about it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.nodes import Floats

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class Preprocessing:
    """How a byte becomes a number: (byte / largest - mean[c]) / deviation[c] in channel c.

    Parameters
    ----------
    largest : int
        The byte that stands for 1, 255 in most files.
    mean, deviation : tuple of float
        One for each channel, on the scale where `largest` is 1.
    """

    largest: int
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 1 <= self.largest <= 255:
            raise BadInput(f"the largest byte is in 1, ..., 255, not {self.largest}")
        if not self.mean or len(self.mean) != len(self.deviation):
            raise BadInput(f"{len(self.mean)} means and {len(self.deviation)} deviations; each channel has one of both")
        if not all(map(math.isfinite, self.mean)):
            raise BadInput(f"means are finite, not {self.mean}")
        if not all(0 < deviation < math.inf for deviation in self.deviation):
            raise BadInput(f"deviations are above 0 and finite, not {self.deviation}")

    def __call__(self, images: Bytes) -> Floats:
        """Numbers for the bytes (n, channels, height, width), float64 of the same shape.

        Raises
        ------
        BadInput
            When the channels are not as many as the means.
        """
        if images.ndim != 4 or images.shape[1] != len(self.mean):
            raise BadInput(f"pictures of shape {images.shape} do not have {len(self.mean)} channels in axis 1")
        values = images / np.float64(self.largest)
        values -= np.array(self.mean)[:, None, None]
        values /= np.array(self.deviation)[:, None, None]
        return values
