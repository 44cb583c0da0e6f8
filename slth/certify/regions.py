"""The bounds of one region: forward intervals, backward lines, and the 2-norm step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from slth.certify.backward import Gate, Stage, bound, two_sided
from slth.certify.ball import BallGate, radii
from slth.certify.difference import Difference
from slth.certify.inputs import Inputs
from slth.certify.intervals import Interval, Neurons, entered, passed
from slth.certify.rounding import Floats
from slth.certify.spheres import Origin


@dataclass(frozen=True, eq=False)
class RegionBounds:
    """Upper bounds of |ticket - target| on one region, output by output, each at most the one before.

    Parameters
    ----------
    interval, backward, plain, ball : arrays of shape (outputs,)
        By forward intervals; by the backward pass as well; by the 2-norm step of FORMAT.md as well, which is what the
        exact checker proves; by the sharper 2-norm step of this package as well.
    hidden : list of Neurons
        What is known of every hidden layer in the end.
    """

    interval: Floats
    backward: Floats
    plain: Floats
    ball: Floats
    hidden: list[Neurons]


def region_bounds(model: Difference, inputs: Inputs, sharp: bool = True) -> RegionBounds:
    """All bounds on a region; inf where numbers overflow. The sharper 2-norm step is left out unless `sharp`."""
    chain = [entered(model.layers[0], inputs)]
    for pair in model.layers[1:]:
        chain.append(passed(pair, chain[-1]))
    interval = _worst(chain[-1].gap)
    if len(chain) == 1 or not all(neurons.finite for neurons in chain):
        return RegionBounds(interval, interval, interval, interval, chain[:-1])
    hidden, stages = tightened(model, inputs, chain[0])
    gates = [Gate.of(neurons) for neurons in hidden]
    again = _worst(passed(model.layers[-1], hidden[-1]).gap)
    backward = np.fmin(np.fmin(interval, again), _outputs(stages, gates, inputs))
    if all(bool((neurons.both_on | neurons.both_off).all()) for neurons in hidden):
        return RegionBounds(interval, backward, backward, backward, hidden)
    plain = np.fmin(backward, _outputs(stages, _plain_gates(model, inputs, hidden), inputs))
    if not sharp:
        return RegionBounds(interval, backward, plain, plain, hidden)
    hidden, round_gates = _rounded(model, inputs, hidden, stages)
    ball = np.fmin(plain, _outputs(stages, round_gates, inputs))
    return RegionBounds(interval, backward, plain, ball, hidden)


def tightened(model: Difference, inputs: Inputs, first: Neurons) -> tuple[list[Neurons], list[Stage]]:
    """Every hidden layer, from the second on by intervals and by a backward pass of its own, and the stages."""
    hidden = [first]
    stages = [Stage.of(model.layers[0], None, inputs)]
    for pair in model.layers[1:]:
        stages.append(Stage.of(pair, hidden[-1], inputs))
        if len(stages) < len(model.layers):
            gates = [Gate.of(neurons) for neurons in hidden]
            hidden.append(_narrowed(passed(pair, hidden[-1]), stages, gates, inputs))
    return hidden, stages


def _plain_gates(model: Difference, inputs: Inputs, hidden: list[Neurons]) -> list[Gate]:
    """The gates that the exact checker has."""
    first = (Origin.target(model.layers[0], inputs), Origin.gap(model.layers[0], inputs))
    return [
        BallGate.rounded(neurons, size, None if index else first, plain=True)
        for index, (neurons, size) in enumerate(zip(hidden, radii(model, inputs, hidden), strict=True))
    ]


def _rounded(
    model: Difference, inputs: Inputs, hidden: list[Neurons], stages: list[Stage]
) -> tuple[list[Neurons], list[Gate]]:
    """The hidden layers once more, now with the 2-norm step; the stages' charges stay valid."""
    known, gates = [hidden[0]], list[Gate]()
    first = model.layers[0]
    origins = [(Origin.target(first, inputs), Origin.gap(first, inputs))] + [None] * len(hidden)
    for index, pair in enumerate(model.layers[1:], start=1):
        last = known[-1]
        gates.append(BallGate.rounded(last, radii(model, inputs, known)[-1], origins[index - 1]))
        if index < len(hidden):
            fresh = passed(pair, last)
            old = hidden[index].narrowed(fresh.target, fresh.gap)
            known.append(_narrowed(old, stages[: index + 1], gates, inputs))
    return known, gates


def _narrowed(neurons: Neurons, stages: list[Stage], gates: list[Gate], inputs: Inputs) -> Neurons:
    target = bound(stages[-1].target_rows(), stages, gates, inputs)
    gap = bound(stages[-1].gap_rows(), stages, gates, inputs)
    return neurons.narrowed(two_sided(target), two_sided(gap))


def _outputs(stages: list[Stage], gates: list[Gate], inputs: Inputs) -> Floats:
    return _worst(two_sided(bound(stages[-1].gap_rows(), stages, gates, inputs)))


def _worst(gap: Interval) -> Floats:
    worst = np.maximum(-gap.lower, gap.upper)
    return np.where(np.isnan(worst), np.inf, worst)
