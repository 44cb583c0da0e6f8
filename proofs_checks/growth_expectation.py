"""What one sample adds to the reached set A, a finite union of intervals in I, in expectation."""

from fractions import Fraction

import sympy as sp

from proofs_checks.algebra import identical
from proofs_checks.lemma import Lemma, Verdict, judge

CELLS = 9


def check(constant: Fraction) -> Verdict:
    """E|A'| - |A| for X uniform on [-1, 1] and |I| = 1 is claimed to be `constant` |A| (1 - |A|)."""
    return judge([*_pairs(), *_indicators(), *(_union(cells, constant) for cells in range(1 << CELLS))])


def _pairs() -> list[bool | None]:
    """Both orders of integration over an interval [p, q] of A and one [r, s] outside, for any density H''.

    By samples: int_r^s P(z - q <= X <= z - p) dz. By pairs: int_r^s int_p^q H''(z - y) dy dz. Equal where their mixed
    derivatives are, as both are 0 for s = r and for q = p.
    """
    p, q, r, s = sp.symbols("p q r s", real=True)
    primitive = sp.Function("H")
    pairs = primitive(s - p) - primitive(r - p) - primitive(s - q) + primitive(r - q)
    chance = sp.diff(primitive(s - p), s) - sp.diff(primitive(s - q), s)
    density = sp.diff(primitive(s - q), s, 2)
    return [
        sp.simplify(sp.diff(pairs, s) - chance).doit() == 0,
        sp.simplify(sp.diff(pairs, s, q) - density).doit() == 0,
        identical(pairs.subs(s, r), 0),
        identical(pairs.subs(q, p), 0),
    ]


def _indicators() -> list[bool]:
    """1 on A' = max(f, g) for f = 1 on A, g = 1 on (A + X) in I: f + (1 - f) g <= f + g, hence |A'| <= 2 |A|."""
    return [max(f, g) == f + (1 - f) * g <= f + g for f in (0, 1) for g in (0, 1)]


def _union(reached: int, constant: Fraction) -> bool:
    """One union of cells of width 1/CELLS; |A'| is linear in x between multiples of the width, so sums are exact."""
    whole, size = (1 << CELLS) - 1, Fraction(reached.bit_count(), CELLS)
    grown = [
        ((reached | (reached << shift if shift >= 0 else reached >> -shift)) & whole).bit_count()
        for shift in range(-CELLS, CELLS + 1)
    ]
    expected = Fraction(sum(grown[1:]) + sum(grown[:-1]), 2 * CELLS) / (2 * CELLS)
    return expected == size + constant * size * (1 - size) and max(grown) <= 2 * reached.bit_count()


LEMMA = Lemma(
    statement="E|A'| - |A| is the integral of the density f(z - y) over y in A and z in I outside A, and |A'| <= 2|A|; "
    "for X uniform on [-1, 1] and |I| = 1 it is exactly |A|(1 - |A|)/2",
    how="sympy, mixed derivatives; exact rationals",
    depth=f"all parameters; all 2^{CELLS} unions of {CELLS} cells",
    step=3,
    expected=Verdict.PROVED,
    check=check,
    claim=Fraction(1, 2),
    false_statement="for X uniform on [-1, 1] and |I| = 1, E|A'| - |A| = |A|(1 - |A|)",
    false_claim=Fraction(1),
)
