"""What the door of the subset sums returns: positions, what they are worth, and what was proved about them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray


class Status(IntEnum):
    """What is known about one row's answer; `advice` is one sentence for the user."""

    advice: str

    def __new__(cls, value: int, advice: str) -> Status:
        """Give the number its sentence."""
        member = int.__new__(cls, value)
        member._value_ = value
        member.advice = advice
        return member

    OPTIMAL = 0, "Proved best for the objective: nothing to do."
    WITHIN = 1, "Within tolerance, but not proved best: ask an exact solver if the best one matters."
    NONE = 2, "Proved that no choice is within tolerance, the closest is given: take more samples or a wider tolerance."
    BUDGET = 3, "Stopped without a proof, the best choice seen is given: raise the budget or take an exact solver."


@dataclass(frozen=True)
class Subsets:
    """The answers to b subset sums over n values or vectors, recomputed by the door.

    Parameters
    ----------
    chosen : (b, n) int8
        Coefficient per position: 0 or 1, or -1, 0 or 1 where signs were allowed.
    totals : (b,) or (b, d) int64
        Sum of the chosen values, in units of 2**-bits.
    errors : (b,) int64
        Distance of the sum to the target, in the same units; for vectors the largest over the coordinates.
    status : (b,) uint8
        A `Status` per row.
    bits : int
        The unit is 2**-bits.
    """

    chosen: NDArray[np.int8]
    totals: NDArray[np.int64]
    errors: NDArray[np.int64]
    status: NDArray[np.uint8]
    bits: int = 48

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        for array in (self.chosen, self.totals, self.errors, self.status):
            array.setflags(write=False)

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Number of chosen positions per row, (b,) int64."""
        return np.asarray(np.count_nonzero(self.chosen, axis=1), np.int64)

    def count(self, status: Status) -> int:
        """Number of rows with this status."""
        return int(np.count_nonzero(self.status == status))
