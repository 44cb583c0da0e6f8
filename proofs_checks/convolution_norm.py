"""The sup norm of a convolution is the largest sum of absolute values of one filter."""

from collections.abc import Callable
from itertools import product

import numpy as np
import sympy as sp

from proofs_checks.algebra import nonnegative
from proofs_checks.lemma import Lemma, Verdict, judge

SIDE, CHANNELS = 2, 2


def largest_sum(filters: np.ndarray) -> np.ndarray:
    return np.abs(filters).sum(axis=1)


def largest_entries(filters: np.ndarray) -> np.ndarray:
    """Per channel the largest entry only."""
    return np.abs(filters.reshape(-1, CHANNELS, SIDE * SIDE)).max(axis=2).sum(axis=1)


def check(norm: Callable[[np.ndarray], np.ndarray]) -> Verdict:
    """All filters with entries -1, 0, 1 on all pictures with entries -1, 1; an output sees a window, zeros outside."""
    entries = CHANNELS * SIDE * SIDE
    filters = np.array(list(product((-1, 0, 1), repeat=entries)), np.int16)
    pictures = np.array(list(product((-1, 1), repeat=entries)), np.int16).reshape(-1, CHANNELS, SIDE, SIDE)
    padded = np.pad(pictures, ((0, 0), (0, 0), (1, 0), (1, 0)))
    windows = [padded[:, :, i : i + SIDE, j : j + SIDE].reshape(len(pictures), -1) for i, j in np.ndindex(SIDE, SIDE)]
    largest = np.max([np.abs(filters @ window.T).max(axis=1) for window in windows], axis=0)
    k, x, s = sp.symbols("k x s", nonnegative=True)
    return judge(
        (
            bool((largest == norm(filters)).all()),
            # |k x| <= |k| M for |x| <= M = x + s, with equality for x = M sign(k): one window holds any such picture
            nonnegative(k * (x + s) - k * x),
        )
    )


LEMMA = Lemma(
    statement="max |K*X| over |X| <= 1 (sup norm, zero padding) is the largest sum of absolute values of one filter of "
    "K, where the picture is at least as large as the filter",
    how="all cases; termwise inequality in sympy",
    depth=f"all parameters; every filter with entries -1, 0, 1 of size {SIDE}x{SIDE}x{CHANNELS}",
    step=0,
    expected=Verdict.PROVED,
    check=check,
    claim=largest_sum,
    false_statement="it is the largest sum over channels of the filter's largest entry",
    false_claim=largest_entries,
)
