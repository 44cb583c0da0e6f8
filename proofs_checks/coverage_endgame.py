"""Nothing of I is far from a set that leaves little of I uncovered."""

from fractions import Fraction

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

CELLS = 12


def check(share: Fraction) -> Verdict:
    """|[z - h, z + h] in [-a, a]| >= `share` h for |z| <= a, h <= 2a; then a set that misses less comes within h."""
    p, h, r = sp.symbols("p h r", nonnegative=True)  # p = a - z; 2a = h + r
    q, others = sp.symbols("q others", nonnegative=True)  # q = z + a = h + r - p
    factor = sp.Rational(share.numerator, share.denominator)
    x, z, total = sp.symbols("x z total", real=True)
    return judge(
        (
            # ends min(z + h, a) and max(z - h, -a): the length is the least of 2h, p + h, q + h and 2a
            *(nonnegative(length - factor * h) for length in (2 * h, p + h, q + h, h + r)),
            nonnegative((h + p) * (others + q) - h * others),  # a side more, in d dimensions: others = h^(d-1) or more
            identical((z - x) - total, z - (total + x)),  # z - x within h of a sum: z within h of that sum plus x
            *(_near(covered, share) for covered in range(1, 1 << CELLS)),
        )
    )


def _near(covered: int, share: Fraction) -> bool:
    """Cells of width 1: the farthest point of an uncovered run is its middle, or the end of I where it ends there."""
    runs = "".join(str(covered >> cell & 1) for cell in range(CELLS)).split("1")
    ends, inner = (runs[0], runs[-1]), runs[1:-1]
    farthest = max([Fraction(len(run)) for run in ends] + [Fraction(len(run), 2) for run in inner])
    missing = CELLS - covered.bit_count()
    return farthest * share <= missing


LEMMA = Lemma(
    statement="if less than h <= 2a of [-a, a] lies outside A, every z in [-a, a] is within h of A (h^d of [-a, a]^d "
    "in sup norm); with h = eps/2 and A within eps/2 of subset sums, within eps of a subset sum",
    how="sympy, every case of ends; all sets of cells",
    depth=f"all parameters; all 2^{CELLS} sets of {CELLS} cells",
    step=8,
    expected=Verdict.PROVED,
    check=check,
    claim=Fraction(1),
    false_statement="the same if less than 2h lies outside A",
    false_claim=Fraction(2),
)
