"""How many samples are needed before one lies near each target: the counts behind Malach et al. (2020).

Either both factors of a product have to match prescribed values, as the paper's construction asks (about 1/tau^2
samples), or only their product the target (about 1/tau). Factors are X uniform on [0, 1] and Y uniform on [-1, 1]:
one sign group of a 2-for-1 pair.
"""

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


def pair_misses_of_one(targets: Floats, tolerances: Floats, first: float = 1.0) -> Floats:
    """Chance that one sample does not match the pair (first, target / first) so well that its product must.

    Both factors have to be within tau = tolerance / (1 + |target / first|) of theirs: the product is then within
    tolerance, as |xy - ab| <= |x| |y - b| + |b| |x - a|. 0 where keeping nothing is enough.

    Parameters
    ----------
    targets, tolerances : (b,) float64
    first : float
        The prescribed first factor, in (0, 1]; targets are at most it in size.

    Raises
    ------
    BadInput
        For `first` outside (0, 1].

    Source: the search of Malach et al. (ICML 2020) with the pair (1, w), from memory; the chance is ours, exact.

    >>> round(float(pair_misses_of_one(np.array([0.5]), np.array([0.01]))[0]), 7)
    0.9999556
    """
    if not 0 < first <= 1:
        raise BadInput(f"the first factor must lie in (0, 1], not {first}")
    second = targets / first
    tau = tolerances / (1 + np.abs(second))
    near = np.maximum(np.minimum(first + tau, 1.0) - np.maximum(first - tau, 0.0), 0.0)
    other = np.maximum(np.minimum(second + tau, 1.0) - np.maximum(second - tau, -1.0), 0.0) / 2
    return np.where(np.abs(targets) <= tolerances, 0.0, 1.0 - near * other)


def nearest_n(targets: Floats, tolerances: Floats, delta: float) -> tuple[int, float]:
    """The smallest n with Σ (1 - p)^n <= delta for single products, and that sum: exact for independent ones (ours).

    Raises
    ------
    BadInput
        When a target lies beyond every product.

    >>> nearest_n(np.array([0.5]), np.array([0.01]), 0.01)[0]
    663
    """
    return _least_n(misses_of_one(targets, tolerances), delta)


def pair_n(targets: Floats, tolerances: Floats, delta: float, first: float = 1.0) -> tuple[int, float]:
    """`nearest_n` where both factors have to match: what the construction as printed asks for.

    Raises
    ------
    BadInput
        As `nearest_n` and `pair_misses_of_one`.

    Source: as `pair_misses_of_one`.

    >>> pair_n(np.array([0.5]), np.array([0.01]), 0.01)[0]
    103615
    """
    return _least_n(pair_misses_of_one(targets, tolerances, first), delta)


def _least_n(chances: Floats, delta: float) -> tuple[int, float]:
    miss = np.sort(chances)
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
