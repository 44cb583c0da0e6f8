"""Subset sums of integers, as quantised networks need them: how often a target is met exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from slth.core.errors import BadInput
from slth.experiments.draws import Draws
from slth.experiments.measure import Measure, Outcome, Said, Value, measures
from slth.rss.solve import solve
from slth.theory.bounds import quantised


@measures.register("partition")
@dataclass(frozen=True)
class Partition(Measure):
    """The closest subset sum of n integers, uniform on +-1, ..., +-2^bits; a success meets the target exactly.

    Parameters
    ----------
    bits, n : int
    target : int
        Not 0, which the empty subset meets.
    """

    bits: int
    n: int
    target: int = 1

    title: ClassVar[str] = "integers: whether a subset meets a target exactly"
    value: ClassVar[str] = "distance of the closest subset sum, an integer"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if not 0 <= self.bits <= 48 or self.n < 1 or not 0 < abs(self.target) <= 1 << 54:
            given = f"bits={self.bits}, n={self.n}, target={self.target}"
            raise BadInput(f"needs bits from 0 to 48, n >= 1 and 0 < |target| <= 2^54, not {given}")

    def check(self) -> None:
        """At most as many integers as are solved exactly."""
        if self.n > 50:
            raise BadInput(f"n must be at most 50 to be solved exactly, not {self.n}")

    def run(self, draws: Draws) -> Outcome:
        """Solve every instance to its proven optimum."""
        words = draws.words(2 * self.n).reshape(draws.count, self.n, 2).astype(np.int64)
        size = 1 + (((words[..., 0] >> 1 << 20) | (words[..., 1] >> 12)) >> (51 - self.bits))
        values = np.where(words[..., 0] & 1, size, -size)
        found = solve(values, np.full(draws.count, self.target), bits=0, threads=1)
        return Outcome(found.errors == 0, found.errors.astype(np.float64))

    def said(self) -> tuple[Said, ...]:
        """The hitting law on integers, a model, and the exact first moment, which bounds the chance."""
        largest = 1 << self.bits
        if self.n > quantised.MOST:
            return ()
        said = [Said("hitting law", "model", float(quantised.exact_hit_chance(largest, self.n, self.target)))]
        if self.n * largest <= quantised.LARGEST:
            hits = quantised.most_subsets(largest, self.n, self.target)
            said.append(Said("first moment", "at most", min(1.0, hits)))
        return tuple(said)

    def facts(self) -> Mapping[str, Value]:
        """kappa = log2(M)/n: above 1 there is mostly no solution, below mostly many."""
        return {"kappa": quantised.kappa(1 << self.bits, self.n)}
