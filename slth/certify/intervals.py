"""Forward intervals of (z, δz, z') through affine layers, and what holds of all three at one place of a network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from slth.certify.inputs import Inputs
from slth.certify.operators import Kernel, Mean, Operator
from slth.certify.pairs import Pair
from slth.certify.rounding import FLOOR, UNIT, Floats, down, gamma, inflated, largest, positive, up
from slth.certify.steps import ONCE, Repeat


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
    """What is known of one value of both networks on a region: z and h stand for the target's, z' and h' the ticket's.

    Parameters
    ----------
    target : Interval
        z.
    gap : Interval
        δz = z' - z, z repeated where the ticket has copies.
    ticket : Interval
        z'.
    repeat : Repeat
        How z is repeated.
    """

    target: Interval
    gap: Interval
    ticket: Interval
    repeat: Repeat = ONCE

    @cached_property
    def beside(self) -> Interval:
        """z, repeated for every copy."""
        if self.repeat.copies == 1:
            return self.target
        return Interval(self.repeat(self.target.lower), self.repeat(self.target.upper))

    @cached_property
    def both_on(self) -> NDArray[np.bool_]:
        """Neurons that pass a relu in both networks."""
        return np.asarray((self.beside.lower >= 0) & (self.ticket.lower >= 0))

    @cached_property
    def both_off(self) -> NDArray[np.bool_]:
        """Neurons that a relu makes zero in both networks."""
        return np.asarray((self.beside.upper <= 0) & (self.ticket.upper <= 0))

    @cached_property
    def gap_after(self) -> Interval:
        """relu(z') - relu(z)."""
        gap, before, after = self.gap, self.beside.relu(), self.ticket.relu()
        lower = np.where(self.both_on, gap.lower, np.where(self.both_off, 0.0, np.minimum(gap.lower, 0.0)))
        upper = np.where(self.both_on, gap.upper, np.where(self.both_off, 0.0, np.maximum(gap.upper, 0.0)))
        return Interval(lower, upper).meet(after.minus(before))

    def relu(self) -> Neurons:
        """What is known after a relu."""
        return Neurons(self.target.relu(), self.gap_after, self.ticket.relu(), self.repeat)

    def narrowed(self, target: Interval, gap: Interval) -> Neurons:
        """With further enclosures of z and δz."""
        near = Neurons(self.target.meet(target), self.gap.meet(gap), self.ticket, self.repeat)
        return Neurons(near.target, near.gap, self.ticket.meet(near.beside.plus(near.gap)), self.repeat)

    @property
    def negative(self) -> bool:
        """Whether z or z' can be negative somewhere."""
        return bool((self.target.lower < 0).any() or (self.ticket.lower < 0).any())

    @property
    def finite(self) -> bool:
        """Whether no bound has overflowed."""
        ends = (self.target.lower, self.target.upper, self.gap.lower, self.gap.upper)
        return all(bool(np.isfinite(end).all()) for end in ends)


def given(inputs: Inputs) -> Neurons:
    """The network's input, the same for both."""
    known, zero = Interval(inputs.region.lower, inputs.region.upper), np.zeros(inputs.width)
    return Neurons(known, Interval(zero, zero), known)


def entered(pair: Pair, inputs: Inputs) -> Neurons:
    """A layer that reads the network's input: exact maxima over the region, one a row."""
    target = _form(pair.target, inputs, pair.bias, np.zeros_like(pair.bias))
    gap = _form(pair.gap, inputs, pair.shift, pair.shift_error)
    ticket = _form(pair.ticket, inputs, pair.ticket_bias, _bias_error(pair))
    return _joined(target, gap, ticket, pair.repeat)


def passed(pair: Pair, before: Neurons) -> Neurons:
    """A later layer, from what it reads: z in W h + b, δz in V δh + D h + e, z' in V h' + c."""
    target = affine(pair.target, before.target).plus(Interval(pair.bias, pair.bias))
    shift = Interval(down(pair.shift - pair.shift_error), up(pair.shift + pair.shift_error))
    gap = affine(pair.ticket, before.gap).plus(affine(pair.gap, before.target)).plus(shift)
    error = _bias_error(pair)
    bias = Interval(down(pair.ticket_bias - error), up(pair.ticket_bias + error))
    ticket = affine(pair.ticket, before.ticket).plus(bias)
    return _joined(target, gap, ticket, pair.repeat)


def affine(operator: Operator | Mean, interval: Interval) -> Interval:
    """An enclosure of a linear map of a vector of the interval, in centre and radius form."""
    rounding = gamma(operator.terms)
    centre = interval.lower / 2 + interval.upper / 2
    radius = up(np.maximum(interval.upper - centre, centre - interval.lower))
    middle = operator.forward(centre)
    mass = radius + rounding * (np.abs(centre) + radius)
    spread = inflated(operator.spread(mass)) + FLOOR
    if not isinstance(operator, Mean) and operator.error is not None:
        spread = inflated(spread + operator.charge(interval.magnitude, 0.0))
    # FLOOR covers underflow below 2^-1022 per product, in `middle` and in `spread`
    return Interval(down(middle - spread), up(middle + spread))


def _joined(target: Interval, gap: Interval, ticket: Interval, repeat: Repeat) -> Neurons:
    """z' also is z + δz."""
    known = Neurons(target, gap, ticket, repeat)
    return Neurons(target, gap, ticket.meet(known.beside.plus(gap)), repeat)


def _form(operator: Operator, inputs: Inputs, offset: Floats, error: Floats) -> Interval:
    slack = error + inflated(operator.charge(inputs.magnitude, 8 * UNIT))
    if isinstance(operator, Kernel):
        top, bottom = inputs.maxima(operator)
    else:
        top, bottom = inputs.maximum(operator.value), inputs.maximum(-operator.value)
    upper = up(up(top + offset) + slack)
    lower = up(up(bottom - offset) + slack)
    return Interval(-lower, upper)


def _bias_error(pair: Pair) -> Floats:
    return inflated(pair.shift_error + 4 * UNIT * (np.abs(pair.repeat(pair.bias)) + np.abs(pair.shift)))
