"""The same for larger samples, s v relu(u) with s >= 2, as slth scales them: in their units, I has length L = 2/s."""

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.growth_product import INNER, T
from proofs_checks.lemma import Lemma, Verdict, judge

V, S, R, L = sp.symbols("v s r L", positive=True)


def check(constant: sp.Rational) -> Verdict:
    """q(v) = (H(L) - H(vL) - H(L - vL))/(2L) - kappa v(1 - v) >= 0 on [0, 1/2], kappa = L/4 (`constant` - ln(2L)).

    q'' rises, q(0) = q(1/2) = q'(1/2) = 0. Where q'' >= 0, q lies above its tangent at 1/2, which is 0. Before that q
    is concave and at least 0 at both ends.
    """
    kappa = L / 4 * (constant - sp.log(2 * L))
    q = (INNER.subs(T, L) - INNER.subs(T, V * L) - INNER.subs(T, L - V * L)) / (2 * L) - kappa * V * (1 - V)
    half = sp.Rational(1, 2)
    bend = sp.diff(q, V, 2)
    slope = L * (1 - 2 * V) / (4 * V * (1 - V))
    return judge(
        (
            nonnegative(q.subs(V, half)),
            identical(q.subs(V, half), 0),
            identical(sp.diff(q, V).subs(V, half), 0),
            identical(sp.limit(q, V, 0), 0),
            identical(sp.diff(bend, V), slope),
            nonnegative(slope.subs(V, S / (2 * S + R))),  # 0 < v < 1/2
            identical(kappa.subs(L, 1), (3 - 2 * sp.log(2)) / 8),
        )
    )


LEMMA = Lemma(
    statement="for samples s v relu(u), s >= 2, and I = [-1, 1], one sample adds at least L/4 (3/2 - ln(2L)) v(1 - v) "
    "to the reached share v of I in expectation, L = 2/s; for s = 2 this is (3 - 2 ln 2)/8 v(1 - v)",
    how="sympy, signs of derivatives",
    depth="all parameters",
    step=5,
    expected=Verdict.PROVED,
    check=check,
    claim=sp.Rational(3, 2),
    false_statement="it adds at least L/4 (8/5 - ln(2L)) v(1 - v)",
    false_claim=sp.Rational(8, 5),
)
