"""The bounds of one region: forward intervals, backward lines, and the 2-norm step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slth.certify.backward import Gate, Way
from slth.certify.ball import BallGate, radii
from slth.certify.inputs import Inputs
from slth.certify.intervals import Interval, Neurons
from slth.certify.pairs import Difference
from slth.certify.rounding import Floats
from slth.certify.spheres import Origin
from slth.certify.steps import AffineStep
from slth.certify.sweep import Sweep


@dataclass(frozen=True, eq=False)
class RegionBounds:
    """Upper bounds of |ticket - target| on one region, output by output, each at most the one before.

    Parameters
    ----------
    interval, backward, plain, ball : arrays of shape (outputs,)
        By forward intervals; by the backward pass as well; by the 2-norm step of FORMAT.md as well, which is what the
        exact checker proves; by the sharper 2-norm step of this package as well. The 2-norm steps are for dense layers
        and relu in a sequence; elsewhere they add nothing.
    known : list of Neurons
        What is known of every value in the end.
    """

    interval: Floats
    backward: Floats
    plain: Floats
    ball: Floats
    known: list[Neurons]


def region_bounds(model: Difference, inputs: Inputs, sharp: bool = True) -> RegionBounds:
    """All bounds on a region; inf where numbers overflow. The sharper 2-norm step is left out unless `sharp`."""
    rough = Sweep.over(model, inputs, False)
    interval = _worst(rough.known[-1].gap)
    if not all(neurons.finite for neurons in rough.known):
        return RegionBounds(interval, interval, interval, interval, rough.known)
    sweep = Sweep.over(model, inputs, True)
    backward = np.fmin(np.fmin(interval, _worst(sweep.known[-1].gap)), _worst(sweep.outputs()))
    gates = [way.neurons for way in sweep.ways if isinstance(way, Gate)]
    settled = all(bool((neurons.both_on | neurons.both_off).all()) for neurons in gates)
    if not model.program.plain:  # lines are choices: tighter intervals can make them worse
        backward = np.fmin(backward, _worst(rough.outputs()))
    if settled or not model.program.plain:
        return RegionBounds(interval, backward, backward, backward, sweep.known)
    plain = np.fmin(backward, _worst(sweep.outputs(_plain_ways(sweep))))
    if not sharp:
        return RegionBounds(interval, backward, plain, plain, sweep.known)
    known, ways = _rounded(sweep)
    ball = np.fmin(plain, _worst(sweep.outputs(ways)))
    return RegionBounds(interval, backward, plain, ball, known)


def _plain_ways(sweep: Sweep) -> list[Way]:
    """The ways back that the exact checker has, through dense layers and relus in turn."""
    hidden, pairs = sweep.known[:-1:2], [stage.pair for stage in sweep.stages]
    first = (Origin.target(pairs[0], sweep.inputs), Origin.gap(pairs[0], sweep.inputs))
    ways = list(sweep.ways)
    for index, (neurons, size) in enumerate(zip(hidden, radii(sweep.model, pairs, sweep.inputs, hidden), strict=True)):
        ways[2 * index + 1] = BallGate.rounded(neurons, size, None if index else first, plain=True)
    return ways


def _rounded(sweep: Sweep) -> tuple[list[Neurons], list[Way]]:
    """The hidden layers once more, now with the 2-norm step; the charges of the layers stay valid."""
    stages = sweep.stages
    pairs = [stage.pair for stage in stages]
    origins: list[tuple[Origin, Origin] | None] = [None] * len(stages)
    origins[0] = (Origin.target(pairs[0], sweep.inputs), Origin.gap(pairs[0], sweep.inputs))
    again = Sweep(sweep.model, sweep.inputs, True, [sweep.known[0]], [stages[0]])
    for index, stage in enumerate(stages[1:], start=1):
        hidden = again.known[::2]
        size = radii(sweep.model, pairs, sweep.inputs, hidden)[-1]
        again.ways.append(BallGate.rounded(hidden[-1], size, origins[index - 1]))
        again.known.append(hidden[-1].relu())
        again.ways.append(stage)
        step = sweep.model.program.steps[2 * index]
        if index < len(stages) - 1 and isinstance(step, AffineStep):
            fresh = again.image(step, stage)
            again.known.append(again.narrowed(sweep.known[2 * index].narrowed(fresh.target, fresh.gap), step, stage))
    return [*again.known, sweep.known[-1]], again.ways


def _worst(gap: Interval) -> Floats:
    worst = np.maximum(-gap.lower, gap.upper)
    return np.where(np.isnan(worst), np.inf, worst)
