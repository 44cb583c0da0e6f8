"""A-priori rounding bounds for float64: valid for every order of summation, number of threads, FMA and rounding mode.

A computed coefficient is taken as a *choice*: it need not be the exact product, as long as the distance to it,
times the largest value of what it multiplies, is added to the bound. Those charges are sums of non-negative terms, so
one generous final factor (`inflated`) covers the rounding of the charges themselves.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UNIT = 2.0**-52
"""One relative rounding, in any rounding mode (round-to-nearest needs half of it)."""
FLOOR = 2.0**-1000
"""Far above 2^20 underflows of 2^-1022 each, flush-to-zero included."""
TINY_PIVOT = 2.0**-500
"""What underflow can do to a Cholesky factorisation of entries of size about 1, times 2^500."""
INFLATION = 1.0 + 2.0**-20
"""Covers 2^30 relative roundings made while a non-negative charge is summed."""


def gamma(terms: int) -> float:
    """At least n u / (1 - n u): the relative error of an inner product of `terms` terms in any order.

    Eight roundings are added for the few operations that surround an inner product here.
    Source: Higham, Accuracy and Stability of Numerical Algorithms, section 3.1.
    """
    steps = (terms + 8) * UNIT
    return steps / (1 - steps) * INFLATION


def up(values: Floats) -> Floats:
    """The next float64 above a result of one operation: at least the exact result."""
    return np.nextafter(values, math.inf)


def down(values: Floats) -> Floats:
    """The next float64 below a result of one operation: at most the exact result."""
    return np.nextafter(values, -math.inf)


def inflated(charges: Floats) -> Floats:
    """An upper bound of the exact value of a sum of products of non-negative numbers, given the computed one."""
    return charges * INFLATION + FLOOR


def positive(values: Floats) -> Floats:
    """max(v, 0)."""
    return np.maximum(values, 0.0)


def negative(values: Floats) -> Floats:
    """min(v, 0)."""
    return np.minimum(values, 0.0)


def largest(lower: Floats, upper: Floats) -> Floats:
    """The largest magnitude in [lower, upper], exactly."""
    return np.maximum(np.abs(lower), np.abs(upper))


def length(values: Floats) -> float:
    """An upper bound of the 2-norm of all entries; scaled, so that nothing under- or overflows on the way."""
    top = float(np.max(np.abs(values), initial=0.0))
    if top == 0.0 or not math.isfinite(top):
        return top
    scaled = values / top
    return math.nextafter(float(np.sqrt(np.vdot(scaled, scaled))) * top * (1 + gamma(values.size)), math.inf)


def lengths(rows: Floats) -> Floats:
    """Upper bounds of the 2-norms along the last axis, safe from under- and overflow."""
    top = np.max(np.abs(rows), axis=-1, initial=0.0)
    scale = np.where((top > 0) & np.isfinite(top), top, 1.0)
    scaled = rows / scale[..., None]
    return up(np.sqrt(np.einsum("...j,...j->...", scaled, scaled)) * scale * (1 + gamma(rows.shape[-1])))
