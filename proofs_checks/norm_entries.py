"""Entries are bounded by norms, and norms by entries: Cauchy-Schwarz by induction over the dimension."""

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

A, B = sp.symbols("a b", real=True)
LEFT, RIGHT, SPARE, OTHERS = sp.symbols("s t spare others", nonnegative=True)


def check(constant: sp.Rational) -> Verdict:
    """(sum a_i b_i)^2 <= `constant` (sum a_i^2)(sum b_i^2).

    Step: with s = root of sum a_i^2, t the same of b, P = sum a_i b_i, |P| <= s t, the left side less the right one is
    (s^2 t^2 - P^2) + (s^2 b^2 + t^2 a^2 - 2 P a b), and the second bracket is a square and a product of signs known.
    """
    inner = sp.Symbol("P", real=True)
    step = (LEFT**2 + A**2) * (RIGHT**2 + B**2) - (inner + A * B) ** 2
    first = LEFT**2 * RIGHT**2 - inner**2
    same = (LEFT * B - RIGHT * A) ** 2 + 2 * A * B * (LEFT * RIGHT - inner)
    opposite = (LEFT * B + RIGHT * A) ** 2 - 2 * A * B * (LEFT * RIGHT + inner)
    total, squares, n, x = sp.symbols("total squares n x", real=True)
    return judge(
        (
            nonnegative((constant - 1) * A**2 * B**2),
            identical(step, first + same),  # for a b >= 0, as P <= s t
            identical(step, first + opposite),  # for a b <= 0, as P >= -s t
            identical((LEFT * RIGHT - inner) * (LEFT * RIGHT + inner), first),
            # with ones for b: (n + 1)(squares + x^2) - (total + x)^2 exceeds n squares - total^2 by sum (x_i - x)^2
            identical(
                (n + 1) * (squares + x**2) - (total + x) ** 2,
                (n * squares - total**2) + (squares - 2 * x * total + n * x**2),
            ),
            # |W_ij| = |(W e_j)_i| <= |W e_j|_2 <= |W|, and |W_ij| <= sum_j |W_ij| in the sup norm
            nonnegative((A**2 + OTHERS) - A**2),
            nonnegative((sp.Abs(A) + OTHERS) - sp.Abs(A)),
        )
    )


LEMMA = Lemma(
    statement="(a.b)^2 <= |a|^2 |b|^2, (sum x_j)^2 <= n |x|^2, and no entry of a matrix exceeds its spectral norm, nor "
    "its largest row sum of absolute values",
    how="sympy, step of an induction",
    depth="all parameters",
    step=10,
    expected=Verdict.PROVED,
    check=check,
    claim=sp.Integer(1),
    false_statement="(a.b)^2 <= |a|^2 |b|^2 / 2",
    false_claim=sp.Rational(1, 2),
)
