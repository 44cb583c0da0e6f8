"""The density while a search goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from slth.core.errors import BadInput


class Schedule(Protocol):
    """A density for every epoch."""

    def density(self, goal: float, epoch: int, epochs: int) -> float:
        """The fraction kept in an epoch, counted from 0; `goal` from some epoch on."""
        ...


@dataclass(frozen=True)
class Constant:
    """The goal from the start."""

    def density(self, goal: float, epoch: int, epochs: int) -> float:
        """The goal."""
        return goal


@dataclass(frozen=True)
class Cubic:
    """From one half to the goal with a falling speed: pruned fraction p + (1/2 - p) (1 - e / length)^3.

    Source: the global pruning of biprop's published code; the cubic is that of Zhu and Gupta (2017).
    """

    length: int = 10

    def __post_init__(self) -> None:
        if self.length < 1:
            raise BadInput(f"a cubic schedule has at least 1 epoch, not {self.length}")

    def density(self, goal: float, epoch: int, epochs: int) -> float:
        """At most one half on the way; goals above that are kept from the start."""
        left = max(0.0, 1 - epoch / min(self.length, epochs - 1)) if epochs > 1 else 0.0
        return goal if goal > 0.5 else goal + (0.5 - goal) * left**3


@dataclass(frozen=True)
class Geometric:
    """goal^(e / (epochs - 1)): every epoch keeps the same fraction of what the last one kept; the first of many all."""

    def density(self, goal: float, epoch: int, epochs: int) -> float:
        """The goal in the last epoch."""
        return float(goal ** min(1.0, epoch / (epochs - 1))) if epochs > 1 else goal


@dataclass(frozen=True)
class Annealed:
    """goal^(e / epochs) in the e-th epoch, counted from 1.

    Source: Fischer and Burkholz (2022), annealed edge-popup.
    """

    def density(self, goal: float, epoch: int, epochs: int) -> float:
        """The goal in the last epoch."""
        return float(goal ** ((epoch + 1) / epochs))
