"""The exact distance of ticket and target at one input, in integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from operator import mul
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.certify.difference import check
from slth.core.collapse import EffectiveLayer
from slth.core.errors import BadInput
from slth.core.network import Activation, Dense, Network


@dataclass(frozen=True)
class Dyadic:
    """Integers times 2^power, nested as the array's entries are."""

    integers: Any
    power: int


def exact_error(target: Network, layers: tuple[EffectiveLayer, ...], x: NDArray[np.float64]) -> Fraction:
    """max_i |ticket(x)_i - target(x)_i|, exactly.

    Parameters
    ----------
    x : float64 array that holds one input

    Raises
    ------
    BadInput
        When shapes do not fit or x is not finite.
    """
    check(target, layers)
    point = np.asarray(x, np.float64).reshape(-1)
    if len(point) != target.dense[0].shape[1] or not np.isfinite(point).all():
        raise BadInput(f"an input must hold {target.dense[0].shape[1]} finite numbers, not {point.shape[0]}")
    start = dyadic(point)
    left = _target(target, start)
    right = _ticket(layers, start, isinstance(target.nodes[-1], Activation))
    return max(abs(a - b) for a, b in zip(left, right, strict=True))


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


def affine(rows: Sequence[Sequence[int]], h: Sequence[int]) -> list[int]:
    """Integer matrix times vector."""
    return [sum(map(mul, row, h)) for row in rows]


def _target(target: Network, x: Dyadic) -> list[Fraction]:
    h, power = x.integers, x.power
    for node in target.nodes:
        if isinstance(node, Activation):
            h = [max(v, 0) for v in h]
        elif isinstance(node, Dense):
            weight = dyadic(node.weight)
            h = affine(weight.integers, h)
            power += weight.power
            if node.bias is not None:
                bias = dyadic(node.bias)
                h, power = _add(h, power, bias.integers, bias.power)
    return _values(h, power)


def _ticket(layers: tuple[EffectiveLayer, ...], x: Dyadic, last: bool) -> list[Fraction]:
    h, power = x.integers, x.power
    for index, layer in enumerate(layers):
        unit = dyadic(np.array([layer.unit]))
        step, exponent = unit.integers[0], unit.power
        out = affine(layer.plus.tolist(), [max(v, 0) for v in h])
        if index == 0 and min(h) < 0:
            minus = affine(layer.minus.tolist(), [max(-v, 0) for v in h])
            out = [a - b for a, b in zip(out, minus, strict=True)]
        out, power = _add(out, power, layer.bias.tolist(), 0)
        h, power = [v * step for v in out], power + exponent
        if index < len(layers) - 1 or last:
            h = [max(v, 0) for v in h]
    return _values(h, power)


def _add(left: list[int], left_power: int, right: list[int], right_power: int) -> tuple[list[int], int]:
    power = min(left_power, right_power)
    a, b = left_power - power, right_power - power
    return [(v << a) + (w << b) for v, w in zip(left, right, strict=True)], power


def _values(integers: list[int], power: int) -> list[Fraction]:
    scale = Fraction(2) ** power
    return [v * scale for v in integers]
