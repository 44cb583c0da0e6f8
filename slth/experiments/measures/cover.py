"""All targets at once: how often every one of an interval has a subset within eps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from slth.core.errors import BadInput
from slth.experiments.draws import Draws, sample_law
from slth.experiments.measure import Measure, Outcome, Said, measures
from slth.experiments.reached import all_gaps
from slth.theory.bounds import coverage, growth, hitting, iteration, least_iteration, unimodal

LARGEST = 1000  # samples
ITERATED = 200  # samples of a group up to which the iteration with second moments is followed


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
        return Outcome(all_gaps(values, radius, edge) == 0)

    def said(self) -> tuple[Said, ...]:
        """The growth bound, the better value iteration, the bound by least growth, and the coverage law, a model."""
        if self.law not in growth.DENSITIES:
            return ()
        groups = max(1, math.ceil(self.radius / growth.DENSITIES[self.law].half_width - 1e-12))
        n = self.n // groups
        said = [Said("growth bound", "at least", 1 - growth.failure_bound(self.law, n, self.eps, groups))]
        half_width = max(self.radius, least_iteration.HALF_WIDTHS[self.law])
        failure = float(least_iteration.failure_curve(self.law, self.n, self.eps, half_width)[-1])
        if n <= ITERATED:
            failure = min(failure, float(iteration.iterated_failure(self.law, n, self.eps, groups)[-1]))
        said.append(Said("value iteration", "at least", 1 - failure))
        if self.radius <= 1:
            said.append(Said("least growth", "at least", 1 - unimodal.failure_bound(self.law, self.n, self.eps)))
        if self.law in hitting.VARIANCES and self.n <= coverage.MOST:
            covered = float(coverage.cover_chance(self.law, self.n, self.eps, self.radius))
            said.append(Said("coverage law", "model", covered))
        return tuple(said)
