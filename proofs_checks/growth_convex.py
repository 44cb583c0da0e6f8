"""The least growth for densities that fall and are convex: its share is least for v = 1/2."""

from collections.abc import Callable
from fractions import Fraction

import sympy as sp

from proofs_checks.algebra import identical
from proofs_checks.lemma import Lemma, Verdict, judge

GRID = 24


def hat(t: Fraction, h: Fraction) -> Fraction:
    """H for the density (h - t)_+; convex falling densities are sums of multiples of these and of constants."""
    return t**2 * h / 2 - t**3 / 6 if t <= h else h**2 * t / 2 - h**3 / 6


def box(t: Fraction, h: Fraction) -> Fraction:
    """H for the density 1 up to h, 0 beyond."""
    return t**2 / 2 if t <= h else h * t - h**2 / 2


def check(primitive: Callable[[Fraction, Fraction], Fraction]) -> Verdict:
    """q(v) = G(v) - 4 G(1/2) v(1 - v) >= 0 for G(v) = (H(L) - H(vL) - H(L - vL))/L, here with L = 1.

    f(p) + f(L - p) falls in p < L/2 where f is convex, so q'' rises on [0, 1/2]; and q(0) = q(1/2) = q'(1/2) = 0. Where
    q'' >= 0, q lies above its tangent at 1/2. Before that it is concave and at least 0 at both ends.
    """
    grid = [Fraction(k, GRID) for k in range(1, GRID)]
    return judge([*(_holds(primitive, h, v) for h in [*grid, Fraction(3, 2)] for v in grid), *_shape()])


def _holds(primitive: Callable[[Fraction, Fraction], Fraction], h: Fraction, v: Fraction) -> bool:
    def growth(share: Fraction) -> Fraction:
        return primitive(Fraction(1), h) - primitive(share, h) - primitive(1 - share, h)

    return growth(v) >= 4 * growth(Fraction(1, 2)) * v * (1 - v)


def _shape() -> list[bool | None]:
    v, whole = sp.symbols("v L", positive=True)
    primitive = sp.Function("H")
    growth = (primitive(whole) - primitive(v * whole) - primitive(whole - v * whole)) / whole
    half = sp.Rational(1, 2)
    q = growth - 4 * growth.subs(v, half) * v * (1 - v)
    bend = 8 * growth.subs(v, half) - whole * (_second(primitive, v * whole) + _second(primitive, whole - v * whole))
    return [
        sp.simplify(sp.diff(q, v, 2).doit() - bend) == 0,
        identical(q.subs(v, half), 0),
        sp.simplify(sp.diff(q, v).doit().subs(v, half).doit()) == 0,
        identical(q.subs(v, 0), -primitive(sp.Integer(0)) / whole),  # H(0) = 0
        # slope of hat(p) + hat(L - p): -1 for p < h, +1 for L - p < h; with p < L - p here 1 < 2, h in any order
        *(-(h > 1) + (h > 2) <= 0 for h in (0, 1, Fraction(3, 2), 2, 3)),
    ]


def _second(primitive: sp.Function, at: sp.Expr) -> sp.Expr:
    x = sp.Dummy("x", positive=True)
    return sp.Subs(sp.diff(primitive(x), x, 2), x, at).doit()


LEMMA = Lemma(
    statement="for a density that falls with |t| and is convex on t > 0, one sample adds at least kappa v(1 - v) to "
    "the reached share v of I in expectation, kappa = (4/L)(H(L) - 2 H(L/2)), H'' = f, H(0) = H'(0) = 0",
    how="sympy, signs of derivatives; exact rationals on a grid",
    depth=f"all parameters; {GRID} densities of which all are made, {GRID - 1} shares",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=hat,
    false_statement="the same for a density that falls and need not be convex",
    false_claim=box,
)
