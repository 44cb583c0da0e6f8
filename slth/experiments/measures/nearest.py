"""One product for one weight, without sums: how the first proof of the hypothesis finds a weight."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.laws import law
from slth.experiments.draws import Draws
from slth.experiments.measure import Measure, Outcome, Said, measures
from slth.theory.bounds.nearest import product_cdf

Floats = NDArray[np.float64]


@measures.register("nearest")
@dataclass(frozen=True)
class Nearest(Measure):
    """The product u v of n random pairs closest to z, u uniform on [0, 1] and v on [-1, 1]; a success is within eps.

    Parameters
    ----------
    n : int
    eps : float
    z : float
    both : bool
        Instead of the product, each factor within eps of its own goal, sqrt|z|, as in Malach et al. (2020).
    """

    n: int
    eps: float
    z: float = 0.5
    both: bool = False

    title: ClassVar[str] = "single products: the error of the closest of n products of two uniforms"
    value: ClassVar[str] = "error of the closest product, or of the worse factor of the closest pair"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.n < 1 or not self.eps > 0 or not abs(self.z) <= 1:
            raise BadInput(f"needs n >= 1, eps > 0 and |z| <= 1, not n={self.n}, eps={self.eps}, z={self.z}")

    def check(self) -> None:
        """At most 2^18 pairs."""
        if self.n > 1 << 18:
            raise BadInput(f"n must be at most {1 << 18}, not {self.n}")

    def run(self, draws: Draws) -> Outcome:
        """Look at every pair; the sign of u does not matter, as v is symmetric."""
        errors = np.empty(draws.count)
        for row in range(draws.count):
            errors[row] = self._errors(Draws(draws.seed, draws.start + row, 1)).min()
        return Outcome(errors <= self.eps, errors)

    def _errors(self, draws: Draws) -> Floats:
        if not self.both:
            values, bits = draws.samples("UU", self.n)
            return np.abs(np.ldexp(values.astype(np.float64), -bits) - self.z)
        words = draws.words(2 * self.n).reshape(self.n, 2)
        factors = np.ldexp(law("uniform").integers(words).astype(np.float64), -law("uniform").bits)
        u, v = np.abs(factors[:, 0]), factors[:, 1] * np.sign(factors[:, 0])
        return np.maximum(np.abs(u - self._goal), np.abs(v - math.copysign(self._goal, self.z)))

    def said(self) -> tuple[Said, ...]:
        """The exact chance: 1 - (1 - p)^n."""
        if self.both:
            low, high = max(self._goal - self.eps, -1.0), min(self._goal + self.eps, 1.0)
            hit = (high - max(low, 0.0)) * (high - low) / 2
        else:
            low, high = product_cdf(np.array([self.z - self.eps, self.z + self.eps]))
            hit = float(high - low)
        return (Said("exact law", "model", 1 - (1 - hit) ** self.n),)

    @property
    def _goal(self) -> float:
        return math.sqrt(abs(self.z))
