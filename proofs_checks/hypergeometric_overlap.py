"""How much two subsets of size k out of n share: mean and variance."""

from collections.abc import Callable
from fractions import Fraction
from math import comb

import sympy as sp

from proofs_checks.algebra import identical
from proofs_checks.lemma import Lemma, Verdict, judge

MOST = 24


def variance(n: sp.Expr, k: sp.Expr) -> sp.Expr:
    return k**2 / n * (n - k) / n * (n - k) / (n - 1)


def with_replacement(n: sp.Expr, k: sp.Expr) -> sp.Expr:
    return k**2 / n * (n - k) / n


def check(spread: Callable[[sp.Expr, sp.Expr], sp.Expr]) -> Verdict:
    """Mean k^2/n, variance `spread`(n, k); by counting, and from the indicators of single elements for all n."""
    facts: list[bool | None] = []
    for n in range(2, MOST + 1):
        for k in range(1, n + 1):
            weights = [Fraction(comb(k, j) * comb(n - k, k - j), comb(n, k)) for j in range(k + 1)]
            mean = sum(j * weight for j, weight in enumerate(weights))
            square = sum(j * j * weight for j, weight in enumerate(weights))
            facts.append(mean == Fraction(k * k, n) and square - mean**2 == spread(Fraction(n), Fraction(k)))
    n, k = sp.symbols("n k", positive=True)
    one, two = k / n, k * (k - 1) / (n * (n - 1))  # chances that one, and that two given elements are in S'
    facts.append(identical(k * one + k * (k - 1) * two - (k * one) ** 2, spread(n, k)))
    return judge(facts)


LEMMA = Lemma(
    statement="the overlap of two random k-subsets of n elements has mean k^2/n and variance "
    "(k^2/n)((n-k)/n)((n-k)/(n-1))",
    how="sympy, indicators; exact counting",
    depth=f"all parameters; n <= {MOST}",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=variance,
    false_statement="its variance is (k^2/n)((n-k)/n)",
    false_claim=with_replacement,
)
