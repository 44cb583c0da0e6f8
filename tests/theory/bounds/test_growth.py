"""Certified sample sizes: printed values, monotonicity, and the bound against simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from slth.core.errors import BadInput
from slth.theory.bounds import growth, hitting

LAWS = st.sampled_from(sorted(growth.DENSITIES))


@pytest.mark.parametrize(
    ("law", "half_width", "kappa", "groups", "total", "tighter"),
    [
        ("N", 0.5, 0.24197, 2, 258, 330),
        ("NN", 0.2975, 0.1485, 4, 916, 1156),
        ("UU", 0.18394, 0.18394, 6, 1116, 1404),
        ("D", 0.18394, 0.09197, 6, 2280, 2868),
        ("U", 0.5, 0.5, 2, 116, 148),
    ],
)
def test_table_of_laws(law, half_width, kappa, groups, total, tighter):
    density = growth.DENSITIES[law]
    assert density.half_width == pytest.approx(half_width, rel=1e-4)
    assert density.kappa == pytest.approx(kappa, rel=1e-3)
    assert growth.certified_n(law, 0.01, 0.01).groups == groups
    assert growth.certified_n(law, 0.01, 0.01).total == total
    assert growth.certified_n(law, 0.001, 0.01).total == tighter


def test_one_step_expectation_is_exact_for_uniform_samples():
    """E v' = v + v (1 - v)/2 for any reached set: here random unions of grid cells, all shifts enumerated."""
    rng = np.random.default_rng(5)
    cells = 200
    for _ in range(20):
        reached = rng.random(cells) < rng.random()
        share = reached.mean()
        grown = []
        for shift in range(-cells, cells + 1):
            moved = np.zeros(cells, bool)
            if shift >= 0:
                moved[shift:] = reached[: cells - shift]
            else:
                moved[:shift] = reached[-shift:]
            grown.append((reached | moved).mean())
        expected = (np.sum(grown) - share) / (2 * cells)  # trapezoid rule, exact here
        assert expected == pytest.approx(share + share * (1 - share) / 2, abs=1e-12)


@given(LAWS, st.floats(1e-6, 0.5), st.floats(1e-9, 0.9), st.floats(0.01, 4.0))
def test_certificate_holds_what_it_says_and_no_fewer_samples_do(law, eps, delta, radius):
    chosen = growth.certified_n(law, eps, delta, radius)
    assert 0 <= chosen.failure <= delta
    assert chosen.groups * growth.DENSITIES[law].half_width >= radius - 1e-9 or chosen.each == 0
    if chosen.each > 1:
        assert growth.failure_bound(law, chosen.each - 1, eps, chosen.groups) > delta


@given(LAWS, st.floats(1e-6, 0.2), st.floats(1e-9, 0.5), st.floats(0.3, 2.0), st.floats(1.0, 4.0))
def test_certified_n_is_monotone(law, eps, delta, radius, factor):
    base = growth.certified_n(law, eps, delta, radius).total
    assert growth.certified_n(law, eps / factor, delta, radius).total >= base
    assert growth.certified_n(law, eps, delta / factor, radius).total >= base
    assert growth.certified_n(law, eps, delta, radius * factor).total >= base


@given(st.sampled_from(["U", "N", "UU", "NN"]), st.floats(1e-5, 0.05), st.integers(1, 60))
def test_bound_is_above_the_hitting_law(law, eps, n):
    """The bound is for all targets at once, so it lies above the model's chance to miss any one of them."""
    half_width = growth.DENSITIES[law].half_width
    for z in (2 * eps, 0.5 * half_width, half_width):
        if z > 2 * eps or z == 2 * eps < half_width:
            assert growth.failure_bound(law, n, eps) >= 0.9 * hitting.miss_chance(law, n, eps, z)


@pytest.mark.parametrize(("law", "n", "eps"), [("U", 26, 0.05), ("U", 22, 0.1), ("N", 40, 0.1)])
def test_bound_is_above_simulated_cover_failures(law, n, eps):
    """Reach on a grid of targets, every partial sum counted: more is reached than the proof counts on."""
    rng = np.random.default_rng(11)
    half_width, grid = growth.DENSITIES[law].half_width, 1000
    failures, runs = 0, 300
    for _ in range(runs):
        samples = rng.uniform(-1, 1, n) if law == "U" else rng.standard_normal(n)
        reached = np.zeros(12 * grid + 1, bool)
        reached[6 * grid] = True
        for step in np.rint(samples * grid).astype(int):
            moved = np.zeros_like(reached)
            if step >= 0:
                moved[step:] = reached[: len(reached) - step]
            else:
                moved[:step] = reached[-step:]
            reached |= moved
        places = np.flatnonzero(reached) / grid - 6
        targets = np.linspace(-half_width, half_width, 401)
        near = np.minimum(np.searchsorted(places, targets), len(places) - 1)
        errors = np.minimum(np.abs(places[near] - targets), np.abs(places[near - 1] - targets))
        failures += bool(errors.max() > eps)
    bound = growth.failure_bound(law, n, eps)
    assert bound < 1
    assert failures / runs <= bound + 3 * math.sqrt(bound / runs)


@given(LAWS, st.integers(1, 3), st.floats(0.1, 1.0), st.integers(0, 300))
def test_arrays_dimensions_and_thinning(law, dims, keep, n):
    width = growth.DENSITIES[law].half_width
    eps = width * np.array([[0.01], [0.3], [1.0]])
    bound = growth.failure_bound(law, np.arange(n, n + 4), eps, dims=dims, keep=keep)
    assert bound.shape == (3, 4)
    assert bound[1, 2] == growth.failure_bound(law, n + 2, float(eps[1, 0]), dims=dims, keep=keep)
    assert (np.diff(bound, axis=0) <= 0).all() and (np.diff(bound, axis=1) <= 0).all() and (bound[2] == 0).all()
    assert (bound >= growth.failure_bound(law, np.arange(n, n + 4), eps)).all()


def test_one_dimension_and_every_sample_is_the_default():
    assert growth.certified_n("U", 0.01, 0.01, 0.5, dims=1, keep=1.0) == growth.certified_n("U", 0.01, 0.01, 0.5)
    thinned = growth.certified_n("UU", 0.01, 0.01, keep=0.5)
    assert thinned.total == growth.certified_n("D", 0.01, 0.01).total
    by_hand = math.log((1 / 0.1**2 - 1) * (2 / 0.1**2 * 2 - 1) / 0.01) / -math.log1p(-1 / 8)
    assert growth.certified_n("U", 0.1, 0.01, 0.5, dims=2).total == math.ceil(by_hand)


def test_bound_in_two_dimensions_is_above_simulated_cover_failures():
    """Sums of partial sums that stay in the square, on a grid, against every target of that grid."""
    rng = np.random.default_rng(17)
    n, runs, cells, near = 60, 100, 40, 8
    failures = 0
    for _ in range(runs):
        reached = np.zeros((cells + 1, cells + 1), bool)
        reached[cells // 2, cells // 2] = True
        for step in np.rint(rng.uniform(-1, 1, (n, 2)) * cells).astype(int):
            to = tuple(slice(max(s, 0), max(cells + 1 + min(s, 0), 0)) for s in step)
            of = tuple(slice(max(-s, 0), max(cells + 1 + min(-s, 0), 0)) for s in step)
            moved = np.zeros_like(reached)
            moved[to] = reached[of]
            reached |= moved
        failures += not ndimage.maximum_filter(reached, 2 * near + 1, mode="constant").all()
    bound = growth.failure_bound("U", n, near / cells, dims=2)
    assert 0.5 < bound < 1
    assert failures / runs <= bound


def test_reserved_samples_beat_two_groups_for_uniform():
    assert growth.cover_uniform_n(0.01, 0.01).total < growth.certified_n("U", 0.01, 0.01).total
    assert growth.cover_uniform_n(0.01, 0.01).failure <= 0.01


@pytest.mark.parametrize(
    "call",
    [
        lambda: growth.certified_n("X", 0.1, 0.1),
        lambda: growth.certified_n("U", 0.0, 0.1),
        lambda: growth.certified_n("U", 0.1, 1.0),
        lambda: growth.certified_n("U", 0.1, 0.1, math.inf),
        lambda: growth.failure_bound("U", -1, 0.1),
        lambda: growth.failure_bound("U", [1, 2], [0.1, math.nan]),
        lambda: growth.failure_bound("U", 1, 0.1, dims=0),
        lambda: growth.certified_n("U", 0.1, 0.1, keep=0.0),
        lambda: growth.cover_uniform_n(0.1, 0.0),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)
