"""Two subsets that share a part: covariance of their sums, and what it makes of the second moment."""

import sympy as sp

from proofs_checks.algebra import identical
from proofs_checks.lemma import Lemma, Verdict, judge

A, B, C = sp.symbols("A B C", positive=True)  # scale of the shared part and of the two others
Z = sp.Symbol("z", real=True)


def check(limit: sp.Expr) -> Verdict:
    """Joint density at (z, z) over the product of the single ones; at correlation 1/2 and z = 0 it is `limit`."""
    covariance = sp.Matrix([[A + B, A], [A, A + C]])
    ones = sp.Matrix([1, 1])
    form = (ones.T * covariance.inv() * ones)[0, 0]
    rho = sp.Symbol("rho", positive=True)
    unit = sp.Matrix([[1, rho], [rho, 1]])
    exponent = Z**2 - Z**2 * (ones.T * unit.inv() * ones)[0, 0] / 2
    n, s2 = sp.symbols("n s2", positive=True)
    fair = sp.Rational(1, 2)  # sums of B_i X_i, B_i fair bits: correlation E[B B']/E[B^2] = (1/4)/(1/2)
    deviation = sp.sqrt(n * s2 / 2)  # of such a sum
    return judge(
        (
            identical(1 / sp.sqrt(unit.det().subs(rho, fair)), limit),
            identical(covariance.det(), A * B + A * C + B * C),
            identical(form, (B + C) / (A * B + A * C + B * C)),
            identical(unit.det(), 1 - rho**2),
            identical(exponent, Z**2 * rho / (1 + rho)),
            identical(fair**2 / fair, fair),
            identical(exponent.subs(rho, fair).subs(Z, Z / deviation), 2 * Z**2 / (3 * n * s2)),
        )
    )


LEMMA = Lemma(
    statement="sums with shared scale A and own scales B, C have covariance determinant AB + AC + BC and quadratic "
    "form (B + C)/(AB + AC + BC) at (1, 1); at correlation 1/2 the second moment is 2/sqrt(3) exp(2z^2/(3 n s^2)) "
    "times the square of the first, in the Gaussian form",
    how="sympy, 2x2 matrices",
    depth="all parameters",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=2 / sp.sqrt(3),
    false_statement="at correlation 1/2 and z = 0 it is sqrt(3)/2 times the square of the first",
    false_claim=sp.sqrt(3) / 2,
)
