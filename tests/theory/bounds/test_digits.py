"""Golden digits: the invariant under any values, coupons against inclusion and exclusion, pools against simulation."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import digits

BASES = st.sampled_from([0.5, digits.GOLDEN, 2 / 3, 0.8])


@given(BASES, st.integers(1, 20), st.floats(-1, 1), st.randoms(use_true_random=False))
def test_rest_never_exceeds_the_last_digit_whatever_the_values(base, count, target, random):
    """One adversarial value a digit, ends of the intervals included, in any order."""
    places = [random.choice([0.0, 1.0, random.random()]) for _ in range(count)]
    low = (1 - base) * base ** np.arange(count)
    high = base ** (1 + np.arange(count))
    values = np.sign(target or 1.0) * np.clip(low + np.array(places) * (high - low), low, high)
    for k in range(1, count + 1):
        found = digits.decompose(values[:k], [target], k, base)
        if base <= digits.GOLDEN:
            assert found.complete[0]
        if found.complete[0]:
            assert -1e-12 <= found.rest[0] <= base**k + 1e-12
        assert abs(abs(target) - abs(values[:k] @ found.chosen[0]) - found.rest[0]) < 1e-12


def test_batch_of_random_samples():
    rng = np.random.default_rng(2)
    count = 12
    samples = digits.hyperbolic(rng.random((3000, 200)), count) * rng.choice([-1, 1], (3000, 200))
    targets = rng.uniform(-1, 1, 3000)
    found = digits.decompose(samples, targets, count)
    errors = np.abs((samples * found.chosen).sum(axis=1) - targets)
    assert np.allclose(errors, found.rest, atol=1e-12) and (found.rest >= 0).all()
    assert (errors[found.complete] <= digits.GOLDEN**count).all()
    expected = float(digits.missing_chance(count, 200)[200])
    assert (~found.complete).mean() == pytest.approx(expected, abs=4 * math.sqrt(expected / 3000))


def test_hyperbolic_samples_are_equally_often_each_digit():
    values = digits.hyperbolic((np.arange(1000) + 0.5) / 1000, 5)
    counts = [((values >= digits.GOLDEN ** (k + 2)) & (values < digits.GOLDEN ** (k + 1))).sum() for k in range(5)]
    assert sum(counts) == 1000 and max(counts) - min(counts) <= 1


@pytest.mark.parametrize("signed", [True, False])
def test_missing_digits_by_inclusion_and_exclusion(signed):
    for count in (1, 3, 12):
        chain = digits.missing_chance(count, 60, signed=signed)
        share = Fraction(1, 2 * count if signed else count)
        for n in (0, 1, 17, 60):
            exact = sum((-1) ** (j + 1) * math.comb(count, j) * (1 - j * share) ** n for j in range(1, count + 1))
            assert chain[n] == pytest.approx(float(exact), abs=1e-300, rel=1e-9)
            assert chain[n] <= count * (1 - float(share)) ** n + 1e-12
        assert (np.diff(chain) <= 1e-15).all()


@given(st.floats(1e-5, 0.9), st.floats(1e-6, 0.9), st.booleans(), st.floats(1, 10))
def test_samples_are_the_fewest_and_monotone(eps, delta, signed, factor):
    n = digits.digit_samples(eps, delta, signed=signed)
    count = digits.needed_digits(eps)
    chain = digits.missing_chance(count, n, signed=signed)
    assert digits.GOLDEN**count <= eps * (1 + 1e-9)
    assert chain[n] <= delta < chain[n - 1]
    assert digits.digit_samples(eps / factor, delta, signed=signed) >= n
    assert digits.digit_samples(eps, delta / factor, signed=signed) >= n
    assert digits.digit_samples(eps, delta, signed=signed, weights=2) >= n


def test_expected_samples():
    chain = digits.missing_chance(6, 2000)
    assert digits.expected_samples(6) == pytest.approx(chain.sum(), rel=1e-9)


def test_pool_of_many_weights():
    """A pool of the proved size has enough of every digit at least as often as promised."""
    rng = np.random.default_rng(9)
    weights, eps, delta = 20, 0.05, 0.2
    count = digits.needed_digits(eps)
    n = digits.digit_samples(eps, delta, weights=weights)
    drawn = rng.integers(0, 2 * count, (2000, n))
    fewest = np.stack([(drawn == k).sum(axis=1) for k in range(count)]).min(axis=0)
    assert (fewest < weights).mean() <= delta
    assert (fewest < weights).mean() > delta / 3
    assert n < weights * digits.digit_samples(eps, delta / weights)


def test_large_eps_needs_nothing():
    assert digits.needed_digits(1.0) == 0 and digits.digit_samples(2.0, 0.1) == 0
    assert not digits.decompose(np.zeros((2, 0)), [0.2, -0.3], 3).chosen.any()


@pytest.mark.parametrize(
    "call",
    [
        lambda: digits.needed_digits(0.0),
        lambda: digits.needed_digits(0.1, 0.4),
        lambda: digits.digit_share(0),
        lambda: digits.missing_chance(3, -1),
        lambda: digits.digit_samples(0.1, 1.0),
        lambda: digits.digit_samples(0.1, 0.1, weights=0),
        lambda: digits.decompose([0.1], [1.5], 3),
        lambda: digits.decompose([[0.1]], [0.5, 0.2], 3),
        lambda: digits.decompose([0.1], [0.5], 0),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)
