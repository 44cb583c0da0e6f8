"""The backward pass: rows F <= constant + slack + A . δ + B . h, carried from a value down to the inputs.

Every step replaces a row by a larger one, on the region. Coefficients are choices: what rounding changed in them is
charged to `slack`, times the largest value of what they multiply (see `rounding`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from slth.certify.inputs import Inputs
from slth.certify.intervals import Interval, Neurons
from slth.certify.lines import Lines, gap_lines, target_lines
from slth.certify.operators import Mean, Slice
from slth.certify.pairs import Pair
from slth.certify.rounding import FLOOR, UNIT, Floats, gamma, inflated, negative, positive, up
from slth.core.network import Activation


@dataclass(frozen=True, eq=False)
class Rows:
    """Upper bounds of linear functionals, one a row.

    Parameters
    ----------
    gap : array (rows, width) or None for zero
        Coefficients of δz (or δh) of the value reached so far.
    target : array (rows, width) or None for zero
        Coefficients of z (or h).
    constant, slack : arrays (rows,)
        slack >= 0 collects what rounding may have done.
    """

    gap: Floats | None
    target: Floats | None
    constant: Floats
    slack: Floats


class Way(Protocol):
    """A step on a region, seen from behind."""

    def back(self, rows: Rows) -> tuple[Rows, ...]:
        """Rows over each value that feeds the step; all have the same constant and slack."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One affine layer on a region, with what rounding costs there per unit of a row's coefficient.

    Parameters
    ----------
    pair : Pair
    neurons : Neurons or None
        What is known of the layer's inputs, None for the network's inputs.
    gap_charge, target_charge : arrays (out,)
    floor : float
        Underflow per row.
    """

    pair: Pair
    neurons: Neurons | None
    gap_charge: Floats
    target_charge: Floats
    floor: float

    @classmethod
    def of(cls, pair: Pair, neurons: Neurons | None, inputs: Inputs) -> Stage:
        """The charges, from the largest values of what the layer reads."""
        h = inputs.magnitude if neurons is None else neurons.target.magnitude
        rounding = gamma(2 * pair.ticket.terms)
        size = sum(pair.ticket.shape)
        floor = (1 + float(h.sum())) * FLOOR * size
        target = pair.target.charge(h, rounding) + rounding * np.abs(pair.bias)
        gap = pair.gap.charge(h, rounding) + rounding * np.abs(pair.shift) + pair.shift_error
        if neurons is not None:
            after = neurons.gap.magnitude
            floor += float(after.sum()) * FLOOR * size
            gap = gap + pair.ticket.charge(after, rounding)
        return cls(pair, neurons, inflated(gap) + floor, inflated(target) + floor, floor)

    def gap_rows(self, start: int = 0, stop: int | None = None) -> Rows:
        """+δz and -δz of neurons start, ..., stop - 1 of the layer, in terms of the layer's inputs."""
        pair, part = self.pair, slice(start, stop)
        stop = len(pair.shift) if stop is None else stop
        ticket = None if self.neurons is None else _both(pair.ticket.rows(start, stop))
        shift, charge = _both(pair.shift[part]), _both(self.gap_charge[part], 1.0)
        return Rows(ticket, _both(pair.gap.rows(start, stop)), shift, charge)

    def target_rows(self, start: int = 0, stop: int | None = None) -> Rows:
        """+z and -z of neurons start, ..., stop - 1 of the layer."""
        pair, part = self.pair, slice(start, stop)
        rows = _both(pair.target.rows(start, len(pair.bias) if stop is None else stop))
        return Rows(None, rows, _both(pair.bias[part]), _both(self.target_charge[part], 1.0))

    def through(self, rows: Rows) -> Rows:
        """From (δz, z) of the layer to (δh, h) of what it reads; the product of A and the gap stays one term."""
        pair, constant = self.pair, rows.constant
        slack = rows.slack + self.floor
        gap = target = None
        if rows.gap is not None:
            gap = None if self.neurons is None else pair.ticket.back(rows.gap)
            target = pair.gap.back(rows.gap)
            constant = constant + rows.gap @ pair.shift
            slack = slack + np.abs(rows.gap) @ self.gap_charge
        if rows.target is not None:
            through = pair.target.back(rows.target)
            target = through if target is None else target + through
            constant = constant + rows.target @ pair.bias
            slack = slack + np.abs(rows.target) @ self.target_charge
        return Rows(gap, target, constant, slack + 8 * UNIT * np.abs(constant))

    def back(self, rows: Rows) -> tuple[Rows, ...]:
        """As `through`."""
        return (self.through(rows),)


@dataclass(frozen=True, eq=False)
class Gate:
    """The activation of one hidden layer: its lines for h on z and for δh on δz."""

    neurons: Neurons
    target: Lines
    gap: Lines

    @classmethod
    def of(cls, neurons: Neurons, activation: Activation) -> Gate:
        """The lines that the intervals allow."""
        return cls(neurons, target_lines(activation, neurons.target), gap_lines(neurons, activation))

    def through(self, rows: Rows) -> Rows:
        """From (δh, h) to (δz, z): the upper line where a coefficient is positive, the lower where it is negative."""
        constant, slack = rows.constant, rows.slack
        gap = target = None
        if rows.gap is not None:
            gap, extra, charge = bent(rows.gap, self.gap, self.neurons.gap)
            constant, slack = constant + extra, slack + charge
        if rows.target is not None:
            target, extra, charge = bent(rows.target, self.target, self.neurons.target)
            constant, slack = constant + extra, slack + charge
        return Rows(gap, target, constant, slack + 8 * UNIT * np.abs(constant))

    def back(self, rows: Rows) -> tuple[Rows, ...]:
        """As `through`."""
        return (self.through(rows),)


def bent(rows: Floats, lines: Lines, interval: Interval) -> tuple[Floats, Floats, Floats]:
    """Coefficients after an activation, the constant that the lines add, and the charge for rounding."""
    above, below = positive(rows), negative(rows)
    out = above * lines.above_slope + below * lines.below_slope
    extra = above @ lines.above + below @ lines.below
    mass = above @ np.abs(lines.above) - below @ np.abs(lines.below) if lines.offset else extra
    floor = FLOOR * (1 + float(interval.magnitude.sum())) * len(interval)
    charge = 2 * UNIT * (np.abs(out) @ interval.magnitude) + gamma(2 * len(interval)) * mass + floor
    return out, extra, charge


@dataclass(frozen=True, eq=False)
class Fork:
    """max(p, q) = q + relu(p - q).

    Parameters
    ----------
    gate : Gate
        The relu of p - q.
    other : Neurons
        q.
    views : pair of Slice or None
        How p and q lie in the values that feed the step.
    """

    gate: Gate
    other: Neurons
    views: tuple[Slice | None, Slice | None]

    def back(self, rows: Rows) -> tuple[Rows, ...]:
        """Over what p and q are taken from."""
        through = self.gate.through(rows)
        slack = through.slack
        rest: list[Floats | None] = []
        for before, after, known in (
            (rows.gap, through.gap, self.other.gap),
            (rows.target, through.target, self.other.target),
        ):
            rest.append(None if before is None or after is None else before - after)
            if before is not None and after is not None:
                slack = slack + 2 * UNIT * ((np.abs(before) + np.abs(after)) @ known.magnitude)
        left = Rows(_seen(self.views[0], through.gap), _seen(self.views[0], through.target), through.constant, slack)
        right = Rows(_seen(self.views[1], rest[0]), _seen(self.views[1], rest[1]), through.constant, slack)
        return left, right


@dataclass(frozen=True, eq=False)
class Sum:
    """The sum of `count` values, seen through a mean or a slice, with what rounding costs per unit of a coefficient."""

    count: int
    view: Mean | Slice | None
    gap_charge: Floats | None = None
    target_charge: Floats | None = None

    @classmethod
    def of(cls, count: int, view: Mean | Slice | None, before: Neurons) -> Sum:
        """The charges, from the largest values of what is averaged."""
        if not isinstance(view, Mean):
            return cls(count, view)
        charges = []
        for interval in (before.gap, before.target):
            floor = FLOOR * (1 + float(interval.magnitude.sum())) * len(interval)
            charges.append(inflated(view.charge(interval.magnitude, gamma(2 * view.terms))) + floor)
        return cls(count, view, charges[0], charges[1])

    def back(self, rows: Rows) -> tuple[Rows, ...]:
        """The same rows for every value."""
        slack = rows.slack
        for part, charge in ((rows.gap, self.gap_charge), (rows.target, self.target_charge)):
            if part is not None and charge is not None:
                slack = slack + np.abs(part) @ charge + FLOOR
        out = Rows(_seen(self.view, rows.gap), _seen(self.view, rows.target), rows.constant, slack)
        return (out,) * self.count


def concrete(rows: Rows, inputs: Inputs) -> Floats:
    """Upper bounds of rows over the inputs."""
    top = rows.constant if rows.target is None else up(rows.constant + inputs.maximum(rows.target))
    return up(top + inflated(rows.slack))


def two_sided(uppers: Floats) -> Interval:
    """The interval from the upper bounds of +v and of -v, one after the other."""
    count = len(uppers) // 2
    return Interval(-uppers[count:], uppers[:count])


def _seen(view: Mean | Slice | None, rows: Floats | None) -> Floats | None:
    return rows if view is None or rows is None else view.back(rows)


def _both(values: Floats, sign: float = -1.0) -> Floats:
    return np.concatenate([values, sign * values])
