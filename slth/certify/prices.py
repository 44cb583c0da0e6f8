"""What an error of one weight may cost: its certified sensitivity, from the target alone."""

from __future__ import annotations

import math

import numpy as np

from slth.certify.difference import Difference, Matrix, Pair, check_target
from slth.certify.inputs import Inputs
from slth.certify.intervals import Neurons, entered
from slth.certify.regions import tightened
from slth.certify.rounding import Floats, largest, negative, positive
from slth.core.domain import Domain
from slth.core.network import Network


def prices(target: Network, domain: Domain) -> list[Floats]:
    """For every weight, how much the worst output's error grows with each unit of error of that weight.

    The first-order bound |A_i| h_j: the largest derivative of an output by the neuron's input, times the largest value
    that the weight multiplies. Tolerances in inverse proportion to it share a given error evenly. A price of 0 says
    that the weight does not matter on the domain. Not rounded outward: a certificate decides, not a price.

    Returns
    -------
    list of float64 arrays of shape (out, in), or (out, in + 1) for a layer with biases, biases last

    Raises
    ------
    BadInput
        When the target is not dense layers with one relu between them.

    Source: ours.
    """
    check_target(target)
    pieces = list(domain.regions(math.prod(target.input_shape)))
    signed = any(bool((region.lower < 0).any()) for region in pieces)
    model = _alone(target, signed)
    out = [np.zeros((dense.shape[0], dense.shape[1] + (dense.bias is not None))) for dense in target.dense]
    with np.errstate(all="ignore"):
        for region in pieces:
            inputs = Inputs(region, signed)
            hidden = tightened(model, inputs, entered(model.layers[0], inputs))[0][: len(target.dense) - 1]
            reach = [largest(region.lower, region.upper), *(n.target.relu().upper for n in hidden)]
            for table, h, slope in zip(out, reach, _slopes(target, hidden), strict=True):
                fed = np.append(h, 1.0)[: table.shape[1]]
                np.maximum(table, np.outer(slope, fed), out=table)
    return out


def _alone(target: Network, signed: bool) -> Difference:
    """The target beside itself."""
    pairs = []
    for index, dense in enumerate(target.dense):
        weight = dense.weight.astype(np.float64)
        zero = np.zeros(len(weight))
        bias = zero if dense.bias is None else dense.bias.astype(np.float64)
        matrix = Matrix(np.hstack([weight, -weight]) if signed and index == 0 else weight)
        pairs.append(Pair(matrix, matrix, Matrix(np.zeros_like(matrix.value)), bias, zero, zero))
    plain = Matrix(target.dense[0].weight.astype(np.float64))
    return Difference(tuple(pairs), signed, plain, None, pairs[0].gap)


def _slopes(target: Network, hidden: list[Neurons]) -> list[Floats]:
    """Per layer and neuron: the largest |derivative| of any output by z, every uncertain gate free to be 0 to 1."""
    outputs = len(target.dense[-1].weight)
    lower = upper = np.eye(outputs)
    slopes = [np.ones(outputs)]
    for dense, neurons in zip(reversed(target.dense[1:]), reversed(hidden), strict=True):
        plus, minus = positive(dense.weight.astype(np.float64)), negative(dense.weight.astype(np.float64))
        lower, upper = lower @ plus + upper @ minus, upper @ plus + lower @ minus
        on, off = neurons.both_on, neurons.both_off
        lower = np.where(on, lower, np.where(off, 0.0, negative(lower)))
        upper = np.where(on, upper, np.where(off, 0.0, positive(upper)))
        slopes.append(largest(lower, upper).max(axis=0))
    return slopes[::-1]
