"""Binomial coefficients against the binary entropy H_2, in integers: 2^(n H_2(k/n)) = n^n / (k^k (n-k)^(n-k))."""

from fractions import Fraction
from math import comb

import sympy as sp
from mpmath import iv

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

MOST = 600
PI_ABOVE = Fraction(355, 113)


def check(lower: int) -> Verdict:
    """sqrt(n/(`lower` k(n-k))) 2^(n H_2) <= C(n, k) <= sqrt(n/(2 pi k(n-k))) 2^(n H_2) for 1 <= k <= n - 1."""
    return judge([*_integers(lower), *_robbins(), *_sparse_chain()])


def _integers(lower: int) -> list[bool]:
    """Squares, cleared of denominators; pi rounded up makes the upper bound harder."""
    powers = [1, *(k**k for k in range(1, MOST + 1))]
    facts = []
    for n in range(2, MOST + 1):
        choose = 1
        for k in range(1, n // 2 + 1):
            choose = choose * (n - k + 1) // k
            left = k * (n - k) * (choose * powers[k] * powers[n - k]) ** 2
            right = n * powers[n] ** 2
            facts.append(lower * left >= right and 2 * PI_ABOVE.numerator * left <= PI_ABOVE.denominator * right)
    return facts


def _robbins() -> list[bool | None]:
    """For all n, from Robbins: n! = sqrt(2 pi n)(n/e)^n e^r, 1/(12n+1) < r < 1/(12n).

    C(n, k) over the upper bound is e^(r_n - r_k - r_(n-k)) < 1, as 1/(12n) < 1/(12k+1) for k < n. Over sqrt(pi/4) times
    it, for n >= 3, it is >= 1 as 1/(12k) + 1/(12(n-k)) - 1/(12n+1) is largest at k = 1, n = 3 and ln(4/pi)/2 is more.
    """
    k, s = sp.symbols("k s", integer=True, nonnegative=True)
    i, j = k + 1, s + 1  # the two sizes, n = i + j
    n = i + j

    def loss(size: sp.Expr) -> sp.Expr:
        return sp.Rational(1, 12) + 1 / (12 * (size - 1)) - 1 / (12 * size + 1)

    at_three = Fraction(1, 12) + Fraction(1, 24) - Fraction(1, 37)
    return [
        nonnegative(1 / (12 * i + 1) - 1 / (12 * n)),
        # 1/i + 1/j = n/(i j) <= n/(n - 1), as i j - (n - 1) = (i - 1)(j - 1)
        identical(i * j - (n - 1), k * s),
        nonnegative(loss(s + 3) - loss(s + 4)),
        identical(loss(sp.Integer(3)), sp.Rational(at_three.numerator, at_three.denominator)),
        bool((iv.log(4 / iv.pi) / 2 - iv.mpf(at_three.numerator) / at_three.denominator).a > 0),
        comb(2, 1) ** 2 * 8 == 2 * 2**4,  # n = 2: equality
    ]


def _sparse_chain() -> list[bool | None]:
    """Two steps of the lower bound on sparse tickets: its inequality in d and eps, and when 2 pi k (n-k)/n >= 1."""
    d, s = sp.symbols("d s", nonnegative=True)
    bits = 4 + s  # log2(1/eps) for eps <= 1/16
    share = 2 * iv.pi * (1 - (1 - 1 / (2 * iv.pi)))  # 2 pi k (n-k)/n with k = 1 and (n-k)/n = 1/(2 pi)
    return [nonnegative((1 + d) ** 2 * (bits / 2 - 1) - 1), bool(share.a <= 1 <= share.b)]


LEMMA = Lemma(
    statement="sqrt(n/(8k(n-k))) 2^(n H2(k/n)) <= C(n,k) <= sqrt(n/(2 pi k(n-k))) 2^(n H2(k/n)), 1 <= k <= n-1; "
    "d^2(log2(1/eps)/2 - 1) >= 1 for eps <= 1/16",
    how="integers; for all n from Robbins' bounds on n!, which are cited",
    depth=f"all n given Robbins; n <= {MOST} without",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=8,
    false_statement="the lower bound with 7 for 8",
    false_claim=7,
)
