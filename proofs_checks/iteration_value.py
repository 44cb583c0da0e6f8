"""Fewer samples for given eps and delta: the worst growth that means allow, step by step, in integers.

F_n(v), a bound on the chance of still missing more than eps/2 in length after n more samples from share v on, is the
largest mean of F_{n-1}(w) over laws of w on [v, 2v] with mean at least v + g(v), g the least growth; two points w
suffice. A grid encloses it. From above, one value serves all v from a grid point to the next: w up to twice the next,
mean at least that of the grid point, as v + g(v) rises (g is concave and g' >= -1/2: minus the chance of 0 <= X <= L).
From below, v and w are grid points.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
from mpmath import iv
from numba import njit

from proofs_checks.lemma import Lemma, Verdict, judge

Case = tuple[str, Fraction, Fraction, Fraction, int, int]

SHARES = 1 << 28  # one, for shares v
CHANCES = 1 << 30  # one, for chances F
HUNDREDTH = Fraction(1, 100)


def uniform(half_width: Fraction) -> Callable[[iv.mpf], iv.mpf]:
    """Least growth over v (1 - v) for uniform samples: growth_uniform."""
    kappa = iv.mpf(1) / 2 if half_width == 1 else iv.mpf(half_width.numerator) / half_width.denominator
    return lambda v: kappa * v * (1 - v)


def product(half_width: Fraction) -> Callable[[iv.mpf], iv.mpf]:
    """Least growth for v relu(u), half width 1 or 1/2: the closed forms of growth_product and growth_scaled."""

    def wide(v: iv.mpf) -> iv.mpf:
        low = v if v.b <= 0.5 else 1 - v
        return (low - low**2 * (iv.mpf(3) / 2 - iv.log(2 * low))) / 4

    def narrow(v: iv.mpf) -> iv.mpf:
        return (3 * v * (1 - v) + v**2 * iv.log(v) + (1 - v) ** 2 * iv.log(1 - v)) / 8

    return wide if half_width == 1 else narrow


LAWS = {"U": uniform, "D": product}


def check(cases: tuple[Case, ...]) -> Verdict:
    """For every (law, half width, eps, delta, grid points, n): F_n <= delta from share eps/(2 half width) on."""
    return judge((_at_most(*case) for case in cases), Verdict.ENCLOSED)


def _at_most(law: str, half_width: Fraction, eps: Fraction, delta: Fraction, points: int, n: int) -> bool | None:
    start, end = eps / (2 * half_width), 1 - eps / (4 * half_width)
    shares = _grid(start, end, points)
    growth = LAWS[law](half_width)
    inner = [iv.mpf(int(share)) / SHARES for share in shares[:-1]]
    below = np.array([int((growth(v) * SHARES).a) for v in inner], np.int64)
    allowed = int(delta * CHANCES)
    if _chance(shares, below, n, True) <= allowed:
        return True
    return False if _chance(shares, below + 1, n, False) > allowed + 1 else None


def _grid(start: Fraction, end: Fraction, points: int) -> np.ndarray:
    """From start to end, even in log(v/(1 - v)), rounded to integers; then 1. Start is rounded down, end up."""
    ends = [float(x / (1 - x)) for x in (start, end)]
    odds = np.exp(np.linspace(np.log(ends[0]), np.log(ends[1]), points))
    shares = np.rint(odds / (1 + odds) * SHARES).astype(np.int64)
    shares[0], shares[-1] = int(start * SHARES), -int(-end * SHARES // 1)
    return np.append(np.unique(shares), SHARES)


def _chance(shares: np.ndarray, growth: np.ndarray, n: int, above: bool) -> int:
    """F_n at the first grid point, in units of 1/CHANCES."""
    chances = np.full(len(shares), CHANCES, np.int64)
    chances[-2:] = 0  # reached: the end, and all
    for _ in range(n):
        chances = _step(shares, growth, chances, above)
    return int(chances[0])


@njit(cache=False)
def _step(shares, growth, chances, above):  # type: ignore[no-untyped-def]
    """One sample more. A corner is (share, chance); from above it lies where the next grid point begins."""
    count = len(shares)
    out = chances.copy()
    for i in range(count - 2):
        mean, most = shares[i] + growth[i], min(2 * shares[i + above], shares[-1])
        best = 0
        for right in range(i, count):
            if shares[right] > most:
                break
            far = min(shares[right + 1], most) if above and right + 1 < count else shares[right]
            if far < mean:
                continue
            best = max(best, chances[right])
            for left in range(i, right):
                near = min(shares[left + 1], most) if above else shares[left]
                if near >= mean:
                    break
                rise, run = (chances[left] - chances[right]) * (far - mean), far - near
                best = max(best, chances[right] + (rise + run - 1) // run if above else chances[right] + rise // run)
        out[i] = best
    return out


CASES: tuple[Case, ...] = (
    ("U", Fraction(1, 2), HUNDREDTH, HUNDREDTH, 800, 41),
    ("U", Fraction(1), HUNDREDTH, HUNDREDTH, 800, 45),
    ("D", Fraction(1), HUNDREDTH, HUNDREDTH, 1600, 152),
    ("D", Fraction(1, 2), HUNDREDTH / 2, HUNDREDTH, 1600, 112),
)

LEMMA = Lemma(
    statement="with eps = delta = 0.01, for all targets at once: 41 uniform samples suffice for [-1/2, 1/2] and 45 for "
    "[-1, 1]; for [-1, 1], 152 samples v relu(u) or 112 samples 2 v relu(u)",
    how="value iteration in integers, rounded outwards",
    depth="grids of 800 and 1600 points",
    step=16,
    expected=Verdict.ENCLOSED,
    check=check,
    claim=CASES,
    false_statement="the iteration gives 39 uniform samples for [-1/2, 1/2]",
    false_claim=(("U", Fraction(1, 2), HUNDREDTH, HUNDREDTH, 800, 39),),
)
