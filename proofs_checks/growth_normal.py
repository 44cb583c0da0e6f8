"""The least growth for standard normal samples on I = [-1, 1]."""

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

T, V, R = sp.symbols("t v r", positive=True)
S = sp.Symbol("s", nonnegative=True)
DENSITY = sp.exp(-(T**2) / 2) / sp.sqrt(2 * sp.pi)
H = T * sp.erf(T / sp.sqrt(2)) / 2 - DENSITY.subs(T, 0) + DENSITY
KAPPA = sp.erf(sp.sqrt(2)) / 2  # P(0 <= X <= 2)


def check(kappa: sp.Expr) -> Verdict:
    """q(v) = (H(2) - H(2v) - H(2 - 2v))/2 - kappa v (1 - v) >= 0 on [0, 1/2].

    q'' falls: so q, 0 at 0 and rising there, is first convex, hence >= 0, then concave and at least 0 at both ends.
    q''' is a multiple of y - x for x = 2v exp(-(2v)^2/2) and y the same of 2 - 2v; with s = 1 - 2v, ln(y/x) is
    ln((1 + s)/(1 - s)) - 2s, 0 at s = 0 and rising.
    """
    q = (H.subs(T, 2) - H.subs(T, 2 * V) - H.subs(T, 2 - 2 * V)) / 2 - kappa * V * (1 - V)
    moment = T * DENSITY
    excess = sp.log((1 + S) / (1 - S)) - 2 * S
    return judge(
        (
            nonnegative(sp.limit(sp.diff(q, V), V, 0)),
            nonnegative(q.subs(V, sp.Rational(1, 2))),
            identical(sp.limit(q, V, 0), 0),
            identical(sp.diff(H, T, 2), DENSITY),
            identical(sp.limit(H, T, 0), 0),
            identical(sp.limit(sp.diff(H, T), T, 0), 0),
            identical(sp.diff(q, V, 3), -4 * (moment.subs(T, 2 - 2 * V) - moment.subs(T, 2 * V))),
            identical(excess.subs(S, 0), 0),
            identical(sp.diff(excess, S), 2 * S**2 / (1 - S**2)),
            nonnegative((2 * S**2 / (1 - S**2)).subs(S, S / (S + R))),
            identical(((1 + S) * sp.exp(-((1 + S) ** 2) / 2)) * sp.exp((1 - S) ** 2 / 2), (1 + S) * sp.exp(-2 * S)),
        )
    )


LEMMA = Lemma(
    statement="for standard normal samples and I = [-1, 1], one sample adds at least P(0 <= X <= 2) v(1 - v) = "
    "0.47725 v(1 - v) to the reached share v of I in expectation",
    how="sympy, signs of derivatives",
    depth="all parameters",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=KAPPA,
    false_statement="it adds at least 0.48 v(1 - v)",
    false_claim=sp.Rational(12, 25),
)
