"""Exact subset sums of vectors: one half of the sums in boxes, the other half looked up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.rss.chunks import in_chunks
from slth.rss.halves import COUNTED, Halves
from slth.rss.problem import Answer, Flags, Limits, Problem, solvers


@solvers.register("grid")
@dataclass(frozen=True)
class Grid:
    """Proves the closest subset of vectors, in the sup norm, by meeting in the middle; ties as `meet`.

    The sums of one half of the positions are sorted into boxes; those of the other half are enumerated in blocks and
    looked up within the least error so far. A fixed number of terms is one more coordinate. Nothing depends on threads
    or blocks; memory is bounded by `longest`.

    Parameters
    ----------
    longest : int
        Most sums that are stored (about 16 (d + 1) bytes each).
    block : int
        Most sums that are looked up at a time.

    Source: ours; meeting in the middle is Horowitz and Sahni 1974.
    """

    longest: int = 2**20
    block: int = 2**15

    flags: ClassVar[Flags] = Flags(largest=44, largest_signed=26, exact=True, sizes=True, dimensions=16, rank=1)

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve every row exactly; rows that the deadline cuts off keep the best that was seen."""
        chosen = np.zeros((problem.rows, problem.n), np.int8)
        proved = np.zeros(problem.rows, np.bool_)
        inner = limits if problem.rows == 1 else Limits(limits.deadline, 1)

        def work(begin: int, end: int) -> None:
            for row in range(begin, end):
                chosen[row], proved[row] = self._row(problem, row, inner)

        if problem.rows == 1:
            work(0, 1)
        else:
            in_chunks(problem.rows, 1, work, limits)
        return Answer(chosen, proved)

    def _row(self, problem: Problem, row: int, limits: Limits) -> tuple[NDArray[np.int8], bool]:
        places = np.flatnonzero(~problem.empty[row])
        values, goal = problem.vectors[row, places], problem.goals[row]
        chosen = np.zeros(problem.n, np.int8)
        half = Halves(values, goal, problem.signed, self.longest, self.block, limits, problem.size is not None)
        tolerance = -1 if problem.tolerances is None else int(problem.tolerances[row])
        if problem.size is not None:
            _, code, proved = half.closest(COUNTED - 1, problem.size)
        elif problem.objective == "within" and (code := self._within(half, tolerance)) >= 0:
            proved = True
        else:
            error, code, proved = half.closest(int(np.abs(goal).max()), None)
            if problem.objective == "fewest" and proved and 0 <= error <= tolerance:
                code, proved = self._fewest(half, tolerance, code)
        if code >= 0:
            chosen[places] = half.coefficients(code)
        return chosen, proved

    def _within(self, half: Halves, tolerance: int) -> int:
        """Code of a sum within tolerance of the first 16, 20, ... values, or -1: few values are searched in no time."""
        for count in range(16, len(half.values), 4):
            _, code, _ = replace(half, values=half.values[:count], stored=None).closest(tolerance, None)
            if code >= 0:
                return code
        return -1

    def _fewest(self, half: Halves, tolerance: int, code: int) -> tuple[int, bool]:
        """Ask for one term after the other; `code` is within tolerance with some number of terms."""
        counted = replace(half, counted=True, stored=None)
        for size in range(len(half.values) + 1):
            _, found, proved = counted.closest(min(tolerance, COUNTED - 1), size)
            if not proved:
                return (found if found >= 0 else code), False
            if found >= 0:
                return found, True
        return code, True
