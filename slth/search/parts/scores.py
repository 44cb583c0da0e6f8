"""From a score to what is ranked: absolute, signed, sigmoid, clamped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor


class Score(Protocol):
    """A score map, with its derivative and what is done to scores after each step."""

    def ranked(self, scores: Tensor) -> Tensor:
        """What a mask rule looks at; larger is rather kept."""
        ...

    def slope(self, scores: Tensor, gradient: Tensor) -> Tensor:
        """A gradient with respect to what is ranked, times the derivative of the map; may be in place."""
        ...

    def project(self, scores: Tensor) -> None:
        """Brings scores back to where they may be, in place."""
        ...


@dataclass(frozen=True)
class Signed:
    """The score itself."""

    def ranked(self, scores: Tensor) -> Tensor:
        """The score."""
        return scores

    def slope(self, scores: Tensor, gradient: Tensor) -> Tensor:
        """The gradient, unchanged."""
        return gradient

    def project(self, scores: Tensor) -> None:
        """Nothing: scores are free."""


@dataclass(frozen=True)
class Absolute(Signed):
    """The magnitude of the score."""

    def ranked(self, scores: Tensor) -> Tensor:
        """|s|."""
        return scores.abs()

    def slope(self, scores: Tensor, gradient: Tensor) -> Tensor:
        """Times the sign of s."""
        return gradient.mul_(scores.sign())


@dataclass(frozen=True)
class Sigmoid(Signed):
    """The logistic function of the score: a probability."""

    def ranked(self, scores: Tensor) -> Tensor:
        """1 / (1 + e^-s)."""
        return torch.sigmoid(scores)

    def slope(self, scores: Tensor, gradient: Tensor) -> Tensor:
        """Times p (1 - p)."""
        chance = torch.sigmoid(scores)
        return gradient.mul_(chance * (1 - chance))


@dataclass(frozen=True)
class Clamped(Signed):
    """The score, brought back to [0, 1] after each step."""

    def project(self, scores: Tensor) -> None:
        """min(max(s, 0), 1)."""
        scores.clamp_(0, 1)
