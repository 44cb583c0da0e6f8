"""da Cunha, d'Amore, Giroire, Lesfari, Natale, Viennot (ESA 2023): Lueker's theorem, proved by elementary means."""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula
from slth.theory.bounds.growth import certified_n

ASSUMES = "uniform samples on [-1, 1]; all targets |z| <= 1/2 at once, within 2 eps; eps < 1/3"


@formula(
    "A + (K + sqrt(K^2 + 4 K A)) / 2, A = C ln(1/eps), K = kappa ln(2/delta)",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="main theorem, solved for n; of it the abstract has O(log 1/eps)",
    assumes=ASSUMES,
)
def required_samples(eps: Numbers, delta: Numbers, *, constant: Numbers = 1.0, spread: Numbers = 1.0) -> Numbers:
    """Samples with which the bound of `failure` is delta.

    >>> n = required_samples(0.01, 0.05, constant=3.0)
    >>> float(n.round(2)), float(failure(n, 0.01, constant=3.0).round(4))
    (23.03, 0.05)
    """
    start, width = constant * np.log(1 / eps), spread * np.log(2 / delta)
    return start + (width + np.sqrt(width**2 + 4 * width * start)) / 2


@formula(
    "2 exp(-(n - C ln(1/eps))^2 / (kappa n)), for n >= C ln(1/eps)",
    gives="chance",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="main theorem; its discrete version is quoted in a review that we read",
    assumes=ASSUMES,
)
def failure(n: Numbers, eps: Numbers, *, constant: Numbers = 1.0, spread: Numbers = 1.0) -> Numbers:
    """Bound on the chance that some target is missed, at most 1.

    >>> failure([4, 40], 0.01).round(4).tolist()
    [1.0, 0.0]
    """
    beyond = np.maximum(n - constant * np.log(1 / eps), 0.0)
    return np.asarray(np.minimum(1.0, 2 * np.exp(-(beyond**2) / (spread * n))))


@formula(
    "ln((1/eps - 1) (2/eps - 1) / delta) / ln(4/3), rounded up",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="constant ours, certified",
    seen="ours",
    printed="the paper's way, expected growth, with the potential 1/v - 1",
    assumes="uniform samples on [-1, 1]; all targets |z| <= 1/2 at once",
)
def certified_samples(eps: Numbers, delta: Numbers) -> Numbers:
    """Samples of which, with chance 1 - delta, some subset is within eps of each target.

    >>> certified_samples([0.1, 0.05, 0.01], 0.01).tolist()
    [34.0, 39.0, 51.0]
    """
    least = np.vectorize(lambda eps, delta: certified_n("U", eps, delta, 0.5).total, otypes=[float])
    return np.asarray(least(eps, delta))
