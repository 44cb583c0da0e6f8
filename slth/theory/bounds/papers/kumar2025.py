"""Kumar, Natale (2025): quantised networks, which pruning represents exactly.

Weights lie on the grid -1, -1 + precision, ..., 1; precision is a power of 1/2.
"""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula
from slth.theory.bounds.quantised import least_parameters, order_only_width

NETWORK = "weights of the target on the grid; random weights on a grid as fine at least as its root; exact, in the end"


@formula(
    "C log2(1/precision)",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="the step on products of quantised weights: so many contain 2 log2(1/precision) uniform ones",
    assumes="products of two random weights on the grid; chance 1 - O(1/poly)",
)
def required_samples(precision: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Samples of which some subset adds up to each number of the grid exactly.

    >>> float(required_samples(2.0**-8))
    8.0
    """
    return constant * np.log2(1 / precision)


@formula(
    "C width log2(1/precision)",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="main theorem, depth 2 layers",
    assumes=NETWORK,
)
def required_width(width: Numbers, precision: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Width of the random network.

    >>> float(required_width(100, 2.0**-8))
    800.0
    """
    return np.asarray(np.vectorize(order_only_width, otypes=[float])(width, precision, constant))


@formula(
    "C width log2^2(1/precision)",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="the variant of depth layers + 1",
    assumes=NETWORK,
)
def required_width_of_few_layers(width: Numbers, precision: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Width of a random network with one layer more than the target.

    >>> float(required_width_of_few_layers(100, 2.0**-8))
    6400.0
    """
    return np.asarray(required_width(width, precision, constant=constant) * np.log2(1 / precision))


@formula(
    "2 layers",
    gives="layers",
    of="network",
    side="sufficient",
    sure="constant printed",
    seen="text",
    printed="main theorem",
    assumes=NETWORK,
)
def required_depth(layers: Numbers) -> Numbers:
    """Layers of the random network.

    >>> float(required_depth(3))
    6.0
    """
    return 2 * layers


@formula(
    "width^2 log2(1 + 2/precision) - log2(1/chance)",
    gives="parameters",
    of="layer",
    side="necessary",
    sure="constant ours, certified",
    seen="text",
    printed="the paper has the order, for two layers, by this count",
    assumes="any random network; every square matrix on the grid is represented exactly with that chance",
)
def lower_bound(width: Numbers, precision: Numbers, *, chance: Numbers = 0.5) -> Numbers:
    """Fewer weights that may be removed leave some matrix out.

    >>> float(lower_bound(10, 2.0**-8).round(1))
    899.3
    """
    return np.asarray(np.vectorize(least_parameters, otypes=[float])(width, precision, chance))
