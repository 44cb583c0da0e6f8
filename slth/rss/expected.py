"""The first moment beside an answer: how many subsets of these very values should be within a tolerance."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from slth.rss.problem import Integers

Floats = NDArray[np.float64]


def expected_count(
    values: Integers, targets: Integers, tolerance: int | Integers, *, size: int | None = None, signed: bool = False
) -> Floats:
    """Expected number of subsets within tolerance, (b,) float64, were the subset sums of each row normal.

    The sum of a random subset of the given values has mean sum x / 2 and covariance sum x x^T / 4 (with `size` = k of
    n: k/n sum x, and that of drawing without replacement); the count is the number of subsets times the volume of the
    box times the density at the target, which is good for tolerances below the spread of the sums.

    Parameters
    ----------
    values : (b, n) or (b, n, d) int64
        An entry of 0 (in all coordinates) is an empty slot.
    targets : (b,) or (b, d) int64
    tolerance : int or (b,) int64

    Source: ours (first moment; theory: Lueker 1982, for normal vectors da Cunha, d'Amore, Natale 2023).
    """
    logs, dims = _log_density(values, targets, size, signed)
    sides = np.log(2.0 * np.broadcast_to(np.asarray(tolerance, np.float64), logs.shape) + 1.0)
    return np.asarray(np.exp(np.minimum(logs + dims * sides, 700.0)), np.float64)


def expected_error(values: Integers, targets: Integers, *, size: int | None = None, signed: bool = False) -> Floats:
    """Tolerance at which one subset is expected, (b,) float64, in the unit of the values; see `expected_count`.

    With a free size it is at most the error of the empty choice.

    Source: ours.
    """
    logs, dims = _log_density(values, targets, size, signed)
    errors = np.maximum(np.exp(np.minimum(-logs / dims, 700.0)) - 1.0, 0.0) / 2.0
    if size is None:
        goals = np.asarray(targets, np.float64).reshape(len(errors), -1)
        errors = np.minimum(errors, np.abs(goals).max(axis=1, initial=0.0))
    return np.asarray(errors, np.float64)


def _log_density(values: Integers, targets: Integers, size: int | None, signed: bool) -> tuple[Floats, int]:
    """Logarithm of (number of subsets) * (density at the target), per row, and the number of coordinates."""
    x = np.asarray(values, np.float64)
    x = x[:, :, None] if x.ndim == 2 else x
    goals = np.asarray(targets, np.float64).reshape(len(x), -1)
    filled = np.asarray(x.any(axis=2), np.bool_)
    dims = x.shape[2]
    out = np.empty(len(x))
    for row in range(len(x)):
        some = x[row, filled[row]]
        n = len(some)
        total = np.zeros(dims)
        choices = n * math.log(3.0 if signed else 2.0)
        if size is None:
            covariance = some.T @ some * (2 / 3 if signed else 1 / 4)
            total = np.zeros(dims) if signed else some.sum(axis=0) / 2
        elif signed:
            choices = _log_choose(n, size) + size * math.log(2.0)
            covariance = some.T @ some * (size / max(n, 1))
        else:
            choices = _log_choose(n, size)
            middle = some - some.sum(axis=0) / max(n, 1)
            covariance = middle.T @ middle * (size * (n - size) / max(n * (n - 1), 1))
            total = some.sum(axis=0) * (size / max(n, 1))
        out[row] = choices + _log_normal(goals[row] - total, covariance)
    return out, dims


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) if 0 <= k <= n else -math.inf


def _log_normal(x: Floats, covariance: Floats) -> float:
    """Logarithm of the normal density; a variance below that of rounding to integers counts as that."""
    variances, axes = np.linalg.eigh(covariance + np.eye(len(x)) / 12)
    variances = np.maximum(variances, 1 / 12)
    along = axes.T @ x
    return float(-0.5 * np.sum(along**2 / variances + np.log(2 * np.pi * variances)))
