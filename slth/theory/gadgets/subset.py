"""The subset-sum gadget: any number of units may serve a weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.theory.plan import Progress

Integers = NDArray[np.int64]
Bits = NDArray[np.bool_]


@dataclass(frozen=True)
class SubsetSum:
    """Chooses by the random subset sum door.

    Parameters
    ----------
    objective : "fewest", "closest" or "within"
    solver : str
    threads : int or None
    """

    objective: str
    solver: str = "auto"
    threads: int | None = None

    def choose(
        self, values: Integers, targets: Integers, tolerances: Integers | None, progress: Progress | None = None
    ) -> tuple[Bits, Integers]:
        """Positions and errors, recomputed in integers by the door."""
        from slth.rss.solve import solve

        found = solve(
            values,
            targets,
            tolerances,
            objective=self.objective,
            solver=self.solver,
            threads=self.threads,
            progress=progress,
        )
        return found.chosen.astype(bool), found.errors
