"""The 2-norm step: ‖z_l‖₂ and ‖δz_l‖₂ over a region, and relu as half of z plus a remainder of bounded 2-norm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.certify.backward import Gate, Rows, bent
from slth.certify.inputs import Inputs
from slth.certify.intervals import Interval, Neurons
from slth.certify.lines import Lines, gap_lines, relu_lines
from slth.certify.operators import Matrix
from slth.certify.pairs import Difference, Pair, dense
from slth.certify.rounding import FLOOR, UNIT, Floats, gamma, inflated, largest, length, negative, positive, up
from slth.certify.spheres import OWN, Members, Origin, Sphere


@dataclass(frozen=True)
class Radii:
    """Upper bounds of ‖z‖₂ and ‖δz‖₂ of one hidden layer."""

    target: float
    gap: float


def radii(model: Difference, pairs: Sequence[Pair], inputs: Inputs, hidden: Sequence[Neurons]) -> list[Radii]:
    """The radii of every hidden layer, each the smaller of the norm recursion and of the interval bounds."""
    out: list[Radii] = []
    h = after = 0.0
    for index, (pair, neurons) in enumerate(zip(pairs, hidden, strict=False)):
        if index == 0:
            target, gap = _first(model, pair, inputs)
        else:
            target = _sum(dense(pair.target).norm * h, length(pair.bias))
            error = length(pair.shift) + length(pair.shift_error)
            gap = _sum(dense(pair.ticket).norm * after, dense(pair.gap).norm * h, error)
        target = min(target, length(neurons.target.magnitude))
        gap = min(gap, length(neurons.gap.magnitude))
        out.append(Radii(target, gap))
        h = min(target, length(neurons.target.relu().upper))
        after = min(gap, length(neurons.gap_after.magnitude))  # relu is 1-Lipschitz
    return out


def norm_product(model: Difference, inputs: Inputs) -> float:
    """‖δz_L‖₂ by spectral norms alone: the sum over layers of (product of later ‖V‖) ‖D‖ ‖(h, 1)‖, for comparison.

    inf where there is more than dense layers and relu in a sequence.
    """
    if not model.program.plain or any(layer.remainder is not None for layer in model.layers):
        return math.inf
    h, gap = inputs.size, 0.0
    even, odd = model.halves
    for index, pair in enumerate(model.pairs):
        error = length(pair.shift) + length(pair.shift_error)
        change = odd.norm + even.norm if index == 0 and even is not None else dense(pair.gap).norm
        gap = _sum(dense(pair.ticket).norm * gap, change * h, error)
        h = _sum((model.plain if index == 0 else dense(pair.target)).norm * h, length(pair.bias))
    return gap


def _first(model: Difference, pair: Pair, inputs: Inputs) -> tuple[float, float]:
    even, odd = model.halves
    centre, radius = inputs.middle
    target = _sum(_at(model.plain, centre, pair.bias), model.plain.norm * radius)
    error = length(pair.shift_error)
    if even is None:
        return target, _sum(_at(odd, centre, pair.shift), odd.norm * radius, error)
    # D⁺x⁺ - D⁻x⁻ = odd x + even |x|, and |x| lies in a box of its own
    lower, upper = inputs.region.lower, inputs.region.upper
    low = np.where(inputs.crossing, 0.0, np.minimum(np.abs(lower), np.abs(upper)))
    high = largest(lower, upper)
    middle = low / 2 + high / 2
    spread = length(up(np.maximum(high - middle, middle - low)))
    both = _at2(odd, centre, even, middle, pair.shift)
    return target, _sum(both, odd.norm * radius, even.norm * spread, error)


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
    """A relu whose rows take the smallest of the remainders that the lines, 2-norms and scaled 2-norms leave.

    Parameters
    ----------
    radii : Radii
    target_origin, gap_origin : Origin or None
        Where z and δz come from, for scaled 2-norms.
    plain : bool
        One set of scales for all rows, and each row wholly by lines or wholly by the ball: what FORMAT.md's R5 does.
    """

    radii: Radii
    target_origin: Origin | None
    gap_origin: Origin | None
    plain: bool

    @classmethod
    def rounded(
        cls, neurons: Neurons, radii: Radii, origins: tuple[Origin, Origin] | None, plain: bool = False
    ) -> BallGate:
        """The lines that the intervals allow, and the balls."""
        target, gap = origins if origins is not None else (None, None)
        return cls(neurons, relu_lines(neurons.target), gap_lines(neurons), radii, target, gap, plain)

    def through(self, rows: Rows) -> Rows:
        """From (δh, h) to (δz, z)."""
        constant, slack = rows.constant, rows.slack
        gap = target = None
        if rows.gap is not None:
            unsure = ~(self.neurons.both_on | self.neurons.both_off)
            half = np.where(unsure, 0.5, self.gap.above_slope)
            option = Option(half, np.abs(rows.gap) * (0.5 * unsure), self.radii.gap, self.gap_origin, self.plain)
            gap, extra, charge = option.smaller(rows.gap, self.gap, self.neurons.gap)
            constant, slack = constant + extra, slack + charge
        if rows.target is not None:
            cut = (self.neurons.target.lower < 0) & (self.neurons.target.upper > 0)
            half = np.where(cut, 0.5, self.target.above_slope)
            remainder = positive(rows.target) * (0.5 * cut)  # relu(z) = z/2 + |z|/2 is at least z/2
            option = Option(half, remainder, self.radii.target, self.target_origin, self.plain)
            target, extra, charge = option.smaller(rows.target, self.target, self.neurons.target)
            constant, slack = constant + extra, slack + charge
        return Rows(gap, target, constant, slack + 8 * UNIT * np.abs(constant))


@dataclass(frozen=True, eq=False)
class Option:
    """Fixed slopes, with a remainder of sum_j c_j |v_j| at most.

    Parameters
    ----------
    slopes : array (width,)
        0, 1/2 or 1: products with them are exact.
    remainder : array (rows, width)
        c >= 0, one row a functional.
    radius : float
        At least ‖v‖₂.
    origin : Origin or None
    plain : bool
        As in `BallGate`.
    """

    slopes: Floats
    remainder: Floats
    radius: float
    origin: Origin | None
    plain: bool

    def smaller(self, rows: Floats, lines: Lines, interval: Interval) -> tuple[Floats, Floats, Floats]:
        """As `bent`, but neuron by neuron by these slopes or by the lines, whichever looks smaller in the middle."""
        middle = interval.lower / 2 + interval.upper / 2
        gains = _gains(rows, lines, middle) - rows * self.slopes * middle
        choose = _whole if self.plain else _mixed
        chosen, added = np.zeros(rows.shape, bool), np.zeros(len(rows))
        best = np.zeros(len(rows))  # what is saved beside the lines

        def saves(members: Members, sphere: Sphere) -> bool:
            return bool((choose(sphere, self.remainder[members], gains[members])[2] > best[members]).any())

        def take(members: Members, sphere: Sphere) -> None:
            part, cost, saved = choose(sphere, self.remainder[members], gains[members])
            keep = saved > best[members]
            better = members[keep]
            chosen[better], added[better], best[better] = part[keep], cost[keep], saved[keep]

        if self.origin is None or not self.plain:
            take(np.arange(len(rows)), Sphere(np.ones(rows.shape[1]), np.zeros(rows.shape[1]), self.radius))
        if self.origin is not None:
            for members, sphere in self.origin.spheres(self.remainder, saves, 0 if self.plain else OWN):
                take(members, sphere)
        out, extra, charge = bent(np.where(chosen, 0.0, rows), lines, interval)
        out = out + np.where(chosen, rows * self.slopes, 0.0)
        return out, extra + added, charge + 4 * UNIT * (extra + added) + FLOOR


def _gains(rows: Floats, lines: Lines, middle: Floats) -> Floats:
    above, below = positive(rows), negative(rows)
    return above * (lines.above_slope * middle + lines.above) + below * (lines.below_slope * middle + lines.below)


def _whole(sphere: Sphere, remainder: Floats, gains: Floats) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """As `_mixed`, but all neurons of a row or none."""
    cost = sphere.remainder(remainder)
    saved = gains.sum(axis=1) - cost
    return np.broadcast_to(np.array(True), gains.shape), cost, saved


def _mixed(sphere: Sphere, remainder: Floats, gains: Floats) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Which neurons of each row to bound by the sphere, at what cost, and what that saves beside the lines."""
    chosen = remainder > 0
    for _ in range(4):
        chosen &= sphere.shares(np.where(chosen, remainder, 0.0)) < gains
    cost = sphere.remainder(np.where(chosen, remainder, 0.0))
    return chosen, cost, np.where(chosen, gains, 0.0).sum(axis=1) - cost
