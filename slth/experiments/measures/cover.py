"""All targets at once: how often every one of an interval has a subset within eps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from slth.core.errors import BadInput
from slth.experiments.draws import Draws, sample_law
from slth.experiments.measure import Measure, Outcome, Said, measures
from slth.experiments.reached import all_gaps
from slth.theory.bounds import growth

LARGEST = 1000  # samples


@measures.register("cover")
@dataclass(frozen=True)
class Cover(Measure):
    """Whether all targets in [-radius, radius] have a subset of n samples within eps, decided exactly.

    Parameters
    ----------
    law : str
        U, N, UU, NN, D or S.
    n : int
    eps, radius : float
        In units of the law.
    """

    law: str
    n: int
    eps: float
    radius: float = 0.5

    title: ClassVar[str] = "all targets: whether every one of an interval has a subset within eps"
    value: ClassVar[str] = ""
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        sample_law(self.law)
        if self.n < 1 or not 0 < self.eps <= self.radius <= 32:
            given = f"n={self.n}, eps={self.eps}, radius={self.radius}"
            raise BadInput(f"needs n >= 1 and 0 < eps <= radius <= 32, not {given}")

    def check(self) -> None:
        """At most 1000 samples."""
        if self.n > LARGEST:
            raise BadInput(f"n must be at most {LARGEST}, not {self.n}")

    def run(self, draws: Draws) -> Outcome:
        """Unions of intervals around all subset sums, in integers."""
        values, bits = draws.samples(self.law, self.n)
        radius, edge = math.floor(math.ldexp(self.eps, bits)), math.floor(math.ldexp(self.radius, bits))
        return Outcome(all_gaps(values, radius, edge) <= 1)

    def said(self) -> tuple[Said, ...]:
        """The certified bound, its value iteration, and the coverage law where the interval is [-1/2, 1/2]."""
        if self.law not in growth.DENSITIES:
            return ()
        groups = max(1, math.ceil(self.radius / growth.DENSITIES[self.law].half_width - 1e-12))
        failure = growth.failure_bound(self.law, self.n // groups, self.eps, groups)
        return (Said("certified", "at least", 1 - float(failure)),)
