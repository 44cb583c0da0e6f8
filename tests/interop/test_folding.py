"""Folded BatchNorm: each number is the float64 nearest to the exact one, decided in whole numbers."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadFile
from slth.interop.folding import Factor, folded
from slth.interop.states import Layer, Norm

finite = st.floats(-1e6, 1e6)
wild = st.floats(allow_nan=False, allow_infinity=False)


def sign_beyond(number, weight, square, minus, plus, edge):
    """The sign of (number - minus) weight / sqrt(square) + plus - edge, from squares of fractions only."""
    product, rest = (Fraction(number) - Fraction(minus)) * Fraction(weight), Fraction(edge) - Fraction(plus)
    left = (product > 0) - (product < 0)
    right = (rest > 0) - (rest < 0)
    if left != right:
        return left - right
    difference = product**2 - rest**2 * square
    return left * ((difference > 0) - (difference < 0))


def check_nearest(value, number, weight, square, minus=0.0, plus=0.0):
    """The exact value lies between the midpoints to both neighbours of `value`; on one only where `value` is even."""
    if math.isinf(value):
        last = Fraction(np.finfo(np.float64).max) + Fraction(2) ** 969
        assert sign_beyond(number, weight, square, minus, plus, last if value > 0 else -last) * value >= 0
        return
    odd = int(np.float64(value).view(np.uint64)) & 1
    for side in (-math.inf, math.inf):
        beside = math.nextafter(value, side)
        step = Fraction(beside) - Fraction(value) if math.isfinite(beside) else Fraction(math.copysign(2.0**970, side))
        beyond = sign_beyond(number, weight, square, minus, plus, Fraction(value) + step / 2)
        assert beyond * (1 if side > 0 else -1) < (0 if odd else 1)


@given(finite, finite, st.floats(0, 1e6), finite, finite)
def test_one_number(number, weight, variance, minus, plus):
    square = Fraction(variance) + Fraction(1e-5)
    factor = Factor(weight, square)
    check_nearest(factor.times(number, plus, minus), number, weight, square, minus, plus)


@given(wild, wild, st.floats(0, allow_infinity=False), wild, wild, st.sampled_from([1e-5, 1e-300, 5e-324, 1e300]))
def test_one_number_of_any_size(number, weight, variance, minus, plus, eps):
    square = Fraction(variance) + Fraction(eps)
    check_nearest(Factor(weight, square).times(number, plus, minus), number, weight, square, minus, plus)


@given(st.lists(wild, min_size=1, max_size=5), wild, st.floats(0, allow_infinity=False))
def test_rows(numbers, weight, variance):
    square = Fraction(variance) + Fraction(1e-5)
    for value, number in zip(Factor(weight, square).scaled(np.array(numbers)), numbers, strict=True):
        check_nearest(float(value), number, weight, square)


@given(st.integers(-(2**53), 2**53), st.integers(-(2**20), 2**20), st.sampled_from([4.0, 9.0, 0.25, 12.25, 49.0]))
def test_rational_roots_with_ties(number, weight, square):
    number, weight = float(number), float(weight)
    check_nearest(
        float(Factor(weight, Fraction(square)).scaled(np.array([number]))[0]), number, weight, Fraction(square)
    )
    assert Factor(weight, Fraction(square)).rational


def test_a_tie_goes_to_the_even_number():
    third = float((2**53 + 1) // 3)  # 3 divides 2^53 + 1, which lies half way between two float64
    assert Factor(3.0, Fraction(1)).times(third) == 2.0**53
    assert Factor(-3.0, Fraction(1)).scaled(np.array([third])).tolist() == [-(2.0**53)]


def test_a_number_just_below_a_tie_is_told_from_it():
    fifth = float((2**53 + 3) // 5)  # 5 divides 2^53 + 3; ties go up there
    assert Factor(5.0, Fraction(1)).times(fifth) == 2.0**53 + 4
    beside = Factor(5.0, 1 + Fraction(1, 2**400))
    assert beside.times(fifth) == beside.scaled(np.array([fifth]))[0] == 2.0**53 + 2
    assert Factor(-5.0, 1 + Fraction(1, 2**400)).times(fifth) == -(2.0**53 + 2)


def norm(channels, **changes):
    rng = np.random.default_rng(1)
    parts = {"mean": rng.standard_normal(channels), "variance": rng.random(channels), "weight": rng.random(channels)}
    return Norm("bn", **(parts | {"bias": rng.standard_normal(channels)} | changes))


def test_a_layer_and_its_normalisation():
    rng = np.random.default_rng(0)
    layer = Layer("conv", rng.standard_normal((4, 3, 2, 2)).astype(np.float32), None)
    bn = norm(4)
    made = folded(layer, bn, 1e-3)
    factor = bn.weight / np.sqrt(bn.variance + 1e-3)
    np.testing.assert_allclose(made.weight, layer.weight * factor[:, None, None, None], rtol=1e-15)
    np.testing.assert_allclose(made.bias, bn.bias - bn.mean * factor, rtol=1e-14)
    assert made.weight.dtype == made.bias.dtype == np.float64


def test_a_zero_stays_zero_and_a_channel_without_scaling_gives_its_bias():
    bn = norm(2, weight=np.array([0.0, 1.0]))
    made = folded(Layer("fc", np.array([[1.0, 2.0], [0.0, 3.0]]), None), bn, 1e-5)
    assert made.weight[0].tolist() == [0, 0] and made.bias[0] == bn.bias[0] and made.weight[1, 0] == 0


@pytest.mark.parametrize(
    ("bn", "eps", "reason"),
    [
        (norm(3), 1e-5, "BatchNorm bn has 3 channels, layer fc before it gives 2"),
        (norm(2, variance=np.array([1.0, -1.0])), 1e-5, "the variance of channel 1 is not positive"),
        (norm(2, variance=np.zeros(2)), 0.0, "the variance of channel 0 is not positive"),
        (norm(2, weight=np.full(2, 1e308), variance=np.zeros(2)), 1e-300, "gives numbers beyond float64"),
    ],
)
def test_refusals(bn, eps, reason):
    with pytest.raises(BadFile, match=reason):
        folded(Layer("fc", np.ones((2, 2)), None), bn, eps)
