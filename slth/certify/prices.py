"""What an error of one weight may cost: its certified sensitivity, from the target alone."""

from __future__ import annotations

import math

import numpy as np

from slth.certify.backward import Fork, Gate, Sum
from slth.certify.difference import alone
from slth.certify.inputs import Inputs
from slth.certify.intervals import Interval
from slth.certify.lines import RELU, gap_slopes
from slth.certify.operators import Kernel, Mean, Slice
from slth.certify.pairs import Difference
from slth.certify.rounding import Floats, largest, negative, positive
from slth.certify.steps import AffineStep, GateStep
from slth.certify.sweep import Sweep
from slth.core.domain import Domain
from slth.core.network import INPUT, Network


def prices(target: Network, domain: Domain) -> list[Floats]:
    """For every weight, how much the worst output's error grows with each unit of error of that weight.

    The first-order bound |A_i| h_j: the largest derivative of an output by the neuron's input, times the largest value
    that the weight multiplies, summed over the places where a kernel is used. Tolerances in inverse proportion to it
    share a given error evenly. A price of 0 says that the weight does not matter on the domain. Not rounded outward: a
    certificate decides, not a price.

    Returns
    -------
    list of float64 arrays of shape (out, in), or (out, in + 1) for a layer with biases, biases last
        One array an affine layer. For a convolution (out, in * kh * kw), or one column more: a row is the kernel of one
        output channel, row-major as the weight is.

    Source: ours.
    """
    pieces = list(domain.regions(math.prod(target.input_shape)))
    signed = any(bool((region.lower < 0).any()) for region in pieces)
    model = alone(target, signed)
    sizes = [(len(node.weight), node.weight[0].size + (node.bias is not None)) for node in target.affine]
    out = [np.zeros(size) for size in sizes]
    with np.errstate(all="ignore"):
        for region in pieces:
            sweep = Sweep.over(model, Inputs(region, signed), True)
            for number, slopes in _slopes(sweep).items():
                step = model.program.steps[number]
                if isinstance(step, AffineStep):
                    reach = sweep.at(step.feeds[0]).target.magnitude
                    table = out[step.layer]
                    np.maximum(table, _table(model, step, slopes, reach)[:, : table.shape[1]], out=table)
    return out


def _table(model: Difference, step: AffineStep, slopes: Floats, reach: Floats) -> Floats:
    """Prices of one layer, a last column for biases: the largest over outputs, the sum over places."""
    operator = model.layers[step.layer].right.target
    if not isinstance(operator, Kernel):
        return np.outer(slopes.max(axis=0), np.append(reach, 1.0))
    channels = len(operator.value)
    seen = operator.grid.windows(reach[None])[0]  # (taps, places)
    seen = np.vstack([seen, np.ones((1, seen.shape[1]))])
    best = np.zeros((channels, len(seen)))
    for row in slopes:
        np.maximum(best, row.reshape(channels, -1) @ seen.T, out=best)
    return best


def _slopes(sweep: Sweep) -> dict[int, Floats]:
    """By affine step, (outputs, neurons): the largest |derivative| of each output by z, uncertain gates left free."""
    steps, out = sweep.model.program.steps, {}
    one = np.eye(len(sweep.known[-1].target))
    waiting = {len(steps) - 1: Interval(one, one)}
    for number in reversed(range(len(steps))):
        step, way, slopes = steps[number], sweep.ways[number], waiting.pop(number)
        parts: list[Interval] = []
        if isinstance(step, AffineStep):
            out[number] = largest(slopes.lower, slopes.upper)
            if step.feeds != (INPUT,):
                parts = [_through(sweep.model, step, slopes)]
        elif isinstance(step, GateStep) and isinstance(way, Gate):
            found = gap_slopes(way.neurons, step.activation)
            parts = [_scaled(slopes, found.small, found.large)]
        elif isinstance(way, Fork):
            found = gap_slopes(way.gate.neurons, RELU)
            left, right = _scaled(slopes, found.small, found.large), _scaled(slopes, 1 - found.large, 1 - found.small)
            parts = [_seen(view, part) for view, part in zip(way.views, (left, right), strict=True)]
        elif isinstance(way, Sum):
            parts = [_seen(way.view, slopes)] * len(step.feeds)
        for feed, part in zip(step.feeds, parts, strict=False):
            old = waiting.get(feed)
            waiting[feed] = part if old is None else Interval(old.lower + part.lower, old.upper + part.upper)
    return out


def _through(model: Difference, step: AffineStep, slopes: Interval) -> Interval:
    plus, minus = model.layers[step.layer].right.target.split()
    lower = plus.back(slopes.lower) + minus.back(slopes.upper)
    return Interval(lower, plus.back(slopes.upper) + minus.back(slopes.lower))


def _scaled(slopes: Interval, small: Floats, large: Floats) -> Interval:
    """Times a factor between two numbers >= 0."""
    lower = positive(slopes.lower) * small + negative(slopes.lower) * large
    return Interval(lower, positive(slopes.upper) * large + negative(slopes.upper) * small)


def _seen(view: Mean | Slice | None, slopes: Interval) -> Interval:
    return slopes if view is None else Interval(view.back(slopes.lower), view.back(slopes.upper))
