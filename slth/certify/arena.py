"""The points that an attack may use: float64 vectors that lie in a domain exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from slth.certify.rounding import Floats
from slth.core.domain import Ball, Box, Domain, Hull
from slth.core.errors import BadInput


@dataclass(frozen=True, eq=False)
class Arena:
    """Regions of a domain, rounded inward.

    Parameters
    ----------
    lower, upper : arrays of shape (regions, inputs)
    centres : array of shape (regions, inputs) or None
        The centres of 2-norm balls.
    radius : Fraction or None
        Their exact radius.
    """

    lower: Floats
    upper: Floats
    centres: Floats | None = None
    radius: Fraction | None = None

    def project(self, x: Floats, region: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Floats:
        """Points of the given regions near x (batch, inputs): exact for boxes, within rounding for 2-norm balls."""
        lower, upper = self.lower[region], self.upper[region]
        out = np.clip(x, lower, upper)
        if self.centres is not None and self.radius is not None:
            centre, radius = self.centres[region], float(self.radius) * (1 - 2.0**-40)
            step = out - centre
            size = np.sqrt(np.einsum("ij,ij->i", step, step))[:, None]
            shrink = np.where(size > radius, radius / np.maximum(size, 1e-300), 1.0)
            out = np.clip(centre + step * shrink, lower, upper)
        return out

    def inside(self, x: Floats, region: int) -> bool:
        """Whether a point lies in the region, exactly."""
        if (x < self.lower[region]).any() or (x > self.upper[region]).any():
            return False
        if self.centres is None or self.radius is None:
            return True
        pairs = zip(x.tolist(), self.centres[region].tolist(), strict=True)
        square = sum(((Fraction(a) - Fraction(b)) ** 2 for a, b in pairs), Fraction(0))
        return square <= self.radius**2


def arena(domain: Domain, inputs: int) -> Arena:
    """The regions of a domain, rounded inward.

    Raises
    ------
    BadInput
        When no float64 vector lies in the domain.
    """
    if isinstance(domain, Box):
        lower, upper = np.full((1, inputs), _ceil(domain.lo)), np.full((1, inputs), _floor(domain.hi))
    elif isinstance(domain, Hull):
        lower, upper = domain.lower[None], domain.upper[None]
    elif isinstance(domain, Ball):
        return _balls(domain)
    if (lower > upper).any():
        raise BadInput(f"no float64 input lies in the domain {domain}")
    return Arena(lower, upper)


def _balls(ball: Ball) -> Arena:
    radius = _floor(ball.radius)
    # rounding inward once more than the operation can err; a centre itself is always inside
    lower = np.minimum(np.nextafter(ball.centres - radius, math.inf), ball.centres)
    upper = np.maximum(np.nextafter(ball.centres + radius, -math.inf), ball.centres)
    lower, upper = np.maximum(lower, _ceil(ball.clip.lo)), np.minimum(upper, _floor(ball.clip.hi))
    if ball.norm == "linf":
        return Arena(lower, upper)
    return Arena(lower, upper, ball.centres, ball.radius)


def _ceil(value: Fraction) -> float:
    near = float(value)
    return near if Fraction(near) >= value else math.nextafter(near, math.inf)


def _floor(value: Fraction) -> float:
    return -_ceil(-value)
