"""Forward intervals of (z, δz, z') for one layer, and the interval of relu(z + δz) - relu(z)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from slth.certify.difference import Matrix, Pair
from slth.certify.inputs import Inputs
from slth.certify.rounding import FLOOR, UNIT, Floats, down, gamma, inflated, largest, positive, up


@dataclass(frozen=True, eq=False)
class Interval:
    """Vectors of lower and upper ends."""

    lower: Floats
    upper: Floats

    @cached_property
    def magnitude(self) -> Floats:
        """The largest magnitude of every coordinate."""
        return largest(self.lower, self.upper)

    def meet(self, other: Interval) -> Interval:
        """The intersection: both hold."""
        return Interval(np.maximum(self.lower, other.lower), np.minimum(self.upper, other.upper))

    def plus(self, other: Interval) -> Interval:
        """The sum of independent values."""
        return Interval(down(self.lower + other.lower), up(self.upper + other.upper))

    def minus(self, other: Interval) -> Interval:
        """The difference of independent values."""
        return Interval(down(self.lower - other.upper), up(self.upper - other.lower))

    def relu(self) -> Interval:
        """The image under relu."""
        return Interval(positive(self.lower), positive(self.upper))

    def __len__(self) -> int:
        return len(self.lower)


@dataclass(frozen=True, eq=False)
class Neurons:
    """What is known of one hidden layer on a region.

    Parameters
    ----------
    target : Interval
        z, before the target's relu.
    gap : Interval
        δz = z' - z.
    ticket : Interval
        z', before the ticket's relu.
    """

    target: Interval
    gap: Interval
    ticket: Interval

    @cached_property
    def both_on(self) -> NDArray[np.bool_]:
        """Neurons that pass in both networks."""
        return np.asarray((self.target.lower >= 0) & (self.ticket.lower >= 0))

    @cached_property
    def both_off(self) -> NDArray[np.bool_]:
        """Neurons that are zero in both networks."""
        return np.asarray((self.target.upper <= 0) & (self.ticket.upper <= 0))

    @cached_property
    def gap_after(self) -> Interval:
        """relu(z') - relu(z)."""
        gap, before, after = self.gap, self.target.relu(), self.ticket.relu()
        lower = np.where(self.both_on, gap.lower, np.where(self.both_off, 0.0, np.minimum(gap.lower, 0.0)))
        upper = np.where(self.both_on, gap.upper, np.where(self.both_off, 0.0, np.maximum(gap.upper, 0.0)))
        return Interval(lower, upper).meet(after.minus(before))

    def narrowed(self, target: Interval, gap: Interval) -> Neurons:
        """With further enclosures of z and δz."""
        target, gap = self.target.meet(target), self.gap.meet(gap)
        return Neurons(target, gap, self.ticket.meet(target.plus(gap)))

    @property
    def finite(self) -> bool:
        """Whether no bound has overflowed."""
        ends = (self.target.lower, self.target.upper, self.gap.lower, self.gap.upper)
        return all(bool(np.isfinite(end).all()) for end in ends)


def entered(pair: Pair, inputs: Inputs) -> Neurons:
    """The first layer: exact maxima over the region, one a row."""
    target = _form(pair.target, inputs, pair.bias, np.zeros_like(pair.bias))
    gap = _form(pair.gap, inputs, pair.shift, pair.shift_error)
    ticket = _form(pair.ticket, inputs, pair.ticket_bias, _bias_error(pair))
    return Neurons(target, gap, ticket.meet(target.plus(gap)))


def passed(pair: Pair, before: Neurons) -> Neurons:
    """A later layer, from the one before: z in W h + b, δz in V δh + D h + e, z' in V h' + c."""
    h, gap_h, ticket_h = before.target.relu(), before.gap_after, before.ticket.relu()
    target = affine(pair.target, h).plus(Interval(pair.bias, pair.bias))
    shift = Interval(down(pair.shift - pair.shift_error), up(pair.shift + pair.shift_error))
    gap = affine(pair.ticket, gap_h).plus(affine(pair.gap, h)).plus(shift)
    error = _bias_error(pair)
    bias = Interval(down(pair.ticket_bias - error), up(pair.ticket_bias + error))
    ticket = affine(pair.ticket, ticket_h).plus(bias)
    return Neurons(target, gap, ticket.meet(target.plus(gap)))


def affine(matrix: Matrix, interval: Interval) -> Interval:
    """An enclosure of matrix times a vector of the interval, in centre and radius form."""
    rounding = gamma(len(interval))
    centre = interval.lower / 2 + interval.upper / 2
    radius = up(np.maximum(interval.upper - centre, centre - interval.lower))
    middle = matrix.value @ centre
    mass = radius + rounding * (np.abs(centre) + radius)
    spread = inflated(matrix.magnitude @ mass) + FLOOR
    if matrix.error is not None:
        spread = inflated(spread + matrix.error @ interval.magnitude)
    # FLOOR covers underflow below 2^-1022 per product, in `middle` and in `spread`
    return Interval(down(middle - spread), up(middle + spread))


def _form(matrix: Matrix, inputs: Inputs, offset: Floats, error: Floats) -> Interval:
    slack = error + inflated(matrix.charge(inputs.magnitude, 8 * UNIT))
    upper = up(up(inputs.maximum(matrix.value) + offset) + slack)
    lower = up(up(inputs.maximum(-matrix.value) - offset) + slack)
    return Interval(-lower, upper)


def _bias_error(pair: Pair) -> Floats:
    return inflated(pair.shift_error + 4 * UNIT * (np.abs(pair.bias) + np.abs(pair.shift)))
