"""All targets at once: the model against simulation, against one target, and its monotonicity."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import coverage, growth, hitting

LAWS = st.sampled_from(sorted(hitting.VARIANCES))


def gaps(rng, n, eps, radius, draw):
    """Whether some target of the interval is farther than eps from all subset sums."""
    sums = np.zeros(1)
    for value in draw(rng, n):
        sums = np.concatenate([sums, sums + value])
    near = np.sort(sums[np.abs(sums) <= radius + eps])
    ends = np.concatenate([[-radius - eps], near, [radius + eps]])
    return bool(np.diff(ends).max() > 2 * eps)


@pytest.mark.parametrize(
    ("law", "n", "eps", "radius"),
    [("U", 10, 0.01, 0.5), ("U", 12, 0.01, 0.5), ("U", 8, 0.05, 1.0), ("N", 12, 0.01, 0.5), ("N", 9, 0.1, 1.0)],
)
def test_model_agrees_with_simulation(law, n, eps, radius):
    rng = np.random.default_rng(n)
    draw = (lambda g, k: g.uniform(-1, 1, k)) if law == "U" else (lambda g, k: g.standard_normal(k))
    runs = 2500
    seen = sum(gaps(rng, n, eps, radius, draw) for _ in range(runs)) / runs
    model = float(coverage.gap_chance(law, n, eps, radius))
    assert abs(seen - model) <= 4 * math.sqrt(seen * (1 - seen) / runs) + 0.1 * seen


@given(LAWS, st.integers(2, 40), st.floats(1e-5, 0.4), st.floats(1, 3))
def test_harder_than_one_target_and_monotone(law, n, eps, factor):
    base = float(coverage.gap_chance(law, n, eps))
    assert 0 <= base <= 1
    assert base >= float(hitting.nonempty_misses(law, n, eps, 0.5)) * (1 - 1e-9)
    assert coverage.gap_chance(law, n, min(eps * factor, 0.49)) <= base * (1 + 1e-6) + 1e-9
    assert coverage.gap_chance(law, n + 1, eps) <= base * (1 + 1e-6) + 1e-9
    assert coverage.gap_chance(law, n, eps, 0.5 * factor) >= base * (1 - 1e-3) - 1e-9


@given(st.floats(1e-4, 0.2), st.integers(5, 60))
def test_below_what_is_proved_where_that_says_much(eps, n):
    proved = growth.failure_bound("U", n, eps)
    assert coverage.gap_chance("U", n, eps) <= max(proved, 0.0) or proved < 1e-6


@pytest.mark.parametrize("law", ["U", "NN"])
def test_smallest_n_is_the_smallest(law):
    for chance in (0.1, 0.5, 0.99):
        n = coverage.cover_n(law, 0.02, chance)
        assert coverage.cover_chance(law, n, 0.02) >= chance > coverage.cover_chance(law, n - 1, 0.02)
    assert coverage.cover_n(law, 0.6, 0.9) == 0


def test_arrays_and_extremes():
    table = coverage.gap_chance("U", np.arange(4, 20)[:, None], [0.01, 0.1, 0.7])
    assert table.shape == (16, 3)
    assert table[6, 0] == coverage.gap_chance("U", 10, 0.01) and (table[:, 2] == 0).all()
    assert coverage.gap_chance("U", 1, 1e-6) == pytest.approx(1.0, abs=1e-3)
    assert 0 <= coverage.gap_chance("N", 1000, 1e-9) < 1e-6
    assert coverage.gap_chance("U", 14, 0.01, level=True) < coverage.gap_chance("U", 14, 0.01)


@pytest.mark.parametrize(
    "call",
    [
        lambda: coverage.gap_chance("S", 3, 0.1),
        lambda: coverage.gap_chance("U", 0, 0.1),
        lambda: coverage.gap_chance("U", [3, 2000], 0.1),
        lambda: coverage.gap_chance("U", 3, [0.1, 0.0]),
        lambda: coverage.gap_chance("U", 3, 0.1, 0.0),
        lambda: coverage.cover_n("U", 0.1, 1.0),
        lambda: coverage.cover_n("U", 1e-3, 0.9, 1e6),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)
