"""The backward pass: rows F <= constant + slack + A . δ + B . h, carried from a layer's output down to the inputs.

Every step replaces a row by a larger one, on the region. Coefficients are choices: what rounding changed in them is
charged to `slack`, times the largest value of what they multiply (see `rounding`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slth.certify.difference import Pair
from slth.certify.inputs import Inputs
from slth.certify.intervals import Interval, Neurons
from slth.certify.lines import Lines, gap_lines, relu_lines
from slth.certify.rounding import FLOOR, UNIT, Floats, gamma, inflated, negative, positive, up


@dataclass(frozen=True, eq=False)
class Rows:
    """Upper bounds of linear functionals, one a row.

    Parameters
    ----------
    gap : array (rows, width) or None for zero
        Coefficients of δz (or δh) of the layer reached so far.
    target : array (rows, width) or None for zero
        Coefficients of z (or h).
    constant, slack : arrays (rows,)
        slack >= 0 collects what rounding may have done.
    """

    gap: Floats | None
    target: Floats | None
    constant: Floats
    slack: Floats


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
        h = inputs.magnitude if neurons is None else neurons.target.relu().magnitude
        rounding = gamma(2 * sum(pair.shape))
        floor = (1 + float(h.sum())) * FLOOR * sum(pair.shape)
        target = pair.target.charge(h, rounding) + rounding * np.abs(pair.bias)
        gap = pair.gap.charge(h, rounding) + rounding * np.abs(pair.shift) + pair.shift_error
        if neurons is not None:
            after = neurons.gap_after.magnitude
            floor += float(after.sum()) * FLOOR * sum(pair.shape)
            gap = gap + pair.ticket.charge(after, rounding)
        return cls(pair, neurons, inflated(gap) + floor, inflated(target) + floor, floor)

    def gap_rows(self) -> Rows:
        """+δz and -δz of every neuron of the layer, in terms of the layer's inputs."""
        pair = self.pair
        ticket = None if self.neurons is None else _both(pair.ticket.value)
        return Rows(ticket, _both(pair.gap.value), _both(pair.shift), _both(self.gap_charge, 1.0))

    def target_rows(self) -> Rows:
        """+z and -z of every neuron of the layer."""
        pair = self.pair
        return Rows(None, _both(pair.target.value), _both(pair.bias), _both(self.target_charge, 1.0))

    def through(self, rows: Rows) -> Rows:
        """From (δz, z) of the layer to (δh, h) of what it reads; the product of A and the gap stays one term."""
        pair, constant = self.pair, rows.constant
        slack = rows.slack + self.floor
        gap = target = None
        if rows.gap is not None:
            gap = None if self.neurons is None else rows.gap @ pair.ticket.value
            target = rows.gap @ pair.gap.value
            constant = constant + rows.gap @ pair.shift
            slack = slack + np.abs(rows.gap) @ self.gap_charge
        if rows.target is not None:
            through = rows.target @ pair.target.value
            target = through if target is None else target + through
            constant = constant + rows.target @ pair.bias
            slack = slack + np.abs(rows.target) @ self.target_charge
        return Rows(gap, target, constant, slack + 8 * UNIT * np.abs(constant))


@dataclass(frozen=True, eq=False)
class Gate:
    """The relu of one hidden layer: its lines for h on z and for δh on δz."""

    neurons: Neurons
    target: Lines
    gap: Lines

    @classmethod
    def of(cls, neurons: Neurons) -> Gate:
        """The lines that the intervals allow."""
        return cls(neurons, relu_lines(neurons.target), gap_lines(neurons))

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


def bent(rows: Floats, lines: Lines, interval: Interval) -> tuple[Floats, Floats, Floats]:
    """Coefficients after a relu, the constant that the lines add (>= 0), and the charge for rounding."""
    above, below = positive(rows), negative(rows)
    out = above * lines.above_slope + below * lines.below_slope
    extra = above @ lines.above + below @ lines.below
    floor = FLOOR * (1 + float(interval.magnitude.sum())) * len(interval)
    charge = 2 * UNIT * (np.abs(out) @ interval.magnitude) + gamma(2 * len(interval)) * extra + floor
    return out, extra, charge


def bound(rows: Rows, stages: list[Stage], gates: list[Gate], inputs: Inputs) -> Floats:
    """Upper bounds of rows over (δh, h) of gate number len(gates) - 1, carried down to the inputs."""
    for gate, stage in zip(reversed(gates), reversed(stages[: len(gates)]), strict=True):
        rows = stage.through(gate.through(rows))
    return concrete(rows, inputs)


def concrete(rows: Rows, inputs: Inputs) -> Floats:
    """Upper bounds of rows over the inputs."""
    top = rows.constant if rows.target is None else up(rows.constant + inputs.maximum(rows.target))
    return up(top + inflated(rows.slack))


def two_sided(uppers: Floats) -> Interval:
    """The interval from the upper bounds of +v and of -v, one after the other."""
    count = len(uppers) // 2
    return Interval(-uppers[count:], uppers[:count])


def _both(values: Floats, sign: float = -1.0) -> Floats:
    return np.concatenate([values, sign * values])
