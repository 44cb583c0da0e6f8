"""Sums of uniforms are sum-bounded, with constants: the Irwin-Hall density in exact rationals."""

from fractions import Fraction
from math import comb, factorial, isqrt

from proofs_checks.lemma import Lemma, Verdict, judge

MOST = 200
AT_ROOT = Fraction(1541, 10_000)


def check(most_squared: Fraction) -> Verdict:
    """k f_k(0)^2 <= `most_squared` and sqrt(k) f_k(sqrt k) >= 0.1541 for k <= MOST.

    f_k falls on [0, k] (symmetric and unimodal), so it may be taken at a rational above sqrt(k), and sqrt(k) below.
    """
    facts = []
    for k in range(2, MOST + 1):
        facts.append(k * density(k, Fraction(0)) ** 2 <= most_squared)
        scale = 10**6
        below = isqrt(k * scale * scale)
        facts.append(Fraction(below, scale) * density(k, Fraction(below + 1, scale)) >= AT_ROOT)
    return judge(facts)


def density(k: int, x: Fraction) -> Fraction:
    """f_k(x) = sum_j (-1)^j C(k, j) (k + x - 2j)_+^(k-1) / ((k-1)! 2^k)."""
    scale = x.denominator
    shifted = k * scale + x.numerator
    total = 0
    for j in range(k + 1):
        base = shifted - 2 * j * scale
        if base <= 0:
            break
        total += (-1) ** j * comb(k, j) * base ** (k - 1)
    return Fraction(total, factorial(k - 1) * 2**k * scale ** (k - 1))


LEMMA = Lemma(
    statement=f"for the density f_k of a sum of k uniforms on [-1, 1], 2 <= k <= {MOST}: sqrt(k) f_k(0) <= 1/sqrt(2), "
    "attained at k = 2, and sqrt(k) f_k(sqrt k) >= 0.1541",
    how="exact rationals",
    depth=f"k <= {MOST}",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=Fraction(1, 2),
    false_statement="sqrt(k) f_k(0) <= 0.7",
    false_claim=Fraction(49, 100),
)
