"""From the expected growth of v to the expected fall of Phi = 1/v - 1."""

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

V, R, KAPPA = sp.symbols("v r kappa", positive=True)
S, SPARE = sp.symbols("s spare", nonnegative=True)


def check(share: sp.Rational) -> Verdict:
    """E Phi(v') <= (1 - `share` kappa) Phi(v) from E v' >= v + kappa v(1 - v) and r = v'/v in [1, 2]."""
    chord = sp.Rational(3, 2) - R / 2
    gap = (R - 1) * (2 - R) / (2 * R)
    mean = 1 + KAPPA * (1 - V)  # of r, at least; the chord falls in r
    return judge(
        (
            identical(chord - 1 / R, gap),
            nonnegative(S * SPARE / (2 * (1 + S))),  # gap with r = 1 + s, 2 - r = spare
            identical(gap.subs(R, 1 + S), S * (1 - S) / (2 * (1 + S))),
            nonnegative(-sp.diff(chord, R)),
            identical(chord.subs(R, mean) / V - 1, (1 - share * KAPPA) * (1 / V - 1)),
        )
    )


LEMMA = Lemma(
    statement="if v' lies in [v, 2v] and E v' >= v + kappa v(1 - v), then E[1/v' - 1] <= (1 - kappa/2)(1/v - 1)",
    how="sympy identities: 1/r lies below its chord on [1, 2]",
    depth="all parameters",
    step=6,
    expected=Verdict.PROVED,
    check=check,
    claim=sp.Rational(1, 2),
    false_statement="the factor is 1 - kappa",
    false_claim=sp.Rational(1),
)
