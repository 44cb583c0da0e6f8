"""The growth-set simulator against slow and plain integers, and what must hold of the sets it speaks of."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from honest_sets import all_sums, inside, longest_gap, measure
from hypothesis import example, given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.experiments.draws import Draws
from slth.experiments.reached import all_gaps, grown
from slth.theory.bounds.growth import DENSITIES

SAMPLES = st.lists(st.integers(-60, 60), min_size=0, max_size=9)
RADII = st.integers(0, 6)


def of(samples: list[int]) -> np.ndarray:
    return np.array([samples], np.int64).reshape(1, -1)


@given(SAMPLES, RADII, st.integers(1, 50))
@example([3, -10, 5], 1, 10)
@example([20], 10, 10)  # touches: one point of I is shared
@example([21], 10, 10)  # just misses
@example([-20, 20, 0], 10, 10)
def test_grown_sets_are_the_honest_ones(samples, radius, more):
    edge = radius + more
    measures, gaps = grown(of(samples), radius, edge)
    steps = inside(samples, radius, edge)
    assert measures[0].tolist() == [measure(pieces) for pieces in steps]
    assert gaps[0] == longest_gap(steps[-1], edge)


@given(SAMPLES, RADII, st.integers(1, 90))
@example([2, 4], 1, 6)
@example([4, 8, -4, -8], 1, 6)
def test_all_gaps_are_the_honest_ones(samples, radius, edge):
    pieces = [(s - radius, s + radius) for s in all_sums(samples)]
    assert all_gaps(of(samples), radius, edge)[0] == longest_gap(pieces, edge)


@given(st.lists(SAMPLES.filter(len), min_size=1, max_size=4), RADII)
def test_rows_do_not_meet_each_other(rows, radius):
    n = min(map(len, rows))
    together = np.array([row[:n] for row in rows], np.int64)
    measures, gaps = grown(together, radius, radius + 20)
    everywhere = all_gaps(together, radius, 30)
    for at, row in enumerate(together):
        alone, gap = grown(row[None], radius, radius + 20)
        assert np.array_equal(alone[0], measures[at])
        assert (gap[0], all_gaps(row[None], radius, 30)[0]) == (gaps[at], everywhere[at])


@given(SAMPLES, RADII, st.integers(1, 50), st.integers(1, 1 << 40))
def test_what_must_hold_of_any_growth(samples, radius, more, unit):
    edge = radius + more
    measures, gaps = grown(of(samples), radius, edge)
    v = measures[0].tolist()
    assert all(before <= after <= min(2 * before, 2 * edge) for before, after in itertools.pairwise(v))
    assert all_gaps(of(samples), radius, edge)[0] <= gaps[0], "A is not a part of B"
    assert (gaps[0] == 0) == (v[-1] == 2 * edge) or radius == 0
    mirrored = grown(-of(samples), radius, edge)
    assert np.array_equal(mirrored[0], measures) and np.array_equal(mirrored[1], gaps)
    scaled = grown(unit * of(samples), unit * radius, unit * edge)
    assert np.array_equal(scaled[0], unit * measures) and np.array_equal(scaled[1], unit * gaps)
    few = grown(of(samples[: len(samples) // 2]), radius, edge)
    assert few[1][0] >= gaps[0], "more samples left a longer gap"
    assert np.array_equal(few[0][0], measures[0][: len(samples) // 2 + 1])


@given(SAMPLES, RADII, st.randoms(use_true_random=False))
def test_the_order_of_samples_does_not_matter_to_all_sums(samples, radius, random):
    shuffled = samples.copy()
    random.shuffle(shuffled)
    assert all_gaps(of(shuffled), radius, 40) == all_gaps(of(samples), radius, 40)
    assert all_gaps(of([-x for x in samples]), radius, 40) == all_gaps(of(samples), radius, 40)
    assert all_gaps(of(samples), radius + 1, 40) <= all_gaps(of(samples), radius, 40)


@given(st.lists(st.integers(-30, 30), min_size=0, max_size=6), st.integers(1, 4), st.integers(5, 20))
def test_one_step_of_growth_in_expectation(samples, radius, edge):
    """E v' = v + v (1 - v)/2 for x uniform on [-2a, 2a]: v' is linear between integers, so a sum over them is exact."""
    steps = np.arange(-2 * edge, 2 * edge + 1)
    rows = np.array([[*samples, x] for x in steps], np.int64)
    measures, _ = grown(rows, radius, edge)
    v = Fraction(int(measures[0, -2]), 2 * edge)
    after = [Fraction(int(m), 2 * edge) for m in measures[:, -1]]
    expected = (sum(after) - (after[0] + after[-1]) / 2) / (4 * edge)
    assert expected == v + v * (1 - v) / 2


@pytest.mark.parametrize("law", sorted(DENSITIES))
def test_growth_of_real_laws_stays_below_its_bound(law):
    """E[1/v_n - 1] <= (1/v_0 - 1)(1 - kappa/2)^n at every n, beyond 5 standard errors; 2,000 instances."""
    samples, bits = Draws(77, 0, 2000).samples(law, 30)
    half_width, kappa = DENSITIES[law].half_width, DENSITIES[law].kappa
    edge, radius = int(np.ldexp(half_width, bits)), int(np.ldexp(0.005, bits))
    measures, _ = grown(samples, radius, edge)
    left = 2 * edge / measures - 1
    bound = left[0, 0] * (1 - kappa / 2) ** np.arange(31)
    assert (left.mean(0) - 5 * left.std(0) / np.sqrt(2000) <= bound * (1 + 1e-9)).all()
    assert left.mean(0)[-1] < 0.5 * left[0, 0], "nothing grows"


def test_nothing_is_lost_in_large_integers():
    samples, bits = Draws(1, 0, 20).samples("NN", 40)
    values, radius, edge = samples.tolist(), 1 << (bits - 3), 1 << (bits - 1)
    measures, gaps = grown(samples, radius, edge)
    for row in range(5):
        steps = inside(values[row], radius, edge, merging=True)
        assert measures[row].tolist() == [measure(pieces) for pieces in steps]
        assert gaps[row] == longest_gap(steps[-1], edge)
    far = np.full((1, 900), (1 << 53) - 1, np.int64)
    assert all_gaps(far, 1 << 50, 1 << 53)[0] > 0


def test_more_intervals_than_are_kept_are_refused():
    powers = np.array([[3**k for k in range(17)]], np.int64)
    with pytest.raises(BadInput, match="separate intervals"):
        all_gaps(powers, 0, 10)
    assert all_gaps(powers[:, :15], 0, 10)[0] > 0
    with pytest.raises(BadInput, match="separate intervals"):
        grown(powers, 0, 3**17)


@pytest.mark.parametrize(("radius", "edge"), [(-1, 5), (6, 5), (0, -1)])
def test_sizes_out_of_order_are_refused(radius, edge):
    with pytest.raises(BadInput, match="half width"):
        grown(of([1]), radius, edge)


@pytest.mark.parametrize(("radius", "edge"), [(-1, 5), (1, 0), (1, -5)])
def test_sizes_out_of_order_are_refused_for_all_sums(radius, edge):
    with pytest.raises(BadInput, match="half width"):
        all_gaps(of([1]), radius, edge)
