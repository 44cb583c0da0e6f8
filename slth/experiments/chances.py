"""Confidence intervals: of a chance from counts, of a quantile from order statistics. No approximation is in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from slth.core.errors import BadInput

Floats = NDArray[np.float64]


def clopper_pearson(hits: int, runs: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval of a chance, from `hits` successes in `runs` independent runs.

    Each end is missed with probability at most (1 - confidence)/2, whatever the chance is.

    Raises
    ------
    BadInput
        For numbers out of range.

    Source: Clopper and Pearson, Biometrika 26 (1934).

    >>> [round(end, 4) for end in clopper_pearson(0, 10)], [round(end, 3) for end in clopper_pearson(5, 10)]
    ([0.0, 0.3085], [0.187, 0.813])
    """
    if not (0 <= hits <= runs and runs >= 1 and 0 < confidence < 1):
        raise BadInput(f"needs 0 <= hits <= runs and a confidence in (0, 1), not {hits}, {runs}, {confidence}")
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(special.betaincinv(hits, runs - hits + 1, tail))
    high = 1.0 if hits == runs else float(special.betainccinv(hits + 1, runs - hits, tail))
    return low, high


def quantile_interval(values: Floats, chance: float, confidence: float = 0.95) -> tuple[float, float, float]:
    """A quantile of independent values and the interval of the law's, by order statistics.

    Parameters
    ----------
    values : (runs,) float64
    chance : float
        In (0, 1); 0.5 is the median.

    Returns
    -------
    low, quantile, high : float
        Infinite where there are too few values for an end.

    Raises
    ------
    BadInput
        For no values or numbers out of range.

    Source: binomial counts of the values below the quantile.

    >>> quantile_interval(np.arange(100.0), 0.5)
    (39.0, 49.0, 60.0)
    """
    if not (len(values) and 0 < chance < 1 and 0 < confidence < 1):
        raise BadInput(f"needs values, and chance and confidence in (0, 1), not {chance} and {confidence}")
    ordered, runs, tail = np.sort(values), len(values), (1 - confidence) / 2
    below = special.bdtr(np.arange(runs + 1), runs, chance)  # P(so many or fewer values lie below)
    rank_low = int(np.searchsorted(below, tail, side="right")) - 1
    rank_high = int(np.searchsorted(below, 1 - tail))
    middle = ordered[max(0, int(np.ceil(chance * runs)) - 1)]
    low = float(ordered[rank_low]) if rank_low >= 0 else -np.inf
    high = float(ordered[rank_high]) if rank_high < runs else np.inf
    return low, float(middle), high
