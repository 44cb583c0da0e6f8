"""The rounding primitives against exact fractions, and networks on which plain float64 arithmetic is wrong."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from random_pairs import effective

from slth.certify.bounds import certify
from slth.certify.rounding import FLOOR, UNIT, down, gamma, inflated, length, lengths, up
from slth.core.domain import Box
from slth.core.network import Activation, Dense, Network

reals = st.floats(-1e12, 1e12, allow_subnormal=False)
tiny_too = st.floats(-1e300, 1e300)


@given(reals, reals)
def test_up_and_down_enclose_one_operation(a: float, b: float) -> None:
    for value, exact in ((a + b, Fraction(a) + Fraction(b)), (a - b, Fraction(a) - Fraction(b))):
        low, high = float(down(np.array(value))), float(up(np.array(value)))
        assert low < value < high
        assert Fraction(low) <= exact <= Fraction(high)


@given(st.lists(tiny_too, min_size=1, max_size=6))
def test_lengths_are_not_below_the_exact_norm(values: list[float]) -> None:
    array = np.array(values)
    exact = sum(Fraction(v) ** 2 for v in values)
    for found in (length(array), float(lengths(array[None])[0])):
        if math.isfinite(found):
            assert Fraction(found) ** 2 >= exact
            assert found <= (math.hypot(*values) * (1 + 1e-5) + 1e-300)


@given(st.integers(1, 2000), st.integers(0, 2**32))
def test_gamma_covers_inner_products_in_any_order(terms: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=terms) * 10.0 ** rng.integers(-8, 8, terms), rng.normal(size=terms)
    exact = sum((Fraction(x) * Fraction(y) for x, y in zip(a.tolist(), b.tolist(), strict=True)), Fraction(0))
    mass = float(inflated(np.abs(a) @ np.abs(b)))
    order = rng.permutation(terms)
    for found in (float(a @ b), float(a[order] @ b[order]), sum((a * b).tolist())):
        assert abs(Fraction(found) - exact) <= Fraction(gamma(terms) * mass)
    assert gamma(terms) >= terms * UNIT
    assert FLOOR > 0


def cancelling(seed: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Hidden weights near 2^55 and output signs whose products cancel to a few units per input, and the exact sup."""
    rng = np.random.default_rng(seed)
    hidden, inputs = 12, 3
    signs = rng.choice([-1, 1], hidden)
    weights = rng.integers(-(2**55), 2**55, (hidden, inputs))
    rest = (signs[:-1, None] * weights[:-1]).sum(axis=0)
    weights[-1] = signs[-1] * (rng.integers(-3, 4, inputs) - rest)  # the exact sums are -3 ... 3
    sums = (signs[:, None] * weights).sum(axis=0)
    return weights, signs, max(int(sums[sums > 0].sum()), -int(sums[sums < 0].sum()))


def test_cancellation_that_misleads_plain_floats(figure) -> None:
    wrong = 0
    for seed in range(200):
        weights, signs, sup = cancelling(seed)
        hidden, inputs = weights.shape
        high = np.full(hidden, 2.0**60)  # every neuron is on in both networks: the difference is linear
        target = Network(
            (Dense(np.zeros((hidden, inputs)), high), Activation(), Dense(signs[None].astype(float), np.zeros(1))),
            (inputs,),
        )
        zero = np.zeros(1, np.int64)
        layers = (
            effective(weights, weights, high.astype(np.int64), 1.0),
            effective(signs[None], signs[None], zero, 1.0),
        )
        certified = certify(target, layers, Box(Fraction(0), Fraction(1)))
        assert certified.eps_real >= sup
        assert certified.backward_eps >= sup
        naive = signs.astype(float) @ weights.astype(float)
        wrong += max(naive[naive > 0].sum(), -naive[naive < 0].sum()) < sup
    figure("networks whose float64 bound without rounding control is below the exact sup", f"{wrong} of 200, ours 0")
    assert wrong >= 10


def test_overflow_is_infinite_not_wrong() -> None:
    big = np.full((2, 2), 1e308)
    target = Network((Dense(big), Activation(), Dense(big)), (2,))
    zero = np.zeros(2, np.int64)
    layers = tuple(effective(np.ones((2, 2), np.int64), np.ones((2, 2), np.int64), zero, 1.0) for _ in range(2))
    certified = certify(target, layers, Box(Fraction(0), Fraction(4)))
    assert certified.eps_real == math.inf
    assert certified.eps_f32 == math.inf
