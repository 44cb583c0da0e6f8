"""Simulated tails: against fresh counting, against what must be missed, monotone everywhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import growth, tails


@pytest.mark.parametrize(
    ("n", "eps", "z"),
    [
        (8, 0.05, 0.3),
        (10, 0.01, 0.2),
        (12, 0.01, 0.7),
        (14, 0.01, 0.4),
        (18, 0.01, 0.9),
        (20, 0.02, 1.2),
        (12, 0.002, 0.1),
    ],
)
def test_tables_agree_with_fresh_counting(missed_by_products, n, eps, z):
    runs = 4000
    missed = missed_by_products(n, n, np.full(runs, z), eps)
    expected = runs * float(tails.miss_chance("UU", n, eps, z))
    assert missed > 20
    assert expected >= missed / 1.25 - 3 * math.sqrt(missed)
    assert expected <= 1.6 * missed + 3 * math.sqrt(missed)


def test_samples_that_do_not_reach_are_counted():
    """All samples negative: 2^-n is a lower bound for every positive target, and most of it for small ones."""
    for n in (10, 20, 30, 40, 60, 500):
        chance = float(tails.miss_chance("UU", n, 0.01, 0.011))
        assert 2.0**-n <= chance
        assert chance <= 2.0**-n * 300 or n > 40


@given(
    st.integers(1, 80),
    st.floats(-25, -1),
    st.floats(0, 4),
    st.integers(0, 20),
    st.floats(0, 3),
    st.floats(1, 2),
)
def test_monotone_in_samples_eps_and_target(n, octave, z, more, finer, larger):
    slack = 1 + 1e-9
    eps = 2.0**octave
    base = tails.outer_misses("UU", n, eps, z)
    assert 0 <= base <= 1
    assert tails.outer_misses("UU", n + more, eps, z) <= base * slack
    assert tails.outer_misses("UU", n, eps * 2.0**-finer, z) >= base / slack
    assert tails.outer_misses("UU", n, eps, z * larger) >= base / slack
    assert tails.outer_misses("UU", n, eps, -z) == base


@given(st.integers(1, 200), st.floats(-16, -3), st.floats(0, 1.5))
def test_certified_bound_is_above_the_simulation(n, octave, z):
    groups = max(1, math.ceil(z / growth.DENSITIES["UU"].half_width))
    bound = growth.failure_bound("UU", n // groups, 2.0**octave, groups)
    assert bound >= tails.miss_chance("UU", n, 2.0**octave, z)


def test_line_beyond_the_table_is_above_the_simulation():
    """The rule for more samples, tried inside the table: n = 40 from the rows up to 26."""
    bits = tails.table("UU").bits
    shorter = tails.Tails(tails.table("UU").targets, tails.table("UU").octaves, bits[:27])
    line = bits[26] + 14 * shorter.slope
    assert (line <= bits[40] + 0.1).all()
    assert tails.table("UU").slope.min() > 0.3


def test_rule_for_smaller_eps_is_above_the_simulation():
    """Tried inside the table: eps = 2^-15 .. 2^-17 from a table that ends five octaves before."""
    whole = tails.table("UU")
    for shift in (3, 5):
        shorter = tails.Tails(whole.targets, whole.octaves[:-shift], whole.bits[:, :, :-shift])
        for n in range(12, 41):
            for octave in (15, 16, 17):
                eps = np.full(whole.targets.size, 2.0**-octave)
                rule = np.exp2(-tails._bits(shorter, n, eps, whole.targets))
                simulated = np.exp2(-tails._bits(whole, n, eps, whole.targets))
                assert (rule >= 0.9 * simulated)[4:].all()  # targets from 1/32: smaller ones were within the larger eps


def test_large_targets_are_split_over_groups():
    """Two groups of half the samples each take half the target and half the eps; one of them missing is a miss."""
    half = float(tails.simulated_misses("UU", 60, 0.01, 1.5))
    assert float(tails.simulated_misses("UU", 120, 0.02, 2.0)) == pytest.approx(2 * half)
    assert float(tails.simulated_misses("UU", 121, 0.02, 3.0)) == pytest.approx(2 * half)


def test_shapes_and_small_targets():
    eps = np.array([[0.01], [0.3], [np.inf]])
    z = np.array([0.0, 0.02, 0.5, 2.0])
    chance = tails.miss_chance("UU", 12, eps, z)
    assert chance.shape == (3, 4)
    assert (chance[:, 0] == 0).all()
    assert (chance[2] == 0).all()
    assert chance[0, 1] > 0


@pytest.mark.parametrize(
    "call",
    [
        lambda: tails.table("XY"),
        lambda: tails.miss_chance("UU", 0, 0.1, 0.5),
        lambda: tails.miss_chance("UU", 5, 0.0, 0.5),
        lambda: tails.miss_chance("UU", 5, 0.1, math.inf),
        lambda: tails.miss_chance("UU", 5, math.nan, 0.5),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)
