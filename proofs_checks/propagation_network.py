"""From the errors of layers to the error of the network."""

from fractions import Fraction
from math import factorial

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

ETA, E, T, EPS, S = sp.symbols("eta e t eps s", nonnegative=True)
L = sp.Symbol("l", integer=True, positive=True)
TERMS = 12


def check(constant: sp.Integer) -> Verdict:
    """eta = eps/(`constant` l) in every layer gives an error of at most eps, for all 0 < eps <= 1."""
    # e = sum 1/k!, whose tail after TERMS terms is below 2/TERMS!
    partial = sum((Fraction(1, factorial(k)) for k in range(TERMS)), Fraction(0))
    above_e = partial + Fraction(2, factorial(TERMS))
    p, q = sp.symbols("p q", nonnegative=True)
    bump = sp.exp(T) - 1 - T
    excess = sp.exp(EPS / constant) - 1 - EPS
    signs = [(s * p, t * q) for s in (1, -1) for t in (1, -1)]
    return judge(
        (
            # convex, 0 at 0, and at 1 exp(1/constant) - 2 <= 0, as e <= 2^constant
            above_e <= 2 ** int(constant),
            identical(excess.subs(EPS, 0), 0),
            identical(excess.subs(EPS, 1), sp.exp(1 / constant) - 2),
            nonnegative(sp.diff(excess, EPS, 2)),
            # |g_i - f_i| <= eta |g_{i-1}| + |g_{i-1} - f_{i-1}|, |g_{i-1}| <= 1 + e, |f_{i-1}| <= 1
            identical(ETA * (1 + E) + E, (1 + ETA) * (1 + E) - 1),
            identical((1 + ETA) * (1 + ((1 + ETA) ** (L - 1) - 1)) - 1, (1 + ETA) ** L - 1),
            # 1 + t <= exp(t): convex, and 0 with its derivative at 0
            identical(bump.subs(T, 0), 0),
            identical(sp.diff(bump, T).subs(T, 0), 0),
            nonnegative(sp.diff(bump, T, 2)),
            identical(sp.exp(EPS / (constant * L)) ** L, sp.exp(EPS / constant)),
            # |relu(x) - relu(y)| <= |x - y|, and relu(0) = 0
            *(_lipschitz(x, y) for x, y in signs),
        )
    )


def _lipschitz(x: sp.Expr, y: sp.Expr) -> bool | None:
    """(x - y)^2 - (relu x - relu y)^2 >= 0 by the signs of x and y; where they differ it is p^2 + 2pq or q^2 + 2pq."""
    change = sp.expand((x - y) ** 2 - (sp.Max(x, 0) - sp.Max(y, 0)) ** 2)
    return nonnegative(change)


LEMMA = Lemma(
    statement="l layers of norm at most 1 with relu between them, each replaced within eta |x| with eta = eps/(2 l): "
    "on |x| <= 1 the error is at most (1 + eta)^l - 1 <= exp(eps/2) - 1 <= eps, for 0 < eps <= 1",
    how="sympy, step of an induction; convexity, e < 4 by its series",
    depth="all parameters",
    step=12,
    expected=Verdict.PROVED,
    check=check,
    claim=sp.Integer(2),
    false_statement="eta = eps/l is enough",
    false_claim=sp.Integer(1),
)
