"""Subsets of a fixed size: moments against enumeration, fixed points against their equations."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import density, hitting


def counts(n, k, eps, z, runs):
    """Number of k-subsets of n uniforms near z, run by run."""
    rng = np.random.default_rng([n, k])
    samples = rng.uniform(-1, 1, (runs, n))
    sums = np.stack([samples[:, list(chosen)].sum(axis=1) for chosen in combinations(range(n), k)], axis=1)
    return (np.abs(sums - z) <= eps).sum(axis=1)


@given(st.integers(2, 300), st.data())
def test_entropy_bounds_the_number_of_subsets(n, data):
    k = data.draw(st.integers(1, n - 1))
    bits = n * density.binary_entropy(k / n)
    subsets = math.log2(math.comb(n, k))
    assert bits + 0.5 * math.log2(n / (8 * k * (n - k))) <= subsets + 1e-9
    assert subsets <= bits + 0.5 * math.log2(n / (2 * math.pi * k * (n - k))) + 1e-9


def test_entropy_at_the_ends():
    assert density.binary_entropy(0) == density.binary_entropy(1) == 0.0
    assert density.binary_entropy(0.11) == pytest.approx(density.binary_entropy(0.89))


@pytest.mark.parametrize("z", [0.5, 1.5])
def test_hits_of_a_size_agree_with_enumeration(z):
    n, k, eps = 12, 5, 0.003
    found = counts(n, k, eps, z, 4000)
    expected = density.expected_hits_of_size("U", n, k, eps, z)
    assert found.mean() == pytest.approx(expected, abs=4 * found.std() / math.sqrt(len(found)) + 0.03 * expected)


def test_sizes_add_up_to_all_subsets():
    total = sum(density.expected_hits_of_size("N", 24, k, 1e-3, 0.4) for k in range(1, 25))
    assert total == pytest.approx(float(hitting.expected_hits("N", 24, 1e-3, 0.4)), rel=0.03)


def test_second_moment_agrees_with_enumeration_and_bounds_the_chance():
    n, k, eps, z = 14, 5, 0.003, 0.5
    found = counts(n, k, eps, z, 6000)
    measured = float((found.astype(float) ** 2).mean() / found.mean() ** 2)
    ratio = density.second_moment_of_size("U", n, k, eps, z)
    assert ratio == pytest.approx(measured, rel=0.06)
    assert (found > 0).mean() >= 1 / ratio - 0.02
    assert (found > 0).mean() <= found.mean()


def test_second_moment_of_half_of_many_samples_is_that_of_all_subsets():
    assert density.second_moment_of_size("U", 400, 200, 1e-3, 0.0) == pytest.approx(2 / math.sqrt(3), rel=0.01)
    assert density.second_moment_of_size("U", 10, 5, 0.0, 0.0) == math.inf


@given(st.floats(0.02, 0.7), st.floats(1e-6, 1e-2), st.sampled_from(sorted(hitting.VARIANCES)), st.floats(0.1, 10))
def test_first_moment_is_met(share, eps, law, hits):
    n = density.first_moment_n_of_share(law, share, eps, 0.3, hits)
    assert density.expected_hits_of_size(law, n, share * n, eps, 0.3) == pytest.approx(hits, rel=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda: density.binary_entropy(1.1),
        lambda: density.expected_hits_of_size("U", 4, 5, 0.1, 0.0),
        lambda: density.expected_hits_of_size("X", 4, 2, 0.1, 0.0),
        lambda: density.first_moment_n_of_share("U", 0.0, 0.1, 0.0),
        lambda: density.first_moment_n_of_share("U", 1e-13, 1e-9, 0.5),
    ],
)
def test_bad_numbers_are_refused(call):
    with pytest.raises(BadInput):
        call()
