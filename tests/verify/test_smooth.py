"""tanh and sigmoid in integers against mpmath, at 100 digits."""

import mpmath
from hypothesis import given
from hypothesis import strategies as st

from slth.verify.fixed import F
from slth.verify.lines import SLOPE
from slth.verify.smooth import exp_minus, slopes, value

POINTS = st.integers(-(300 << F), 300 << F) | st.integers(-(2 << F), 2 << F) | st.integers(-9, 9)
KINDS = st.sampled_from(["tanh", "sigmoid"])


def true(kind: str, x: mpmath.mpf) -> mpmath.mpf:
    return mpmath.tanh(x) if kind == "tanh" else 1 / (1 + mpmath.exp(-x))


def steep(kind: str, x: mpmath.mpf) -> mpmath.mpf:
    return 1 / mpmath.cosh(x) ** 2 if kind == "tanh" else 1 / (2 * mpmath.cosh(x / 2)) ** 2


@given(KINDS, POINTS)
def test_values_are_enclosed_to_the_last_bits(kind: str, x: int) -> None:
    low, high = value(kind, x)
    with mpmath.workdps(120):
        exact = true(kind, mpmath.mpf(x) / 2**F) * 2**F
        assert low <= exact <= high
    assert high - low <= 2


@given(st.integers(0, 255 << F) | st.integers(0, 9))
def test_exponentials_are_enclosed(x: int) -> None:
    low, high = exp_minus(x)
    with mpmath.workdps(250):
        exact = mpmath.exp(-mpmath.mpf(x) / 2**F) * mpmath.mpf(2) ** 160
        assert low <= exact <= high
    assert high - low <= 1 << 32


def test_far_exponentials() -> None:
    assert exp_minus(256 << F) == exp_minus(10**60) == (0, 1)
    assert exp_minus(0) == (1 << 160, 1 << 160)
    assert value("tanh", 0) == (0, 0)
    assert value("sigmoid", 0) == (1 << F - 1, 1 << F - 1)


@given(KINDS, POINTS, POINTS, st.integers(0, 8))
def test_slopes_are_enclosed(kind: str, p: int, q: int, part: int) -> None:
    low, high = min(p, q), max(p, q)
    small, large = slopes(kind, low, high)
    assert 0 <= small <= large
    with mpmath.workdps(120):
        at = [mpmath.mpf(v) / 2**F for v in (low, high, low + (high - low) * part // 8)]
        found = [steep(kind, x) * 2**SLOPE for x in at]
        assert all(small <= t <= large for t in found)
        top = steep(kind, mpmath.mpf(0)) * 2**SLOPE if low <= 0 <= high else max(found[:2])
        assert large - top < 2
        assert min(found[:2]) - small < 2
