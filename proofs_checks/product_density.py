"""The law of what a unit offers: v relu(u) for u, v uniform on [-1, 1]."""

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

T, X, S = sp.symbols("t x s", positive=True)


def check(factor: sp.Rational) -> Verdict:
    """Density factor ln(1/|t|) of XY; X = u given u > 0 is uniform on [0, 1], and u > 0 has probability 1/2."""
    density = factor * sp.log(1 / T)
    # XY in (0, t]: y <= t/x, where y has density 1/2 on [0, 1]
    below = sp.integrate(sp.Rational(1, 2), (X, 0, T)) + sp.integrate(T / (2 * X), (X, T, 1))
    mass = 2 * sp.integrate(density, (T, 0, 1))
    half, edge = sp.Rational(1, 2), sp.exp(-1)
    share = T * density  # 2 a c for a group of K.1's kind: density at least c = density(2a) on [-2a, 2a], t = 2a
    return judge(
        (
            identical(sp.diff(below, T), density),
            identical(mass, 1),
            nonnegative(-sp.diff(density, T)),  # the density falls, so that its least value is at the end
            identical(density.subs(T, half), sp.log(2) / 2),
            identical(half * density.subs(T, half), sp.log(2) / 4),
            identical(sp.diff(share, T).subs(T, edge), 0),
            nonnegative(-sp.diff(share, T, 2)),  # concave: the stationary point is the largest
            identical(share.subs(T, edge), 1 / (2 * sp.E)),
            bool(6 / (2 * sp.E) >= 1),  # six groups of half width 1/(2e) reach 1
        )
    )


LEMMA = Lemma(
    statement="X uniform on [0, 1], Y on [-1, 1]: XY has density ln(1/|t|)/2, which falls with |t|, is >= ln(2)/2 on "
    "[-1/2, 1/2], so that v relu(u) holds U[-1/2, 1/2] with weight ln(2)/4; max_t t ln(1/t)/2 = 1/(2e)",
    how="sympy, derivative of the distribution function",
    depth="all parameters",
    step=2,
    expected=Verdict.PROVED,
    check=check,
    claim=sp.Rational(1, 2),
    false_statement="the density of XY is ln(1/|t|)",
    false_claim=sp.Rational(1),
)
