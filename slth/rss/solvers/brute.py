"""All combinations, in numpy: the reference that the others are tested against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.rss.problem import Answer, Flags, Integers, Limits, Problem, each_row, solvers


@solvers.register("brute")
@dataclass(frozen=True)
class Brute:
    """Tries every combination; ties: fewest terms, then the smallest mask, as `meet`.

    Source: ours.
    """

    flags: ClassVar[Flags] = Flags(largest=20, largest_signed=12, exact=True, sizes=True, dimensions=64)

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve every row by exhaustion."""
        base = 3 if problem.signed else 2
        codes = np.arange(base**problem.n, dtype=np.int64)
        digits = codes[:, None] // base ** np.arange(problem.n, dtype=np.int64) % base
        coefficients = np.where(digits == 2, -1, digits).astype(np.int8)
        terms = np.count_nonzero(coefficients, axis=1)

        def one(row: int, _: float) -> tuple[NDArray[np.int8], bool]:
            errors = np.zeros(len(codes), np.int64)
            for values, goal in zip(problem.vectors[row].T, problem.goals[row], strict=True):
                np.maximum(errors, np.abs(_sums(coefficients, values) - goal), out=errors)
            allowed = ~np.any(coefficients[:, problem.empty[row]], axis=1)
            if problem.size is not None:
                allowed &= terms == problem.size
            within = allowed & (errors <= problem.tolerances[row]) if problem.tolerances is not None else ~allowed
            if problem.objective == "fewest" and within.any():
                allowed = within & (terms == terms[within].min())
            kept = np.flatnonzero(allowed)
            best = kept[np.lexsort((kept, terms[kept], errors[kept]))[0]]
            return coefficients[best], True

        return each_row(problem, limits, one)


def _sums(coefficients: NDArray[np.int8], values: Integers) -> Integers:
    total = np.zeros(len(coefficients), np.int64)
    for i, value in enumerate(values):
        total += coefficients[:, i] * value
    return total
