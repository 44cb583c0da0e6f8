"""Orseau, Hutter, Rivasplata (NeurIPS 2020): logarithmically many neurons for each weight, by digits."""

from __future__ import annotations

import math

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula
from slth.theory.bounds.digits import digit_samples

NETWORK = "dense ReLU layers, any bounded norms; weights of hyperbolic law, density of order 1/|w|"


@formula(
    "C ln(1/eps)",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="summary",
    printed="the paper's picture of one weight: 2 ln(1/eps) units are kept of O(ln 1/eps) sampled",
    assumes=NETWORK + "; the paper has explicit constants, which we could not read",
)
def required_samples(eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Units sampled for one weight of the target, for an error eps of that weight.

    >>> required_samples([0.1, 0.01]).round(3).tolist()
    [2.303, 4.605]
    """
    return constant * np.log(1 / eps)


@formula(
    "d_in d_out C layers^depth_power ln(d_in d_out / min(eps, delta))",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="summary",
    printed="main theorem: neurons per target weight, a logarithm of all variables but depth",
    assumes=NETWORK + "; how depth enters is not said in what we read: depth_power",
)
def required_width(
    d_in: Numbers,
    d_out: Numbers,
    layers: Numbers,
    eps: Numbers,
    delta: Numbers,
    *,
    constant: Numbers = 1.0,
    depth_power: Numbers = 1.0,
) -> Numbers:
    """Hidden units for one layer of the target.

    >>> float(required_width(10, 10, 2, 0.01, 0.02).round())
    1842.0
    """
    log = np.log(d_in * d_out / np.minimum(eps, delta))
    return constant * d_in * d_out * np.power(layers, depth_power) * log


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
    """Layers of the random network.

    >>> float(required_depth(3))
    6.0
    """
    return 2 * layers


@formula(
    "least n with P(one of K digits has no sample) <= delta, K = ln(1/eps) / ln(1.618...) rounded up",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="constant ours, certified",
    seen="ours",
    printed="golden digits and a coupon collector, after the paper's idea",
    assumes="samples of density 1/|w| on K golden intervals, of either sign; one target |w| <= 1",
)
def certified_samples(eps: Numbers, delta: Numbers) -> Numbers:
    """Samples of which one for each digit adds up to within eps of one target, with chance 1 - delta.

    >>> certified_samples([0.1, 0.01, 0.001], 0.01).tolist()
    [59.0, 135.0, 216.0]
    """
    return np.asarray(np.vectorize(digit_samples, otypes=[float])(eps, delta))


@formula(
    "least n with K P(Bin(n, 1/(2K)) < weights) <= delta, K = ln(1/eps) / ln(1.618...) rounded up",
    gives="units",
    of="sum",
    side="sufficient",
    sure="constant ours, certified",
    seen="ours",
    printed="golden digits and a union bound, after the paper's idea of one pool for all weights of a layer",
    assumes="samples of density 1/|w| on K golden intervals, of either sign; so many targets |w| <= 1",
)
def certified_pool(weights: Numbers, eps: Numbers, delta: Numbers) -> Numbers:
    """Samples in a pool that serves all weights of a layer, each sample at most one weight.

    >>> float(certified_pool(100, 0.01, 0.01))
    2658.0
    """

    def least(weights: float, eps: float, delta: float) -> int:
        return digit_samples(eps, delta, weights=math.ceil(weights))

    return np.asarray(np.vectorize(least, otypes=[float])(weights, eps, delta))
