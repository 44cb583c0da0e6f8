"""Subsets of a fixed size: how sparse a ticket may be for how much over-parameterisation, and what is expected.

A ticket of density g' keeps k = g' n of the n samples of every subset sum. First and second moments use the Gaussian
form of the sum of k samples; the conditions of Natale et al. (2024), of order only, are in `papers.natale2024`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slth.core.errors import BadInput
from slth.theory.bounds.hitting import VARIANCES

Floats = NDArray[np.float64]


def binary_entropy(share: ArrayLike) -> Floats:
    """H_2(p) = -p log2 p - (1 - p) log2 (1 - p), in bits; 0 at 0 and 1.

    Raises BadInput for a share outside [0, 1]. Source: definition.

    >>> binary_entropy([0.5, 0.05]).round(4).tolist()
    [1.0, 0.2864]
    """
    p = np.asarray(share, np.float64)
    if not np.all((p >= 0) & (p <= 1)):
        raise BadInput(f"a share must lie in [0, 1], not {p.tolist()}")
    return np.asarray((special.entr(p) + special.entr(1 - p)) / math.log(2), np.float64)


def expected_hits_of_size(law: str, n: float, k: float, eps: float, z: float) -> float:
    """Expected number of subsets of exactly k of n samples within eps of z, in the Gaussian form.

    Formula: C(n, k) 2 eps exp(-z^2 / (2 k s^2)) / sqrt(2 pi k s^2), s^2 the variance of one sample; n and k may be
    real numbers.

    Raises
    ------
    BadInput
        For an unknown law or unless 0 < k <= n and eps >= 0.

    Source: ours. Checked: against enumeration.

    >>> round(expected_hits_of_size("U", 14, 7, 1e-3, 0.5), 3)
    1.699
    """
    spread = k * _variance(law)
    if not (0 < k <= n and math.isfinite(n) and math.isfinite(eps) and eps >= 0):
        raise BadInput(f"needs 0 < k <= n and eps >= 0, not k={k}, n={n}, eps={eps}")
    choices = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return 2 * eps * math.exp(choices - z * z / (2 * spread)) / math.sqrt(2 * math.pi * spread)


def second_moment_of_size(law: str, n: int, k: int, eps: float, z: float) -> float:
    """E N^2 / (E N)^2 of the number N of subsets of size k near z; the chance of a hit is at least its inverse.

    Formula: sum over overlaps j < k of Hyp(j; n, k, k) (1 - r^2)^(-1/2) exp(z^2 r / (k s^2 (1 + r))), r = j/k, plus
    1 / E N.

    Raises
    ------
    BadInput
        As `expected_hits_of_size`.

    Source: ours, in the Gaussian form; the method is that of Natale et al. (NeurIPS 2024). Checked: by simulation.

    >>> round(second_moment_of_size("U", 18, 6, 1e-3, 0.0), 2)
    1.18
    """
    hits = expected_hits_of_size(law, n, k, eps, z)
    if hits == 0:
        return math.inf
    j = np.arange(max(0, 2 * k - n), k)
    weights = special.comb(k, j) * special.comb(n - k, k - j) / special.comb(n, k)
    r = j / k
    pairs = np.exp(z * z * r / (k * _variance(law) * (1 + r))) / np.sqrt(1 - r**2)
    return float(np.sum(weights * pairs)) + 1 / hits


def first_moment_n_of_share(law: str, share: float, eps: float, z: float, hits: float = 1.0) -> float:
    """The n (a real number) at which `hits` subsets of share n samples are expected within eps of z.

    With fewer samples the chance that one comes so close is below `hits`, by Markov's inequality.

    Raises
    ------
    BadInput
        For an unknown law or numbers out of range.

    Source: ours.

    >>> [round(first_moment_n_of_share("U", share, 0.01, 0.5), 1) for share in (0.05, 0.2, 0.5)]
    [29.6, 12.4, 9.4]
    """
    if not (0 < share < 1 and math.isfinite(eps) and eps > 0 and math.isfinite(hits) and hits > 0):
        raise BadInput(f"needs 0 < share < 1 and eps, hits > 0, not share={share}, eps={eps}, hits={hits}")
    low, high = 1.0, 2.0
    while expected_hits_of_size(law, high, share * high, eps, z) < hits:
        low, high = high, 2 * high
        if high > 2**40:
            raise BadInput(f"a share of {share} within {eps} of {z} needs too many samples")
    for _ in range(100):
        middle = (low + high) / 2
        if expected_hits_of_size(law, middle, share * middle, eps, z) < hits:
            low = middle
        else:
            high = middle
    return high


def _variance(law: str) -> float:
    if law not in VARIANCES:
        raise BadInput(f"law {law!r} is none of {', '.join(VARIANCES)}")
    return VARIANCES[law]
