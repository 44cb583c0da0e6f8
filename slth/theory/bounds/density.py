"""Subsets of a fixed size: how sparse a ticket may be for how much over-parameterisation, and what is expected.

A ticket of density g' keeps k = g' n of the n samples of every subset sum. The papers' conditions have constants that
are not given; they are parameters here, 1 by default, so that what these functions return is of the right *order
only*. First and second moments have no such constant; they use the Gaussian form of the sum of k samples.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from slth.core.errors import BadInput
from slth.theory.bounds.hitting import VARIANCES

LARGEST_SHARE = 1 - 1 / (2 * math.pi)  # of Theorem 5: k <= this times n


def binary_entropy(share: float) -> float:
    """H_2(p) = -p log2 p - (1 - p) log2 (1 - p), in bits; 0 at 0 and 1.

    Raises BadInput for a share outside [0, 1]. Source: definition.

    >>> binary_entropy(0.5), round(binary_entropy(0.05), 4)
    (1.0, 0.2864)
    """
    if not 0 <= share <= 1:
        raise BadInput(f"a share must lie in [0, 1], not {share}")
    return float(special.entr(share) + special.entr(1 - share)) / math.log(2)


def order_only_samples(share: float, eps: float, *, constant: float = 1.0, power: int = 1) -> float:
    """Order only: the n with n = C log2(share n / eps)^power / H_2(share), k = share n of them being chosen.

    Parameters
    ----------
    share : float
        g' = k/n, in (0, 1).
    eps : float
        Of one subset sum; eps / (2 l d_in d_out) for a network of l layers within eps.
    constant : float
        C, which the paper does not give.
    power : int
        1: one fixed target with constant chance (Theorem 2); 2: all targets |z| <= sqrt k with chance 1 - eps
        (Corollary 1, and Theorem 3 for networks).

    Raises
    ------
    BadInput
        For numbers out of range.

    Source: Natale et al. (NeurIPS 2024), Theorems 2 and 3; constant a parameter.

    >>> [round(order_only_samples(share, 0.01), 1) for share in (0.05, 0.2, 0.5)]
    [24.1, 10.7, 8.8]
    """
    if not (0 < share < 1 and math.isfinite(eps) and eps > 0 and constant > 0 and power >= 1):
        given = f"{share}, {eps}, {constant}, {power}"
        raise BadInput(f"needs 0 < share < 1, eps > 0, constant > 0 and power >= 1, not {given}")
    scale = constant / binary_entropy(share)
    n = max(1.0, scale, 1 / (share * eps)) * 1e6
    for _ in range(500):  # from above to the larger fixed point; the right side grows slower than n
        n = scale * max(0.0, math.log2(share * n / eps)) ** power if share * n > eps else 0.0
    return max(n, 1.0)


def order_only_overparameterisation(
    share: float, eps: float, width: int, layers: int, *, constant: float = 1.0, power: int = 2
) -> float:
    """Order only: source over target parameters of a network of `layers` square layers, density `share`.

    Formula: 4 n, n the samples of one weight at accuracy eps / (2 l d^2): a pair of source layers has
    (2 d^2 + 2 d^2) n parameters.

    Raises
    ------
    BadInput
        For numbers out of range.

    Source: Natale et al. (NeurIPS 2024), Theorem 3; constant a parameter.

    >>> round(order_only_overparameterisation(0.5, 0.01, 100, 2))
    3800
    """
    if width < 1 or layers < 1:
        raise BadInput(f"needs a width and layers >= 1, not {width}, {layers}")
    return 4 * order_only_samples(share, eps / (2 * layers * width**2), constant=constant, power=power)


def least_parameters(share: float, eps: float, width: int) -> float:
    """Parameters that any random net needs whose k = share n kept ones approximate every d x d map, |W| <= sqrt k.

    Formula: n >= (d^2 / 2) log2(k / eps) / H_2(k / n), chance at least 1/2, eps < 1/16.

    Raises
    ------
    BadInput
        For eps >= 1/16 or a share outside (0, 1 - 1/(2 pi)].

    Source: Natale et al. (NeurIPS 2024), Theorem 5.

    >>> round(least_parameters(0.5, 0.01, 10) / 10**2, 2), round(least_parameters(0.01, 0.01, 10) / 10**2, 1)
    (7.61, 80.3)
    """
    if not (0 < share <= LARGEST_SHARE and 0 < eps < 1 / 16) or width < 1:
        raise BadInput(f"needs 0 < share <= 0.8408, 0 < eps < 1/16 and a width, not {share}, {eps}, {width}")
    return order_only_samples(share, eps, constant=width**2 / 2)


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
