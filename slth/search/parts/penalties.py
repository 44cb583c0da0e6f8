"""Terms that a loss gets for the scores themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


class Penalty(Protocol):
    """A regulariser of scores, summed over all of them."""

    def gradient(self, scores: Tensor) -> Tensor:
        """Its derivative in each score."""
        ...


@dataclass(frozen=True)
class Squares:
    """strength * sum of s^2. Source: Gem-Miner (Sreenivasan et al., 2022)."""

    strength: float = 1e-4

    def gradient(self, scores: Tensor) -> Tensor:
        """2 strength s."""
        return scores * (2 * self.strength)


@dataclass(frozen=True)
class Magnitudes:
    """strength * sum of |s|: pulls scores to 0."""

    strength: float = 1e-4

    def gradient(self, scores: Tensor) -> Tensor:
        """strength sign(s)."""
        return scores.sign() * self.strength


@dataclass(frozen=True)
class Undecided:
    """strength * sum of s (1 - s): pulls scores of [0, 1] to its ends."""

    strength: float = 1e-4

    def gradient(self, scores: Tensor) -> Tensor:
        """strength (1 - 2 s)."""
        return (1 - 2 * scores) * self.strength
