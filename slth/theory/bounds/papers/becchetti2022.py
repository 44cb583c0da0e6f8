"""Becchetti, da Cunha, Clementi, d'Amore, Lesfari, Natale, Trevisan (2022): subset sums of random vectors."""

from __future__ import annotations

import math

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula
from slth.theory.bounds.growth import certified_n


@formula(
    "C dims^3 ln(1/eps) (ln(1/eps) + ln dims)",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="summary",
    printed="main theorem",
    assumes="independent normal entries (from memory); all targets of [-1, 1]^dims at once, with high probability",
)
def required_samples(dims: Numbers, eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Random vectors of which some subset is within eps of each target, in every coordinate.

    >>> required_samples([1, 2], 0.01).round(1).tolist()
    [21.2, 195.2]
    """
    log = np.log(1 / eps)
    return np.asarray(constant * dims**3 * log * (log + np.log(dims)))


@formula(
    "C dims^2 ln(1/eps)",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="the step before the main theorem",
    assumes="independent normal entries; one fixed target, with chance at least 1/3; within 2 eps",
)
def required_samples_of_one_target(dims: Numbers, eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Random vectors of which some subset is near one target with constant chance, by the second moment.

    >>> required_samples_of_one_target([1, 3], 0.01).round(1).tolist()
    [4.6, 41.4]
    """
    return constant * dims**2 * np.log(1 / eps)


@formula(
    "dims log2(1 / eps)",
    gives="samples",
    of="sum",
    side="necessary",
    sure="constant ours, certified",
    seen="ours",
    printed="counting: 2^n cubes of side 2 eps cover [-1, 1]^dims",
    assumes="samples of any law; all targets of [-1, 1]^dims at once",
)
def lower_bound(dims: Numbers, eps: Numbers) -> Numbers:
    """Fewer vectors leave some target farther than eps from every subset sum.

    >>> float(lower_bound(9, 2.0**-7))
    63.0
    """
    return dims * np.log2(1 / eps)


@formula(
    "ln((1/eps^dims - 1) ((2/eps)^dims - 1) / delta) / -ln(1 - 2^-dims / 2), rounded up",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="constant ours, certified",
    seen="ours",
    printed="expected growth, after da Cunha et al. (ESA 2023), in dims dimensions",
    assumes="independent uniform entries on [-1, 1]; all targets of [-1/2, 1/2]^dims at once; good for few dimensions",
)
def certified_samples(dims: Numbers, eps: Numbers, delta: Numbers) -> Numbers:
    """Random vectors of which, with chance 1 - delta, some subset is within eps of each target.

    >>> certified_samples([1, 2, 4], 0.01, 0.01).tolist()
    [51.0, 183.0, 1393.0]
    """
    least = np.vectorize(
        lambda dims, eps, delta: certified_n("U", eps, delta, 0.5, dims=math.ceil(dims)).total, otypes=[float]
    )
    return np.asarray(least(dims, eps, delta))
