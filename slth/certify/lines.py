"""Straight lines above and below an activation and its change, valid with their rounded intercepts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slth.certify.intervals import Interval, Neurons
from slth.certify.rounding import Floats, down, positive, up
from slth.certify.smooth import Slopes, enclosed, slopes
from slth.core.network import Activation

RELU = Activation("relu")


@dataclass(frozen=True, eq=False)
class Lines:
    """below_slope t + below <= value <= above_slope t + above; above >= 0 >= below unless `offset`."""

    below_slope: Floats
    below: Floats
    above_slope: Floats
    above: Floats
    offset: bool = False


def target_lines(activation: Activation, target: Interval) -> Lines:
    """h = φ(z) on z in [lower, upper]."""
    if activation.kind in ("tanh", "sigmoid"):
        return _smooth_lines(activation.kind, target)
    return relu_lines(target, activation.slope)


def relu_lines(target: Interval, leak: float = 0.0) -> Lines:
    """h = relu(z), or leak z for negative z: the chord above, one of the two pieces below.

    The activation is convex, so a line that is above it at both ends is above it between them; any slope will do, the
    intercept is what is rounded up.
    """
    lower, upper = target.lower, target.upper
    cut = (lower < 0) & (upper > 0)
    width = np.where(cut, upper - lower, 1.0)
    slope = np.where(cut, (positive(upper) - leak * lower) / width, np.where(lower >= 0, 1.0, leak))
    at_lower = up(leak * lower) if leak else np.zeros_like(lower)
    above = np.where(cut, _intercept(slope, lower, at_lower, upper, upper), 0.0)
    below = np.where(cut, np.where(upper > -lower, 1.0, leak), slope)
    return Lines(below, np.zeros_like(above), slope, above)


def gap_lines(neurons: Neurons, activation: Activation = RELU) -> Lines:
    """δh = φ(z + δz) - φ(z) on δz in [lower, upper]: some slope of φ between z and z', times δz.

    Source: ours, in the family of NeuroDiff (arXiv:2009.09943) and VeryDiff (arXiv:2410.20207).
    """
    return chords(neurons.gap, gap_slopes(neurons, activation))


def gap_slopes(neurons: Neurons, activation: Activation) -> Slopes:
    """The slopes that an activation can have between z and z'."""
    if activation.kind in ("tanh", "sigmoid"):
        lower = np.minimum(neurons.beside.lower, neurons.ticket.lower)
        return slopes(activation.kind, lower, np.maximum(neurons.beside.upper, neurons.ticket.upper))
    small = np.where(neurons.both_on, 1.0, activation.slope)
    return Slopes(small, np.where(neurons.both_off & ~neurons.both_on, activation.slope, 1.0))


def chords(interval: Interval, found: Slopes) -> Lines:
    """λ t on t in [lower, upper], for λ between two slopes.

    max(λ⁻ t, λ⁺ t) is convex and min(λ⁻ t, λ⁺ t) concave, so both ends decide.
    """
    lower, upper, small, large = interval.lower, interval.upper, found.small, found.large
    cut = (lower < 0) & (upper > 0) & (small < large)
    width = np.where(cut, upper - lower, 1.0)
    above_slope = np.where(cut, (large * upper - small * lower) / width, np.where(lower >= 0, large, small))
    below_slope = np.where(cut, (small * upper - large * lower) / width, np.where(lower < 0, large, small))
    above = _intercept(above_slope, lower, up(small * lower), upper, up(large * upper))
    below = -_intercept(-below_slope, lower, up(-large * lower), upper, up(-small * upper))
    return Lines(below_slope, np.where(cut, below, 0.0), above_slope, np.where(cut, above, 0.0))


def _smooth_lines(kind: str, target: Interval) -> Lines:
    """φ(z) = φ(c) + λ (z - c) around the middle c."""
    middle = target.lower / 2 + target.upper / 2
    around = Interval(down(target.lower - middle), up(target.upper - middle))
    lines = chords(around, slopes(kind, target.lower, target.upper))
    low, high = enclosed(kind, middle)
    above = up(up(lines.above + high) - down(lines.above_slope * middle))
    below = down(down(lines.below + low) - up(lines.below_slope * middle))
    return Lines(lines.below_slope, below, lines.above_slope, above, True)


def _intercept(slope: Floats, lower: Floats, at_lower: Floats, upper: Floats, at_upper: Floats) -> Floats:
    """The least t, rounded up, with slope x + t >= value at both ends."""
    left = up(at_lower - down(slope * lower))
    right = up(at_upper - down(slope * upper))
    return np.maximum(positive(left), right)
