"""What a deployed program may add: the distance of a network to its floating-point run, in any summation order."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from slth.certify.difference import check, operator
from slth.certify.intervals import Neurons
from slth.certify.operators import Mean, Operator
from slth.certify.rounding import INFLATION, Floats, inflated
from slth.certify.steps import AffineStep, GateStep, MaxStep, Program, SumStep, final_activations
from slth.core.collapse import EffectiveLayer
from slth.core.network import INPUT, Activation, Network


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


@dataclass(frozen=True, eq=False)
class Plant:
    """One affine layer as a program runs it, in magnitudes.

    Parameters
    ----------
    mass, mass_bias : Operator, array (out,)
        Sums of the magnitudes of all terms.
    passing, passing_signed : Operator
        How an error of the input grows, where neither the input nor its run is negative, and where they may be.
    terms : int
        Of the longest inner product, with what surrounds it.
    rounded : bool
        Whether float32 has to round the weights.
    largest : float
        The largest weight or bias that is known.
    assumed : float
        The largest weight on the way that is not known.
    """

    mass: Operator
    mass_bias: Floats
    passing: Operator
    passing_signed: Operator
    terms: int
    rounded: bool
    largest: float
    assumed: float

    @classmethod
    def of_target(cls, step: AffineStep) -> Plant:
        """The target's layer: one inner product."""
        node = step.node
        mass = operator(step, np.abs(node.weight.astype(np.float64)))
        bias = np.zeros(len(node.weight)) if node.bias is None else np.abs(node.bias.astype(np.float64))
        places = mass.shape[0] // len(bias)
        top = max(float(np.abs(array).max()) for _, array in node.tensors())
        terms, rounded = node.weight[0].size + 2, node.weight.dtype == np.float64
        return cls(mass, np.repeat(bias, places), mass, mass, terms, rounded, top, 1.0)

    @classmethod
    def of_ticket(cls, step: AffineStep, layer: EffectiveLayer) -> Plant:
        """The ticket's stage as its masked source: units that read one number, an activation, one inner product."""
        shape = (*layer.plus.shape[:2], *step.node.weight.shape[2:])
        zone, parts = layer.zone, [part.astype(np.float64) for part in (layer.plus, layer.minus)]
        absolute = operator(step, layer.absolute.reshape(shape))
        places = absolute.shape[0] // len(layer.bias)
        exact = layer.zone.cubic == 0
        right, left = (np.abs(zone.up * parts[k] + zone.down * parts[1 - k]) * layer.unit for k in (0, 1))
        # a stage that is linear on either side of 0 has these slopes; a smooth unit at most slope 1 (1/4) times its own
        passing = operator(step, right.reshape(shape)) if exact else absolute
        signed = operator(step, np.maximum(right, left).reshape(shape)) if exact else absolute
        # a leaky unit multiplies and adds once more, a smooth one is right to 4 units in the last place
        terms = layer.fan_in + 3 + (0 if zone.down == 0 else 3) + (0 if exact else 8)
        # a weight is a 24-bit integer times its scale: exact in float32 where both scales are powers of two
        rounded = math.frexp(layer.unit)[0] != 0.5
        return cls(absolute, np.repeat(layer.absolute_bias, places), passing, signed, terms, rounded, 0.0, WEIGHTS)

    def run(self, error: Floats, reach: Floats, negative: bool, precision: Precision) -> Run:
        """The error of the output, and the largest number on the way, for inputs of magnitude `reach`."""
        rounded = self.rounded and precision is F32
        rounding = precision.gamma(self.terms + 2 * rounded)
        seen = reach + error
        mass = self.mass.spread(seen) + self.mass_bias
        assumed = self.assumed if precision is F32 else self.assumed**16
        floor = 4 * (self.terms + 2) * precision.tiny * (1 + _top(seen)) * assumed
        passed = (self.passing_signed if negative else self.passing).spread(error)
        largest = max(_top(mass) * 2, _top(seen) * assumed, self.largest)
        return Run(inflated(passed + rounding * mass) + floor, largest)


@dataclass(frozen=True, eq=False)
class Deployment:
    """Both networks as programs run them.

    Assumes inputs that the format represents, plain inner products (no TF32, bf16, Winograd, FFT), the ticket run as
    its masked source: two layers a target layer, and tanh and sigmoid right to 4 units in the last place, as the
    libraries at hand promise. relu and max are exact.
    Source: ours, by Higham's gamma_n.

    Parameters
    ----------
    target, ticket : tuple of Plant
        By affine layer.
    """

    network: Network
    steps: Program
    target: tuple[Plant, ...]
    ticket: tuple[Plant, ...]

    @classmethod
    def of(cls, network: Network, layers: tuple[EffectiveLayer, ...]) -> Deployment:
        """For a target and a ticket that fits it."""
        steps = check(network, layers)
        affine = [step for step in steps.steps if isinstance(step, AffineStep)]
        target = tuple(Plant.of_target(step) for step in affine)
        ticket = tuple(Plant.of_ticket(step, layer) for step, layer in zip(affine, layers, strict=True))
        return cls(network, steps, target, ticket)

    def added(self, source: Neurons, known: list[Neurons], precision: Precision) -> Floats:
        """Per output, an upper bound of what both runs add to |ticket - target|; inf if one might overflow.

        Parameters
        ----------
        source, known : Neurons, list of Neurons
            What is known of the input and of every value.
        """
        sides = [
            self.run(self.target, [n.target.magnitude for n in (*known, source)], known, precision),
            self.run(self.ticket, [n.ticket.magnitude for n in (*known, source)], known, precision),
        ]
        total = inflated(sides[0].error + sides[1].error) + precision.tiny
        safe = max(side.reach for side in sides) < precision.huge
        return total if safe else np.full_like(total, math.inf)

    def run(self, plants: tuple[Plant, ...], reach: list[Floats], known: list[Neurons], precision: Precision) -> Run:
        """One of the two; `reach` has the magnitude of every value, that of the input last."""
        errors = [np.zeros(0)] * len(known) + [np.zeros_like(reach[-1])]
        largest, nowhere = _top(reach[-1]), self.steps.nowhere_negative(True)
        for number, step in enumerate(self.steps.steps):
            fed = [(errors[feed], reach[feed]) for feed in step.feeds]
            if isinstance(step, AffineStep):
                (feed,) = step.feeds
                negative = feed != INPUT and known[feed].negative and not nowhere[feed]
                run = plants[step.layer].run(*fed[0], negative, precision)
                errors[number], largest = run.error, max(largest, run.reach)
            elif isinstance(step, GateStep):
                errors[number] = _activated(step.activation, *fed[0], precision)
            elif isinstance(step, MaxStep):
                seen = [e if view is None else view.forward(e) for (e, _), view in zip(fed, step.views, strict=True)]
                errors[number] = np.maximum(seen[0], seen[1])
            else:
                errors[number], top = _summed(step, fed, precision)
                largest = max(largest, top)
        error, size = errors[len(known) - 1], reach[len(known) - 1]
        for activation in final_activations(self.network):
            error = _activated(activation, error, size, precision)
        return Run(error, largest)


def _activated(activation: Activation, error: Floats, reach: Floats, precision: Precision) -> Floats:
    """All activations have slopes in [0, 1] and |φ(t) - φ(0)| <= |t|."""
    if activation.kind == "relu":
        return error
    seen = reach + error
    if activation.kind != "leaky_relu":
        # 4 units in the last place of a number v are at most 8 |v| times the relative rounding
        level = 0.5 if activation.kind == "sigmoid" else 0.0
        own = np.minimum(seen + level, 1.0) * (8 * precision.unit)
    else:
        own = seen * (4 * precision.unit)
    return inflated(error + own) + 8 * precision.tiny


def _summed(step: SumStep, fed: list[tuple[Floats, Floats]], precision: Precision) -> tuple[Floats, float]:
    """The error of a sum or a mean, and the largest number on the way."""
    if isinstance(step.view, Mean):
        (error, reach) = fed[0]
        count = math.prod(step.view.grid.kernel)
        mass = step.view.forward(reach + error)
        out = inflated(step.view.forward(error) + precision.gamma(count + 3) * mass)
        return out + 4 * (count + 2) * precision.tiny, _top(mass) * count
    seen = [error if step.view is None else step.view.forward(error) for error, _ in fed]
    if len(seen) == 1:
        return seen[0], 0.0
    mass = fed[0][1] + fed[1][1] + seen[0] + seen[1]
    return inflated(seen[0] + seen[1] + 2 * precision.unit * mass) + 4 * precision.tiny, _top(mass)


def _top(values: Floats) -> float:
    return float(np.max(values, initial=0.0)) * INFLATION
