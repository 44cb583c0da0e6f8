"""Greedy: largest first, take what brings the sum closer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.rss.problem import Answer, Flags, Integers, Limits, Problem, solvers

BLOCK = 65536


@solvers.register("greedy")
@dataclass(frozen=True)
class Greedy:
    """Visits values by falling absolute value and takes one, with the better sign, where that brings the sum closer.

    Vectors are visited by falling length, and closer is meant in length too: the sup norm would stop it early. With
    `fewest` and `within` it stops once the sum is within tolerance. All rows at once, in numpy.

    Source: ours (folklore).
    """

    flags: ClassVar[Flags] = Flags(rank=20, dimensions=64)

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve all rows, a block at a time; nothing is proved."""
        chosen = np.zeros((problem.rows, problem.n), np.int8)
        vectors, goals = problem.vectors, problem.goals
        for begin in range(0, problem.rows, BLOCK):
            if limits.left <= 0:
                break
            block = slice(begin, min(begin + BLOCK, problem.rows))
            values = vectors[block]
            every = np.arange(len(values))
            residual = goals[block].copy()
            stop = np.zeros(len(values), np.int64) - 1
            if problem.objective != "closest" and problem.tolerances is not None:
                stop = problem.tolerances[block]
            for place in np.argsort(-_length(values), axis=1, kind="stable").T:
                value = values[every, place]
                sign = np.where(_product(residual, value) < 0, -1, 1) if problem.signed else np.ones(len(value), int)
                step = sign[:, None] * value
                take = (_length(residual - step) < _length(residual)) & (np.abs(residual).max(axis=1) > stop)
                chosen[block][every, place] = np.where(take, sign, 0)
                residual -= np.where(take[:, None], step, 0)
            limits.tell(block.stop, problem.rows)
        return Answer(chosen, np.zeros(problem.rows, np.bool_))


def _length(values: Integers) -> NDArray[np.float64] | Integers:
    """Length of vectors along the last axis; of numbers the absolute value, exactly."""
    return np.abs(values[..., 0]) if values.shape[-1] == 1 else np.linalg.norm(values, axis=-1)


def _product(one: Integers, other: Integers) -> NDArray[np.float64]:
    return np.asarray(np.sum(one.astype(np.float64) * other, axis=1), np.float64)
