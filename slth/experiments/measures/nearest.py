"""One product for one weight, without sums: how the first proof of the hypothesis finds a weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from slth.core.errors import BadInput
from slth.experiments.draws import Draws
from slth.experiments.measure import Measure, Outcome, Said, measures
from slth.theory.bounds.nearest import misses_of_one


@measures.register("nearest")
@dataclass(frozen=True)
class Nearest(Measure):
    """The product u v of n random pairs closest to z, u uniform on [0, 1] and v on [-1, 1]; a success is within eps.

    Parameters
    ----------
    n : int
    eps : float
    z : float
    """

    n: int
    eps: float
    z: float = 0.5

    title: ClassVar[str] = "single products: the error of the closest of n products of two uniforms"
    value: ClassVar[str] = "error of the closest product"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.n < 1 or not self.eps > 0 or not abs(self.z) <= 1:
            raise BadInput(f"needs n >= 1, eps > 0 and |z| <= 1, not n={self.n}, eps={self.eps}, z={self.z}")

    def check(self) -> None:
        """At most 2^18 products."""
        if self.n > 1 << 18:
            raise BadInput(f"n must be at most {1 << 18}, not {self.n}")

    def run(self, draws: Draws) -> Outcome:
        """Look at every product; the sign of u does not matter, as v is symmetric."""
        errors = np.empty(draws.count)
        for row in range(draws.count):
            values, bits = Draws(draws.seed, draws.start + row, 1).samples("UU", self.n)
            errors[row] = np.abs(np.ldexp(values.astype(np.float64), -bits) - self.z).min()
        return Outcome(errors <= self.eps, errors)

    def said(self) -> tuple[Said, ...]:
        """The exact chance: 1 - (1 - p)^n."""
        miss = float(misses_of_one(np.array(self.z), np.array(self.eps)))
        return (Said("exact law", "model", 1 - miss**self.n),)
