"""da Cunha, d'Amore, Natale (NeurIPS 2023): structured strong lottery tickets, whole filters removed.

The paper has a polynomial and gives no constant. Its exponents could not be read again: those here are what its
statement on vectors implies for one fixed target, by our own derivation. They are parameters, and no quotation.
"""

from __future__ import annotations

import math

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula
from slth.theory.bounds.structured import counting_n, nsn_certified_n

NETWORK = "ReLU convolutions, the entries of each kernel of total size at most 1; normal weights; inputs in [-1, 1]"


@formula(
    "(C dims^3 ln(dims / eps))^2",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="theorem on normally-scaled normal vectors: n >= k^2 samples, k >= C dims^3 ln(dims/eps) of them chosen",
    assumes="normally-scaled normal vectors; one fixed target of 1-norm at most sqrt k, with constant chance",
)
def required_samples(dims: Numbers, eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Random vectors of which some subset is within eps of one target, in every coordinate.

    >>> float(required_samples(1, 0.01).round()), f"{float(required_samples(9, 0.01)):.1e}"
    (21.0, '2.5e+07')
    """
    return (constant * dims**3 * np.log(dims / eps)) ** 2


@formula(
    "C side^side_power c_out^channel_power ln^3(side^2 c_out c_in layers / eps)",
    gives="filters",
    of="network",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="the theorems on one layer and on networks; exponents by our derivation, not quoted",
    assumes=NETWORK + "; one target, chance 1 - eps (for all at once our derivation gives powers 14 and 7)",
)
def required_width(
    side: Numbers,
    c_in: Numbers,
    c_out: Numbers,
    layers: Numbers,
    eps: Numbers,
    *,
    constant: Numbers = 1.0,
    side_power: Numbers = 12.0,
    channel_power: Numbers = 6.0,
) -> Numbers:
    """Filters of each sign for one input channel: half of a block of the 1 x 1 layer.

    >>> f"{float(required_width(3, 1, 1, 1, 0.01)):.1e}"
    '1.7e+08'
    """
    log = np.log(side**2 * c_out * c_in * layers / eps)
    return np.asarray(constant * np.power(side, side_power) * np.power(c_out, channel_power) * log**3)


@formula(
    "2 layers",
    gives="layers",
    of="network",
    side="sufficient",
    sure="constant printed",
    seen="memory",
    printed="theorem on networks",
    assumes=NETWORK,
)
def required_depth(layers: Numbers) -> Numbers:
    """Layers of the random network, every other one 1 x 1.

    >>> float(required_depth(3))
    6.0
    """
    return 2 * layers


@formula(
    "(side^2 c_in c_out log2(1/(2 eps)) + log2((side^2 c_in)!^c_out / (side^2 c_in c_out)!) - log2(1/chance)) "
    "/ (2 c_in)",
    gives="filters",
    of="layer",
    side="necessary",
    sure="constant ours, certified",
    seen="ours",
    printed="packing, as Pensia et al. (2020), Theorem 2, do it for matrices",
    assumes="any random network; every kernel with entries of total size at most 1 is approximated with that chance",
)
def lower_bound(side: Numbers, c_in: Numbers, c_out: Numbers, eps: Numbers, *, chance: Numbers = 0.5) -> Numbers:
    """Fewer filters of each sign leave some kernel out, as there are too few ways to remove them.

    >>> lower_bound([3, 3, 5], [1, 3, 1], [1, 8, 6], 0.01).round(1).tolist()
    [24.9, 99.1, 237.4]
    """
    counted = np.vectorize(counting_n, otypes=[float], excluded={"per_filter"})
    return np.asarray(np.maximum(counted(side, c_in, c_out, eps, chance=chance), 0.0))


@formula(
    "ln((1/eps^dims - 1) ((2/eps)^dims - 1) / delta) / -ln(1 - kappa/2), rounded up, kappa the density at (1, ..., 1)",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="constant ours, certified",
    seen="ours",
    printed="expected growth, after da Cunha et al. (ESA 2023), for normally-scaled normal vectors",
    assumes="normally-scaled normal vectors; all targets of [-1/2, 1/2]^dims at once; good for few dimensions",
)
def certified_samples(dims: Numbers, eps: Numbers, delta: Numbers) -> Numbers:
    """Random vectors of which, with chance 1 - delta, some subset is within eps of each target.

    >>> certified_samples([1, 2, 4], 0.01, 0.01).tolist()
    [209.0, 1773.0, 68773.0]
    """
    least = np.vectorize(lambda dims, eps, delta: nsn_certified_n(math.ceil(dims), eps, delta), otypes=[float])
    return np.asarray(least(dims, eps, delta))
