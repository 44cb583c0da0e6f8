"""BatchNorm folded into the layer before it: every folded number is the float64 nearest to the exact real value."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from slth.core.errors import BadFile
from slth.core.network import Array, Floats
from slth.interop.states import Layer, Norm

PRECISION = 256
"""Bits of a square root at the first attempt; enough but for numbers made to lie at the edge of two float64."""


class Factor:
    """The exact number weight / sqrt(variance + eps) of one channel: a fraction, or enclosed as closely as asked for.

    Parameters
    ----------
    weight : float
    square : Fraction
        variance + eps, positive.
    """

    def __init__(self, weight: float, square: Fraction) -> None:
        self.square = Fraction(weight) ** 2 / square
        self.sign = -1 if weight < 0 else 1
        top, bottom = math.isqrt(self.square.numerator), math.isqrt(self.square.denominator)
        self.rational = top**2 == self.square.numerator and bottom**2 == self.square.denominator
        self.exact = self.sign * Fraction(top, bottom)
        # the root is near 2^place: PRECISION counts from its leading bit
        self.place = (self.square.numerator.bit_length() - self.square.denominator.bit_length()) // 2
        self.roots: dict[int, int] = {}

    def root(self, bits: int) -> int:
        """The integer r with r <= sqrt(square) 2^bits < r + 1."""
        if bits not in self.roots:
            self.roots[bits] = math.isqrt((self.square.numerator << 2 * bits) // self.square.denominator)
        return self.roots[bits]

    def times(self, number: float, plus: float = 0.0, minus: float = 0.0) -> float:
        """(number - minus) times the factor, plus `plus`: the nearest float64 to the exact value, ties to even."""
        product = Fraction(number) - Fraction(minus)
        if self.rational or not product:
            return nearest(product * self.exact + Fraction(plus) if product else Fraction(plus))
        bits = max(PRECISION - self.place, 0)
        while True:  # an irrational value is no tie: some precision tells which float64 is nearest
            low, high = (
                nearest(product * self.sign * Fraction(end, 1 << bits) + Fraction(plus))
                for end in (self.root(bits), self.root(bits) + 1)
            )
            if low == high:
                return low
            bits *= 2

    def scaled(self, numbers: Floats) -> Floats:
        """The nearest float64 to each number times the factor."""
        if self.rational:
            return _array((self.times(number) for number in numbers.tolist()), len(numbers))
        bits = max(PRECISION - self.place, 0)
        low = self.sign * self.root(bits)
        high = low + self.sign
        mantissa, exponent = np.frexp(numbers)
        whole = np.ldexp(mantissa, 53).astype(np.int64).tolist()
        shifts = (exponent.astype(np.int64) - 53 - bits).tolist()
        out = []
        for number, value, shift in zip(numbers.tolist(), whole, shifts, strict=True):
            ends = shifted(value * low, shift), shifted(value * high, shift)
            out.append(ends[0] if ends[0] == ends[1] else self.times(number))
        return np.array(out)


def shifted(value: int, shift: int) -> float:
    """The nearest float64 to value 2^shift."""
    if not value:
        return 0.0
    # elsewhere ldexp overflows, or rounds a second time below the normal numbers
    if value.bit_length() < 1000 and -1000 < value.bit_length() + shift < 1000:
        return math.ldexp(float(value), shift)
    return nearest(Fraction(value) * Fraction(2) ** shift)


def nearest(value: Fraction) -> float:
    """The float64 nearest to a fraction, ties to even; infinite beyond the largest."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def folded(layer: Layer, norm: Norm, eps: float) -> Layer:
    """The layer followed by the normalisation, as one layer in float64.

    Raises
    ------
    BadFile
        When the channels differ, a variance plus eps is not positive, or a folded number is not finite.
    """
    if len(norm.mean) != layer.shape[0]:
        where = f"BatchNorm {norm.label} has {len(norm.mean)} channels"
        raise BadFile(f"{where}, layer {layer.label} before it gives {layer.shape[0]}")
    weight = np.empty(layer.weight.shape, np.float64)
    bias = np.empty(len(weight))
    old = np.zeros(len(weight)) if layer.bias is None else layer.bias.astype(np.float64)
    for channel, row in enumerate(layer.weight.astype(np.float64)):
        square = Fraction(float(norm.variance[channel])) + Fraction(eps)
        if square <= 0:
            raise BadFile(f"BatchNorm {norm.label}: the variance of channel {channel} is not positive")
        factor = Factor(float(norm.weight[channel]), square)
        weight[channel] = factor.scaled(row.ravel()).reshape(row.shape)
        bias[channel] = factor.times(float(old[channel]), float(norm.bias[channel]), float(norm.mean[channel]))
    if not (np.isfinite(weight).all() and np.isfinite(bias).all()):
        raise BadFile(f"BatchNorm {norm.label}, folded into layer {layer.label}, gives numbers beyond float64")
    return Layer(layer.name, weight, bias)


def _array(values: Iterable[float], count: int) -> Array:
    return np.fromiter(values, np.float64, count)
