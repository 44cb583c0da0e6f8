"""One group of samples: the least growth against sets on a grid, and the bound against counted failures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special

from slth.core.errors import BadInput
from slth.theory.bounds import growth, unimodal

LAWS = st.sampled_from(unimodal.LAWS)
DENSITIES = {
    "U": lambda x: 0.5 * (abs(x) <= 1),
    "N": lambda x: math.exp(-x * x / 2) / math.sqrt(2 * math.pi),
    "UU": lambda x: 0.5 * math.log(1 / abs(x)) if 0 < abs(x) < 1 else 0.0,
    "NN": lambda x: float(special.k0(abs(x))) / math.pi,
    "D": lambda x: 0.25 * math.log(1 / abs(x)) if 0 < abs(x) < 1 else 0.0,
}


@pytest.mark.parametrize("law", unimodal.LAWS)
@pytest.mark.parametrize(("v", "half_width"), [(0.5, 1.0), (0.1, 1.0), (0.7, 0.3)])
def test_least_growth_is_that_of_an_end_interval(law, v, half_width):
    length, density = 2 * half_width, DENSITIES[law]
    # pairs at distance t: one in the reached part of length p, one outside
    p, rest = v * length, (1 - v) * length
    area = integrate.quad(
        lambda t: density(t) * min(t, p, rest, length - t),
        0,
        length,
        points=sorted({p, rest, 1.0} - {length}),
        limit=200,
    )[0]
    assert unimodal.least_growth(law, v, half_width) == pytest.approx(area / length, rel=1e-6)


@given(LAWS, st.sampled_from([0.25, 0.5, 1.0]), st.floats(0, 1))
def test_kappa_bounds_the_growth(law, half_width, v):
    if law != "N" or half_width == 1:
        share = unimodal.kappa(law, half_width)
        assert unimodal.least_growth(law, v, half_width) >= share * v * (1 - v) - 1e-12


@given(LAWS, st.integers(0, 10**6))
def test_no_set_grows_less(law, seed):
    """Random unions of cells of [-1, 1], summed over pairs of cells: as often an interval or two as scattered."""
    rng = np.random.default_rng(seed)
    cells = 64
    reached = np.repeat(rng.random(8) < 0.5, 8) if seed % 2 else rng.random(cells) < rng.random()
    width = 2 / cells
    lags = np.arange(-cells, cells + 1) * width
    primitive = unimodal._primitive(law, np.abs(lags))
    weights = primitive[2:] - 2 * primitive[1:-1] + primitive[:-2]  # of two cells at a distance: at least 0
    apart = np.abs(np.subtract.outer(np.arange(cells), np.arange(cells)))
    gained = weights[cells - 1 + apart][np.ix_(reached, ~reached)].sum() / 2
    assert gained >= unimodal.least_growth(law, reached.mean()) - 1e-12


@given(LAWS, st.floats(1e-5, 0.4), st.floats(1e-9, 0.9))
def test_certificate_holds_what_it_says_and_no_fewer_samples_do(law, eps, delta):
    chosen = unimodal.certified_n(law, eps, delta)
    assert 0 <= chosen.failure <= delta
    assert unimodal.failure_bound(law, chosen.each - 1, eps) > delta or chosen.each <= 1
    assert chosen.total <= growth.certified_n(law, eps, delta).total


@pytest.mark.parametrize(("law", "n", "eps"), [("U", 26, 0.1), ("N", 28, 0.1), ("UU", 28, 0.5)])
def test_bound_is_above_simulated_failures(law, n, eps):
    rng = np.random.default_rng(7)
    runs, grid, failures = 150, 200, 0
    bound = unimodal.failure_bound(law, n, eps)
    for _ in range(runs):
        samples = rng.standard_normal(n) if law == "N" else rng.uniform(-1, 1, n)
        samples = samples * rng.uniform(-1, 1, n) if law == "UU" else samples
        sums = 1 << (20 * grid)  # every subset sum, one bit a grid point
        for step in np.rint(samples * grid).astype(int).tolist():
            sums |= sums << step if step >= 0 else sums >> -step
        places = np.array([k for k in range(-2 * grid, 2 * grid + 1) if sums >> (20 * grid + k) & 1]) / grid
        targets = np.linspace(-1, 1, 401)
        failures += bool(np.abs(targets[:, None] - places).min(axis=1).max() > eps)
    assert bound < 1
    assert failures / runs <= bound + 3 * math.sqrt(bound / runs)


@pytest.mark.parametrize(
    "call",
    [
        lambda: unimodal.kappa("X"),
        lambda: unimodal.kappa("N", 0.5),
        lambda: unimodal.kappa("U", 1.5),
        lambda: unimodal.least_growth("U", 1.5),
        lambda: unimodal.least_growth("U", 0.5, 0.0),
        lambda: unimodal.failure_bound("U", 3, 0.0),
        lambda: unimodal.certified_n("U", 0.1, 1.0),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)
