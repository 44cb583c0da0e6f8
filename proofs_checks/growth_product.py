"""The least growth for v relu(u) on I = [-1, 1], from the closed form of H."""

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

T, V, W, S = sp.symbols("t v w s", positive=True)
INNER = T**2 / 4 * (sp.Rational(3, 2) - sp.log(T))  # H on (0, 1], where the density is ln(1/t)/2
OUTER = sp.Rational(3, 8) + (T - 1) / 2  # H beyond 1, where it is 0


def check(kappa: sp.Rational) -> Verdict:
    """(H(2) - H(2v) - H(2 - 2v))/2, halved because u > 0 half the time, is claimed to be >= `kappa` v (1 - v).

    By symmetry v <= 1/2, so that 2v <= 1 <= 2 - 2v.
    """
    growth = (OUTER.subs(T, 2) - INNER.subs(T, 2 * V) - OUTER.subs(T, 2 - 2 * V)) / 4
    falling = 1 - W + W * sp.log(W)  # >= 0 on (0, 1]: it falls, as its derivative is ln w, to 0 at w = 1
    middle = growth.subs(V, sp.Rational(1, 2)) - kappa / 4
    return judge(
        (
            nonnegative(middle),
            identical(sp.diff(INNER, T, 2), sp.log(1 / T) / 2),
            identical(sp.limit(INNER, T, 0), 0),
            identical(sp.limit(sp.diff(INNER, T), T, 0), 0),
            identical(INNER.subs(T, 1), OUTER.subs(T, 1)),
            identical(sp.diff(INNER, T).subs(T, 1), sp.diff(OUTER, T)),
            identical(growth - sp.Rational(1, 8) * V * (1 - V), V / 8 * falling.subs(W, 2 * V)),
            identical(sp.diff(falling, W), sp.log(W)),
            nonnegative(-sp.log(1 / (1 + S))),  # ln w <= 0, w = 1/(1 + s)
            identical(falling.subs(W, 1), 0),
            nonnegative(sp.Rational(1, 8) - kappa),
        )
    )


LEMMA = Lemma(
    statement="for samples v relu(u), u and v uniform on [-1, 1], and I = [-1, 1], one sample adds at least v(1 - v)/8 "
    "to the reached share v of I in expectation",
    how="sympy, closed form of H and one convex function",
    depth="all parameters",
    step=5,
    expected=Verdict.PROVED,
    check=check,
    claim=sp.Rational(1, 8),
    false_statement="it adds at least v(1 - v)/7",
    false_claim=sp.Rational(1, 7),
)
