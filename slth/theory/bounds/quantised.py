"""Integer samples: subset sums and partitions that are met exactly, as quantised networks need them.

Samples are uniform on {-M, ..., M} without 0, or on {1, ..., M} for number partitioning; a network quantised to steps
delta = 1/M has such weights, up to scale. A subset S of n samples adds up to t exactly when the signs that are + on S
and - elsewhere have the scalar product 2t - (sum of all) with them, so the two problems are one. Above kappa =
log2(M)/n = 1 there is mostly no solution, below mostly many (Borgs, Chayes and Pittel 2001).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from slth.core.errors import BadInput
from slth.theory.bounds import hitting

Floats = NDArray[np.float64]
LARGEST = 1 << 22  # of n M, for the exact counts
MOST = 1000  # samples


def expected_subsets(largest: int, n: int, target: ArrayLike) -> Floats:
    """Expected number of subsets of n samples, uniform on {-M..M} without 0, that add up to an integer.

    Formula: 2^n exp(-t^2 / (n s^2)) / sqrt(pi n s^2), s^2 = (M + 1)(2M + 1)/6.

    Parameters
    ----------
    largest : int
        M.
    n : int
        At most 1000.
    target : array_like
        t.

    Raises
    ------
    BadInput
        For M or n below 1, or n above 1000.

    Source: ours (local limit). Checked: against `exact_subsets` and enumeration.

    >>> round(float(expected_subsets(50, 12, 0)), 2), round(exact_subsets(50, 12, 0), 2)
    (22.77, 23.84)
    """
    spread = n * _variance(largest, n)
    log = n * math.log(2) - np.asarray(target, np.float64) ** 2 / spread - 0.5 * math.log(math.pi * spread)
    return np.asarray(np.exp(log), np.float64)


def exact_subsets(largest: int, n: int, target: int) -> float:
    """`expected_subsets` without approximation; the empty subset counts, for t = 0.

    Formula: (1/P) sum_k (1 + c_k)^n cos(2 pi k t / P), c_k a sample's characteristic function, P > 2 n M + |t|.

    Raises
    ------
    BadInput
        As `expected_subsets`, or for n M above 2^22.

    Source: ours.

    >>> round(exact_subsets(1, 2, 0), 9), round(exact_subsets(1, 2, 1), 9)
    (1.5, 1.0)
    """
    return _coefficient(largest, n, target, 1.0, 1.0)


def most_subsets(largest: int, n: int, target: int) -> float:
    """An upper bound on the expected number of subsets that add up to t: terms of size 2^n cancel in `exact_subsets`.

    Raises
    ------
    BadInput
        As `exact_subsets`.

    Source: ours.

    >>> exact_subsets(2, 3, 6) <= most_subsets(2, 3, 6) < 0.0157
    True
    """
    value = exact_subsets(largest, n, target)
    if abs(target) > n * largest:
        return value
    powers, angles, period = _powers(largest, n, target, 1.0, 1.0)
    size = float(np.sum(np.abs(powers) * (4 * n + 20 + angles * abs(target)))) + (n + 20) * 2.0**n
    return value + 2.0**-51 * size / period


def expected_partitions(largest: int, n: int, target: ArrayLike) -> Floats:
    """Expected number of signs with sum sigma_i X_i = z, X uniform on {1..M}, given that the sum's parity is z's.

    Formula: 2^(n+1) g exp(-z^2 / (2 n M^2 c)), g = 1/(M sqrt(2 pi n c)), c = 1/3 + 1/(2M) + 1/(6 M^2).

    Raises
    ------
    BadInput
        As `expected_subsets`.

    Source: Borgs, Chayes and Pittel (2001), recalled; checked against `exact_partitions`.

    >>> round(float(expected_partitions(50, 12, 0)), 1), round(exact_partitions(50, 12, 0), 1)
    (32.2, 31.8)
    """
    spread = n * _variance(largest, n)
    log = (n + 1) * math.log(2) - np.asarray(target, np.float64) ** 2 / (2 * spread)
    return np.asarray(np.exp(log - 0.5 * math.log(2 * math.pi * spread)), np.float64)


def exact_partitions(largest: int, n: int, target: int) -> float:
    """`expected_partitions` without approximation, 0 where that parity cannot be (M = 1).

    Raises
    ------
    BadInput
        As `exact_subsets`.

    Source: ours.

    >>> round(exact_partitions(1, 4, 0), 9), exact_partitions(1, 4, 1)
    (6.0, 0.0)
    """
    found = _coefficient(largest, n, target, 0.0, 2.0)
    odd = -1.0 / largest if largest % 2 else 0.0  # E (-1)^X
    parity = (1 + (-1) ** (target % 2) * odd**n) / 2
    return found / parity if parity > 0 else 0.0


def kappa(largest: int, n: int) -> float:
    """Log2(M) / n: below 1 solutions are mostly there, above mostly not.

    Raises BadInput for M or n below 1. Source: Borgs, Chayes and Pittel (2001).

    >>> kappa(1024, 20)
    0.5
    """
    _variance(largest, n)
    return math.log2(largest) / n


def transition_n(largest: int, target: int = 0) -> float:
    """The n (a real number) at which one subset is expected to add up to t: the transition with its next term.

    Formula: the fixed point of n = log2(pi n s^2)/2 + t^2 log2(e) / (n s^2); kappa = 1 is its leading term.

    Raises
    ------
    BadInput
        For M below 1.

    Source: ours, from `expected_subsets`.

    >>> round(transition_n(1024), 2), round(transition_n(1024, 2048), 2)
    (11.82, 13.2)
    """
    variance = _variance(largest, 1)
    n = math.log2(largest) + 8.0
    for _ in range(200):
        n = max(1.0, 0.5 * math.log2(math.pi * n * variance) + target**2 / (n * variance) / math.log(2))
    return n


def exact_hit_chance(largest: int, n: int, target: ArrayLike) -> Floats:
    """P(some non-empty subset of n samples, uniform on {-M..M} without 0, adds up to t), by the hitting law.

    Formula: that of `hitting.hit_chance` with steps of 1 between sums: 1 - E exp(-L exp(-(G - m)^2 / 2)), L =
    2^n sqrt(2 / (pi n s^2)), m = 2t / (s sqrt n).

    Raises
    ------
    BadInput
        As `expected_subsets`.

    Source: ours; a model. Checked: against simulation.

    >>> [round(float(exact_hit_chance(100, n, 30)), 2) for n in (8, 10, 14)]
    [0.54, 0.88, 0.99]
    """
    scale = math.sqrt(hitting.VARIANCES["U"] / _variance(largest, n))
    missed = hitting.nonempty_misses("U", n, 0.5 * scale, np.asarray(target, np.float64) * scale)
    return np.asarray(1 - missed, np.float64)


def exact_hit_n(largest: int, chance: float, target: int = 0) -> int:
    """The smallest n at which `exact_hit_chance` is at least `chance`.

    Raises
    ------
    BadInput
        For a chance outside (0, 1), M below 1, or when 1000 samples are not enough.

    Source: ours; a model.

    >>> [exact_hit_n(1024, chance, 300) for chance in (0.5, 0.99)]
    [12, 17]
    """
    if not 0 < chance < 1:
        raise BadInput(f"chance must lie in (0, 1), not {chance}")
    low, high = 0, 1
    while exact_hit_chance(largest, min(high, MOST), target) < chance:
        if high >= MOST:
            raise BadInput(f"{MOST} samples do not reach {target} with chance {chance}")
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if exact_hit_chance(largest, middle, target) >= chance else (middle, high)
    return high


def single_chance(largest: int, n: ArrayLike, *, zero: bool = True) -> Floats:
    """P(one of n samples is the target itself): what a construction has to beat.

    Formula: 1 - (2M / (2M + 1))^n for samples uniform on {-M..M}; 1 - (1 - 1/(2M))^n without 0.

    Raises
    ------
    BadInput
        For M below 1 or n below 0.

    Source: trivial.

    >>> round(float(single_chance(8, 16)), 3), round(float(single_chance(8, 16, zero=False)), 3)
    (0.621, 0.644)
    """
    count = np.asarray(n, np.float64)
    if largest < 1 or np.any(count < 0):
        raise BadInput(f"needs M >= 1 and n >= 0, not M={largest}, n={n!r}")
    return np.asarray(-np.expm1(count * math.log1p(-1 / (2 * largest + zero))), np.float64)


def order_only_width(width: int, step: float, constant: float = 1.0) -> float:
    """Order only: C d log2(1 / delta), the width of a depth-2l source that holds every target of width d and depth l.

    Equality is exact: weights are multiples of delta = `step`; a source of depth l + 1 is wider by one more such log.

    Raises
    ------
    BadInput
        For d below 1 or a step outside (0, 1).

    Source: Kumar and Natale (Quantization vs Pruning), the order; no C is given.

    >>> order_only_width(100, 1 / 256)
    800.0
    """
    if width < 1 or not 0 < step < 1:
        raise BadInput(f"needs a width >= 1 and a step in (0, 1), not {width}, {step}")
    return constant * width * math.log2(1 / step)


def least_parameters(width: int, step: float, chance: float = 0.5) -> float:
    """Parameters that any source needs whose subnetworks equal every d x d map with weights {-1, -1 + delta, .., 1}.

    Formula: d^2 log2(2/delta + 1) + log2 p, p the chance with which each is to be found.

    Raises
    ------
    BadInput
        As `order_only_width`, or for a chance outside (0, 1].

    Source: Kumar and Natale (Quantization vs Pruning), the count behind their lower bound.

    >>> round(least_parameters(10, 1 / 256), 1)
    899.3
    """
    if not 0 < chance <= 1:
        raise BadInput(f"chance must lie in (0, 1], not {chance}")
    order_only_width(width, step)
    return max(0.0, width**2 * math.log2(2 / step + 1) + math.log2(chance))


def _variance(largest: int, n: int) -> float:
    """Of one sample; the mean square of {1..M} is the same."""
    if largest < 1 or not 1 <= n <= MOST:
        raise BadInput(f"needs M >= 1 and 1 <= n <= {MOST}, not M={largest}, n={n}")
    return (largest + 1) * (2 * largest + 1) / 6


def _coefficient(largest: int, n: int, target: int, constant: float, factor: float) -> float:
    """Of x^target in (constant + factor phi(x))^n, phi the symmetric law's generating function."""
    _variance(largest, n)
    if n * largest > LARGEST or n > 500:
        raise BadInput(f"the exact count is for n <= 500 and n M <= {LARGEST}, not n={n}, M={largest}")
    if abs(target) > n * largest:
        return 0.0
    powers, angles, period = _powers(largest, n, target, constant, factor)
    total = float(np.sum(powers * np.cos(angles * target))) + (constant + factor) ** n
    return max(0.0, total / period)


def _powers(largest: int, n: int, target: int, constant: float, factor: float) -> tuple[Floats, Floats, int]:
    """(constant + factor phi)^n at all angles but 0, the angles, and how many there are."""
    period = 2 * n * largest + abs(target) + 1
    half: Floats = math.pi / period * np.arange(1, period, dtype=np.float64)
    phi = np.sin(largest * half) * np.cos((largest + 1) * half) / (largest * np.sin(half))
    powers: Floats = (constant + factor * phi) ** n
    return powers, 2.0 * half, period
