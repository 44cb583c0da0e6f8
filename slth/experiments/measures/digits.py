"""One weight by golden digits, without search: a sample of each size class, taken where it still fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from slth.core.errors import BadInput
from slth.experiments.draws import Draws
from slth.experiments.measure import Measure, Outcome, Said, measures
from slth.theory.bounds import digits

LARGEST = 1 << 12  # samples


@measures.register("digits")
@dataclass(frozen=True)
class Digits(Measure):
    """Greedy digits of z from n samples of density 1/|w| and random signs; a success is within eps.

    As many digits as reach eps if each has a sample. Where one has none, later digits may still make up for it.

    Parameters
    ----------
    n : int
    eps : float
    z : float
    """

    n: int
    eps: float
    z: float = 0.5

    title: ClassVar[str] = "golden digits: the error of greedy digits of n samples of hyperbolic law"
    value: ClassVar[str] = "error of the digits taken"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.n < 1 or not 0 < self.eps < 1 or not abs(self.z) <= 1:
            raise BadInput(f"needs n >= 1, 0 < eps < 1 and |z| <= 1, not n={self.n}, eps={self.eps}, z={self.z}")

    def check(self) -> None:
        """At most 2^12 samples."""
        if self.n > LARGEST:
            raise BadInput(f"n must be at most {LARGEST}, not {self.n}")

    def run(self, draws: Draws) -> Outcome:
        """Take digits of every instance."""
        words = draws.words(2 * self.n).reshape(draws.count, self.n, 2)
        sizes = digits.hyperbolic((words[..., 0] + 0.5) * 2.0**-32, self._digits)
        samples = np.where(words[..., 1] >> np.uint32(31), -sizes, sizes)
        errors = digits.decompose(samples, np.full(draws.count, self.z), self._digits).rest
        return Outcome(errors <= self.eps, errors)

    def said(self) -> tuple[Said, ...]:
        """The chance that every digit has a sample, which is enough."""
        missing = digits.missing_chance(self._digits, self.n)[-1]
        return (Said("every digit there", "at least", 1 - float(missing)),)

    @property
    def _digits(self) -> int:
        return digits.needed_digits(self.eps)
