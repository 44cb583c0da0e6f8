"""Densities against quadrature, closed forms and each other; second moments against enumeration."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special

from slth.core.errors import BadInput
from slth.theory.bounds import density, hitting, moments

LAWS = ("U", "N", "UU", "NN")


def counts(law, n, eps, z, runs):
    """Number of subsets near z, the empty one included, run by run."""
    rng = np.random.default_rng([n, runs])
    values = rng.uniform(-1, 1, (runs, n)) if law == "U" else rng.standard_normal((runs, n))
    sums = np.zeros((runs, 1))
    for column in values.T:
        sums = np.concatenate([sums, sums + column[:, None]], axis=1)
    return (np.abs(sums - z) <= eps).sum(axis=1).astype(float)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("terms", [2, 3, 5])
def test_one_more_term_is_a_convolution(law, terms):
    """f_k at two places from f_(k-1) and f_1, by quadrature."""
    far = 1.0 if "U" in law else 30.0
    for x in (0.35, 1.2):

        def product(y, x=x):
            return float(moments.sum_density(law, terms - 1, x - y)) * float(moments.sum_density(law, 1, y))

        cuts = sorted({-far, far} | {cut for cut in (0.0, x, x - 1, x + 1) if abs(cut) < far})
        found = sum(integrate.quad(product, a, b, limit=200)[0] for a, b in itertools.pairwise(cuts))
        assert float(moments.sum_density(law, terms, x)) == pytest.approx(found, rel=2e-6)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("terms", [3, 8, 40])
def test_mass_and_variance(law, terms):
    edge = min(float(terms), 14 * math.sqrt(terms)) if "U" in law else 14 * math.sqrt(terms)
    x = edge * np.arange(-400, 401) / 400
    values = moments.sum_density(law, terms, x)
    assert (values >= 0).all() and (values == values[::-1]).all()
    assert np.trapezoid(values, x) == pytest.approx(1, abs=1e-3)
    assert np.trapezoid(values * x**2, x) == pytest.approx(terms * hitting.VARIANCES[law], rel=3e-3)


@pytest.mark.parametrize("law", LAWS)
def test_densities_add_up_to_the_first_moment(law):
    n, eps, z = 12, 1e-5, 0.4
    total = sum(math.comb(n, k) * 2 * eps * float(moments.sum_density(law, k, z)) for k in range(1, n + 1))
    assert total == pytest.approx(hitting.expected_hits_exact(law, n, eps, z), rel=1e-6)


def test_many_uniforms_are_exact():
    """Near the edge of the support floats cancel; rationals do not."""
    assert moments.sum_density("U", 80, 79.5) == pytest.approx(0.5**79 / math.factorial(79) / 2**80, rel=1e-12)
    assert moments.sum_density("U", 80, 80.0) == 0 and moments.sum_density("U", 1, [1.0, 0.3]).tolist() == [0.25, 0.5]
    normal = math.exp(-1 / (2 * 80 / 3)) / math.sqrt(2 * math.pi * 80 / 3)
    assert float(moments.sum_density("U", 80, 1.0)) == pytest.approx(normal, rel=5e-3)
    assert math.sqrt(60) * float(moments.sum_density("U", 60, math.sqrt(60))) == pytest.approx(0.15418, rel=0.02)


def test_places_where_densities_are_infinite_or_singular():
    assert moments.sum_density("UU", 1, 0.0) == math.inf and moments.sum_density("NN", 1, 0.0) == math.inf
    assert float(moments.sum_density("UU", 2, 0.0)) == pytest.approx(1.0, rel=1e-9)
    assert float(moments.sum_density("UU", 2, 1e-9)) == pytest.approx(1.0, rel=1e-6)
    assert float(moments.sum_density("NN", 1, 0.6)) == pytest.approx(special.k0(0.6) / math.pi, rel=1e-9)
    assert moments.sum_density("UU", 3, 3.5) == 0


@pytest.mark.parametrize(("law", "n", "z"), [("U", 13, 0.5), ("N", 12, 0.5), ("N", 12, 3.0)])
def test_second_moments_agree_with_enumeration(law, n, z):
    eps = 2e-3
    found = counts(law, n, eps, z, 3000)
    measured = float((found**2).mean() / found.mean() ** 2)
    assert float(moments.second_moment(law, n, eps, z)) == pytest.approx(measured, rel=0.1)
    if law == "N":
        assert moments.normal_second_moment(n, eps, z) == pytest.approx(measured, rel=0.06)
        exact = hitting.expected_hits_exact("N", n, eps, z)
        assert (found > 0).mean() >= 1 / moments.normal_second_moment(n, eps, z) - 0.02
        assert found.mean() == pytest.approx(exact, rel=0.1)


def test_few_normal_samples_by_hand():
    """Two samples: {X}, {Y}, {X, Y} and the empty set, whose pairs are easily written down."""
    eps, z = 1e-4, 0.2
    one = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) * 2 * eps
    both = math.exp(-(z**2) / 4) / math.sqrt(4 * math.pi) * 2 * eps
    apart = 2 * one**2 + 4 * one * math.exp(0) / math.sqrt(2 * math.pi) * 2 * eps
    first = 2 * one + both
    assert moments.normal_second_moment(2, eps, z) == pytest.approx((first + apart) / first**2, rel=1e-6)
    with_empty = moments.normal_second_moment(1, 0.5, 0.1)
    hit = special.ndtr(0.6) - special.ndtr(-0.4)
    assert with_empty == pytest.approx((1 + 3 * hit) / (1 + hit) ** 2)


@given(st.sampled_from(LAWS), st.integers(1, 60), st.floats(1e-9, 0.1), st.floats(0, 2), st.floats(1, 4))
def test_chance_is_below_its_limit_and_the_first_moment_and_monotone(law, n, eps, z, factor):
    chance = float(moments.second_moment_chance(law, n, eps, z))
    assert 0 <= chance < moments.CERTIFIABLE + 1e-12
    assert chance <= float(hitting.expected_hits(law, n, eps, z)) * (1 + 1e-9)
    assert moments.second_moment_chance(law, n, eps * factor, z) >= chance
    assert moments.second_moment_chance(law, n, eps, z * factor) <= chance * (1 + 1e-12)


def test_all_subsets_are_like_those_of_half_size():
    assert moments.second_moment("U", 400, 1e-3, 0.0) == pytest.approx(
        density.second_moment_of_size("U", 400, 200, 1e-3, 0.0), rel=0.01
    )
    assert moments.second_moment_chance("U", 20, 0.0, 0.0) == 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: moments.sum_density("X", 1, 0.0),
        lambda: moments.sum_density("U", 81, 0.0),
        lambda: moments.sum_density("N", 0, 0.0),
        lambda: moments.sum_density("N", 1, math.nan),
        lambda: moments.second_moment("S", 3, 0.1, 0.0),
        lambda: moments.normal_second_moment(61, 0.1, 0.0),
        lambda: moments.normal_second_moment(3, 0.0, 0.0),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)
