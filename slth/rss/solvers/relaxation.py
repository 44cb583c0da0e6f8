"""Rounding of the linear relaxation: few coefficients are fractional, and those are what a search has to settle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import Unavailable
from slth.rss.problem import Answer, Flags, Limits, Problem, each_row, solvers
from slth.rss.programs import Program
from slth.rss.solvers.highs import constraints
from slth.rss.solvers.localsearch import descend


@solvers.register("relaxation")
@dataclass(frozen=True)
class Relaxation:
    """Solves the linear program whose coefficients may lie between 0 and 1, rounds, and improves by local search.

    With the sum equal to the target, a basic solution has at most d fractional coefficients (one more with a fixed
    size); every rounding of up to `tried` of them is compared. Among the solutions of that program, each start asks for
    another one: with the least or the most values, and then with costs that rise and fall along the values.

    Parameters
    ----------
    starts : int
        Number of costs.
    tried : int
        Fractional coefficients that are rounded both ways; further ones are rounded to the nearest.

    Source: ours (folklore); HiGHS (Huangfu and Hall 2018) through scipy.optimize.linprog.
    """

    starts: int = 4
    tried: int = 12

    flags: ClassVar[Flags] = Flags(
        objectives=("closest", "within"),
        largest=2000,
        largest_signed=0,
        sizes=True,
        dimensions=16,
        needs=("scipy",),
    )

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve row after row; nothing is proved."""

        def one(row: int, _: float) -> tuple[NDArray[np.int8], bool]:
            chosen = np.zeros(problem.n, np.int8)
            places = np.flatnonzero(~problem.empty[row])
            places = places[np.lexsort(problem.vectors[row, places].T)]
            program = Program(problem.vectors[row, places], problem.goals[row], None, problem.size, False, "error")
            best = np.zeros(len(places), np.int8)
            best[: problem.size or 0] = 1
            least = descend(program.values, program.target, best, fixed=problem.size is not None)
            for start in range(self.starts if len(places) else 0):
                x = self._rounded(program, start)
                error = descend(program.values, program.target, x, fixed=problem.size is not None)
                if error < least:
                    least, best = error, x
                if limits.left <= 0:
                    break
            chosen[places] = best
            return chosen, False

        return each_row(problem, limits, one)

    def _rounded(self, program: Program, start: int) -> NDArray[np.int8]:
        """Solve the relaxation with the costs of one start; return its best rounding."""
        try:
            from scipy.optimize import linprog
        except ImportError as missing:
            raise Unavailable("the solver 'relaxation' needs scipy: pip install scipy") from missing
        _, matrix, low, high = constraints(program)
        k = len(program.values)
        costs = np.array([1.0, -1.0])[start % 2] if start < 2 else np.cos(np.arange(k) * start)
        weight = 1e4  # the error counts before everything else
        upper = np.vstack([matrix[np.isfinite(high)], -matrix[np.isfinite(low)]])
        bound = np.r_[high[np.isfinite(high)], -low[np.isfinite(low)]]
        result: Any = linprog(
            np.r_[np.broadcast_to(costs, k), weight],
            A_ub=upper,
            b_ub=bound,
            bounds=[(0, 1)] * k + [(0, None)],
            method="highs-ds",
        )
        if result.x is None:
            return _sized(np.zeros(k), program.size)
        return self._best_rounding(program, np.clip(result.x[:k], 0.0, 1.0))

    def _best_rounding(self, program: Program, solution: NDArray[np.float64]) -> NDArray[np.int8]:
        x = _sized(solution, program.size)
        unsure = np.flatnonzero((solution > 1e-6) & (solution < 1 - 1e-6))
        unsure = unsure[np.argsort(np.abs(solution[unsure] - 0.5), kind="stable")][: self.tried]
        if len(unsure) == 0:
            return x
        codes = np.arange(2 ** len(unsure))[:, None] >> np.arange(len(unsure)) & 1
        if program.size is not None:
            codes = codes[codes.sum(axis=1) == x[unsure].sum()]
        fixed = x.copy()
        fixed[unsure] = 0
        rest = program.target - np.sum(program.values * fixed[:, None], axis=0)
        errors = np.zeros(len(codes), np.int64)
        for values, goal in zip(program.values[unsure].T, rest, strict=True):
            np.maximum(errors, np.abs(np.sum(codes * values, axis=1) - goal), out=errors)
        x[unsure] = codes[np.argmin(errors)]
        return x


def _sized(solution: NDArray[np.float64], size: int | None) -> NDArray[np.int8]:
    """Round to the nearest, or the `size` largest up and the others down."""
    if size is None:
        return (solution > 0.5).astype(np.int8)
    x = np.zeros(len(solution), np.int8)
    x[np.argsort(-solution, kind="stable")[:size]] = 1
    return x
