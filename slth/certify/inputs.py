"""The set of inputs: exact maxima of piecewise linear forms in x⁺ and x⁻ over a box or a 2-norm ball cut by it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from slth.certify.operators import ENTRIES, Kernel
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
        return self._ends.maximum(forms, self.signed)

    def maxima(self, kernel: Kernel) -> tuple[Floats, Floats]:
        """As `maximum`, for the rows of a convolution of the input and for their negatives, window by window."""
        grid, channels = kernel.grid, self.width // math.prod(kernel.grid.picture)
        ends = [np.ones(self.width), self.region.lower, self.region.upper]
        centre = self.region.centre
        ends += [] if centre is None else [centre]
        seen = [grid.windows(values[None])[0].T[:, None] for values in ends]  # (places, 1, channels * taps)
        plus = kernel.value[:, :channels].reshape(len(kernel.value), -1)
        forms = np.hstack([plus, kernel.value[:, channels:].reshape(len(plus), -1)]) if self.signed else plus
        out = np.empty((2, len(plus), len(seen[0])))
        step = max(1, ENTRIES // forms.size)
        for start in range(0, len(seen[0]), step):
            part = [values[start : start + step] for values in seen]
            region = _Ends(part[0], part[1], part[2], part[3] if centre is not None else None, self.region.radius)
            for side, sign in zip(out, (1.0, -1.0), strict=True):
                side[:, start : start + step] = region.maximum(sign * forms, self.signed).T
        return out[0].ravel(), out[1].ravel()

    @cached_property
    def _ends(self) -> _Ends:
        region = self.region
        return _Ends(np.ones(self.width), region.lower, region.upper, region.centre, region.radius)


@dataclass(frozen=True, eq=False)
class _Ends:
    """Ends of coordinates on the last axis; the axes before are those of forms that each have ends of their own.

    `there` is 0 for a coordinate that is no input but padding.
    """

    there: Floats
    lower: Floats
    upper: Floats
    centre: Floats | None
    radius: float | None

    def maximum(self, forms: Floats, signed: bool) -> Floats:
        """Upper bounds of forms . (lifted x)."""
        best = self._over_box(forms, signed)
        if self.centre is not None and self.radius is not None:
            best = np.minimum(best, self._over_ball(forms, signed, self.centre, self.radius))
        return best

    @cached_property
    def _crossing(self) -> NDArray[np.bool_]:
        return np.asarray((self.lower < 0) & (self.upper > 0))

    def _mass(self, forms: Floats, signed: bool) -> Floats:
        if not signed:
            return _dot(np.abs(forms), positive(self.upper))
        plus, minus = np.abs(forms[..., : forms.shape[-1] // 2]), np.abs(forms[..., forms.shape[-1] // 2 :])
        return _dot(plus, positive(self.upper)) + _dot(minus, positive(-self.lower))

    def _over_box(self, forms: Floats, signed: bool) -> Floats:
        lower, upper = self.lower, self.upper
        mass = self._mass(forms, signed)
        if not signed:
            return self._raised(_dot(positive(forms), upper) + _dot(negative(forms), lower), mass)
        plus, minus = forms[..., : forms.shape[-1] // 2], forms[..., forms.shape[-1] // 2 :]
        # one lifted half is [0, 0] where the sign is fixed; where x crosses zero, zero is a corner of both halves
        right = positive(plus) * positive(upper) + negative(plus) * positive(lower)
        left = positive(minus) * positive(-lower) + negative(minus) * positive(-upper)
        total = np.where(self._crossing, np.maximum(right, left), right + left).sum(axis=-1)
        return self._raised(total, mass)

    def _over_ball(self, forms: Floats, signed: bool, centre: Floats, radius: float) -> Floats:
        total: Floats | float = 0.0
        if not signed:
            linear = forms * self.there
        else:
            plus, minus = forms[..., : forms.shape[-1] // 2], forms[..., forms.shape[-1] // 2 :]
            half = (plus - minus) / 2  # plus x⁺ + minus x⁻ = (plus - minus)/2 x + (plus + minus)/2 |x|
            fixed = np.where(self.lower >= 0, plus, -minus)
            linear = np.where(self._crossing, half, fixed) * self.there
            reach = np.where(self._crossing, largest(self.lower, self.upper), 0.0)
            total = _dot(positive((plus + minus) / 2), reach)
        total = total + _dot(linear, centre) + radius * lengths(linear)
        mass = self._mass(forms, signed) + np.abs(forms).sum(axis=-1) * FLOOR + _dot(np.abs(linear), np.abs(centre))
        return self._raised(total, mass)

    def _raised(self, total: Floats, mass: Floats) -> Floats:
        # mass: at least the sum of the magnitudes of all terms that were added
        charge = gamma(4 * self.lower.shape[-1]) * mass + 4 * UNIT * np.abs(total)
        return up(total + inflated(charge))


def _dot(forms: Floats, values: Floats) -> Floats:
    """Along the last axis; values can differ between forms."""
    out: Floats = forms @ values if values.ndim == 1 else (forms * values).sum(axis=-1)
    return out
