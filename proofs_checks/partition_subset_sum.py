"""Subset sums are signed sums: sum over S of X is t iff sigma.X is 2t - sum X, sigma = 1 on S and -1 outside."""

import numpy as np
import sympy as sp

from proofs_checks.algebra import identical
from proofs_checks.lemma import Lemma, Verdict, judge

MOST, LARGEST = 12, 30


def check(offset: int) -> Verdict:
    """sigma.X = 2 t + `offset` Lambda, Lambda the sum of all, for every subset of random integers."""
    rng = np.random.default_rng(12)
    facts: list[bool | None] = []
    for n in range(1, MOST + 1):
        values = rng.integers(1, LARGEST, n) * rng.choice((-1, 1), n)
        bits = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
        facts.append(bool(((2 * bits - 1) @ values == 2 * (bits @ values) + offset * values.sum()).all()))
    bit, value = sp.symbols("bit value")
    return judge([*facts, identical((2 * bit - 1) * value, 2 * bit * value + offset * value)])


LEMMA = Lemma(
    statement="a subset of X_1..X_n sums to t iff the signs that are 1 on it and -1 outside give 2t - sum X",
    how="termwise identity in sympy; all subsets",
    depth=f"all parameters; n <= {MOST}",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=-1,
    false_statement="iff the signs give 2t + sum X",
    false_claim=1,
)
