"""Golden digits: a weight from one sample of each size class, without search; how many samples that takes.

Let gamma = 1/phi = 0.618, so that gamma^2 + gamma = 1. Digit k is any value v_k in [gamma^(k+2), gamma^(k+1)]; these
intervals tile (0, gamma]. From r_0 = w in [0, 1], take v_k where v_k <= r_k and subtract it. Then 0 <= r_k <= gamma^k
for all k, whatever the values are: a taken digit leaves at most gamma^k - gamma^(k+2) = gamma^(k+1), a refused one is
above r_k and at most gamma^(k+1). K digits come within gamma^K. In any base from 1/2 on this holds with the intervals
[(1 - gamma) gamma^k, gamma^(k+1)]; they tile for the golden one only.

Under the hyperbolic density 1/w on [gamma^(K+1), gamma] all digits are equally likely: collecting them is the coupon
collector's problem. Golden digits and the hyperbolic density are ideas of Orseau, Hutter and Rivasplata (NeurIPS 2020);
statement, proof and constants here are ours, theirs were not at hand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from slth.core.errors import BadInput

Floats = NDArray[np.float64]
GOLDEN = (math.sqrt(5) - 1) / 2
MOST = 1 << 40  # samples


@dataclass(frozen=True, eq=False)
class Digits:
    """What greedy digits make of targets.

    Parameters
    ----------
    chosen : (b, n) bool
        Samples that add up to nearly the target.
    rest : (b,) float64
        |target| minus the size of that sum, at least 0; at most gamma^digits where `complete`.
    complete : (b,) bool
        Every digit had a sample.
    """

    chosen: NDArray[np.bool_]
    rest: Floats
    complete: NDArray[np.bool_]


def needed_digits(eps: float, base: float = GOLDEN) -> int:
    """Digits with which every |w| <= 1 is met within eps: ceil(log(1/eps) / log(1/gamma)).

    Raises
    ------
    BadInput
        For eps <= 0 or a base outside [1/2, 1).

    Source: ours, proved above; the idea is that of Orseau et al. (NeurIPS 2020).

    >>> [needed_digits(10.0**-k) for k in (1, 2, 3)], needed_digits(0.01, 2 / 3)
    ([5, 10, 15], 12)
    """
    _check_base(base)
    if not (math.isfinite(eps) and eps > 0):
        raise BadInput(f"eps must be a positive number, not {eps}")
    return max(0, math.ceil(math.log(eps) / math.log(base) - 1e-12))


def digit_share(digits: int, *, signed: bool = True) -> float:
    """Chance that a sample is a given digit: 1/K under the hyperbolic density, half of it where signs are random.

    Raises BadInput for digits below 1. Source: ours.

    >>> digit_share(10), digit_share(10, signed=False)
    (0.05, 0.1)
    """
    if digits < 1:
        raise BadInput(f"needs at least one digit, not {digits}")
    return 1 / digits / (2 if signed else 1)


def hyperbolic(uniforms: ArrayLike, digits: int) -> Floats:
    """Samples of density proportional to 1/w on [gamma^(K+1), gamma] from uniforms on [0, 1]: gamma^(1 + K u).

    Raises BadInput for digits below 1. Source: standard.

    >>> hyperbolic([0.0, 1.0], 1).round(3).tolist()
    [0.618, 0.382]
    """
    digit_share(digits)
    return np.asarray(GOLDEN ** (1 + digits * np.asarray(uniforms, np.float64)), np.float64)


def missing_chance(digits: int, most: int, *, signed: bool = True) -> Floats:
    """P(some digit has no sample) for 0 .. most samples.

    Formula: the chain of the number of digits seen, which adds nothing but positive numbers; equal to sum_j (-1)^(j+1)
    C(K, j) (1 - j q)^n, q = `digit_share`.

    Returns
    -------
    (most + 1,) float64

    Raises
    ------
    BadInput
        For digits below 1 or most below 0.

    Source: standard (coupon collector).

    >>> round(float(missing_chance(10, 150)[150]), 4)
    0.0045
    """
    share = digit_share(digits, signed=signed)
    if most < 0:
        raise BadInput(f"needs at least 0 samples, not {most}")
    seen = np.zeros(digits)  # chances of 0 .. K - 1 digits
    seen[0] = 1.0
    news = share * np.arange(digits, 0, -1)
    found = [1.0]
    for _ in range(most):
        moved = seen * news
        seen = seen - moved
        seen[1:] += moved[:-1]
        found.append(float(seen.sum()))
    return np.asarray(found, np.float64)


def expected_samples(digits: int, *, signed: bool = True) -> float:
    """Samples drawn on average until every digit has one: (1 + 1/2 + ... + 1/K) / q.

    Raises BadInput for digits below 1. Source: standard (coupon collector).

    >>> round(expected_samples(10, signed=False), 2), round(expected_samples(10), 2)
    (29.29, 58.58)
    """
    return math.fsum(1 / k for k in range(1, digits + 1)) / digit_share(digits, signed=signed)


def digit_samples(eps: float, delta: float, *, weights: int = 1, signed: bool = True) -> int:
    """Samples with which `weights` targets |w| <= 1 are all met within eps with probability >= 1 - delta.

    Each target takes samples of its own from one pool, one of every digit; signs are taken to be the worst, all equal.

    Formula: one target: the least n with `missing_chance` <= delta. More: the least n with K P(Bin(n, q) < weights) <=
    delta, by a union bound; about weights / q + (K / q) log(K / delta) in order.

    Raises
    ------
    BadInput
        For eps <= 0, delta outside (0, 1), or weights below 1.

    Source: ours; the batch is an idea of Orseau et al. (NeurIPS 2020).

    >>> [digit_samples(10.0**-k, 0.01) for k in (1, 2, 3)], digit_samples(0.01, 0.01, weights=100)
    ([59, 135, 216], 2658)
    """
    digits = needed_digits(eps)
    if not 0 < delta < 1 or weights < 1:
        raise BadInput(f"needs 0 < delta < 1 and weights >= 1, not delta={delta}, weights={weights}")
    if digits == 0:
        return 0
    share = digit_share(digits, signed=signed)
    if weights == 1:
        most = math.ceil(math.log(delta / digits) / math.log1p(-share)) if share < 1 else 1
        return int(np.argmax(missing_chance(digits, most, signed=signed) <= delta))
    low, high = weights - 1, weights
    while digits * special.bdtr(weights - 1, high, share) > delta:
        low, high = high, 2 * high
        if high > MOST:
            raise BadInput(f"{weights} weights within {eps} need more than {MOST} samples")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if digits * special.bdtr(weights - 1, middle, share) <= delta else (middle, high)
    return high


def decompose(samples: ArrayLike, targets: ArrayLike, digits: int, base: float = GOLDEN) -> Digits:
    """Greedy digits: of each size class the first sample of the target's sign, taken where it still fits.

    Where a class has no sample its digit is passed over; the rest is then larger, but never negative.

    Parameters
    ----------
    samples : (b, n) or (n,) array_like
    targets : (b,) array_like
        In [-1, 1].
    digits : int
    base : float
        gamma; a sample in two classes (base above the golden one) serves the first that has no other.

    Raises
    ------
    BadInput
        For shapes that do not fit, targets outside [-1, 1], or digits below 1.

    Source: ours, proved above; the idea is that of Orseau et al. (NeurIPS 2020).

    >>> found = decompose([0.5, 0.3, 0.2, 0.1], [0.75], 4)
    >>> found.chosen.tolist(), round(float(found.rest[0]), 2), found.complete.tolist()
    ([[True, False, True, False]], 0.05, [True])
    """
    _check_base(base)
    digit_share(digits)
    goals = np.asarray(targets, np.float64)
    values = np.asarray(samples, np.float64)
    if goals.ndim != 1 or values.ndim not in (1, 2) or (values.ndim == 2 and len(values) != len(goals)):
        raise BadInput(f"targets {goals.shape} and samples {values.shape} do not fit together")
    if not np.all(np.abs(goals) <= 1):
        raise BadInput("targets must lie in [-1, 1]: divide by their scale")
    values = np.broadcast_to(values, (len(goals), values.shape[-1])) * np.where(goals < 0, -1.0, 1.0)[:, None]
    rows = np.arange(len(goals))
    rest = np.abs(goals)
    complete = np.ones(len(goals), np.bool_)
    chosen, used = np.zeros(values.shape, np.bool_), np.zeros(values.shape, np.bool_)
    for k in range(digits):
        inside = (values >= (1 - base) * base**k) & (values <= base ** (k + 1)) & ~used
        first = inside.argmax(axis=1) if values.shape[1] else np.zeros(len(goals), np.intp)
        there = np.asarray(inside.any(axis=1), np.bool_)
        used[rows[there], first[there]] = True
        take = there.copy()
        take[there] = values[rows[there], first[there]] <= rest[there]
        chosen[rows[take], first[take]] = True
        rest[take] -= values[rows[take], first[take]]
        complete = complete & there
    return Digits(chosen, rest, complete)


def _check_base(base: float) -> None:
    if not 0.5 <= base < 1:
        raise BadInput(f"the base must lie in [1/2, 1), not {base}")
