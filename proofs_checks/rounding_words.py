"""The theorem for the weights that slth draws: odd 24-bit integers over 2^24 are uniform numbers, rounded."""

from fractions import Fraction

import numpy as np
import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge
from slth.core.laws import law

BITS = 24
STEP = sp.Rational(1, 2**BITS)


def check(steps: Fraction) -> Verdict:
    """|u v - u' v'| <= `steps` 2^-24 where u' and v' are the midpoints of the cells of u and v."""
    k = sp.Symbol("k", integer=True, nonnegative=True)
    midpoint, low, high = (2 * k + 1) * STEP - 1, 2 * k * STEP - 1, (2 * k + 2) * STEP - 1
    u, v, du, dv = sp.symbols("u v du dv", real=True)
    size, near = sp.symbols("size near", nonnegative=True)
    worst = sp.Integer(1) - (1 - STEP) ** 2  # u = v = 1, u' = v' = 1 - 2^-24
    return judge(
        (
            nonnegative(sp.Rational(steps.numerator, steps.denominator) * STEP - worst),
            identical(midpoint - low, STEP),
            identical(high - midpoint, STEP),
            identical(low.subs(k, 0), -1),
            identical(high.subs(k, 2**BITS - 1), 1),
            identical(low.subs(k, 2 ** (BITS - 1)), 0),  # 0 is an end of cells: u and u' have the same sign
            # u v - u' v' = u dv + v' du, |u| <= 1, |v'| <= 1, |du| and |dv| <= 2^-24
            identical(u * v - (u - du) * (v - dv), u * dv + (v - dv) * du),
            nonnegative((size + near) * STEP - size * STEP),
            _words(),
        )
    )


def _words() -> bool:
    """slth's law gives midpoint k for the word's upper 24 bits k: its ends, its middle and some between."""
    uniform = law("uniform")
    k = np.array([0, 1, 2 ** (BITS - 1) - 1, 2 ** (BITS - 1), 2**BITS - 2, 2**BITS - 1, *range(7, 2**BITS, 999_983)])
    drawn = np.asarray(uniform.integers((k << 8).astype(np.uint32))).astype(np.int64)
    return uniform.bits == BITS and bool((drawn == 2 * k + 1 - 2**BITS).all())


LEMMA = Lemma(
    statement="a uniform number on [-1, 1] and the midpoint of its cell of width 2^-23 differ by at most 2^-24 and "
    "agree in sign; midpoints are slth's uniform law; products differ by 2^-23 at most, sums of n of them by n 2^-23",
    how="sympy, by cells; slth's law at some words",
    depth="all parameters",
    step=14,
    expected=Verdict.PROVED,
    check=check,
    claim=Fraction(2),
    false_statement="products differ by at most 1.5 2^-24",
    false_claim=Fraction(3, 2),
)
