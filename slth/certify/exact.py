"""The distance of ticket and target at one input: exact, in integers, where both networks are piecewise linear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.certify.difference import check, difference
from slth.certify.gates import activated
from slth.certify.inputs import Inputs
from slth.certify.steps import final_activations
from slth.certify.sweep import Sweep
from slth.core.collapse import EffectiveLayer
from slth.core.domain import Region
from slth.core.errors import BadInput
from slth.core.network import INPUT, Activation, Add, Conv, Dense, Flatten, Network, Pool
from slth.core.nodes import windows

Whole = NDArray[Any]
"""An array of Python integers."""


@dataclass(frozen=True)
class Dyadic:
    """Integers times 2^power, nested as the array's entries are."""

    integers: Any
    power: int


@dataclass(frozen=True, eq=False)
class Exact:
    """Integers times a rational scale, in the shape of a network's value."""

    whole: Whole
    scale: Fraction

    @classmethod
    def of(cls, array: NDArray[Any]) -> Exact:
        """A float array."""
        found = dyadic(array)
        return cls(
            _objects(np.asarray(found.integers, object).ravel().tolist()).reshape(array.shape),
            Fraction(2) ** found.power,
        )

    def plus(self, other: Exact) -> Exact:
        """The sum, shapes broadcast."""
        ratio = self.scale / other.scale
        return Exact(self.whole * ratio.numerator + other.whole * ratio.denominator, other.scale / ratio.denominator)

    def relu(self, slope: float) -> Exact:
        """max(v, 0) + slope min(v, 0)."""
        if not slope:
            return Exact(np.maximum(self.whole, 0), self.scale)
        top, bottom = slope.as_integer_ratio()
        return Exact(np.where(self.whole >= 0, self.whole * bottom, self.whole * top), self.scale / bottom)

    def values(self) -> list[Fraction]:
        """All numbers, row-major."""
        return [v * self.scale for v in self.whole.ravel().tolist()]


def exact_error(target: Network, layers: tuple[EffectiveLayer, ...], x: NDArray[np.float64]) -> Fraction:
    """max_i |ticket(x)_i - target(x)_i|, exactly.

    Parameters
    ----------
    x : float64 array that holds one input

    Raises
    ------
    BadInput
        When shapes do not fit, x is not finite, or the networks have irrational values (see `least_error`).
    """
    point = _point(target, layers, x)
    if not is_exact(target, layers):
        raise BadInput("tanh and sigmoid have no exact values; least_error bounds the distance from below")
    start = Exact.of(point.reshape(target.input_shape))
    left = _run(target, start, [partial(_affine, node) for node in target.affine])
    right = _run(target, start, [partial(_stage, *both) for both in zip(target.affine, layers, strict=True)])
    return max(abs(a - b) for a, b in zip(left.values(), right.values(), strict=True))


def least_error(target: Network, layers: tuple[EffectiveLayer, ...], x: NDArray[np.float64]) -> Fraction:
    """A proved lower bound of max_i |ticket(x)_i - target(x)_i|: the exact value where there is one.

    Elsewhere by intervals at x, under the assumption on tanh of `smooth`.

    Raises
    ------
    BadInput
        When shapes do not fit or x is not finite.
    """
    if is_exact(target, layers):
        return exact_error(target, layers, x)
    point = _point(target, layers, x)
    signed = bool((point < 0).any())
    with np.errstate(all="ignore"):
        model = difference(target, layers, signed)
        known = Sweep.over(model, Inputs(Region(point, point), signed), False).known[-1]
        for activation in final_activations(target):
            known = activated(activation, known)
        gap = known.gap.meet(known.ticket.minus(known.beside))
        least = np.nan_to_num(np.maximum(gap.lower, -gap.upper), nan=0.0, posinf=0.0)
    return Fraction(max(0.0, float(least.max())))


def is_exact(target: Network, layers: tuple[EffectiveLayer, ...]) -> bool:
    """Whether both networks are piecewise linear with known rational weights."""
    kinds = {node.kind for node in target.nodes if isinstance(node, Activation)}
    known = all(layer.zone.cubic == 0 and not layer.bias_error.any() for layer in layers)
    return known and not kinds & {"tanh", "sigmoid"}


def dyadic(array: NDArray[Any]) -> Dyadic:
    """A float32 or float64 array as integers at one power of two."""
    mantissa, exponent = np.frexp(array.astype(np.float64))
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    nonzero = whole != 0
    if not nonzero.any():
        return Dyadic(np.zeros(array.shape, np.int64).tolist(), 0)
    low = np.frexp((whole & -whole).astype(np.float64))[1] - 1  # trailing zero bits
    power = min(0, int((exponent - 53 + low)[nonzero].min()))
    shift = np.where(nonzero, exponent - 53 - power, 0)
    if shift.max() <= 9:  # every integer fits 64 bits
        return Dyadic(((whole << np.maximum(shift, 0)) >> np.maximum(-shift, 0)).tolist(), power)
    scaled = np.empty(whole.size, object)
    pairs = zip(whole.ravel().tolist(), shift.ravel().tolist(), strict=True)
    scaled[:] = [value << by if by >= 0 else value >> -by for value, by in pairs]
    return Dyadic(scaled.reshape(array.shape).tolist(), power)


def linear(rows: Sequence[Sequence[int]], h: Sequence[int]) -> list[int]:
    """Integer matrix times vector."""
    return [sum(map(mul, row, h)) for row in rows]


def _point(target: Network, layers: tuple[EffectiveLayer, ...], x: NDArray[np.float64]) -> NDArray[np.float64]:
    check(target, layers)
    point, width = np.asarray(x, np.float64).reshape(-1), int(np.prod(target.input_shape))
    if len(point) != width or not np.isfinite(point).all():
        raise BadInput(f"an input must hold {width} finite numbers, not {point.shape[0]}")
    return point


def _run(target: Network, x: Exact, stages: Sequence[Callable[[Exact], Exact]]) -> Exact:
    """The network with these maps in the place of its affine layers."""
    values = {INPUT: x}
    left = iter(stages)
    for number, (node, feeds) in enumerate(zip(target.nodes, target.inputs, strict=True)):
        h = values[feeds[0]]
        if isinstance(node, (Dense, Conv)):
            values[number] = next(left)(h)
        elif isinstance(node, Activation):
            values[number] = h.relu(node.slope)
        elif isinstance(node, Add):
            values[number] = h.plus(values[feeds[1]])
        elif isinstance(node, Flatten):
            values[number] = Exact(h.whole.reshape(-1), h.scale)
        else:
            values[number] = _pooled(node, h)
    return values[len(target.nodes) - 1]


def _pooled(pool: Pool, h: Exact) -> Exact:
    seen = windows(h.whole[None], pool.kernel, pool.stride)[0]
    flat = seen.reshape(*seen.shape[:3], -1)
    if pool.kind == "max":
        return Exact(flat.max(axis=-1), h.scale)
    return Exact(flat.sum(axis=-1), h.scale / flat.shape[-1])


def _affine(node: Dense | Conv, h: Exact) -> Exact:
    """The target's layer."""
    weight = Exact.of(node.weight)
    out = Exact(_map(node, weight.whole, h.whole), weight.scale * h.scale)
    return out if node.bias is None else out.plus(_constants(Exact.of(node.bias), out))


def _stage(node: Dense | Conv, layer: EffectiveLayer, h: Exact) -> Exact:
    """The ticket's stage: unit (up (P h⁺ - N h⁻) + down (N h⁺ - P h⁻) + bias)."""
    plus, minus = layer.plus.astype(object), layer.minus.astype(object)
    right, left = np.maximum(h.whole, 0), np.maximum(-h.whole, 0)
    parts: Exact | None = None
    for factor, first, second in ((layer.zone.up, plus, minus), (layer.zone.down, minus, plus)):
        if factor:
            whole = _map(node, first, right)
            if left.any():
                whole = whole - _map(node, second, left)
            part = Exact(whole, h.scale * Fraction(factor))
            parts = part if parts is None else parts.plus(part)
    if parts is None:
        raise BadInput("an activation that is constant carries no signal")
    out = parts.plus(_constants(Exact(layer.bias.astype(object), Fraction(1)), parts))
    return Exact(out.whole, out.scale * Fraction(layer.unit))


def _constants(bias: Exact, like: Exact) -> Exact:
    return Exact(bias.whole.reshape(-1, *[1] * (like.whole.ndim - 1)), bias.scale)


def _map(node: Dense | Conv, weight: Whole, h: Whole) -> Whole:
    """A linear layer with the node's geometry on integers."""
    rows = weight.reshape(len(weight), -1).tolist()
    if isinstance(node, Dense):
        return _objects(linear(rows, h.reshape(-1).tolist()))
    (top, side), (channels, high, wide) = node.padding, h.shape
    padded = np.full((channels, high + 2 * top, wide + 2 * side), 0, object)  # np.pad would add 64-bit zeros
    padded[:, top : top + high, side : side + wide] = h
    seen = windows(padded[None], node.kernel, node.stride)[0]
    places = seen.transpose(1, 2, 0, 3, 4).reshape(seen.shape[1] * seen.shape[2], -1).tolist()
    out = _objects([value for place in places for value in linear(rows, place)])
    return out.reshape(*seen.shape[1:3], len(rows)).transpose(2, 0, 1)


def _objects(values: list[int]) -> Whole:
    out = np.empty(len(values), object)
    out[:] = values
    return out
