"""Sums of vectors, as removing whole filters needs them: how close subsets come in every coordinate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from slth.core.errors import BadInput
from slth.experiments.draws import Draws, sample_law
from slth.experiments.measure import Measure, Outcome, Said, measures
from slth.rss.solve import solve
from slth.theory.bounds import growth, structured

EXACT = 40  # vectors up to which the closest subset is found; what is proved is about that one


@measures.register("vectors")
@dataclass(frozen=True)
class Vectors(Measure):
    """The subset of n random vectors whose sum is found closest to a target in the sup norm; a success is within eps.

    Exact where the solver is: to about 44 vectors in few dimensions; beyond, what a k-list search finds.

    Parameters
    ----------
    law : str
        NSN, a common normal scale times independent normals; N or U, independent coordinates.
    dims, n : int
    eps : float
    length : float
        1-norm of the target, whose coordinates are all equal.
    """

    law: str
    dims: int
    n: int
    eps: float
    length: float = 1.0

    title: ClassVar[str] = "vectors: the sup error of the closest found subset of n random vectors"
    value: ClassVar[str] = "sup error of the closest subset found"
    version: ClassVar[int] = 1

    def __post_init__(self) -> None:
        if self.dims < 1 or self.n < 1 or not (self.eps > 0 and 0 <= self.length <= 64):
            given = f"dims={self.dims}, n={self.n}, eps={self.eps}, length={self.length}"
            raise BadInput(f"needs dims, n >= 1, eps > 0 and 0 <= length <= 64, not {given}")
        if self.law not in ("NSN", "N", "U"):
            raise BadInput(f"law {self.law!r} is none of NSN, N, U")

    def check(self) -> None:
        """What the search for vector sums takes."""
        if self.dims > 16 or self.n > 512:
            raise BadInput(f"dims must be at most 16 and n at most 512, not {self.dims} and {self.n}")
        sample_law(self.law, self.dims)

    def run(self, draws: Draws) -> Outcome:
        """Search every instance."""
        values, bits = draws.samples(self.law, self.n, self.dims)
        goal = int(np.rint(np.ldexp(self.length / self.dims, bits)))
        shape = (draws.count,) if self.dims == 1 else (draws.count, self.dims)
        found = solve(values.reshape(*values.shape[:2], *shape[1:]), np.full(shape, goal), bits=bits, threads=1)
        errors = np.ldexp(found.errors.astype(np.float64), -bits)
        return Outcome(errors <= self.eps, errors)

    def said(self) -> tuple[Said, ...]:
        """The first moment, with the density at the target, and what is certified for all targets in [-1/2, 1/2]^D."""
        side = self.length / self.dims
        said = []
        if self.law == "NSN":
            hits = structured.nsn_log_expected_hits(self.dims, self.n, self.eps, side * self.length)
            said.append(Said("first moment", "model", float(np.exp(min(hits, 0.0)))))
        elif self.n <= EXACT and side <= growth.DENSITIES[self.law].half_width:
            failure = growth.failure_bound(self.law, self.n, self.eps, dims=self.dims)
            said.append(Said("certified", "at least", 1 - failure))
        return tuple(said)
