"""First moment and hitting law against exact formulas and exhaustive enumeration."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import hitting

LAWS = st.sampled_from(sorted(hitting.VARIANCES))


def subset_sums(values):
    sums = np.zeros((len(values), 1))
    for column in values.T:
        sums = np.concatenate([sums, sums + column[:, None]], axis=1)
    return sums


def draw(rng, law, shape):
    if law == "S":
        return rng.choice([-1.0, 1.0], shape)
    one = (lambda: rng.uniform(-1, 1, shape)) if "U" in law else (lambda: rng.standard_normal(shape))
    return one() * one() if len(law) == 2 else one()


def irwin_hall(k, x):
    """Density of k uniforms on [-1, 1] at a rational x."""
    total = sum(
        ((-1) ** j * math.comb(k, j) * max(k + x - 2 * j, Fraction(0)) ** (k - 1) for j in range(k + 1)),
        Fraction(0),
    )
    return total / (math.factorial(k - 1) * 2**k)


def test_exact_first_moment_of_uniform_samples_is_irwin_hall():
    z, eps, n = Fraction(1, 2), Fraction(1, 10**5), 12
    expected = sum(math.comb(n, k) * 2 * eps * irwin_hall(k, z) for k in range(2, n + 1)) + n * eps
    assert hitting.expected_hits_exact("U", n, float(eps), float(z)) == pytest.approx(float(expected), rel=1e-4)


def test_exact_first_moment_of_normal_samples():
    def ball(k):
        return 0.5 * (math.erf(0.31 / math.sqrt(2 * k)) - math.erf(0.29 / math.sqrt(2 * k)))

    expected = sum(math.comb(20, k) * ball(k) for k in range(1, 21))
    assert hitting.expected_hits_exact("N", 20, 0.01, 0.3) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("law", ["U", "N", "UU", "NN"])
def test_first_moment_and_hitting_law_agree_with_enumeration(law):
    rng = np.random.default_rng(3)
    runs, n, eps, z = 3000, 11, 1e-3, 0.3
    near = np.abs(subset_sums(draw(rng, law, (runs, n))) - z) <= eps
    counts = near.sum(axis=1)
    error = counts.std() / math.sqrt(runs)
    assert abs(counts.mean() - hitting.expected_hits_exact(law, n, eps, z)) <= 4 * error
    assert hitting.expected_hits(law, n, eps, z) == pytest.approx(counts.mean(), rel=0.3, abs=4 * error)
    assert hitting.hit_chance(law, n, eps, z) == pytest.approx(
        near.any(axis=1).mean(), abs=0.08 if law == "NN" else 0.04
    )


@pytest.mark.parametrize("n", [1, 5, 9])
def test_signs_are_exact(n):
    rng = np.random.default_rng(n)
    sums = subset_sums(draw(rng, "S", (4000, n)))
    for z, eps in ((0.4, 0.1), (1.0, 0.2), (2.3, 0.3), (-1.5, 0.5), (-0.2, 0.3)):
        seen = (np.abs(sums - z) <= eps).any(axis=1).mean()
        chance = float(hitting.hit_chance("S", n, eps, z))
        assert abs(seen - chance) <= 4 * math.sqrt(0.25 / 4000)
        assert chance in (0.0, 1.0) or 0 < seen < 1


@given(LAWS, st.integers(2, 40), st.floats(1e-7, 0.3), st.floats(0, 2), st.floats(1, 3))
def test_monotone_in_n_eps_and_target(law, n, eps, z, factor):
    base = hitting.nonempty_misses(law, n, eps, z)
    slack = 1 + 1e-9
    assert hitting.nonempty_misses(law, n, eps * factor, z) <= base * slack
    assert hitting.nonempty_misses(law, n + 1, eps, z) <= base * slack + 1e-12
    assert hitting.nonempty_misses(law, n, eps, z * factor) >= base / slack - 1e-12
    assert hitting.miss_chance(law, n, eps, -z) == hitting.miss_chance(law, n, eps, z)


@given(LAWS, st.integers(2, 40), st.floats(1e-7, 0.1), st.floats(0.2, 1.5))
def test_chance_is_below_the_first_moment(law, n, eps, z):
    """Markov's inequality, which the model keeps."""
    assert hitting.hit_chance(law, n, eps, z) <= hitting.expected_hits(law, n, eps, z) * (1 + 1e-6) + 1e-12


@given(LAWS, st.integers(2, 40), st.floats(0.01, 0.999), st.floats(0, 1))
def test_best_error_is_the_root_of_the_hitting_law(law, n, chance, z):
    eps = hitting.best_error(law, n, chance, z)
    assert 1 - hitting.nonempty_misses(law, n, eps, z) == pytest.approx(chance, rel=1e-6)


def test_arrays_broadcast():
    grid = hitting.miss_chance("UU", 12, np.array([[1e-3], [1e-2]]), np.linspace(0, 1, 5))
    assert grid.shape == (2, 5)
    assert grid[1, 3] == pytest.approx(float(hitting.miss_chance("UU", 12, 1e-2, 0.75)), rel=1e-12)
    assert (grid[:, 0] == 0).all()


@pytest.mark.parametrize(("law", "n", "value"), [("UU", 14, 0.5), ("NN", 15, 0.5)])
def test_quoted_medians(law, n, value):
    """n at which the chance to come within 1e-4 of 0.5 passes one half."""
    assert hitting.hit_chance(law, n, 1e-4, 0.5) >= value > hitting.hit_chance(law, n - 1, 1e-4, 0.5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: hitting.expected_hits("S", 3, 0.1, 0.1),
        lambda: hitting.hit_chance("X", 3, 0.1, 0.1),
        lambda: hitting.hit_chance("U", 0, 0.1, 0.1),
        lambda: hitting.hit_chance("U", 3, -0.1, 0.1),
        lambda: hitting.hit_chance("U", 3, 0.1, math.nan),
        lambda: hitting.expected_hits_exact("U", 61, 0.1, 0.1),
        lambda: hitting.first_moment_n("U", 0.0),
        lambda: hitting.best_error("U", 3, 1.0),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("law", "n", "eps", "z"),
    [("U", 10, 1e-4, 20.0), ("UU", 14, 1e-4, 13.0), ("U", 20, 1e-3, 25.0), ("UU", 60, 0.01, 61.0)],
)
def test_targets_out_of_reach_have_no_negative_first_moment(law, n, eps, z):
    """Terms of size 2^n cancel there: what is a bound must lie above the truth, which is 0."""
    assert hitting.expected_hits_exact(law, n, eps, z) >= 0
    assert hitting.most_hits(law, n, eps, z) > 0


@pytest.mark.parametrize("law", ["U", "N", "UU", "NN"])
def test_the_bound_on_the_first_moment_is_close_where_it_matters(law):
    exact = hitting.expected_hits_exact(law, 14, 1e-3, 0.5)
    assert exact <= hitting.most_hits(law, 14, 1e-3, 0.5) <= exact + 1e-4
