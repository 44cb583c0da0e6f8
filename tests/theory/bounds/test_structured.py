"""Densities against quadrature and mpmath, counts against enumeration, limits against what is really reached."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from slth.core.errors import BadInput
from slth.theory.bounds import growth, structured


def subset_sums(samples):
    """All sums of non-empty subsets: (runs, n, D) to (runs, 2^n - 1, D)."""
    sums = np.zeros((len(samples), 1, samples.shape[2]))
    for place in range(samples.shape[1]):
        sums = np.concatenate([sums, sums + samples[:, place, None]], axis=1)
    return sums[:, 1:]


def draw(rng, runs, n, dims):
    return rng.standard_normal((runs, n, 1)) * rng.standard_normal((runs, n, dims))


@pytest.mark.parametrize(
    ("dims", "terms", "square"), [(1, 1, 0.3), (2, 5, 1.0), (4, 2, 0.2), (9, 30, 0.167), (3, 8, 0)]
)
def test_density_is_a_mixture_of_normal_densities(dims, terms, square):
    def part(w):
        return (2 * math.pi * w) ** (-dims / 2) * math.exp(-square / (2 * w)) * stats.chi2.pdf(w, terms)

    pieces = zip((0, 1, 30), (1, 30, np.inf), strict=True)
    expected = sum(integrate.quad(part, low, high, epsabs=0)[0] for low, high in pieces)
    assert float(np.exp(structured.nsn_log_density(dims, terms, square))) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("terms", "square"), [(300, 0.01), (700, 0.2), (5000, 0.1), (113, 1e-8)])
def test_density_of_many_terms_where_bessel_functions_overflow(terms, square):
    dims, a = 3, mpmath.mpf(terms - 3) / 2
    r = mpmath.sqrt(mpmath.mpf(square))
    with mpmath.workdps(40):
        exact = mpmath.log((2 * mpmath.pi) ** (-mpmath.mpf(dims) / 2) * 2) + a * mpmath.log(r)
        exact += mpmath.log(mpmath.besselk(a, r)) - mpmath.log(2) * terms / 2 - mpmath.loggamma(mpmath.mpf(terms) / 2)
    assert float(structured.nsn_log_density(dims, terms, square)) == pytest.approx(float(exact), abs=3e-9)


def test_density_at_the_origin_is_infinite_for_few_terms():
    assert structured.nsn_log_density(3, [2, 3, 4], 0.0).tolist()[:2] == [math.inf, math.inf]


@pytest.mark.parametrize("size", [None, 4])
def test_expected_hits_agree_with_enumeration(size):
    rng = np.random.default_rng(5)
    dims, n, eps, runs = 2, 9, 0.05, 4000
    target = np.array([0.6, 0.4])
    sums = subset_sums(draw(rng, runs, n, dims))
    sizes = subset_sums(np.ones((1, n, 1)))[0, :, 0]
    near = np.abs(sums - target).max(axis=2) <= eps
    counts = near[:, sizes == size].sum(axis=1) if size else near.sum(axis=1)
    expected = math.exp(structured.nsn_log_expected_hits(dims, n, eps, float(target @ target), size))
    assert counts.mean() == pytest.approx(expected, abs=4 * counts.std() / math.sqrt(runs))


def test_best_errors_lie_between_the_counting_limit_and_a_small_multiple_of_the_first_moment():
    rng = np.random.default_rng(6)
    for dims in (1, 2, 3):
        targets = rng.dirichlet(np.ones(dims), 60) * rng.choice([-1, 1], (60, dims))
        best = np.abs(subset_sums(draw(rng, 60, 14, dims)) - targets[:, None]).max(axis=2).min(axis=1)
        typical = structured.nsn_first_moment_eps(dims, 14, float((targets**2).sum(axis=1).mean()))
        assert structured.counting_eps(dims, 14) < np.median(best)
        assert 0.4 < np.median(best) / typical < 2.5


def test_boxes_that_count_as_covering():
    assert structured.counting_eps(1, 6, 1.0) == pytest.approx(2.0**-6)
    assert 2**6 * 4 * structured.counting_eps(2, 6, 0.25) ** 2 == pytest.approx(0.25 * 2)


def test_no_more_targets_are_reached_than_counting_allows():
    rng = np.random.default_rng(7)
    dims, n, chance = 2, 7, 0.3
    ball = rng.dirichlet(np.ones(dims + 1), 500)[:, :dims] * rng.choice([-1, 1], (500, dims))
    sums = np.concatenate([np.zeros((1, dims)), subset_sums(draw(rng, 1, n, dims) / 4)[0]])
    reached = np.abs(sums[None] - ball[:, None]).max(axis=2).min(axis=1) < structured.counting_eps(dims, n, chance)
    assert reached.mean() <= chance + 4 * math.sqrt(chance / 500)


@given(st.integers(1, 9), st.floats(1e-6, 0.4), st.floats(0.05, 1.0))
def test_threshold_is_the_smallest(dims, eps, square):
    n = structured.nsn_first_moment_n(dims, eps, square)
    assert structured.nsn_first_moment_eps(dims, n, square) <= eps * (1 + 1e-9)
    assert n == 1 or structured.nsn_first_moment_eps(dims, n - 1, square) >= eps * (1 - 1e-9)


def test_certified_samples_of_one_dimension_are_those_of_products_of_normals():
    width = growth.DENSITIES["NN"].half_width
    for eps in (0.1, 0.01):
        assert structured.nsn_certified_n(1, eps, 0.01, width) == growth.certified_n("NN", eps, 0.01, width).each
    least = [f"{structured.nsn_kappa(d):.3g}" for d in (1, 2, 3, 4, 9)]
    assert least == ["0.134", "0.0274", "0.00586", "0.00129", "7.71e-07"]


def test_kappa_is_the_least_density_on_the_cube():
    rng = np.random.default_rng(8)
    points = rng.uniform(-1, 1, (200, 3))
    densities = [float(np.exp(structured.nsn_log_density(3, 1, float(point @ point)))) for point in points]
    assert structured.nsn_kappa(3) <= min(densities)


def test_counting_and_packing_of_layers():
    packing = structured.log2_packing(3, 3, 8, 0.01)
    assert structured.counting_n(3, 3, 8, 0.01, chance=1.0) == pytest.approx(packing / 6)
    assert structured.log2_packing(1, 1, 1, 0.25) == pytest.approx(1.0)
    assert structured.log2_packing(2, 1, 1, 0.1, per_filter=True) == pytest.approx(4 * math.log2(5))
    assert structured.log2_packing(2, 1, 3, 0.1) < structured.log2_packing(2, 1, 3, 0.1, per_filter=True)


@pytest.mark.parametrize(
    "call",
    [
        lambda: structured.nsn_log_density(0, 1, 1.0),
        lambda: structured.nsn_log_density(1, 0, 1.0),
        lambda: structured.nsn_log_density(1, 1, -1.0),
        lambda: structured.nsn_log_expected_hits(1, 4, 0.1, 1.0, size=5),
        lambda: structured.nsn_first_moment_n(300, 1e-300, 1.0),
        lambda: structured.nsn_certified_n(1, 0.1, 1.5),
        lambda: structured.nsn_kappa(1, 0.0),
        lambda: structured.counting_eps(1, 0),
        lambda: structured.counting_n(1, 1, 1, 0.1, chance=0.0),
        lambda: structured.log2_packing(0, 1, 1, 0.1),
    ],
)
def test_bad_numbers_are_refused(call):
    with pytest.raises(BadInput):
        call()
