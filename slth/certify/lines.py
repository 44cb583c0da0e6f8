"""Straight lines above and below relu and relu(z + δz) - relu(z), valid with their rounded intercepts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slth.certify.intervals import Interval, Neurons
from slth.certify.rounding import Floats, down, negative, positive, up


@dataclass(frozen=True, eq=False)
class Lines:
    """below_slope t + below <= value <= above_slope t + above, neuron by neuron, with above >= 0 >= below."""

    below_slope: Floats
    below: Floats
    above_slope: Floats
    above: Floats


def relu_lines(target: Interval) -> Lines:
    """h = relu(z) on z in [lower, upper]: the chord above, 0 or z below.

    relu is convex, so a line that is above it at both ends is above it between them; any slope will do, the
    intercept is what is rounded up.
    """
    lower, upper = target.lower, target.upper
    cut = (lower < 0) & (upper > 0)
    slope = np.where(cut, positive(upper) / np.where(cut, upper - lower, 1.0), np.where(lower >= 0, 1.0, 0.0))
    above = np.where(cut, _intercept(slope, lower, np.zeros_like(lower), upper, upper), 0.0)
    below = np.where(cut, (upper > -lower) * 1.0, slope)
    return Lines(below, np.zeros_like(above), slope, above)


def gap_lines(neurons: Neurons) -> Lines:
    """δh = relu(z + δz) - relu(z) on δz in [lower, upper]: δh is between 0 and δz, whatever z is.

    max(0, δz) is convex and min(0, δz) concave, so again both ends decide.
    Source: ours, in the family of NeuroDiff (arXiv:2009.09943) and VeryDiff (arXiv:2410.20207).
    """
    lower, upper = neurons.gap.lower, neurons.gap.upper
    zero = np.zeros_like(lower)
    cut = (lower < 0) & (upper > 0)
    width = np.where(cut, upper - lower, 1.0)
    above_slope = np.where(cut, positive(upper) / width, (lower >= 0) * 1.0)
    below_slope = np.where(cut, negative(lower) / -width, (lower < 0) * 1.0)
    above = np.where(cut, _intercept(above_slope, lower, zero, upper, upper), 0.0)
    below = np.where(cut, -_intercept(-below_slope, lower, -lower, upper, zero), 0.0)
    on, off = neurons.both_on, neurons.both_off
    above_slope = np.where(on, 1.0, np.where(off, 0.0, above_slope))
    below_slope = np.where(on, 1.0, np.where(off, 0.0, below_slope))
    sure = on | off
    return Lines(below_slope, np.where(sure, 0.0, below), above_slope, np.where(sure, 0.0, above))


def _intercept(slope: Floats, lower: Floats, at_lower: Floats, upper: Floats, at_upper: Floats) -> Floats:
    """The least t, rounded up, with slope x + t >= value at both ends."""
    left = up(at_lower - down(slope * lower))
    right = up(at_upper - down(slope * upper))
    return np.maximum(positive(left), right)
