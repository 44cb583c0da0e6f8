"""The nearest-unit gadget: one unit serves a weight, or none where 0 is closer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.theory.plan import Progress

Integers = NDArray[np.int64]
Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class Nearest:
    """Chooses the single product nearest to the target weight.

    Source: the construction of Malach et al. (2020) keeps one unit a weight and sign; it matches both factors, we match
    the product only, which needs about 1/tolerance samples instead of its square (ours).
    """

    def choose(
        self, values: Integers, targets: Integers, tolerances: Integers | None, progress: Progress | None = None
    ) -> tuple[Bits, Integers]:
        """Positions and errors; ties go to the first unit, and to none."""
        distance = np.abs(values - targets[:, None])
        distance[values == 0] = np.iinfo(np.int64).max
        best = distance.argmin(axis=1)
        rows = np.arange(len(values))
        errors = distance[rows, best]
        needed = errors < np.abs(targets)
        if tolerances is not None:
            needed &= np.abs(targets) > tolerances
        chosen = np.zeros(values.shape, bool)
        chosen[rows[needed], best[needed]] = True
        return chosen, np.where(needed, errors, np.abs(targets))
