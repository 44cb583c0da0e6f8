"""What a deployed program may add: the distance of a network to its floating-point run, in any summation order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from slth.certify.inputs import Inputs
from slth.certify.intervals import Neurons
from slth.certify.rounding import INFLATION, Floats, inflated
from slth.core.collapse import EffectiveLayer
from slth.core.network import Network


@dataclass(frozen=True)
class Precision:
    """A binary floating-point format, run in any order, with or without FMA, flushing subnormals or not.

    Parameters
    ----------
    name : str
    unit : float
        Relative rounding to nearest.
    tiny, huge : float
        Smallest normal and largest finite number.
    """

    name: str
    unit: float
    tiny: float
    huge: float

    def gamma(self, steps: int) -> float:
        """n u / (1 - n u), or inf where n u is not below 1."""
        product = steps * self.unit
        return product / (1 - product) * INFLATION if product < 0.5 else math.inf


F64 = Precision("float64", 2.0**-53, 2.0**-1022, math.ldexp(1.0, 1023))
F32 = Precision("float32", 2.0**-24, 2.0**-126, math.ldexp(1.0, 127))
WEIGHTS = 2.0**32
"""Assumed: no weight of the source is larger (float64: 2^512); otherwise underflow and overflow are not covered."""


@dataclass(frozen=True, eq=False)
class Run:
    """How far a run can be from the exact network: per output, and the largest number that may occur on the way."""

    error: Floats
    reach: float


def deployment(
    target: Network,
    layers: tuple[EffectiveLayer, ...],
    inputs: Inputs,
    hidden: list[Neurons],
    precision: Precision,
) -> Floats:
    """Per output, an upper bound of what both runs together add to |ticket - target|; inf if one might overflow.

    Assumes inputs that the format represents, plain inner products (no TF32, bf16, Winograd, FFT), and the ticket run
    as its masked source: two layers a target layer. relu and max are exact.
    Source: ours, by Higham's gamma_n.
    """
    reach = inputs.magnitude
    width = inputs.width
    reach = np.maximum(reach[:width], reach[width:]) if inputs.signed else reach
    first = target_run(target, reach, hidden, precision)
    second = ticket_run(layers, reach, hidden, precision)
    total = inflated(first.error + second.error) + precision.tiny
    safe = max(first.reach, second.reach) < precision.huge
    return total if safe else np.full_like(total, math.inf)


def target_run(target: Network, reach: Floats, hidden: list[Neurons], precision: Precision) -> Run:
    """The run of the target on inputs of magnitude at most `reach`."""
    error = np.zeros_like(reach)
    largest = float(reach.max())
    for index, dense in enumerate(target.dense):
        weight = np.abs(dense.weight.astype(np.float64))
        bias = np.zeros(len(weight)) if dense.bias is None else np.abs(dense.bias.astype(np.float64))
        rounded = dense.weight.dtype == np.float64 and precision is F32  # then weights are rounded as well
        rounding = precision.gamma(weight.shape[1] + 2 + 2 * rounded)
        mass = weight @ (reach + error) + bias
        floor = _floor(weight.shape[1], reach + error, precision) + rounded * precision.tiny
        error = inflated(weight @ error + rounding * mass) + floor
        largest = max(largest, _top(mass), _top(weight), _top(bias))
        if index < len(hidden):
            reach = hidden[index].target.relu().upper
    return Run(error, largest)


def ticket_run(layers: tuple[EffectiveLayer, ...], reach: Floats, hidden: list[Neurons], precision: Precision) -> Run:
    """The run of the ticket as its masked source, two layers a target layer, on such inputs."""
    error = np.zeros_like(reach)
    largest = float(reach.max())
    for index, layer in enumerate(layers):
        # a weight is a 24-bit integer times its scale: exact in float32 where both scales are powers of two
        rounded = precision is F32 and math.frexp(layer.unit)[0] != 0.5
        rounding = precision.gamma(layer.fan_in + 3 + 2 * rounded)
        mass = layer.absolute[:, :-1] @ (reach + error) + layer.absolute[:, -1]
        assumed = WEIGHTS if precision is F32 else 2.0**512
        floor = _floor(layer.fan_in, reach + error, precision) * assumed
        largest = max(largest, _top(mass) * 2, _top(reach + error) * assumed)
        # the first layer has exact inputs; later ones are >= 0 in both runs, so their distance passes through plus
        passed = np.abs(layer.plus.astype(np.float64) * layer.unit) @ error
        error = inflated(passed + rounding * mass) + floor
        if index < len(hidden):
            reach = hidden[index].ticket.relu().upper
    return Run(error, largest)


def _floor(terms: int, reach: Floats, precision: Precision) -> float:
    """Underflow of products and of rounded weights, flush-to-zero included."""
    return 4 * (terms + 2) * precision.tiny * (1 + _top(reach))


def _top(values: Floats) -> float:
    return float(np.max(values, initial=0.0)) * INFLATION
