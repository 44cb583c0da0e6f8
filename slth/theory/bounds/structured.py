"""Vector subset sums for structured pruning: how close subsets of normally-scaled normal vectors come, and limits.

A sample is Z (Z_1, ..., Z_D) with independent standard normals, as removing filters offers them: one common scale
from the first layer, D = side^2 c_out entries from the second. A hit is a subset within eps of the target in every
coordinate. The first moment is a theorem (no more is hit than is expected to be, by Markov's inequality); that the
best subset comes as close as it allows is a model. Logs are natural but where a name says log2.
"""

from __future__ import annotations

import math
from bisect import bisect_left

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slth.core.errors import BadInput
from slth.theory.bounds import growth

Floats = NDArray[np.float64]
MOST = 2**17  # samples; a search that needs more has the wrong scale


def nsn_log_density(dims: int, terms: ArrayLike, square: float) -> Floats:
    """Log of the density of a sum of `terms` samples at a point of squared 2-norm `square`.

    Formula: (2 pi)^(-D/2) 2 r^a K_|a|(r) / (2^(k/2) Gamma(k/2)) with r^2 = square and a = (k - D)/2; at the origin
    (4 pi)^(-D/2) Gamma((k - D)/2) / Gamma(k/2) for k > D, else infinite.

    Parameters
    ----------
    dims : int
        D.
    terms : int or array of int
        k >= 1.
    square : float

    Raises
    ------
    BadInput
        For dims or terms below 1, or a negative square.

    Source: ours: given the scales the sum is N(0, W I) with W of law chi^2_k. Checked: against quadrature over W.

    >>> round(float(np.exp(nsn_log_density(1, 1, 1.0))), 4)
    0.134
    """
    k = np.asarray(terms, np.float64)
    if dims < 1 or np.any(k < 1) or not (math.isfinite(square) and square >= 0):
        raise BadInput(f"needs dims >= 1, terms >= 1 and square >= 0, not dims={dims}, square={square}")
    a = (k - dims) / 2
    if square == 0:
        inside = special.gammaln(np.where(a > 0, a, 1.0)) - special.gammaln(k / 2)
        return np.where(a > 0, inside - dims / 2 * math.log(4 * math.pi), np.inf)
    r = math.sqrt(square)
    constant = math.log(2) - dims / 2 * math.log(2 * math.pi)
    log = constant + a * math.log(r) + _log_bessel(np.abs(a), r) - k / 2 * math.log(2) - special.gammaln(k / 2)
    return np.asarray(log, np.float64)


def nsn_log_expected_hits(dims: int, n: int, eps: float, square: float, size: int | None = None) -> float:
    """Log of the expected number of subsets of n samples within eps of a target, in every coordinate.

    Formula: sum over k >= 1 of C(n, k) (2 eps)^D times the density of k terms at the target, taken as constant over
    the box; only k = `size` where that is given.

    Raises
    ------
    BadInput
        For eps <= 0, n < 1 or a size outside 1..n.

    Source: ours.

    >>> round(math.exp(nsn_log_expected_hits(4, 20, 0.1, 0.375)), 2)
    1.33
    """
    if n < 1 or not (math.isfinite(eps) and eps > 0) or not (size is None or 1 <= size <= n):
        raise BadInput(f"needs n >= 1, eps > 0 and a size from 1 to n, not n={n}, eps={eps}, size={size}")
    return _log_density_of_all(dims, n, square, size) + dims * math.log(2 * eps)


def nsn_first_moment_eps(dims: int, n: int, square: float, size: int | None = None) -> float:
    """The eps at which one subset of n samples is expected within eps of a target.

    With eps p^(1/D) in its place at most a chance p is left to come so close. For n below about 3 D the first moment
    is ruled by few terms with tiny scales, and real errors are larger.

    Raises
    ------
    BadInput
        As `nsn_log_expected_hits`.

    Source: ours. Checked: medians of an exhaustive search, within some tenths for n >= 3 D.

    >>> f"{nsn_first_moment_eps(9, 112, 0.167):.2e}", [f"{nsn_first_moment_eps(d, 18, 1.5 / d):.1e}" for d in (1, 2)]
    ('1.57e-03', ['1.5e-05', '6.5e-03'])
    """
    return math.exp(-nsn_log_expected_hits(dims, n, 0.5, square, size) / dims) / 2


def nsn_first_moment_n(dims: int, eps: float, square: float) -> int:
    """The smallest n at which one subset is expected within eps: n* of the threshold, fewer are rarely enough.

    Raises
    ------
    BadInput
        For eps <= 0, or when 2^17 samples are not enough.

    Source: ours.

    >>> [nsn_first_moment_n(9, eps, 1.5 / 9) for eps in (0.1, 0.01, 0.001)]
    [52, 86, 119]
    >>> [nsn_first_moment_n(4, eps, 1.5 / 4) for eps in (0.1, 0.01, 0.001)]
    [20, 36, 50]
    """
    high = 1
    while nsn_log_expected_hits(dims, high, eps, square) < 0:
        high *= 2
        if high > MOST:
            raise BadInput(f"eps={eps} in {dims} dimensions needs more than {MOST} samples")
    enough = range(high // 2 + 1, high + 1)
    return enough[bisect_left(enough, 0.0, key=lambda n: nsn_log_expected_hits(dims, n, eps, square))]


def nsn_kappa(dims: int, half_width: float = 0.5) -> float:
    """(2a)^D times the least density of one sample on [-2a, 2a]^D, a the half width: what a sample surely adds.

    Source: ours.

    >>> [f"{nsn_kappa(d):.3g}" for d in (1, 3, 4, 9)]
    ['0.134', '0.00586', '0.00129', '7.71e-07']
    """
    if not (math.isfinite(half_width) and half_width > 0):
        raise BadInput(f"the half width must be positive, not {half_width}")
    corner = 4 * half_width**2 * dims  # the density falls with |x|
    return math.exp(dims * math.log(2 * half_width) + float(nsn_log_density(dims, 1, corner)))


def nsn_certified_n(dims: int, eps: float, delta: float, half_width: float = 0.5) -> int:
    """Samples with which, with chance >= 1 - delta, *every* target in [-a, a]^D has a subset within eps.

    Formula: the least n with ((2a/eps)^D - 1)((4a/eps)^D - 1)(1 - kappa/2)^n <= delta. Exponential in D.

    Raises
    ------
    BadInput
        Unless 0 < delta < 1 and 0 < eps, half_width.

    Source: ours: the expected-growth argument of `growth` (after da Cunha et al., ESA 2023) in D dimensions.

    >>> [nsn_certified_n(d, 0.01, 0.01) for d in (1, 2, 4)]
    [209, 1773, 68773]
    """
    kappa = nsn_kappa(dims, half_width)
    growth.check_wish(eps, delta)
    return growth.least_n(kappa, half_width, eps, delta, dims)


def counting_eps(dims: int, n: int, chance: float = 0.5) -> float:
    """Whatever the samples, 2^n subsets reach no share `chance` of the targets |z|_1 <= 1 within less than this.

    Formula: 2^n boxes of volume (2 eps)^D must cover that share of the ball's 2^D / D!.

    Raises
    ------
    BadInput
        For dims or n below 1, or a chance outside (0, 1].

    Source: ours (volume).

    >>> round(counting_eps(1, 10), 6), round(counting_eps(9, 52), 4)
    (0.000488, 0.0041)
    """
    if dims < 1 or n < 1 or not 0 < chance <= 1:
        raise BadInput(f"needs dims >= 1, n >= 1 and 0 < chance <= 1, not dims={dims}, n={n}, chance={chance}")
    return math.exp((math.log(chance) - math.lgamma(dims + 1) - n * math.log(2)) / dims)


def log2_packing(side: int, c_in: int, c_out: int, eps: float, per_filter: bool = False) -> float:
    """Log2 of a number of kernels no two of which one network approximates within eps on inputs |X|_max <= 1.

    Formula: (1/(2 eps))^m for kernels with |K_o|_1 <= 1 for every filter o, m = p c_out and p = side^2 c_in; times
    (p!)^c_out / m! where |K|_1 <= 1 for the whole tensor. The distance is max_o |K_o - K'_o|_1.

    Raises
    ------
    BadInput
        For sizes below 1 or eps <= 0.

    Source: ours (volume); the argument is that of Pensia et al. (NeurIPS 2020), Theorem 2.
    """
    if min(side, c_in, c_out) < 1 or not (math.isfinite(eps) and eps > 0):
        raise BadInput(f"needs sizes >= 1 and eps > 0, not side={side}, c_in={c_in}, c_out={c_out}, eps={eps}")
    p = side * side * c_in
    m = p * c_out
    whole = (c_out * math.lgamma(p + 1) - math.lgamma(m + 1)) / math.log(2)
    return m * math.log2(1 / (2 * eps)) + (0.0 if per_filter else whole)


def counting_n(side: int, c_in: int, c_out: int, eps: float, per_filter: bool = False, chance: float = 0.5) -> float:
    """Fewer filters than this a sign group and input channel leave some kernel out, whatever the random source.

    Formula: 2^(2 n c_in) masks must be at least chance times the packing.

    Raises
    ------
    BadInput
        As `log2_packing`, or for a chance outside (0, 1].

    Source: ours.

    >>> [round(counting_n(*layer, 0.01), 1) for layer in ((3, 1, 1), (3, 3, 8), (5, 1, 6))]
    [24.9, 99.1, 237.4]
    >>> [round(counting_n(*layer, 0.01, per_filter=True)) for layer in ((3, 1, 1), (3, 3, 8), (5, 1, 6))]
    [25, 203, 423]
    """
    if not 0 < chance <= 1:
        raise BadInput(f"chance must lie in (0, 1], not {chance}")
    return (log2_packing(side, c_in, c_out, eps, per_filter) + math.log2(chance)) / (2 * c_in)


def _log_density_of_all(dims: int, n: int, square: float, size: int | None) -> float:
    """Log of the sum over k of C(n, k) times the density of k terms."""
    k = np.arange(1, n + 1) if size is None else np.array([size])
    choices = math.lgamma(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return float(special.logsumexp(choices + nsn_log_density(dims, k, square)))


def _log_bessel(order: Floats, r: float) -> Floats:
    """Log of K_order(r); beyond float64 by the uniform expansion for large orders, good to about 1e-9 there."""
    with np.errstate(over="ignore", divide="ignore"):
        log = np.log(special.kve(order, r)) - r
    large = np.maximum(order, 1.0)
    ratio = r / large
    root = np.sqrt(1 + ratio**2)
    p = 1 / root
    first = (3 * p - 5 * p**3) / 24
    second = (81 * p**2 - 462 * p**4 + 385 * p**6) / 1152
    third = (30375 * p**3 - 369603 * p**5 + 765765 * p**7 - 425425 * p**9) / 414720
    series = 1 - first / large + second / large**2 - third / large**3
    exponent = root + np.log(ratio / (1 + root))
    uniform = 0.5 * np.log(math.pi / (2 * large * root)) - large * exponent + np.log(series)
    return np.asarray(np.where(np.isfinite(log), log, uniform), np.float64)
