"""Malach, Yehudai, Shalev-Shwartz, Shamir (ICML 2020): the first proof, one unit for each weight and sign."""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula

NETWORK = "dense ReLU layers, spectral norms and weights at most 1; uniform weights; error eps on the unit ball"


@formula(
    "C ln(1/delta) / eps^2",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="summary",
    printed="the construction: 1/eps^2 units are searched for one weight; how delta enters is ours",
    assumes="uniform weights; both factors of a product are matched within eps",
)
def required_samples(eps: Numbers, delta: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Units of which one serves a given weight and sign. slth matches the product only, which needs fewer (ours).

    >>> float(required_samples(0.01, 0.01).round())
    46052.0
    """
    return constant * np.log(1 / delta) / np.square(eps)


@formula(
    "C width^5 layers^2",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="summary",
    printed="theorem on weight-subnetworks, as Pensia et al. (2020) sum it up, eps fixed",
    assumes=NETWORK,
)
def required_width(width: Numbers, layers: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Hidden units for a target of `width` neurons a layer: a factor width^4 layers^2 more.

    >>> float(required_width(10, 2))
    400000.0
    """
    return constant * np.power(width, 5.0) * np.square(layers)


@formula(
    "2 layers",
    gives="layers",
    of="network",
    side="sufficient",
    sure="constant printed",
    seen="memory",
    printed="theorem on weight-subnetworks",
    assumes=NETWORK,
)
def required_depth(layers: Numbers) -> Numbers:
    """Layers of the random network.

    >>> float(required_depth(3))
    6.0
    """
    return 2 * layers


@formula(
    "C parameters^3 ln(parameters / eps) / eps^2",
    gives="parameters",
    of="network",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="as Natale et al. (2024) sum it up",
    assumes=NETWORK,
)
def required_parameters(parameters: Numbers, eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Weights of the random network, for a target of so many.

    >>> f"{float(required_parameters(1000, 0.01)):.2e}"
    '1.15e+14'
    """
    return constant * np.power(parameters, 3.0) * np.log(parameters / eps) / np.square(eps)
