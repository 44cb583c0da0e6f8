"""The fixed-size gadget: exactly a given share of an instance's units serves its weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.theory.plan import Progress

Integers = NDArray[np.int64]
Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class FixedSize:
    """Chooses k = `size` samples of every instance, or all that there are where fewer units were assigned.

    Parameters
    ----------
    size : int
    solver : str
    threads : int or None

    Source: the random fixed-size subset sum of Natale et al. (NeurIPS 2024), Theorem 2.
    """

    size: int
    solver: str = "auto"
    threads: int | None = None

    def choose(
        self, values: Integers, targets: Integers, tolerances: Integers | None, progress: Progress | None = None
    ) -> tuple[Bits, Integers]:
        """Positions of the closest subset of that size, and errors, recomputed in integers by the door."""
        from slth.rss.solve import solve

        chosen = np.zeros(values.shape, bool)
        errors = np.abs(targets)
        there = np.minimum(np.count_nonzero(values, axis=1), self.size)
        for size in np.unique(there).tolist():
            rows = there == size
            found = solve(
                values[rows], targets[rows], size=size, solver=self.solver, threads=self.threads, progress=progress
            )
            chosen[rows], errors[rows] = found.chosen.astype(bool), found.errors
        return chosen, errors
