"""tanh and sigmoid: the assumed accuracy against mpmath, and ranges of slopes."""

from __future__ import annotations

import mpmath
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slth.certify.smooth import TANH_ERROR, enclosed, slopes

POINTS = 20_000
ends = st.tuples(st.floats(-40, 40), st.floats(-40, 40)).map(sorted)


def exact(kind: str, x: float):
    return mpmath.tanh(x) if kind == "tanh" else 1 / (1 + mpmath.exp(-mpmath.mpf(x)))


def test_the_assumption_on_tanh(figure) -> None:
    rng = np.random.default_rng(0)
    small = rng.normal(size=POINTS // 2) * 10.0 ** rng.uniform(-12, 1.5, POINTS // 2)
    x = np.concatenate([small, rng.uniform(-20, 20, POINTS // 2)])
    found = np.tanh(x)
    with mpmath.workdps(40):
        errors = [
            abs(mpmath.mpf(v) / mpmath.tanh(mpmath.mpf(t)) - 1) for v, t in zip(found.tolist(), x.tolist(), strict=True)
        ]
    worst = float(max(errors))
    figure("numpy's tanh against mpmath", f"{POINTS} points, relative error <= {worst:.3g}, assumed {TANH_ERROR:.3g}")
    assert worst <= TANH_ERROR / 100


@given(st.floats(-1e3, 1e3), st.sampled_from(["tanh", "sigmoid"]))
def test_enclosures(x: float, kind: str) -> None:
    low, high = enclosed(kind, np.array([x]))
    with mpmath.workdps(60):
        assert mpmath.mpf(float(low[0])) <= exact(kind, x) <= mpmath.mpf(float(high[0]))
    assert high[0] - low[0] <= 1e-11
    assert -1 <= low[0] <= high[0] <= 1


@given(ends, st.sampled_from(["tanh", "sigmoid"]))
def test_slopes(pair: list[float], kind: str) -> None:
    found = slopes(kind, np.array(pair[:1]), np.array(pair[1:]))
    inner = [0.0] if pair[0] < 0 < pair[1] else []
    points = [*pair, *inner, *np.linspace(pair[0], pair[1], 7).tolist()]
    with mpmath.workdps(60):
        true = []
        for x in points:
            value = exact(kind, x)
            true.append(1 - value**2 if kind == "tanh" else value * (1 - value))
        assert mpmath.mpf(float(found.small[0])) <= min(true)
        assert max(true) <= mpmath.mpf(float(found.large[0]))
    assert float(found.large[0]) - float(max(true)) <= 1e-11
    assert float(min(true)) - float(found.small[0]) <= 1e-11
