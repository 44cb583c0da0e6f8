"""Matching one product or both of its factors: chances against simulation, counts against their definition."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import nearest


@pytest.mark.parametrize(("target", "tolerance", "first"), [(0.5, 0.1, 1.0), (-0.95, 0.2, 1.0), (0.3, 0.05, 0.6)])
def test_chances_agree_with_simulation(target, tolerance, first):
    rng = np.random.default_rng(6)
    x, y = rng.random(400_000), rng.uniform(-1, 1, 400_000)
    near = np.abs(x * y - target) <= tolerance
    tau = tolerance / (1 + abs(target / first))
    both = (np.abs(x - first) <= tau) & (np.abs(y - target / first) <= tau)
    assert (near | ~both).all()
    goal, width = np.array([target]), np.array([tolerance])
    for seen, missed in (
        (near, nearest.misses_of_one(goal, width)[0]),
        (both, nearest.pair_misses_of_one(goal, width, first)[0]),
    ):
        chance = seen.mean()
        assert 1 - missed == pytest.approx(chance, abs=4 * math.sqrt(chance / 400_000))


@given(st.floats(-1, 1), st.floats(1e-4, 0.3), st.floats(1e-6, 0.5), st.floats(1, 5))
def test_pairs_need_more_and_counts_are_the_smallest(target, tolerance, delta, factor):
    goal, width = np.array([target]), np.array([tolerance])
    one, failure = nearest.nearest_n(goal, width, delta)
    two, _ = nearest.pair_n(goal, width, delta)
    assert failure <= delta and one <= two
    miss = float(nearest.pair_misses_of_one(goal, width)[0])
    assert miss**two <= delta * (1 + 1e-9) and (two == 1 or miss ** (two - 1) > delta * (1 - 1e-9))
    assert nearest.pair_n(goal, width / factor, delta)[0] >= two
    assert nearest.pair_n(goal, width, delta / factor)[0] >= two


def test_orders_in_the_tolerance():
    """One over tau for products, one over tau squared for pairs."""
    goal = np.array([0.5])
    counts = [[f(goal, np.array([eps]), 0.01)[0] for eps in (0.01, 0.001)] for f in (nearest.nearest_n, nearest.pair_n)]
    assert counts[0][1] / counts[0][0] == pytest.approx(10, rel=0.02)
    assert counts[1][1] / counts[1][0] == pytest.approx(100, rel=0.02)


def test_out_of_reach_and_bad_numbers():
    with pytest.raises(BadInput):
        nearest.nearest_n(np.array([1.5]), np.array([0.1]), 0.1)
    with pytest.raises(BadInput):
        nearest.pair_n(np.array([0.9]), np.array([0.1]), 0.1, first=0.5)
    with pytest.raises(BadInput):
        nearest.pair_n(np.array([0.9]), np.array([0.1]), 0.1, first=1.5)
    assert nearest.pair_n(np.array([0.05]), np.array([0.1]), 0.1) == (1, 0.0)
