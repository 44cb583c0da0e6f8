"""The growth set: the share of targets that sums reach which stay inside, what the certified bounds follow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from slth.core.errors import BadInput
from slth.experiments.draws import Draws, sample_law
from slth.experiments.measure import Measure, Outcome, Said, measures
from slth.experiments.reached import grown
from slth.theory.bounds.growth import DENSITIES

LARGEST = 5000  # samples


@measures.register("growth")
@dataclass(frozen=True)
class Growth(Measure):
    """The share v_n of [-a, a] within eps/2 of sums of n samples that stay in [-a, a]; a success is v_n > 1 - eps/(4a).

    Parameters
    ----------
    law : str
        U, N, UU, NN or D, each with the a of its certified bound.
    n : int
    eps : float
        In units of the law.
    """

    law: str
    n: int
    eps: float

    title: ClassVar[str] = "growth set: the share v_n of targets reached by sums that stay inside"
    value: ClassVar[str] = "1/v_n - 1, whose mean the growth argument bounds"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        sample_law(self.law)
        if self.law not in DENSITIES:
            raise BadInput(f"law {self.law!r} is none of {', '.join(DENSITIES)}")
        if self.n < 0 or not 0 < self.eps < self._width:
            raise BadInput(f"needs n >= 0 and 0 < eps < {self._width:.4g}, not n={self.n}, eps={self.eps}")

    @property
    def _width(self) -> float:
        return DENSITIES[self.law].half_width

    @property
    def _drawn(self) -> tuple[int, int]:
        """eps/2 and a in the unit of the samples, rounded down."""
        bits = sample_law(self.law).bits
        return math.floor(math.ldexp(self.eps / 2, bits)), math.floor(math.ldexp(self._width, bits))

    def check(self) -> None:
        """At most 5000 samples, and an eps that is not lost in their rounding."""
        if self.n > LARGEST:
            raise BadInput(f"n must be at most {LARGEST}, not {self.n}")
        if self._drawn[0] == 0:
            raise BadInput(f"eps must be at least 2^-{sample_law(self.law).bits - 1}, not {self.eps}")

    def run(self, draws: Draws) -> Outcome:
        """Unions of intervals, in integers."""
        values, _ = draws.samples(self.law, self.n)
        radius, edge = self._drawn
        shares = grown(values, radius, edge)[0][:, -1] / (2 * edge)
        return Outcome(shares > 1 - self.eps / (4 * self._width), 1 / shares - 1)

    def said(self) -> tuple[Said, ...]:
        """E[1/v_n - 1] <= (1/v_0 - 1)(1 - kappa/2)^n: the step of the certified bound before Markov's inequality."""
        radius, edge = self._drawn
        bound = (edge / radius - 1) * (1 - DENSITIES[self.law].kappa / 2) ** self.n
        return (Said("contraction", "at most", bound, "mean"),)
