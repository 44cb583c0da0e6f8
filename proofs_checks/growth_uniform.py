"""The least growth for uniform samples on I = [-a, a], a <= 1."""

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

T, V, A, L = sp.symbols("t v a L", positive=True)
S = sp.Symbol("s", nonnegative=True)
INNER = T**2 / 4  # H on [0, 1], where the density is 1/2
OUTER = T / 2 - sp.Rational(1, 4)  # H beyond 1, where it is 0


def check(kappa: sp.Rational) -> Verdict:
    """v <= 1/2, hence 2v <= 1 <= 2 - 2v; for 1 <= L <= 2, vL <= 1, and L - vL >= 1 up to v = 1 - 1/L."""
    wide = (OUTER.subs(T, 2) - INNER.subs(T, 2 * V) - OUTER.subs(T, 2 - 2 * V)) / 2
    narrow = (INNER.subs(T, 2 * A) - INNER.subs(T, 2 * A * V) - INNER.subs(T, 2 * A * (1 - V))) / (2 * A)
    return judge(
        (
            nonnegative(wide.subs(V, sp.Rational(1, 2)) - kappa / 4),
            identical(sp.diff(INNER, T, 2), sp.Rational(1, 2)),
            identical(INNER.subs(T, 1), OUTER.subs(T, 1)),
            identical(sp.diff(INNER, T).subs(T, 1), sp.diff(OUTER, T)),
            identical(wide, V * (1 - V) / 2),
            identical(narrow, A * V * (1 - V)),
            *_between(),
        )
    )


def _between() -> list[bool | None]:
    """The excess over v(1 - v)/2 for 1 <= L <= 2, up to v = 1 - 1/L and from there to 1/2."""
    early = (OUTER.subs(T, L) - INNER.subs(T, L * V) - OUTER.subs(T, L - L * V)) / L - V * (1 - V) / 2
    late = (OUTER.subs(T, L) - INNER.subs(T, L * V) - INNER.subs(T, L - L * V)) / L - V * (1 - V) / 2
    bracket = V * (1 - V) - (L - 1) / (2 * L)  # rises in v <= 1/2
    length = (1 + 2 * S) / (1 + S)  # 1 <= L < 2
    return [
        identical(early, V**2 * (2 - L) / 4),
        nonnegative(2 - length),
        identical(late, (L - 1) / 2 * bracket),
        identical(bracket.subs(V, 1 - 1 / L), (L - 1) * (2 - L) / (2 * L**2)),
        nonnegative(((L - 1) * (2 - L)).subs(L, length)),
    ]


LEMMA = Lemma(
    statement="for samples uniform on [-1, 1] and I = [-a, a], one sample adds at least v(1 - v)/2 to the reached "
    "share v of I in expectation for 1/2 <= a <= 1, and at least a v(1 - v) for a <= 1/2",
    how="sympy, closed form of H",
    depth="all parameters",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=sp.Rational(1, 2),
    false_statement="it adds at least 3 v(1 - v)/5 on I = [-1, 1]",
    false_claim=sp.Rational(3, 5),
)
