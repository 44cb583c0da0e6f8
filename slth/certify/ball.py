"""The 2-norm step: ‖z_l‖₂ and ‖δz_l‖₂ over a region, and relu as half of z plus a remainder of bounded 2-norm."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from slth.certify.backward import Gate, Rows, bent
from slth.certify.difference import Difference, Matrix
from slth.certify.inputs import Inputs
from slth.certify.intervals import Interval, Neurons
from slth.certify.lines import Lines, gap_lines, relu_lines
from slth.certify.rounding import FLOOR, UNIT, Floats, gamma, inflated, largest, length, lengths, positive, up


@dataclass(frozen=True)
class Radii:
    """Upper bounds of ‖z‖₂ and ‖δz‖₂ of one hidden layer."""

    target: float
    gap: float


def radii(model: Difference, inputs: Inputs, hidden: list[Neurons]) -> list[Radii]:
    """The radii of every hidden layer, each the smaller of the norm recursion and of the interval bounds."""
    out: list[Radii] = []
    h = after = 0.0
    for index, (pair, neurons) in enumerate(zip(model.layers, hidden, strict=False)):
        if index == 0:
            target, gap = _first(model, inputs)
        else:
            target = _sum(pair.target.norm * h, length(pair.bias))
            error = length(pair.shift) + length(pair.shift_error)
            gap = _sum(pair.ticket.norm * after, pair.gap.norm * h, error)
        target = min(target, length(neurons.target.magnitude))
        gap = min(gap, length(neurons.gap.magnitude))
        out.append(Radii(target, gap))
        h = min(target, length(neurons.target.relu().upper))
        after = min(gap, length(neurons.gap_after.magnitude))  # relu is 1-Lipschitz
    return out


def norm_product(model: Difference, inputs: Inputs) -> float:
    """‖δz_L‖₂ by spectral norms alone: the sum over layers of (product of later ‖V‖) ‖D‖ ‖(h, 1)‖, for comparison."""
    h, gap = inputs.size, 0.0
    for index, pair in enumerate(model.layers):
        error = length(pair.shift) + length(pair.shift_error)
        first = index == 0 and model.even is not None
        change = model.odd.norm + model.even.norm if first and model.even is not None else pair.gap.norm
        gap = _sum(pair.ticket.norm * gap, change * h, error)
        h = _sum((model.plain.norm if index == 0 else pair.target.norm) * h, length(pair.bias))
    return gap


def _first(model: Difference, inputs: Inputs) -> tuple[float, float]:
    pair = model.layers[0]
    centre, radius = inputs.middle
    target = _sum(_at(model.plain, centre, pair.bias), model.plain.norm * radius)
    error = length(pair.shift_error)
    if model.even is None:
        return target, _sum(_at(model.odd, centre, pair.shift), model.odd.norm * radius, error)
    # D⁺x⁺ - D⁻x⁻ = odd x + even |x|, and |x| lies in a box of its own
    lower, upper = inputs.region.lower, inputs.region.upper
    low = np.where(inputs.crossing, 0.0, np.minimum(np.abs(lower), np.abs(upper)))
    high = largest(lower, upper)
    middle = low / 2 + high / 2
    spread = length(up(np.maximum(high - middle, middle - low)))
    both = _at2(model.odd, centre, model.even, middle, pair.shift)
    return target, _sum(both, model.odd.norm * radius, model.even.norm * spread, error)


def _at(matrix: Matrix, x: Floats, offset: Floats) -> float:
    return _at2(matrix, x, None, x, offset)


def _at2(matrix: Matrix, x: Floats, second: Matrix | None, y: Floats, offset: Floats) -> float:
    """An upper bound of ‖matrix x + second y + offset‖₂."""
    rounding = gamma(3 * len(x))
    value = matrix.value @ x + offset
    charge = matrix.charge(np.abs(x), rounding) + rounding * np.abs(offset)
    if second is not None:
        value = value + second.value @ y
        charge = charge + second.charge(np.abs(y), rounding)
    floor = FLOOR * (1 + float(np.abs(x).sum() + np.abs(y).sum()))
    return _sum(length(value), length(inflated(charge + floor)))


def _sum(*terms: float) -> float:
    """The sum of non-negative numbers, rounded up."""
    return math.nextafter(math.fsum(terms) * (1 + 8 * UNIT), math.inf)


@dataclass(frozen=True, eq=False)
class BallGate(Gate):
    """A relu whose rows take the smaller of two remainders: the lines', or half slopes' with a 2-norm bound."""

    radii: Radii

    @classmethod
    def of_radii(cls, neurons: Neurons, radii: Radii) -> BallGate:
        """The lines that the intervals allow, and the radii."""
        return cls(neurons, relu_lines(neurons.target), gap_lines(neurons), radii)

    def through(self, rows: Rows) -> Rows:
        """From (δh, h) to (δz, z)."""
        constant, slack = rows.constant, rows.slack
        gap = target = None
        if rows.gap is not None:
            unsure = ~(self.neurons.both_on | self.neurons.both_off)
            half = np.where(unsure, 0.5, self.gap.above_slope)
            gap, extra, charge = _smaller(
                rows.gap, self.gap, self.neurons.gap, half, rows.gap * (0.5 * unsure), self.radii.gap
            )
            constant, slack = constant + extra, slack + charge
        if rows.target is not None:
            cut = (self.neurons.target.lower < 0) & (self.neurons.target.upper > 0)
            half = np.where(cut, 0.5, self.target.above_slope)
            remainder = positive(rows.target) * (0.5 * cut)  # relu(z) = z/2 + |z|/2 is at least z/2
            target, extra, charge = _smaller(
                rows.target, self.target, self.neurons.target, half, remainder, self.radii.target
            )
            constant, slack = constant + extra, slack + charge
        return Rows(gap, target, constant, slack + 8 * UNIT * np.abs(constant))


def _smaller(
    rows: Floats, lines: Lines, interval: Interval, half: Floats, remainder: Floats, radius: float
) -> tuple[Floats, Floats, Floats]:
    out, extra, charge = bent(rows, lines, interval)
    centred = rows * half  # exact: half is 0, 1/2 or 1
    round_extra = up(lengths(remainder) * radius)
    middle = interval.lower / 2 + interval.upper / 2
    better = round_extra < extra + (out - centred) @ middle
    out = np.where(better[:, None], centred, out)
    extra = np.where(better, round_extra, extra)
    return out, extra, charge + 2 * UNIT * extra + FLOOR
