"""Lueker (1998): logarithmically many random numbers have a subset sum near every target."""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula
from slth.theory.bounds.packing import least_n


@formula(
    "C ln(2 / min(eps, delta))",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="Corollary 2.5, as Pensia et al. (2020) use it",
    assumes="uniform samples on [-1, 1]; all targets |z| <= 1/2 at once",
)
def required_samples(eps: Numbers, delta: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Samples of which, with chance 1 - delta, some subset is within eps of each target.

    >>> float(required_samples(0.01, 0.02).round(3))
    5.298
    """
    return constant * np.log(2 / np.minimum(eps, delta))


@formula(
    "C ln(2 / min(eps, delta)) / share",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="Corollary 3.3, as restated by others; the factor 1/share is what its proof by rejection gives, ours",
    assumes="samples that are uniform on [-1, 1] with chance share, else of any law; all targets |z| <= 1/2 at once",
)
def required_samples_of_mixture(eps: Numbers, delta: Numbers, share: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """As `required_samples`, for laws that only contain a uniform one.

    A sign-filtered product of two uniforms contains a uniform law on [-1/2, 1/2] with share (ln 2)/4.

    >>> float(required_samples_of_mixture(0.01, 0.02, 0.5).round(3))
    10.597
    """
    return required_samples(eps, delta, constant=constant) / share


@formula(
    "log2(radius / eps)",
    gives="samples",
    of="sum",
    side="necessary",
    sure="constant ours, certified",
    seen="ours",
    printed="counting: 2^n intervals of length 2 eps cover [-radius, radius]",
    assumes="samples of any law; all targets |z| <= radius at once",
)
def lower_bound(eps: Numbers, *, radius: Numbers = 0.5) -> Numbers:
    """Fewer samples leave some target farther than eps from every subset sum.

    >>> float(lower_bound(2.0**-11))
    10.0
    """
    return np.asarray(np.vectorize(least_n, otypes=[float])(eps, 2 * radius))
