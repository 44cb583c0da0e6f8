"""One target: how close the closest subset comes, and how often it is within eps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from slth.core.errors import BadInput
from slth.experiments.draws import Draws, sample_law
from slth.experiments.measure import Measure, Outcome, Said, measures
from slth.rss.solve import solve
from slth.theory.bounds import density, growth, hitting, tails, unimodal

LARGEST = 50  # samples of an exact search
MOST_EXACT = 60  # samples for which the exact first moment is known


@measures.register("closest")
@dataclass(frozen=True)
class Closest(Measure):
    """The closest subset sum of n samples to a target; a success is one within eps.

    Parameters
    ----------
    law : str
        U uniform on [-1, 1], N standard normal, UU and NN products of two of them, D half UU and half zero, S signs.
    n : int
    eps : float
        In units of the law, as z.
    z : float or "uniform"
        The target; "uniform": one for each instance, uniform on [-1, 1].
    size : int
        Exactly so many terms; 0 for any number.
    """

    law: str
    n: int
    eps: float
    z: float | str = 0.5
    size: int = 0

    title: ClassVar[str] = "one target: the error of the closest subset of n samples"
    value: ClassVar[str] = "error of the closest subset, in units of the law"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        sample_law(self.law)
        if self.n < 1:
            raise BadInput(f"n must be at least 1, not {self.n}")
        if not self.eps > 0:
            raise BadInput(f"eps must be positive, not {self.eps}")
        if isinstance(self.z, str) and self.z != "uniform":
            raise BadInput(f'z must be a number or "uniform", not {self.z!r}')
        if not isinstance(self.z, str) and abs(self.z) > 64:
            raise BadInput(f"z must lie between -64 and 64, not {self.z}")
        if not 0 <= self.size <= self.n:
            raise BadInput(f"size must lie between 0 and n = {self.n}, not {self.size}")

    def check(self) -> None:
        """At most as many samples as are solved exactly."""
        if self.n > LARGEST:
            raise BadInput(f"n must be at most {LARGEST} to be solved exactly, not {self.n}")

    def run(self, draws: Draws) -> Outcome:
        """Solve every instance to its proven optimum."""
        values, bits = draws.samples(self.law, self.n)
        goals = draws.targets() if isinstance(self.z, str) else np.full(draws.count, float(self.z))
        targets = np.rint(np.ldexp(goals, bits)).astype(np.int64)
        found = solve(values, targets, size=self.size or None, bits=bits, threads=1)
        errors = np.ldexp(found.errors.astype(np.float64), -bits)
        return Outcome(errors <= self.eps, errors)

    def said(self) -> tuple[Said, ...]:
        """The hitting law and its quantiles, simulated tails, Markov's bound, and what is certified."""
        if isinstance(self.z, str) or self.law not in hitting.VARIANCES:
            return ()
        if self.size:
            hits = density.expected_hits_of_size(self.law, self.n, self.size, self.eps, self.z)
            return (Said("first moment", "model", min(1.0, hits)),)
        said = [Said("hitting law", "model", float(hitting.hit_chance(self.law, self.n, self.eps, self.z)))]
        if self.law in tails.LAWS:
            missed = float(tails.miss_chance(self.law, self.n, self.eps, self.z))
            said.append(Said("simulated tail", "model", 1 - missed))
        if self.n <= MOST_EXACT:
            hits = hitting.most_hits(self.law, self.n, self.eps, self.z)
            said.append(Said("first moment", "at most", min(1.0, hits)))
        said.append(Said("certified", "at least", 1 - self._certified_miss(self.z)))
        for name, chance in (("50 %", 0.5), ("90 %", 0.9), ("99 %", 0.99)):
            error = hitting.best_error(self.law, self.n, chance, self.z)
            if error <= 1:  # beyond what is reached the law is off by any factor
                said.append(Said("hitting law", "model", error, name))
        return tuple(said)

    def _certified_miss(self, z: float) -> float:
        """The least of the bounds that are proved for all targets of this size, which are more than one."""
        groups = max(1, math.ceil(abs(z) / growth.DENSITIES[self.law].half_width - 1e-12))
        missed = growth.failure_bound(self.law, self.n // groups, self.eps, groups)
        return min(missed, unimodal.failure_bound(self.law, self.n, self.eps)) if abs(z) <= 1 else missed
