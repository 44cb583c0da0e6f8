"""What scores are before the first step: uniform numbers of the counter-based source, the same on every device."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Words = NDArray[np.uint32]


class Start(Protocol):
    """A law of initial scores."""

    def scores(self, words: Words, fan_in: int) -> Floats:
        """One score for each random 32-bit word; `fan_in` is how many inputs an output of the layer reads."""
        ...


@dataclass(frozen=True)
class Fan:
    """Uniform on [-b, b], b = gain / sqrt(fan_in)."""

    gain: float = 1.0

    def scores(self, words: Words, fan_in: int) -> Floats:
        """One score for each word."""
        bound = self.gain / math.sqrt(fan_in)
        return ((2 * _fractions(words) - 1) * bound).astype(np.float32)


@dataclass(frozen=True)
class Interval:
    """Uniform on (low, high)."""

    low: float = 0.0
    high: float = 1.0

    def scores(self, words: Words, fan_in: int) -> Floats:
        """One score for each word."""
        return (self.low + (self.high - self.low) * _fractions(words)).astype(np.float32)


def _fractions(words: Words) -> NDArray[np.float64]:
    """Numbers strictly between 0 and 1, distinct in float32 where their 23 leading bits are."""
    return ((words >> np.uint32(9)).astype(np.float64) + 0.5) * 2.0**-23
