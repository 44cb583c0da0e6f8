"""Error propagation: the paper's numbers, and the bound against random networks with errors at the tolerance."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds.propagation import LayerShape, entry_tolerances, propagated_error

SEEDS = st.integers(0, 2**32 - 1)
NORMS = st.sampled_from(["2", "inf"])


def _operator(matrix, norm):
    return float(np.linalg.norm(matrix, 2 if norm == "2" else np.inf))


@given(SEEDS, NORMS, st.floats(0.05, 4.0), st.floats(1e-6, 0.5), st.floats(0.1, 10.0))
def test_bound_is_above_every_network_within_the_tolerances(seed, norm, gain, tolerance, radius):
    rng = np.random.default_rng(seed)
    widths = rng.integers(1, 6, rng.integers(2, 5))
    exact, near, shapes, tolerances = [], [], [], []
    for inputs, outputs in itertools.pairwise(widths):
        matrix = gain * rng.standard_normal((outputs, inputs))
        exact.append(matrix)
        near.append([matrix + tolerance * rng.choice([-1, 1], matrix.shape) for _ in range(2)])
        shapes.append(LayerShape(int(outputs), int(inputs), _operator(matrix, norm) * (1 + 1e-12)))
        tolerances.append(tolerance)
    x = rng.standard_normal((widths[0], 50))
    x *= radius / np.maximum(np.linalg.norm(x, 2 if norm == "2" else np.inf, axis=0), 1e-300)
    y, other = x, x
    for matrix, (plus, minus) in zip(exact, near, strict=True):
        y = matrix @ y
        other = plus @ np.maximum(other, 0) - minus @ np.maximum(-other, 0)
        if matrix is not exact[-1]:
            y, other = np.maximum(y, 0), np.maximum(other, 0)
    worst = np.linalg.norm(y - other, 2 if norm == "2" else np.inf, axis=0).max()
    assert worst <= propagated_error(shapes, tolerances, norm, radius) * (1 + 1e-9) + 1e-12


def test_bound_is_attained_by_one_weight():
    """f(x) = x, every entry one too large by tau: nothing is lost."""
    assert propagated_error([LayerShape(1, 1)] * 3, [0.1] * 3) == pytest.approx(1.1**3 - 1)
    assert propagated_error([LayerShape(1, 1, 2.0)] * 2, [0.1] * 2, "inf", 3.0) == pytest.approx(3 * (2.1**2 - 4))


@given(NORMS, st.floats(1e-6, 10.0), st.floats(0.01, 30.0), st.lists(st.floats(0, 3.0), min_size=1, max_size=5))
def test_tolerances_keep_their_promise(norm, eps, radius, gains):
    shapes = [LayerShape(3 + i, 5 + i, gain) for i, gain in enumerate(gains)]
    tolerances = entry_tolerances(shapes, eps, norm, radius)
    assert all(tau > 0 for tau in tolerances)
    assert propagated_error(shapes, tolerances, norm, radius) <= eps * (1 + 1e-9)


def test_root_of_the_layer_size_is_enough():
    two = [LayerShape(500, 784), LayerShape(10, 500)]
    assert entry_tolerances(two, 0.01)[0] == pytest.approx(0.01 / (4 * math.sqrt(500 * 784)))
    assert propagated_error(two, entry_tolerances(two, 1.0)) == pytest.approx(1.25**2 - 1)


@pytest.mark.parametrize(
    "call",
    [
        lambda: LayerShape(0, 1),
        lambda: LayerShape(1, 1, math.nan),
        lambda: propagated_error([LayerShape(1, 1)], [0.1, 0.1]),
        lambda: propagated_error([LayerShape(1, 1)], [-0.1]),
        lambda: propagated_error([LayerShape(1, 1)], [0.1], "3"),
        lambda: entry_tolerances([], 0.1),
        lambda: entry_tolerances([LayerShape(1, 1)], 0.0),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)
