"""Value iteration with the least growth: its grid against the step itself, against strategies, against what happens."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slth.core.errors import BadInput
from slth.experiments.draws import Draws
from slth.experiments.reached import all_gaps, grown
from slth.theory.bounds import least_iteration, unimodal
from slth.theory.bounds.least_iteration import certified_n, failure_curve

LAWS = st.sampled_from(unimodal.LAWS)


def growth(law, v, whole, keep=1.0):
    return keep * whole * unimodal.least_growth(law, np.clip(v / whole, 0.0, 1.0), whole / 2)


def worst(places, chances, v, mean, most):
    """The largest mean chance over laws on the places in [v, v + most] with at least the mean: two places suffice."""
    inside = (places >= v) & (places <= v + most)
    gains, worth = places[inside] - v, chances[inside]
    near, far = gains[gains < mean], gains[gains >= mean]
    here, there = worth[gains < mean], worth[gains >= mean]
    chance = (mean - near[:, None]) / (far - near[:, None])
    return max(np.max(here[:, None] * (1 - chance) + there * chance), np.max(there))


@pytest.mark.parametrize("law", unimodal.LAWS)
@pytest.mark.parametrize(("eps", "half_width", "keep", "nodes"), [(0.1, 1.0, 1.0, 12), (0.01, 0.4, 0.5, 50)])
def test_no_measure_between_nodes_is_worse_than_the_bound(law, eps, half_width, keep, nodes):
    """The step itself, at random measures, on the function of the samples before."""
    rng = np.random.default_rng(5)
    lines = least_iteration._Lines(law, eps, half_width, keep, nodes)
    x, whole = lines.x, lines.whole
    for n in range(1, 60):
        before = lines.values.copy()
        lines.curve(n)
        for v in rng.uniform(x[0], x[-1], 20):
            most = min(v, whole - v)
            places = np.concatenate([x, [v, v + most, np.nextafter(x[-1], whole), whole]])
            chances = np.where(places <= x[-1], np.interp(places, x, before), 0.0)
            step = worst(places, chances, v, growth(law, v, whole, keep), most)
            assert step <= np.interp(v, x, lines.values) * (1 + 1e-12)


@pytest.mark.parametrize(("law", "keep"), [("U", 1.0), ("UU", 0.5), ("NN", 1.0)])
def test_no_strategy_beats_the_bound_and_some_come_near(law, keep):
    """Strategies that land on nodes of another grid only: what they reach is below the value of the game."""
    eps, a = 0.1, 1.0
    whole = 2 * (a + (1 - least_iteration.SHARE) * eps)
    start = 2 * least_iteration.SHARE * eps
    odds = np.geomspace(start / (whole - start), 2 * a / (whole - 2 * a), 260)
    places = np.append(odds / (1 + odds) * whole, whole)
    places[0], places[-2] = start, 2 * a
    chances = np.append(np.ones(len(places) - 1), 0.0)
    means = growth(law, places, whole, keep)
    bound = failure_curve(law, 70, eps, a, keep)
    for n in range(1, 71):
        steps = zip(places[:-1], means, np.minimum(places, whole - places), strict=False)
        chances = np.append([worst(places, chances, v, m, b * (1 + 1e-9)) for v, m, b in steps], 0.0)
        assert chances[0] <= bound[n] * (1 + 1e-6)
    assert chances[0] > 0.75 * bound[70]


@pytest.mark.parametrize(("law", "n", "eps"), [("U", 26, 0.1), ("N", 27, 0.1), ("UU", 45, 0.1), ("NN", 40, 0.05)])
def test_bound_is_above_simulated_failures(law, n, eps):
    """Sums inside the window, which is what is bounded, and all sums."""
    samples, bits = Draws(11, 0, 400).samples(law, n)
    unit = 2.0**bits
    half_width, radius = math.floor((1 + 0.3 * eps) * unit), math.floor(0.7 * eps * unit)
    reached = grown(samples, radius, half_width)[0][:, -1]
    inside = np.mean(2 * half_width - reached >= 0.6 * eps * unit)
    missed = np.mean(all_gaps(samples, math.floor(eps * unit), math.floor(unit)) > 0)
    bound = failure_curve(law, n, eps)[n]
    assert 0.03 < bound < 0.5
    assert missed <= inside <= bound


@settings(max_examples=15)
@given(LAWS, st.floats(1e-5, 0.2), st.sampled_from([0.5, 1.0]))
def test_falls_from_one_and_is_below_the_closed_bound(law, eps, half_width):
    """As long as failures are not much rarer than eps: W is wider than what the closed bound needs."""
    curve = failure_curve(law, 250, eps * half_width, half_width)
    assert curve[0] == 1.0 and (np.diff(curve) <= 0).all() and (curve > 0).all()
    if law != "N" or half_width == 1:
        closed = unimodal.failure_bound(law, np.arange(251), eps * half_width, half_width)
        assert (curve <= closed)[closed > 1e-8].all()


@settings(max_examples=10)
@given(LAWS, st.floats(1e-4, 0.4), st.floats(1e-6, 0.5), st.floats(0.05, 1.5), st.floats(1.01, 3.0))
def test_samples_hold_what_they_say_and_are_monotone(law, eps, delta, radius, factor):
    chosen = certified_n(law, eps, delta, radius)
    assert 0 <= chosen.failure <= delta
    if chosen.each:
        curve = failure_curve(law, chosen.each, eps, max(radius, least_iteration.HALF_WIDTHS[law]))
        assert curve[chosen.each - 1] > delta >= curve[chosen.each] == chosen.failure
    assert certified_n(law, eps, delta / factor, radius).each >= chosen.each
    # another eps or radius is another grid
    assert certified_n(law, eps / factor, delta, radius).each >= chosen.each - 1 - chosen.each // 50
    assert certified_n(law, eps, delta, radius * factor).each >= chosen.each - 1 - chosen.each // 50


def test_numbers():
    """Closed: 56, 59, 119, 85, 247."""
    assert [certified_n(law, 0.01, 0.01).each for law in unimodal.LAWS] == [43, 45, 70, 58, 145]
    assert certified_n("UU", 0.01, 0.01, most=69) is None


def test_thinned_samples():
    assert (failure_curve("D", 60, 0.1) == failure_curve("UU", 60, 0.1, keep=0.5)).all()
    curves = [failure_curve("UU", 60, 0.1, keep=keep) for keep in (1.0, 0.7, 0.4)]
    assert (curves[0] <= curves[1]).all() and (curves[1] <= curves[2]).all() and curves[2][60] > 10 * curves[0][60]


@pytest.mark.parametrize("law", unimodal.LAWS)
def test_more_nodes_are_sharper(law):
    coarse, medium, fine = (failure_curve(law, 60, 0.05, nodes=nodes) for nodes in (20, 80, 320))
    assert (coarse >= medium * (1 - 1e-3)).all() and (medium >= fine * (1 - 1e-3)).all()
    assert 1.05 * fine[60] < medium[60] < 1.6 * fine[60] < coarse[60]


@pytest.mark.parametrize(("eps", "half_width"), [(0.95, 1.0), (0.91, 1.0), (0.5, 0.5000001), (1e-9, 1.0), (3e-4, 1e-3)])
def test_odd_sizes(eps, half_width):
    curve = failure_curve("UU", 40, eps, half_width)
    assert np.isfinite(curve).all() and curve[0] == 1.0
    assert failure_curve("UU", 2, half_width, half_width).tolist() == [0.0] * 3


@pytest.mark.parametrize(
    "call",
    [
        lambda: failure_curve("X", 3, 0.1),
        lambda: failure_curve("U", -1, 0.1),
        lambda: failure_curve("U", 3, 0.0),
        lambda: failure_curve("U", 3, math.nan),
        lambda: failure_curve("U", 3, 0.1, -1.0),
        lambda: failure_curve("U", 3, 0.1, keep=1.5),
        lambda: failure_curve("U", 3, 0.1, nodes=1),
        lambda: certified_n("U", 0.1, 1.0),
        lambda: certified_n("X", 0.1, 0.1),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)
