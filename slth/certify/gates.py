"""What is known of both networks after an activation, a maximum or a sum."""

from __future__ import annotations

import numpy as np

from slth.certify.intervals import Interval, Neurons, affine
from slth.certify.lines import gap_slopes
from slth.certify.operators import Mean, Slice
from slth.certify.rounding import UNIT, down, up
from slth.certify.smooth import enclosed
from slth.certify.steps import Repeat
from slth.core.network import Activation


def activated(activation: Activation, before: Neurons) -> Neurons:
    """After an activation."""
    if activation.kind in ("tanh", "sigmoid"):
        return _smoothed(activation, before)
    if activation.slope == 0:
        return before.relu()
    target, ticket = _leaked(before.target, activation.slope), _leaked(before.ticket, activation.slope)
    relu = before.gap_after
    # δh = leak δz + (1 - leak) (what a relu leaves of δz); the factors may be off by one rounding
    leak, rest = activation.slope, 1.0 - activation.slope
    parts = [(leak * before.gap.lower, rest * relu.lower), (leak * before.gap.upper, rest * relu.upper)]
    errors = [4 * UNIT * (np.abs(left) + np.abs(right)) for left, right in parts]
    lower, upper = down(sum(parts[0]) - errors[0]), up(sum(parts[1]) + errors[1])
    lower = np.where(before.both_on, before.gap.lower, lower)
    upper = np.where(before.both_on, before.gap.upper, upper)
    return Neurons(target, Interval(lower, upper), ticket, before.repeat)


def _leaked(interval: Interval, leak: float) -> Interval:
    lower = np.where(interval.lower < 0, down(leak * interval.lower), interval.lower)
    return Interval(lower, np.where(interval.upper < 0, up(leak * interval.upper), interval.upper))


def _smoothed(activation: Activation, before: Neurons) -> Neurons:
    kind, gap = activation.kind, before.gap
    target = Interval(enclosed(kind, before.target.lower)[0], enclosed(kind, before.target.upper)[1])
    ticket = Interval(enclosed(kind, before.ticket.lower)[0], enclosed(kind, before.ticket.upper)[1])
    found = gap_slopes(before, activation)
    lower = down(np.where(gap.lower < 0, found.large, found.small) * gap.lower)
    upper = up(np.where(gap.upper > 0, found.large, found.small) * gap.upper)
    after = Neurons(target, Interval(lower, upper), ticket, before.repeat)
    return Neurons(target, after.gap.meet(ticket.minus(after.beside)), ticket, before.repeat)


def versus(left: Neurons, right: Neurons) -> Neurons:
    """p - q in both networks."""
    target, gap = left.target.minus(right.target), left.gap.minus(right.gap)
    own = left.ticket.minus(right.ticket)
    known = Neurons(target, gap, own, left.repeat)
    return Neurons(target, gap, own.meet(known.beside.plus(gap)), left.repeat)


def larger(left: Neurons, right: Neurons, difference: Neurons) -> Neurons:
    """max(p, q) in both networks."""
    target, ticket = _larger(left.target, right.target), _larger(left.ticket, right.ticket)
    on, off = difference.both_on, difference.both_off
    lower = np.where(on, left.gap.lower, np.where(off, right.gap.lower, np.minimum(left.gap.lower, right.gap.lower)))
    upper = np.where(on, left.gap.upper, np.where(off, right.gap.upper, np.maximum(left.gap.upper, right.gap.upper)))
    return Neurons(target, Interval(lower, upper), ticket, left.repeat)


def _larger(left: Interval, right: Interval) -> Interval:
    return Interval(np.maximum(left.lower, right.lower), np.maximum(left.upper, right.upper))


def viewed(view: Mean | Slice | None, neurons: Neurons) -> Neurons:
    """Through a mean or a slice of pictures."""
    if view is None:
        return neurons
    parts = [_viewed(view, part) for part in (neurons.target, neurons.gap, neurons.ticket)]
    repeat = neurons.repeat
    if repeat.copies > 1:  # a run is now as long as the smaller picture
        repeat = Repeat(repeat.copies, repeat.block * len(parts[0]) // len(neurons.target))
    return Neurons(parts[0], parts[1], parts[2], repeat)


def _viewed(view: Mean | Slice, interval: Interval) -> Interval:
    if isinstance(view, Mean):
        return affine(view, interval)
    return Interval(view.forward(interval.lower), view.forward(interval.upper))


def added(left: Neurons, right: Neurons) -> Neurons:
    """The sum of two values."""
    target, gap = left.target.plus(right.target), left.gap.plus(right.gap)
    return Neurons(target, gap, left.ticket.plus(right.ticket), left.repeat)
