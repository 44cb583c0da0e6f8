"""How many single products are needed before one lies near each target: the count behind Malach et al. (2020)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput

Floats = NDArray[np.float64]


def product_cdf(t: Floats) -> Floats:
    """P(XY <= t) for X uniform on [0, 1] and Y uniform on [-1, 1], independent.

    The density is ½ ln(1/|t|) on [-1, 1] (as used by Pensia et al. 2020), so that the integral is ½ + ½ (t - t ln|t|).

    >>> float(product_cdf(np.array(0.0)))
    0.5
    >>> float(product_cdf(np.array(1.0)))
    1.0
    """
    t = np.clip(np.asarray(t, np.float64), -1.0, 1.0)
    safe = np.where(t == 0, 1.0, np.abs(t))
    return 0.5 + 0.5 * (t - t * np.log(safe))


def misses_of_one(targets: Floats, tolerances: Floats) -> Floats:
    """Chance that one product is farther than its tolerance from each target; 0 where keeping nothing is enough.

    >>> float(misses_of_one(np.array([0.5]), np.array([0.01]))[0])
    0.9930...
    """
    hit = product_cdf(targets + tolerances) - product_cdf(targets - tolerances)
    return np.where(np.abs(targets) <= tolerances, 0.0, 1.0 - hit)


def nearest_n(targets: Floats, tolerances: Floats, delta: float) -> tuple[int, float]:
    """The smallest n with Σ (1 - p)^n <= delta, and that sum: exact for independent products (ours).

    Raises
    ------
    BadInput
        When a target lies beyond every product.
    """
    miss = np.sort(misses_of_one(targets, tolerances))
    if miss[-1] >= 1.0:
        raise BadInput("a weight is out of reach of a single product; give --samples or another theorem")
    log = np.log(np.maximum(miss[miss > 0], 1e-300))
    if not len(log):
        return 1, 0.0
    low, high = 1, 1 << 40
    while low < high:
        middle = (low + high) // 2
        if np.exp(middle * log).sum() <= delta:
            high = middle
        else:
            low = middle + 1
    return low, float(np.exp(low * log).sum())
