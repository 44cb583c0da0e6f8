"""Of all sets of a given measure in an interval, one at the end of it grows least: by induction over cells.

Cells 1..n, weight w_d >= 0 of two cells at distance d, falling in d. cut(S) is the weight of all pairs of which one is
in S. Claim: cut(S) >= cut({1..k}) for |S| = k. Falling weights are sums of multiples of boxes (1 up to some h, 0
beyond), so boxes suffice. Induction: cell 1 is in S, or in its complement, which has the same cut; and {1..k} and
{1..n-k} have the same. Say it is in S. Without it, S has k - 1 of n - 1 cells: the cut of those is at least that of
{2..k}. Of the h cells next to cell 1, at most k - 1 are in S, so that it is cut from at least max(0, h - k + 1) cells,
as in {1..k}.
"""

from collections.abc import Callable

import numpy as np
import sympy as sp

from proofs_checks.algebra import identical, nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

CELLS = 15


def boxes(n: int) -> np.ndarray:
    """1 up to a distance, 0 beyond: falling weights are sums of multiples of these rows."""
    return np.tril(np.ones((n - 1, n - 1), np.int64))


def single(n: int) -> np.ndarray:
    """Weight at one distance only."""
    return np.eye(n - 1, dtype=np.int64)


def check(weights: Callable[[int], np.ndarray]) -> Verdict:
    facts = [_all_subsets(n, weights(n)) for n in range(2, CELLS + 1)]
    return judge(facts if not all(facts) else [*facts, *_pairs_cut(), *_induction(), *_integral()])


def _all_subsets(n: int, weights: np.ndarray) -> bool:
    sets = np.arange(1 << n)
    sizes = np.bitwise_count(sets)
    apart = np.stack([np.bitwise_count((sets ^ (sets >> d)) & ((1 << (n - d)) - 1)) for d in range(1, n)], axis=1)
    cut = apart.astype(np.int64) @ weights.T
    return all((cut[sizes == k] >= cut[(1 << k) - 1]).all() for k in range(n + 1))


def _pairs_cut() -> list[bool | None]:
    """Pairs at distance d cut by {1..k}: i from max(1, k - d + 1) to min(k, n - d), min(d, k, n - k, n - d) in all.

    Every order of k against d and against n - d, by slack; the count does not change where k becomes n - k.
    """
    a, b, e, d, k = sp.symbols("a b e d k", integer=True, nonnegative=True)
    cases = ((2 * k + a + b, k, k + a), (2 * b + e + a, b + e, b + e + a), (2 * d + a + b, d + a, d))
    cases += ((2 * e + b + a, e + b + a, e + b),)
    return [
        identical(sp.Min(near, n - far) - sp.Max(0, near - far), sp.Min(far, near, n - near, n - far))
        for n, near, far in cases
    ]


def _induction() -> list[bool | None]:
    """min(d, k, n-k, n-d) - min(d, k-1, n-k, n-1-d) is 1 for d >= k and 0 else: what cell 1 of {1..k} is cut from.

    And h - c >= h - k + 1 for the c <= k - 1 cells near cell 1 that are in S, h - c >= 0.
    """
    a, b, c, e = sp.symbols("a b c e", integer=True, nonnegative=True)

    def step(n: sp.Expr, k: sp.Expr, d: sp.Expr) -> sp.Expr:
        return sp.Min(d, k, n - k, n - d) - sp.Min(d, k - 1, n - k, n - 1 - d)

    facts = []
    for m, t in ((a, a + b), (a + b, a)):  # d >= k = m + 1, n = d + 1 + t
        k = m + 1
        facts.append(identical(step(k + c + 1 + t, k, k + c), 1))
    for first, second in ((a, a + b), (a + b, a)):  # d < k, n - k = second: the least of d and n - k is left both times
        facts.append(identical(step(first + 1 + e + second, first + 1 + e, first), 0))
    h, inside, spare = sp.symbols("h inside spare", integer=True, nonnegative=True)
    k = inside + spare + 1
    facts += [nonnegative((h - inside) - (h - k + 1)), nonnegative((inside + h) - inside)]
    return facts


def _integral() -> list[bool | None]:
    """int_p^L int_0^p f(z - y) dy dz = H(L) - H(p) - H(L - p) for H'' = f, H(0) = 0: the cut of the end interval."""
    p, whole = sp.symbols("p L", positive=True)
    primitive = sp.Function("H")
    cut = primitive(whole) - primitive(p) - primitive(whole - p)
    inner = sp.diff(primitive(whole), whole) - sp.diff(primitive(whole - p), whole)
    return [
        sp.simplify(sp.diff(cut, whole) - inner).doit() == 0,
        identical(cut.subs(whole, p), -primitive(sp.Integer(0))),
    ]


LEMMA = Lemma(
    statement="for a density f that falls with |t|, the integral of f(z - y) over y in A, z in I outside A is least, "
    "among sets A of measure p in an interval I of length L, for an interval at the end of I: H(L) - H(p) - H(L - p), "
    "H'' = f, H(0) = H'(0) = 0",
    how="induction over cells, its steps in sympy; all sets of few cells",
    depth=f"all parameters; all sets of n <= {CELLS} cells",
    step=4,
    expected=Verdict.PROVED,
    check=check,
    claim=boxes,
    false_statement="the same for weights that need not fall with the distance",
    false_claim=single,
)
