"""The set of inputs: exact maxima of piecewise linear forms in x⁺ and x⁻ over a box or a 2-norm ball cut by it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from slth.certify.rounding import FLOOR, UNIT, Floats, gamma, inflated, largest, length, lengths, negative, positive, up
from slth.core.domain import Region


@dataclass(frozen=True, eq=False)
class Inputs:
    """A region, seen through the lift x -> (x⁺, x⁻) when `signed`, else as it is.

    Parameters
    ----------
    region : Region
    signed : bool
        Must be true when some lower end is negative.
    """

    region: Region
    signed: bool

    @property
    def width(self) -> int:
        """The number of coordinates before the lift."""
        return len(self.region.lower)

    @cached_property
    def magnitude(self) -> Floats:
        """The largest value of every lifted coordinate (all of them are non-negative)."""
        lower, upper = self.region.lower, self.region.upper
        return np.concatenate([positive(upper), positive(-lower)]) if self.signed else positive(upper)

    @cached_property
    def crossing(self) -> NDArray[np.bool_]:
        """Where x can have both signs."""
        return np.asarray((self.region.lower < 0) & (self.region.upper > 0))

    @cached_property
    def middle(self) -> tuple[Floats, float]:
        """Centre and radius of a 2-norm ball around the region: the given ball's, or the box's if that is smaller."""
        lower, upper = self.region.lower, self.region.upper
        centre = lower / 2 + upper / 2
        radius = length(up(np.maximum(upper - centre, centre - lower)))
        if self.region.centre is not None and self.region.radius is not None and self.region.radius < radius:
            return self.region.centre, self.region.radius
        return centre, radius

    @cached_property
    def lifted_middle(self) -> tuple[Floats, Floats, float]:
        """Centre and reach of the lifted box; around a ball's centre, with its radius, where there is one."""
        lower, upper, radius = self.region.lower, self.region.upper, math.inf
        low = np.concatenate([positive(lower), positive(-upper)]) if self.signed else lower
        high = np.concatenate([positive(upper), positive(-lower)]) if self.signed else upper
        middle = low / 2 + high / 2
        if self.region.centre is not None and self.region.radius is not None:
            middle, radius = self.region.centre, self.region.radius
            if self.signed:  # x -> (x⁺, x⁻) does not lengthen differences
                middle = np.concatenate([positive(middle), positive(-middle)])
        return middle, positive(up(np.maximum(high - middle, middle - low))), radius

    @cached_property
    def size(self) -> float:
        """An upper bound of the 2-norm of x."""
        box = length(largest(self.region.lower, self.region.upper))
        centre, radius = self.middle
        return min(box, math.nextafter(length(centre) + radius, math.inf))

    def maximum(self, forms: Floats) -> Floats:
        """Upper bounds of forms . (lifted x), one a row; exact up to rounding on a box.

        Parameters
        ----------
        forms : array of shape (rows, lifted inputs)
        """
        best = self._over_box(forms)
        if self.region.centre is not None:
            best = np.minimum(best, self._over_ball(forms))
        return best

    def _over_box(self, forms: Floats) -> Floats:
        lower, upper = self.region.lower, self.region.upper
        if not self.signed:
            total = positive(forms) @ upper + negative(forms) @ lower
            return self._raised(total, np.abs(forms) @ self.magnitude)
        plus, minus = forms[:, : self.width], forms[:, self.width :]
        # one lifted half is [0, 0] where the sign is fixed; where x crosses zero, zero is a corner of both halves
        right = positive(plus) * positive(upper) + negative(plus) * positive(lower)
        left = positive(minus) * positive(-lower) + negative(minus) * positive(-upper)
        total = np.where(self.crossing, np.maximum(right, left), right + left).sum(axis=1)
        return self._raised(total, np.abs(forms) @ self.magnitude)

    def _over_ball(self, forms: Floats) -> Floats:
        centre, radius = self.region.centre, self.region.radius
        if centre is None or radius is None:
            return np.full(len(forms), math.inf)
        linear, total = forms, np.zeros(len(forms))
        if self.signed:
            plus, minus = forms[:, : self.width], forms[:, self.width :]
            half = (plus - minus) / 2  # plus x⁺ + minus x⁻ = (plus - minus)/2 x + (plus + minus)/2 |x|
            fixed = np.where(self.region.lower >= 0, plus, -minus)
            linear = np.where(self.crossing, half, fixed)
            reach = np.where(self.crossing, largest(self.region.lower, self.region.upper), 0.0)
            total = positive((plus + minus) / 2) @ reach
        total = total + linear @ centre + radius * lengths(linear)
        return self._raised(total, np.abs(forms) @ (self.magnitude + FLOOR) + np.abs(linear) @ np.abs(centre))

    def _raised(self, total: Floats, mass: Floats) -> Floats:
        # mass: at least the sum of the magnitudes of all terms that were added
        charge = gamma(4 * self.width) * mass + 4 * UNIT * np.abs(total)
        return up(total + inflated(charge))
