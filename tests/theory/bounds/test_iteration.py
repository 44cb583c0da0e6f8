"""Value iteration: the step's moments on sets, the program against an exact solver, the bound against what happens."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from slth.core.errors import BadInput
from slth.theory.bounds import growth, iteration

LAWS = sorted(growth.DENSITIES)


def moments(eps, dims, v):
    """Largest, least mean and largest mean square of what one sample adds, by the formulas of the proof."""
    rest = (1 - iteration.SHARE) * eps
    side = 1 + 2 * rest
    u = side**dims - v
    a, b = min(u, v), max(u, v)
    apart = min(side ** (2 * dims) - (side**2 - 4 * rest**2) ** dims, a * (side**dims - 1))
    mean = max(u * v - apart, 0.0) / 2**dims
    return a, mean, (a * a * b - (a**3 / 3 if dims == 1 else 0)) / 2**dims


@pytest.mark.parametrize("shape", ["scattered", "blocks", "edge", "comb"])
@pytest.mark.parametrize("fill", [0.02, 0.3, 0.5, 0.9])
def test_moments_of_one_sample_on_the_line(shape, fill):
    """All shifts of unions of cells; shifts by fractions of a cell lie between them."""
    eps, cells = 0.2, 200  # cells in [-1/2, 1/2]; the window has 6 % more at each end
    window = round(cells * (1 + 2 * (1 - iteration.SHARE) * eps))
    rng = np.random.default_rng([int(100 * fill), len(shape)])
    place = np.arange(window)
    reached = {
        "scattered": rng.random(window) < fill,
        "blocks": np.repeat(rng.random(window // 8 + 1) < fill, 8)[:window],
        "edge": place < fill * window,
        "comb": place % 20 < fill * 20,
    }[shape]
    gains = [
        (np.roll(np.pad(reached, cells), shift)[cells:-cells] & ~reached).sum() / cells
        for shift in range(-cells, cells + 1)
    ]
    most, mean, square = moments(eps, 1, reached.mean() * window / cells)
    weights = np.ones(len(gains)) / (2 * cells)
    weights[[0, -1]] /= 2  # the gain is linear in the shift between cells
    assert max(gains) <= most + 1e-12
    assert weights @ gains >= mean - 1e-12
    parts = np.array(gains)
    exact = np.sum(parts[1:] ** 2 + parts[1:] * parts[:-1] + parts[:-1] ** 2) / (6 * cells)
    assert exact <= square + 1e-12
    if shape == "edge" and fill == 0.5:
        assert exact >= 0.9 * square and weights @ gains <= mean * 1.05 + 1e-3


@pytest.mark.parametrize("fill", [0.05, 0.4, 0.8])
def test_moments_of_one_sample_in_the_plane(fill):
    eps, cells = 0.4, 20
    window = round(cells * (1 + 2 * (1 - iteration.SHARE) * eps))
    rng = np.random.default_rng(int(100 * fill))
    reached = rng.random((window, window)) < fill
    reached[: window // 4, : window // 4] = True
    padded = np.pad(reached, cells)
    gains = np.array(
        [
            [
                (np.roll(padded, (i, j), (0, 1))[cells:-cells, cells:-cells] & ~reached).sum()
                for j in range(-cells, cells)
            ]
            for i in range(-cells, cells)
        ]
    )
    gains = gains / cells**2
    most, mean, square = moments(eps, 2, reached.sum() / cells**2)
    assert gains.max() <= most and gains.mean() >= 0.98 * mean and (gains**2).mean() <= square


def test_programs_are_solved_and_never_undercut():
    game = iteration._Game(0.05, 1, 40)
    for samples in range(1, 13):
        before, bounds = game.values.copy(), game._best()
        for node in range(0, len(bounds), 7):
            rows = np.stack([-game.first[node], game.second[node]])
            limits = np.array([-game.limits[node, 1], game.limits[node, 2]])
            whole = np.ones((1, len(rows[0])))
            found = optimize.linprog(-before[game.cells[node]], rows, limits, whole, [1.0], bounds=(0, None))
            best = min(-found.fun, before[node])
            assert best * (1 - 1e-7) - 1e-9 <= bounds[node] <= best * (1 + 2 * iteration._CLOSE) + 1e-9
        game.curve(samples, 0.0)


def test_no_strategy_of_the_worst_case_beats_the_bound():
    """Laws that the proof allows: nothing or much (two points that meet both moments), and the mean for sure."""
    eps = 0.3
    rest = (1 - iteration.SHARE) * eps

    @functools.cache
    def fails(v, n):
        if 1 + 2 * rest - v <= 2 * rest:
            return 0.0
        if n == 0:
            return 1.0
        most, mean, square = moments(eps, 1, v)
        much = min(most, square / mean)
        gamble = mean / much * fails(v + much, n - 1) + (1 - mean / much) * fails(v, n - 1)
        return max(gamble, fails(v + mean, n - 1))

    start = 2 * iteration.SHARE * eps
    bound = iteration.uniform_failure(9, eps)
    worst = np.array([fails(start, n) for n in range(10)])
    assert (bound >= worst - 1e-12).all()
    assert worst[9] > 0.5 * bound[9]


@pytest.mark.parametrize(("law", "n", "eps"), [("U", 16, 0.1), ("U", 27, 0.01), ("N", 40, 0.1)])
def test_bound_is_above_simulated_cover_failures(law, n, eps):
    rng = np.random.default_rng(23)
    cells, runs, failures = 2000, 300, 0
    for _ in range(runs):
        samples = rng.uniform(-1, 1, n) if law == "U" else rng.standard_normal(n)
        reached = 1 << (6 * cells)
        for step in np.rint(samples * cells).astype(int).tolist():
            reached |= reached << step if step >= 0 else reached >> -step
        places = np.flatnonzero([int(bit) for bit in bin(reached)[:1:-1]]) / cells - 6
        targets = np.linspace(-0.5, 0.5, 801)
        near = np.clip(np.searchsorted(places, targets), 1, len(places) - 1)
        errors = np.minimum(np.abs(places[near] - targets), np.abs(places[near - 1] - targets))
        failures += bool(errors.max() > eps)
    bound = iteration.iterated_failure(law, n, eps)[n]
    assert 0.05 < bound < 0.5
    assert failures / runs <= bound


@pytest.mark.parametrize("law", LAWS)
def test_never_above_the_growth_bound_and_falling(law):
    width = growth.DENSITIES[law].half_width
    eps = 0.1 * width
    curve = iteration.iterated_failure(law, 150, eps, 2)
    plain = growth.failure_bound(law, np.arange(151), eps, 2)
    assert (curve <= plain).all() and (np.diff(curve) <= 0).all() and curve[0] == 1.0
    better = (plain < 0.1) & (curve > 1e-14)
    assert (curve[better] < plain[better]).all()
    assert (iteration.iterated_failure(law, 150, 0.8 * eps, 2) >= curve * (1 - 0.1)).all()


@settings(max_examples=4, deadline=None)
@given(st.sampled_from(LAWS), st.floats(0.05, 0.4), st.floats(1e-4, 0.5), st.floats(0.1, 1.5))
def test_samples_hold_what_they_say(law, eps, delta, radius):
    chosen = iteration.iterated_n(law, eps, delta, radius)
    slow = growth.certified_n(law, eps, delta, radius)
    assert 0 <= chosen.failure <= delta
    assert chosen.groups == slow.groups and chosen.each <= slow.each
    if chosen.each > 0:
        assert iteration.iterated_failure(law, chosen.each, eps, chosen.groups)[chosen.each - 1] > delta


def test_numbers_against_those_of_growth():
    """What the README may quote: 36 for 51, 23 for 34."""
    assert [iteration.iterated_n("U", eps, 0.01, 0.5).total for eps in (0.1, 0.01)] == [23, 36]
    assert [iteration.iterated_n(law, 0.01, 0.01).each for law in ("N", "UU")] == [95, 138]
    assert iteration.iterated_cover_n(0.01, 0.01).total == 59
    assert iteration.iterated_n("U", 0.1, 0.01, 0.5, dims=2).total == 85
    thinned = iteration.iterated_n("UU", 0.01, 0.01, keep=0.5)
    assert thinned == iteration.iterated_n("D", 0.01, 0.01)


def test_a_finer_grid_is_sharper():
    coarse, fine = (iteration.uniform_failure(30, 0.02, nodes=nodes) for nodes in (100, 700))
    assert (coarse >= fine * (1 - 1e-2)).all() and coarse[30] > 1.5 * fine[30]


def test_large_eps():
    assert (iteration.uniform_failure(4, 0.5) == 0).all()
    near = iteration.uniform_failure(12, 0.499)
    assert near[12] < 0.2 and math.isclose(near[0], 1.0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: iteration.iterated_failure("X", 3, 0.1),
        lambda: iteration.iterated_failure("U", 3, 0.1, 0),
        lambda: iteration.iterated_failure("U", -1, 0.1),
        lambda: iteration.iterated_n("U", 0.1, 1.0),
        lambda: iteration.iterated_cover_n(0.1, 0.0),
        lambda: iteration.uniform_failure(3, math.nan),
        lambda: iteration.uniform_failure(3, 0.1, nodes=1),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_answers_do_not_depend_on_what_was_asked_before():
    iteration._game.cache_clear()
    fresh = iteration.iterated_n("U", 0.0321, 0.00977)
    iteration._game.cache_clear()
    iteration.iterated_failure("U", 90, 0.0321, 2)
    assert iteration.iterated_n("U", 0.0321, 0.00977) == fresh


def test_tiny_eps_pays_for_rounding():
    """Differences of numbers of size 1 lose digits: the slack grows, and the growth bound is what remains."""
    assert iteration._game(1e-10, 1, 100).rounding > 1e-6
    assert iteration.uniform_failure(60, 1e-10, nodes=100)[60] >= 1e-3
