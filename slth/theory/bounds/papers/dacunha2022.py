"""da Cunha, Natale, Viennot (ICLR 2022): strong lottery tickets of convolutional networks, single weights removed."""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula
from slth.theory.bounds.structured import log2_packing

NETWORK = (
    "ReLU convolutions, the entries of each kernel of total size at most 1; uniform weights; inputs in [0, 1]; every "
    "target at once, with chance 1 - delta"
)


@formula(
    "C ln(c_in c_out side^2 layers / min(eps, delta))",
    gives="samples",
    of="network",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="main theorem",
    assumes=NETWORK,
)
def required_samples(
    side: Numbers,
    c_in: Numbers,
    c_out: Numbers,
    layers: Numbers,
    eps: Numbers,
    delta: Numbers,
    *,
    constant: Numbers = 1.0,
) -> Numbers:
    """Samples of one subset sum, for an error eps of the whole network.

    >>> float(required_samples(5, 1, 6, 2, 0.01, 0.02).round(2))
    10.31
    """
    return constant * np.log(c_in * c_out * side**2 * layers / np.minimum(eps, delta))


@formula(
    "2 c_in C ln(c_in c_out side^2 layers / min(eps, delta))",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="main theorem",
    assumes=NETWORK,
)
def required_width(
    side: Numbers,
    c_in: Numbers,
    c_out: Numbers,
    layers: Numbers,
    eps: Numbers,
    delta: Numbers,
    *,
    constant: Numbers = 1.0,
) -> Numbers:
    """Filters of the 1 x 1 layer for one convolution of the target.

    >>> float(required_width(5, 6, 16, 2, 0.02, 0.01).round(1))
    157.0
    """
    return 2 * c_in * required_samples(side, c_in, c_out, layers, eps, delta, constant=constant)


@formula(
    "2 layers",
    gives="layers",
    of="network",
    side="sufficient",
    sure="constant printed",
    seen="memory",
    printed="main theorem",
    assumes=NETWORK,
)
def required_depth(layers: Numbers) -> Numbers:
    """Layers of the random network, every other one 1 x 1.

    >>> float(required_depth(3))
    6.0
    """
    return 2 * layers


@formula(
    "C parameters ln(parameters layers / min(eps, delta))",
    gives="parameters",
    of="network",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="main theorem",
    assumes=NETWORK,
)
def required_parameters(
    parameters: Numbers, layers: Numbers, eps: Numbers, delta: Numbers, *, constant: Numbers = 1.0
) -> Numbers:
    """Weights of the random network, for a target of so many.

    >>> float(required_parameters(2572, 4, 0.01, 0.02).round(-2))
    35600.0
    """
    return constant * parameters * np.log(parameters * layers / np.minimum(eps, delta))


@formula(
    "side^2 c_in c_out log2(1/(2 eps)) + log2((side^2 c_in)!^c_out / (side^2 c_in c_out)!) - log2(1/chance)",
    gives="parameters",
    of="layer",
    side="necessary",
    sure="constant ours, certified",
    seen="ours",
    printed="packing, as Pensia et al. (2020), Theorem 2, do it for matrices",
    assumes="any random network; every kernel with entries of total size at most 1 is approximated with that chance",
)
def lower_bound(side: Numbers, c_in: Numbers, c_out: Numbers, eps: Numbers, *, chance: Numbers = 0.5) -> Numbers:
    """Fewer weights that may be removed leave some kernel of one convolution out.

    >>> float(lower_bound(3, 1, 1, 0.01).round(1))
    49.8
    """
    packing = np.vectorize(log2_packing, otypes=[float])
    return np.asarray(np.maximum(packing(side, c_in, c_out, eps) + np.log2(chance), 0.0))
