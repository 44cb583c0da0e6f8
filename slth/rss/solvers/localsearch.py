"""Local search: change one or two coefficients as long as that brings the sum closer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.rss.problem import Answer, Flags, Integers, Limits, Problem, each_row, solvers


@solvers.register("localsearch")
@dataclass(frozen=True)
class LocalSearch:
    """Takes the best change of one or two coefficients until none helps, from several fixed starts.

    Nothing is random and no position matters: in the order of falling absolute value, start k takes every (k + 1)-th
    value (with a fixed size, so many values from the k-th on). Errors of vectors are the largest over the coordinates.

    Parameters
    ----------
    starts : int
        Number of starts; the first is the empty choice.

    Source: ours (folklore).
    """

    starts: int = 8

    flags: ClassVar[Flags] = Flags(
        objectives=("closest", "within"), largest=2000, largest_signed=1000, sizes=True, dimensions=16, rank=10
    )

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve row after row; nothing is proved."""

        def one(row: int, _: float) -> tuple[NDArray[np.int8], bool]:
            chosen = np.zeros(problem.n, np.int8)
            places = np.flatnonzero(~problem.empty[row])
            places = places[np.argsort(-np.abs(problem.vectors[row, places]).max(axis=1), kind="stable")]
            values, target = problem.vectors[row, places], problem.goals[row]
            enough = -1 if problem.tolerances is None or problem.objective == "closest" else problem.tolerances[row]
            best = -1
            for start in range(self.starts):
                x = _start(len(places), start, problem.size)
                error = descend(values, target, x, problem.signed, problem.size is not None)
                if best < 0 or error < best:
                    best = error
                    chosen[places] = x
                if best <= enough or limits.left <= 0:
                    break
            return chosen, False

        return each_row(problem, limits, one)


def _start(n: int, start: int, size: int | None) -> NDArray[np.int8]:
    x = np.zeros(n, np.int8)
    if size is not None:
        x[(start + np.arange(size)) % max(n, 1)] = 1
    elif start > 0:
        x[:: start + 1] = 1
    return x


def descend(values: Integers, goal: Integers, x: NDArray[np.int8], signed: bool = False, fixed: bool = False) -> int:
    """Improve coefficients x (n,) of values (n, d) in place by the best changes of one or two; return the error.

    Parameters
    ----------
    goal : (d,) int64
    signed, fixed : bool
        Whether -1 is allowed, and whether the number of terms stays.

    Source: ours (folklore).
    """
    residual = goal - np.sum(values * x[:, None], axis=0)
    n = len(values)
    levels = np.array([0, 1, -1] if signed else [0, 1])
    where = np.tile(np.arange(n), len(levels))
    new = np.repeat(levels, n)
    while n:
        steps = (new - x[where])[:, None] * values[where]
        terms = np.abs(new) - np.abs(x[where])
        left = np.zeros((len(new), len(new)), np.int64)
        for rest, step in zip(residual, steps.T, strict=True):
            gaps = rest - step[:, None] - step[None, :]
            np.fill_diagonal(gaps, rest - step)  # the diagonal is one change alone
            np.maximum(left, np.abs(gaps, out=gaps), out=left)
        forbidden = (where[:, None] == where[None, :]) & (np.arange(len(new))[:, None] != np.arange(len(new))[None, :])
        if fixed:
            changes = terms[:, None] + terms[None, :]
            np.fill_diagonal(changes, terms)
            forbidden |= changes != 0
        left[forbidden] = np.iinfo(np.int64).max
        i, j = np.unravel_index(int(np.argmin(left)), left.shape)
        if left[i, j] >= np.abs(residual).max():
            break
        residual = residual - steps[i] - (steps[j] if i != j else 0)
        x[where[i]] = new[i]
        x[where[j]] = new[j]
    return int(np.abs(residual).max())
