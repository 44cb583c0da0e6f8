"""Integer samples: counts against enumeration, the model against simulation, orders against their formulas."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import quantised


def draws(rng, largest, shape):
    return rng.integers(1, largest + 1, shape) * rng.choice([-1, 1], shape)


def subset_sums(values):
    sums = np.zeros((len(values), 1), np.int64)
    for column in values.T:
        sums = np.concatenate([sums, sums + column[:, None]], axis=1)
    return sums


@pytest.mark.parametrize(("largest", "n"), [(1, 3), (2, 3), (3, 2)])
def test_exact_counts_by_enumeration(largest, n):
    values = [value for value in range(-largest, largest + 1) if value]
    sums = subset_sums(np.array(list(itertools.product(values, repeat=n))))
    for target in range(-n * largest - 1, n * largest + 2):
        assert quantised.exact_subsets(largest, n, target) == pytest.approx((sums == target).sum(axis=1).mean())
    rows = np.array(list(itertools.product(range(1, largest + 1), repeat=n)))
    signs = np.array(list(itertools.product([-1, 1], repeat=n)))
    products = rows @ signs.T
    for target in range(-n * largest, n * largest + 1):
        fitting = (rows.sum(axis=1) - target) % 2 == 0
        expected = (products[fitting] == target).sum(axis=1).mean() if fitting.any() else 0.0
        assert quantised.exact_partitions(largest, n, target) == pytest.approx(expected, abs=1e-9)


@given(st.integers(4, 40), st.integers(8, 40), st.floats(0, 1.5))
def test_gaussian_forms_are_close_to_exact(largest, n, size):
    target = round(size * math.sqrt(n) * largest / 2)
    close = float(quantised.expected_subsets(largest, n, target))
    exact = quantised.exact_subsets(largest, n, target) - (target == 0)
    assert close == pytest.approx(exact, rel=0.35 * (1 + size**4) / n**0.5)
    half = float(quantised.expected_partitions(largest, n, target))
    assert half == pytest.approx(quantised.exact_partitions(largest, n, target), rel=0.35 * (1 + size**4) / n**0.5)


def test_subsets_and_partitions_are_one_problem():
    """Sum over S of X = t exactly when sigma X = 2t - (sum of all)."""
    rng = np.random.default_rng(3)
    values = draws(rng, 9, 8)
    sums = subset_sums(values[None])[0]
    signs = subset_sums(2 * values[None])[0] - values.sum()
    for target in range(-20, 21):
        assert (sums == target).sum() == (signs == 2 * target - values.sum()).sum()


@pytest.mark.parametrize(("largest", "n", "target"), [(50, 10, 0), (50, 10, 40), (200, 12, 100), (20, 7, 5)])
def test_hit_chance_agrees_with_simulation(largest, n, target):
    rng = np.random.default_rng(n)
    runs = 3000
    near = subset_sums(draws(rng, largest, (runs, n)))[:, 1:] == target
    assert near.sum(axis=1).mean() == pytest.approx(
        quantised.exact_subsets(largest, n, target) - (target == 0), abs=4 * near.sum(axis=1).std() / math.sqrt(runs)
    )
    assert float(quantised.exact_hit_chance(largest, n, target)) == pytest.approx(near.any(axis=1).mean(), abs=0.04)


def test_transition():
    for largest in (64, 4096, 2**20):
        n = quantised.transition_n(largest)
        assert 0.7 < quantised.kappa(largest, math.floor(n)) < 1.05
        few, many = math.floor(n), math.ceil(n)
        assert float(quantised.expected_subsets(largest, few, 0)) <= 1 <= quantised.expected_subsets(largest, many, 0)
    assert quantised.exact_hit_chance(4096, 10, 50) < 0.3 < 0.97 < quantised.exact_hit_chance(4096, 20, 50)


@given(st.integers(1, 5000), st.integers(1, 60), st.integers(0, 300))
def test_monotone(largest, n, target):
    chance = quantised.exact_hit_chance(largest, n, target)
    assert 0 <= chance <= 1
    assert quantised.exact_hit_chance(largest, n + 1, target) >= chance - 1e-12
    assert quantised.exact_hit_chance(largest, n, target + 1) <= chance + 1e-12
    assert quantised.single_chance(largest, n + 1) >= quantised.single_chance(largest, n)


def test_smallest_n():
    for chance in (0.3, 0.95):
        n = quantised.exact_hit_n(500, chance, 100)
        assert quantised.exact_hit_chance(500, n, 100) >= chance > quantised.exact_hit_chance(500, n - 1, 100)


def test_single_samples():
    rng = np.random.default_rng(4)
    seen = (rng.integers(-5, 6, (20000, 9)) == 3).any(axis=1).mean()
    assert float(quantised.single_chance(5, 9)) == pytest.approx(seen, abs=0.015)
    seen = (draws(rng, 5, (20000, 9)) == 3).any(axis=1).mean()
    assert float(quantised.single_chance(5, 9, zero=False)) == pytest.approx(seen, abs=0.015)


def test_orders():
    assert quantised.order_only_width(20, 2.0**-6, 3.0) == pytest.approx(3 * 20 * 6)
    weights = 2 * 2**6 + 1
    assert quantised.least_parameters(5, 2.0**-6, 1.0) == pytest.approx(25 * math.log2(weights))
    assert quantised.least_parameters(1, 0.9, 0.01) == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: quantised.expected_subsets(0, 3, 0),
        lambda: quantised.expected_subsets(3, 1001, 0),
        lambda: quantised.exact_subsets(1 << 20, 10, 0),
        lambda: quantised.expected_partitions(3, 0, 0),
        lambda: quantised.exact_hit_n(3, 1.0),
        lambda: quantised.exact_hit_n(1, 0.9, 10**6),
        lambda: quantised.single_chance(0, 3),
        lambda: quantised.order_only_width(3, 1.0),
        lambda: quantised.least_parameters(3, 0.1, 0.0),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("largest", "n", "target"), [(16, 12, 190), (4, 30, 115), (8, 20, 155)])
def test_sums_hardly_reached_have_a_bound_above_the_truth(largest, n, target):
    """Terms of size 2^n cancel there. The truth, in integers: ways to add up, over all draws."""
    ways = {0: 1}
    for _ in range(n):
        grown = {}
        for total, count in ways.items():
            for step in (0, *range(-largest, 0), *range(1, largest + 1)):
                weight = 2 * largest if step == 0 else 1
                grown[total + step] = grown.get(total + step, 0) + weight * count
        ways = grown
    truth = Fraction(ways.get(target, 0), (2 * largest) ** n)
    assert quantised.exact_subsets(largest, n, target) >= 0
    assert quantised.most_subsets(largest, n, target) >= truth
