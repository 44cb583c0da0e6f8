"""Intervals: scipy's Clopper-Pearson, and coverage by exact sums of binomial chances."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from slth.core.errors import BadInput
from slth.experiments.chances import clopper_pearson, quantile_interval
from slth.experiments.table import QUANTILES

CONFIDENCES = st.sampled_from([0.5, 0.9, 0.95, 0.99, 1 - 1e-6])


@given(st.integers(1, 3000).flatmap(lambda runs: st.tuples(st.integers(0, runs), st.just(runs))), CONFIDENCES)
def test_clopper_pearson_is_scipys(counts, confidence):
    ends = clopper_pearson(*counts, confidence)
    expected = stats.binomtest(*counts).proportion_ci(confidence, method="exact")
    assert ends == pytest.approx((expected.low, expected.high), rel=1e-9, abs=1e-12)
    assert 0 <= ends[0] <= counts[0] / counts[1] <= ends[1] <= 1


@pytest.mark.parametrize("runs", [1, 2, 7, 30, 100])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_either_end_of_clopper_pearson_is_missed_seldom_enough(runs, confidence):
    """For every chance of a fine grid, and right beside every end, where coverage is worst."""
    ends = np.array([clopper_pearson(hits, runs, confidence) for hits in range(runs + 1)])
    edges = np.unique(ends)
    chances = np.concatenate([np.linspace(0, 1, 501), np.clip(edges - 1e-9, 0, 1), np.clip(edges + 1e-9, 0, 1)])
    weights = stats.binom.pmf(np.arange(runs + 1)[:, None], runs, chances)
    above = (weights * (ends[:, :1] > chances)).sum(0)
    below = (weights * (ends[:, 1:] < chances)).sum(0)
    assert max(above.max(), below.max()) <= (1 - confidence) / 2 + 1e-9


@given(st.integers(1, 120), st.sampled_from([*QUANTILES.values(), 0.25, 1 / 3]), st.sampled_from([0.8, 0.95, 0.99]))
def test_quantile_intervals_cover_by_exact_sums(runs, chance, confidence):
    """With the values 0, ..., runs - 1 the ends are their own ranks: each is missed with a binomial chance."""
    low, middle, high = quantile_interval(np.arange(float(runs))[::-1], chance, confidence)
    assert low <= middle <= high
    p, tail = Fraction(chance), (1 - Fraction(confidence)) / 2
    at_most = np.cumsum([Fraction(math.comb(runs, k)) * p**k * (1 - p) ** (runs - k) for k in range(runs + 1)])
    slack = Fraction(1, 10**12)  # of a binomial law in floating point
    if low > -np.inf:  # the law's quantile lies below it where at most `low` values lie below the quantile
        assert at_most[int(low)] <= tail + slack
    if high < np.inf:
        assert 1 - at_most[int(high)] <= tail + slack
    inner_low, inner_high = (int(low) if low > -np.inf else -1) + 1, int(high) if high < np.inf else runs
    assert at_most[min(inner_low, runs)] > tail - slack, "a narrower interval covers as well"
    assert inner_high == 0 or 1 - at_most[inner_high - 1] > tail - slack, "a narrower interval covers as well"


def test_quantile_intervals_of_ties_and_of_a_simulation():
    ties = np.repeat([0.0, 1.0], [30, 70])
    low, middle, high = quantile_interval(ties, 0.3)
    assert (low, middle, high) == (0.0, 0.0, 1.0)
    rng = np.random.default_rng(2)
    missed = 0
    for _ in range(2000):
        low, _, high = quantile_interval(rng.exponential(size=60), 0.5, 0.9)
        missed += not low <= math.log(2) <= high
    assert missed / 2000 <= 0.1 + 3 * math.sqrt(0.1 * 0.9 / 2000)


@pytest.mark.parametrize("chance", QUANTILES.values())
def test_the_quantile_itself_has_its_exact_rank(chance):
    exact = Fraction(str(chance))
    for runs in [*range(1, 301), *range(1000, 20_001, 1000)]:
        rank = max(1, math.ceil(exact * runs))
        assert quantile_interval(np.arange(1.0, runs + 1), chance)[1] == rank, runs


@pytest.mark.parametrize("numbers", [(-1, 5), (6, 5), (0, 0), (1, 2, 0.0), (1, 2, 1.0), (1, 2, math.nan)])
def test_counts_out_of_range_are_refused(numbers):
    with pytest.raises(BadInput, match="0 <= hits <= runs"):
        clopper_pearson(*numbers)


@pytest.mark.parametrize(("size", "chance", "confidence"), [(0, 0.5, 0.9), (3, 0.0, 0.9), (3, 1.0, 0.9), (3, 0.5, 1.0)])
def test_quantiles_out_of_range_are_refused(size, chance, confidence):
    with pytest.raises(BadInput, match="needs values"):
        quantile_interval(np.zeros(size), chance, confidence)
