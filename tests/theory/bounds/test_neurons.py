"""The lower bound for neuron removal, draw by draw, against linear programs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import neurons


def nearest_kink(directions, target=0.0):
    """Angle between the target's kink and the nearest other one, as lines."""
    apart = np.mod(directions - target, math.pi)
    return float(np.minimum(apart, math.pi - apart).min())


@given(st.floats(1e-9, 0.4), st.floats(0.01, 1.0))
def test_error_and_number_are_inverse(eps, chance):
    n = neurons.least_neurons(eps, chance)
    if n >= 1:
        assert math.tan(chance * math.pi / (4 * n)) / 2 == pytest.approx(eps, rel=1e-9)
    whole = max(1, math.ceil(n))
    assert neurons.least_error(whole, chance) <= eps * (1 + 1e-9) or n < 1


def test_kink_lemma_is_tight():
    angle = 0.3
    dense = np.linspace(angle, math.pi - angle, 60)
    fit = neurons.best_fit(np.concatenate([dense, dense + math.pi]))
    assert fit.error == pytest.approx(neurons.kink_error(angle), rel=2e-3)


@pytest.mark.parametrize("units", [1, 2, 5, 12, 25])
def test_no_draw_beats_its_kinks(units):
    rng = np.random.default_rng(units)
    for _ in range(8):
        directions, target = rng.uniform(0, 2 * math.pi, units), rng.uniform(0, 6)
        fit = neurons.best_fit(directions, target)
        assert fit.least >= neurons.kink_error(nearest_kink(directions, target)) * (1 - 1e-6)
        assert fit.least <= fit.error * (1 + 1e-9) + 1e-12


def test_error_is_the_largest_on_the_whole_circle():
    rng = np.random.default_rng(4)
    circle = np.linspace(0, 2 * math.pi, 20_001)
    for units in (3, 8, 20):
        directions = rng.uniform(0, 2 * math.pi, units)
        fit = neurons.best_fit(directions, 0.7)
        outputs = np.maximum(np.cos(circle[:, None] - directions), 0) @ fit.weights
        seen = np.abs(outputs - np.maximum(np.cos(circle - 0.7), 0)).max()
        assert seen <= fit.error * (1 + 1e-9) + 1e-12
        assert seen == pytest.approx(fit.error, rel=1e-3)


def test_random_units_succeed_no_more_often_than_the_bound_says():
    rng = np.random.default_rng(9)
    eps, n, runs = 0.02, 8, 150
    hits = [neurons.best_fit(rng.uniform(0, 2 * math.pi, n)).error <= eps for _ in range(runs)]
    bound = n * 4 / math.pi * math.atan(2 * eps)
    assert np.mean(hits) <= bound + 3 * math.sqrt(bound / runs)


def test_a_unit_that_is_there_is_found():
    fit = neurons.best_fit(np.array([0.4, 1.3, 5.0]), 1.3)
    assert fit.error < 1e-9
    assert fit.weights == pytest.approx([0, 1, 0], abs=1e-8)


@pytest.mark.parametrize(
    "call",
    [
        lambda: neurons.least_neurons(0.0),
        lambda: neurons.least_neurons(0.1, 0.0),
        lambda: neurons.least_error(0),
        lambda: neurons.kink_error(2.0),
        lambda: neurons.best_fit(np.zeros(0)),
        lambda: neurons.best_fit(np.array([math.nan])),
    ],
)
def test_bad_numbers_are_refused(call):
    with pytest.raises(BadInput):
        call()
