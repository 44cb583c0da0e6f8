"""The best of the certified bounds: never worse than any of them, monotone, and holding what it says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.theory.bounds import growth, least_iteration, sufficient, unimodal
from slth.theory.bounds.sufficient import sufficient_n

LAWS = st.sampled_from(sorted(growth.DENSITIES))


@settings(max_examples=40)
@given(LAWS, st.floats(1e-6, 0.2), st.floats(1e-9, 0.5), st.floats(0.05, 4.0), st.sampled_from([1.0, 0.5, 0.1]))
def test_never_worse_than_growth_and_within_delta(law, eps, delta, radius, keep):
    best = sufficient_n(law, eps, delta, radius, keep=keep)
    assert best.total <= growth.certified_n(law, eps, delta, radius, keep=keep).total
    assert 0 <= best.failure <= delta * (1 + 1e-9)


@settings(max_examples=25)
@given(LAWS, st.floats(1e-6, 0.2), st.floats(1e-9, 0.5))
def test_never_worse_than_one_group(law, eps, delta):
    assert sufficient_n(law, eps, delta).total <= unimodal.certified_n(law, eps, delta).total


@settings(max_examples=25)
@given(LAWS, st.floats(1e-5, 0.2), st.floats(1e-9, 0.5), st.floats(0.3, 2.0), st.floats(1.0, 4.0))
def test_monotone(law, eps, delta, radius, factor):
    base = sufficient_n(law, eps, delta, radius).total
    base -= 1 + base // 50  # another eps or radius is another grid
    assert sufficient_n(law, eps / factor, delta, radius).total >= base
    assert sufficient_n(law, eps, delta / factor, radius).total >= base
    assert sufficient_n(law, eps, delta, radius * factor).total >= base


@settings(max_examples=10)
@given(LAWS, st.floats(1e-4, 0.2), st.floats(1e-6, 0.5), st.floats(0.3, 1.5), st.sampled_from([1.0, 0.5]))
def test_iterated_where_that_is_better(law, eps, delta, radius, keep):
    """The eps that is iterated is up to 0.2 % less, and its grid another one."""
    best = sufficient_n(law, eps, delta, radius, keep=keep)
    found = least_iteration.certified_n(law, eps, delta, radius, keep)
    assert best.groups == found.groups == 1
    assert abs(best.total - found.total) <= 1 + found.total // 50


def test_close_tolerances_share_an_iteration():
    least_iteration._lines.cache_clear()
    for eps in (0.01, 0.009999, 0.009998):
        sufficient_n("UU", eps, 0.01)
    assert least_iteration._lines.cache_info().misses == 1


@pytest.mark.parametrize(("law", "radius"), [("UU", 1.0), ("D", 1.0), ("U", 0.5), ("NN", 2.5)])
def test_what_is_said_to_fail_is_the_bound_of_the_groups(law, radius):
    """Recomputed: groups (2a/e - 1)(4a/e - 1)(1 - kappa/2)^n, e = eps/groups, a the half width of a group."""
    best = sufficient._closed(law, 0.01, 0.01, radius, 1.0)
    bounds = []
    for octave in range(4):
        width = 2.0**-octave
        if math.ceil(radius / width) == best.groups and 0.01 / best.groups < width:
            bounds.append(best.groups * unimodal.failure_bound(law, best.each, 0.01 / best.groups, width))
    assert min(abs(bound - best.failure) for bound in bounds) <= 1e-9 * best.failure


def test_bad_numbers():
    for call in (("X", 0.1, 0.1), ("U", 0.0, 0.1), ("U", 0.1, 1.0), ("U", 0.1, 0.1, -1.0)):
        with pytest.raises(BadInput):
            sufficient_n(*call)
