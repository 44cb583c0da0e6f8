"""From the weights of a target and the integers of a ticket to pairs of float64 linear maps."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.certify.operators import Grid, Kernel, Matrix, Operator
from slth.certify.pairs import Difference, Layer, Pair
from slth.certify.rounding import FLOOR, UNIT, Floats, inflated
from slth.certify.steps import AffineStep, Program, Repeat, program
from slth.core.collapse import EffectiveLayer
from slth.core.errors import BadInput
from slth.core.network import INPUT, Conv, Dense, Network

Integers = NDArray[np.int64]


def check(target: Network, layers: tuple[EffectiveLayer, ...]) -> Program:
    """The target's steps; refuses tickets whose layers do not fit them.

    Raises
    ------
    BadInput
        With what does not fit.
    """
    if len(layers) != len(target.affine):
        raise BadInput(f"the ticket has {len(layers)} layers, the target {len(target.affine)}")
    steps = program(target, tuple(layer.copies for layer in layers))
    wanted = []
    for node, layer, fed in zip(target.affine, layers, steps.fed, strict=True):
        kernel = node.kernel if node.kernel != (1, 1) else ()
        wanted.append((node.shape[0] * layer.copies, node.shape[1] * fed.copies, *kernel))
    found = [layer.plus.shape for layer in layers]
    if wanted != found:
        raise BadInput(f"the ticket has layers of shapes {tuple(found)}, the target needs {tuple(wanted)}")
    return steps


def difference(target: Network, layers: tuple[EffectiveLayer, ...], signed: bool) -> Difference:
    """The pair as floats, for a domain whose inputs can be negative where `signed`.

    Raises
    ------
    BadInput
        When the ticket's layers do not fit the target's.
    """
    steps = check(target, layers)
    made = []
    for number in steps.affine:
        step = steps.steps[number]
        if isinstance(step, AffineStep):
            effective, fed = layers[step.layer], steps.fed[step.layer]
            made.append(_Building(step, effective, fed, steps.repeats[number]).layer(signed))
    return Difference(steps, tuple(made), signed)


def alone(target: Network, signed: bool) -> Difference:
    """The target beside itself."""
    steps = program(target, (1,) * len(target.affine))
    made = []
    for number in steps.affine:
        step = steps.steps[number]
        if isinstance(step, AffineStep):
            weight = step.node.weight.astype(np.float64)
            lifted = signed and step.feeds == (INPUT,)
            weight = np.concatenate([weight, -weight], axis=1) if lifted else weight
            map_, none = operator(step, weight), operator(step, np.zeros_like(weight))
            bias = _bias(step)
            made.append(Layer(Pair(map_, map_, none, bias, 0 * bias, 0 * bias)))
    return Difference(steps, tuple(made), signed, alone=True)


@dataclass(frozen=True, eq=False)
class _Part:
    """Floats for a sum of integer arrays: within 3 units in the last place, exactly where `exact`, or within error."""

    value: Floats
    exact: bool
    error: Floats | None = None

    @classmethod
    def of(cls, integers: Integers, factor: float, unit: float) -> _Part:
        return cls(integers.astype(np.float64) * (unit * factor), exact(integers, unit * factor))

    @property
    def doubt(self) -> Floats | None:
        """How far the exact values are from these, where that is no rounding of a few last places of a difference."""
        if self.exact:
            return None
        own = 4 * UNIT * np.abs(self.value) + FLOOR
        return own if self.error is None else own + self.error


class _Building:
    """The maps of one layer, made from integers."""

    def __init__(self, step: AffineStep, effective: EffectiveLayer, fed: Repeat, repeat: Repeat) -> None:
        self.step, self.effective, self.fed, self.repeat = step, effective, fed, repeat
        self.weight = step.node.weight.astype(np.float64)

    def layer(self, signed: bool) -> Layer:
        zone, cubic = self.effective.zone, self.effective.remainder
        remainder = None
        if cubic is not None and cubic.any():
            remainder = operator(self.step, self._shaped(cubic))
        if self.step.feeds == (INPUT,):
            return Layer(self._lifted() if signed else self._pair(zone.up, zone.down), remainder=remainder)
        right = self._pair(zone.up, zone.down)
        if zone.up == zone.down:
            return Layer(right, None, None, remainder)
        middle, side = (zone.up + zone.down) / 2, (zone.up - zone.down) / 2
        apart = self.effective.plus - self.effective.minus
        uneven = None
        if apart.any():
            part = _Part.of(apart, side, self.effective.unit)
            uneven = operator(self.step, self._shaped(part.value))
        return Layer(right, self._pair(middle, middle), uneven, remainder)

    def _sides(self, up: float, down: float, folded: bool) -> _Part:
        """unit (up P + down N), summed over the copies that feed the layer where `folded`."""
        unit = self.effective.unit
        plus, minus = self._fold(self.effective.plus, folded), self._fold(self.effective.minus, folded)
        if down == 0:
            return _Part.of(plus, up, unit)
        if up == 0:
            return _Part.of(minus, down, unit)
        if up == down:
            return _Part.of(plus + minus, up, unit)
        left, right = _Part.of(plus, up, unit), _Part.of(minus, down, unit)
        error = 8 * UNIT * (np.abs(left.value) + np.abs(right.value)) + FLOOR
        return _Part(left.value + right.value, False, error)

    def _pair(self, up: float, down: float) -> Pair:
        part, whole = self._sides(up, down, False), self._sides(up, down, True)
        gap = whole.value - self._repeated(self.weight)
        return self._made(self.weight, (part.value, part.error), (gap, whole.doubt))

    def _lifted(self) -> Pair:
        zone = self.effective.zone
        right, left = self._sides(zone.up, zone.down, False), self._sides(zone.down, zone.up, False)
        weight = np.concatenate([self.weight, -self.weight], axis=1)
        ticket = np.concatenate([right.value, -left.value], axis=1)
        error = doubt = None
        if right.error is not None and left.error is not None:
            error = np.concatenate([right.error, left.error], axis=1)
        if right.doubt is not None or left.doubt is not None:
            sides = [part.doubt if part.doubt is not None else np.zeros_like(part.value) for part in (right, left)]
            doubt = np.concatenate(sides, axis=1)
        wide = self._shaped(ticket) - self._repeated(weight)
        return self._made(weight, (ticket, error), (wide, doubt))

    def _made(self, weight: Floats, ticket: tuple[Floats, Floats | None], gap: tuple[Floats, Floats | None]) -> Pair:
        constants = _Part.of(self.effective.bias, 1.0, self.effective.unit)
        bias = _bias(self.step)
        places = len(bias) // len(weight)
        constant = np.repeat(constants.value, places)
        shift = constant - self.repeat(bias)
        rounding = 4 * UNIT * (np.abs(shift) + (not constants.exact) * np.abs(constant)) + FLOOR
        error = inflated(rounding + np.repeat(self.effective.bias_error, places))
        maps = [
            operator(self.step, self._shaped(value), None if doubt is None else self._shaped(doubt))
            for value, doubt in (ticket, gap)
        ]
        return Pair(operator(self.step, weight), maps[0], maps[1], bias, shift, error, self.repeat)

    def _repeated(self, weight: Floats) -> Floats:
        return np.repeat(weight, self.effective.copies, axis=0)

    def _shaped(self, values: Floats) -> Floats:
        """With a kernel's axes where the target has a convolution."""
        return values.reshape(*values.shape[:2], *self.weight.shape[2:])

    def _fold(self, integers: Integers, folded: bool) -> Integers:
        whole = integers.reshape(*integers.shape[:2], *self.weight.shape[2:])
        if not folded or self.fed.copies == 1:
            return whole
        block = math.prod(self.weight.shape[2:]) if self.weight.ndim > 2 else self.fed.block
        rows = len(whole)
        summed = whole.reshape(rows, -1, self.fed.copies, block).sum(axis=2)
        return np.asarray(summed.reshape(rows, -1, *self.weight.shape[2:]))


def operator(step: AffineStep, value: Floats, error: Floats | None = None) -> Operator:
    """The linear map of weights on flat vectors, with the geometry of the step's node."""
    if isinstance(step.node, Dense):
        return Matrix(value, error)
    grid = Grid((step.shape[1], step.shape[2]), step.node.kernel, step.node.stride, step.node.padding)
    return Kernel(value, grid, error)


def exact(integers: Integers, unit: float) -> bool:
    """Whether every integer times the unit is a float64 without rounding."""
    power = math.frexp(unit)[0] == 0.5 and 2.0**-900 <= unit <= 2.0**900
    return power and 0 <= max(int(integers.max(initial=0)), -int(integers.min(initial=0))) <= 1 << 53


def _bias(step: AffineStep) -> Floats:
    """The target's bias for every number of the output."""
    node = step.node
    bias = np.zeros(len(node.weight)) if node.bias is None else node.bias.astype(np.float64)
    places = math.prod(node.out_shape(step.shape)[1:]) if isinstance(node, Conv) else 1
    return np.repeat(bias, places)
