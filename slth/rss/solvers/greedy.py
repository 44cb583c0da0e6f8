"""Greedy: largest first, take what brings the sum closer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from slth.rss.problem import Answer, Flags, Limits, Problem, solvers

BLOCK = 65536


@solvers.register("greedy")
@dataclass(frozen=True)
class Greedy:
    """Visits values by falling absolute value and takes one, with the better sign, where that brings the sum closer.

    With `fewest` and `within` it stops once the sum is within tolerance. All rows at once, in numpy.

    Source: ours (folklore).
    """

    flags: ClassVar[Flags] = Flags(rank=20)

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve all rows, a block at a time; nothing is proved."""
        chosen = np.zeros(problem.values.shape, np.int8)
        for begin in range(0, problem.rows, BLOCK):
            if limits.left <= 0:
                break
            block = slice(begin, min(begin + BLOCK, problem.rows))
            values = problem.values[block]
            every = np.arange(len(values))
            residual = problem.targets[block].copy()
            stop = np.zeros(len(values), np.int64) - 1
            if problem.objective != "closest" and problem.tolerances is not None:
                stop = problem.tolerances[block]
            for place in np.argsort(-np.abs(values), axis=1, kind="stable").T:
                value = values[every, place]
                sign = np.where(residual * np.sign(value) < 0, -1, 1) if problem.signed else np.ones_like(value)
                step = sign * value
                take = (np.abs(residual - step) < np.abs(residual)) & (np.abs(residual) > stop)
                chosen[block][every, place] = np.where(take, sign, 0)
                residual -= np.where(take, step, 0)
            limits.tell(block.stop, problem.rows)
        return Answer(chosen, np.zeros(problem.rows, np.bool_))
