"""Fewer samples for given eps and delta: the worst growth that means allow, step by step, in integers.

Sums stay inside the interval of half width a + 3/10 eps, of length L; A_0 has radius 7/10 eps. A target |z| <= a that
is missed leaves 3/5 eps of L uncovered: the share v reached is at most 2a/L.

F_n(v), a bound on the chance of that after n more samples from share v on, is the largest mean of F_{n-1}(w) over laws
of w on [v, 2v] with mean at least v + g(v), g the least growth; two points w suffice. A grid encloses it. From above,
one value serves all v from a grid point to the next: w up to twice the next, mean at least that of the grid point, as
v + g(v) rises (g is concave and g' >= -1/2: minus the chance of 0 <= X <= L). From below, v and w are grid points.
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


def uniform(t: Fraction) -> iv.mpf:
    """H of growth_least for samples uniform on [-1, 1]: t^2/4 up to 1, straight beyond."""
    return _interval(t) ** 2 / 4 if t <= 1 else _interval(t) / 2 - iv.mpf(1) / 4


def product(t: Fraction) -> iv.mpf:
    """H for v relu(u), half of that of growth_product: t^2/8 (3/2 - ln t) up to 1, straight beyond."""
    x = _interval(t)
    return x**2 / 8 * (iv.mpf(3) / 2 - iv.log(x)) if t <= 1 else x / 4 - iv.mpf(1) / 16


LAWS = {"U": uniform, "D": product}


def check(cases: tuple[Case, ...]) -> Verdict:
    """For every (law, half width, eps, delta, grid points, n): F_n <= delta from share eps/(2 half width) on."""
    return judge((_at_most(*case) for case in cases), Verdict.ENCLOSED)


def _at_most(law: str, half_width: Fraction, eps: Fraction, delta: Fraction, points: int, n: int) -> bool | None:
    length = 2 * half_width + Fraction(3, 5) * eps
    shares = _grid(Fraction(7, 5) * eps / length, 2 * half_width / length, points)
    below = np.array([_growth(LAWS[law], length, int(share)) for share in shares[:-1]], np.int64)
    allowed = int(delta * CHANCES)
    if _chance(shares, below, n, True) <= allowed:
        return True
    return False if _chance(shares, below + 1, n, False) > allowed + 1 else None


def _growth(primitive: Callable[[Fraction], iv.mpf], length: Fraction, share: int) -> int:
    """(H(L) - H(vL) - H(L - vL))/L, rounded down."""
    reached = length * share / SHARES
    area = primitive(length) - primitive(reached) - primitive(length - reached)
    return int((area / _interval(length) * SHARES).a)


def _interval(t: Fraction) -> iv.mpf:
    return iv.mpf(t.numerator) / t.denominator


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
    ("U", Fraction(1, 2), HUNDREDTH, HUNDREDTH, 800, 40),
    ("U", Fraction(1), HUNDREDTH, HUNDREDTH, 800, 44),
    ("D", Fraction(1), HUNDREDTH, HUNDREDTH, 1600, 149),
    ("D", Fraction(1, 2), HUNDREDTH / 2, HUNDREDTH, 1600, 109),
)

LEMMA = Lemma(
    statement="with eps = delta = 0.01, for all targets at once: 40 uniform samples suffice for [-1/2, 1/2] and 44 for "
    "[-1, 1]; for [-1, 1], 149 samples v relu(u) or 109 samples 2 v relu(u)",
    how="value iteration in integers, rounded outwards",
    depth="grids of 800 and 1600 points",
    step=16,
    expected=Verdict.ENCLOSED,
    check=check,
    claim=CASES,
    false_statement="the iteration gives 37 uniform samples for [-1/2, 1/2]",
    false_claim=(("U", Fraction(1, 2), HUNDREDTH, HUNDREDTH, 800, 37),),
)
