"""Subset sums as integer programs: what the three program solvers share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slth.rss.problem import Answer, Integers, Limits, Problem, each_row


@dataclass(frozen=True)
class Program:
    """Choose coefficients of `values` (k, d) int64, none of them 0.

    Parameters
    ----------
    values : (k, d) int64
    target : (d,) int64
    tolerance : int or None
        Where given, every coordinate of the sum must lie within it.
    size : int or None
        Where given, the number of terms.
    signed : bool
        Whether coefficients may be -1.
    minimise : str
        `error`, `terms` or `nothing`.
    """

    values: Integers
    target: Integers
    tolerance: int | None
    size: int | None
    signed: bool
    minimise: str

    @property
    def columns(self) -> Integers:
        """Values (variables, d) of the 0/1 variables: all, then, where signs are allowed, their negatives."""
        return np.concatenate([self.values, -self.values]) if self.signed else self.values

    @property
    def pairs(self) -> NDArray[np.float64]:
        """Rows (k, variables) of the constraints that a position is used with one sign at most; none without signs."""
        k = len(self.values)
        return np.hstack([np.eye(k), np.eye(k)]) if self.signed else np.zeros((0, k))

    @property
    def scale(self) -> float:
        """Power of two that brings the largest number to about 2**12.

        Float solvers stop 1e-6 short: measured, CBC misses the closest from 1 downwards and HiGHS from 2**16 upwards.
        """
        top = max(int(np.abs(self.values).max(initial=1)), int(np.abs(self.target).max(initial=0)))
        return 2.0 ** (12 - top.bit_length())

    def coefficients(self, variables: NDArray[np.float64]) -> NDArray[np.int8]:
        """Round 0/1 variables to coefficients, (k,) int8."""
        ones = (np.asarray(variables) > 0.5).astype(np.int8)
        k = len(self.values)
        return (ones[:k] - ones[k:]).astype(np.int8) if self.signed else ones[:k]


Run = Callable[[Program, float], tuple[NDArray[np.int8] | None, bool]]


def by_programs(problem: Problem, limits: Limits, run: Run) -> Answer:
    """Solve each row by one program, or by several: fewest terms, then the least error with so many.

    `run(program, seconds)` returns coefficients or None, and whether that is a proof (of optimality, or that there is
    none). Source: ours.
    """

    def one(row: int, seconds: float) -> tuple[NDArray[np.int8], bool]:
        places = np.flatnonzero(~problem.empty[row])
        if len(places) == 0:  # nothing to choose
            return np.zeros(problem.n, np.int8), True
        tolerance = None if problem.tolerances is None else int(problem.tolerances[row])
        program = Program(problem.vectors[row, places], problem.goals[row], None, problem.size, problem.signed, "error")
        found, proved = _lexicographic(program, problem.objective, tolerance, seconds, run)
        chosen = np.zeros(problem.n, np.int8)
        if found is not None and (problem.size is None or np.count_nonzero(found) == problem.size):
            chosen[places] = found
        else:
            proved = False
        return chosen, proved

    return each_row(problem, limits, one)


def _lexicographic(
    program: Program, objective: str, tolerance: int | None, seconds: float, run: Run
) -> tuple[NDArray[np.int8] | None, bool]:
    if objective == "closest" or tolerance is None:
        return run(program, seconds)
    goal = "terms" if objective == "fewest" else "nothing"
    found, proved = run(replace(program, tolerance=tolerance, minimise=goal), seconds / 2)
    if found is None or _error(program, found) > tolerance:
        closest, closest_proved = run(program, seconds / 2)
        far = closest is not None and _error(program, closest) > tolerance
        return closest, closest_proved and (far or objective == "within")
    if objective == "within":
        return found, True
    size = int(np.count_nonzero(found))
    best, best_proved = run(replace(program, size=size), seconds / 2)
    if best is None or np.count_nonzero(best) != size or _error(program, best) > _error(program, found):
        return found, False
    return best, proved and best_proved


def _error(program: Program, coefficients: NDArray[np.int8]) -> int:
    return int(np.abs(np.sum(program.values * coefficients[:, None], axis=0) - program.target).max())
