"""What no construction can beat: masks against a packing of the unit ball of linear maps."""

from fractions import Fraction

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

GRID = 60


def check(base: int) -> Verdict:
    """A maximal 2 eps-separated subset of a unit ball of dimension D has at least (1/(`base` eps))^D members.

    Balls of radius 2 eps around its members cover the unit ball, or it would not be maximal; volumes scale by r^D.
    """
    members, eps, dimension, chance, bits = sp.symbols("members eps D p m", positive=True)
    near, far, s, r = sp.symbols("near far s r", nonnegative=True)  # distances of two members from one function
    covered = members * (2 * eps) ** dimension
    masks = sp.log(chance * (1 / (2 * eps)) ** dimension, 2)
    return judge(
        (
            *(_line(Fraction(k, GRID), start, base) for k in range(1, GRID) for start in range(-GRID, GRID, 7)),
            identical(covered.subs(members, (1 / (2 * eps)) ** dimension), 1),
            # both below eps = near + s = far + r would put the members nearer than 2 eps: one function, one member
            nonnegative(((near + s) + (far + r)) - (near + far)),
            # 2^m >= p members
            identical(sp.expand_log(masks), sp.expand_log(dimension * sp.log(1 / (2 * eps), 2) + sp.log(chance, 2))),
            identical(sp.log(2**bits, 2), bits),
        )
    )


def _line(eps: Fraction, start: int, base: int) -> bool:
    """Dimension 1: a maximal subset of [-1, 1] of distances >= 2 eps, greedy to both sides of a first point."""
    first = Fraction(start, GRID)
    count = 1 + (1 - first) // (2 * eps) + (1 + first) // (2 * eps)
    return count * base * eps >= 1


LEMMA = Lemma(
    statement="if every linear map of operator norm at most 1, d_in inputs and d_out outputs, is within eps of a "
    "subnetwork with probability p, the network has m >= d_in d_out log2(1/(2 eps)) - log2(1/p) parameters to mask",
    how="sympy; all of a grid of one dimension",
    depth="all parameters",
    step=15,
    expected=Verdict.PROVED,
    check=check,
    claim=2,
    false_statement="a maximal 2 eps-separated subset has at least (1/eps)^D members",
    false_claim=1,
)
