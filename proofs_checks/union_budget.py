"""The failures of all subset sums of a network add up to delta, and how many samples each needs for its share."""

from collections.abc import Callable

import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

DELTA, BOUND, RATE, PAIRS = sp.symbols("delta B lambda x", positive=True)
LAYERS = sp.Symbol("l", integer=True, positive=True)
S = sp.Symbol("s", nonnegative=True)


def share(pairs: sp.Expr) -> sp.Expr:
    return DELTA / (2 * LAYERS * pairs)


def share_of_one_layer(pairs: sp.Expr) -> sp.Expr:
    return DELTA / (2 * pairs)


def check(allowed: Callable[[sp.Expr], sp.Expr]) -> Verdict:
    """Layer i has x_i = d_{i-1} d_i pairs of two subset sums, one a sign, each failing with at most `allowed`(x_i)."""
    i = sp.Symbol("i", integer=True, positive=True)
    inputs = sp.Function("d", positive=True)
    pairs = inputs(i - 1) * inputs(i)
    spent = sp.summation(sp.cancel(2 * pairs * allowed(pairs)), (i, 1, LAYERS))
    samples = sp.log(BOUND / allowed(PAIRS)) / RATE + S  # rounded up by s
    fails = sp.expand(sp.expand_log(sp.log(BOUND) - RATE * samples - sp.log(allowed(PAIRS))))
    return judge(
        (
            nonnegative(DELTA - spent),
            identical(fails, -RATE * S),  # ln of B exp(-lambda n) over the share
            nonnegative(RATE * S),
        )
    )


LEMMA = Lemma(
    statement="if each of the 2 d_{i-1} d_i subset sums of layer i fails with probability at most "
    "delta/(2 l d_{i-1} d_i), some of all l layers fails with at most delta; n >= ln(B/delta')/lambda samples make "
    "B exp(-lambda n) <= delta'",
    how="sympy, sum over a symbolic number of layers",
    depth="all parameters",
    step=9,
    expected=Verdict.PROVED,
    check=check,
    claim=share,
    false_statement="delta/(2 d_{i-1} d_i) each is enough",
    false_claim=share_of_one_layer,
)
