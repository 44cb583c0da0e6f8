"""Natale, Ferre, Giambartolomei, Giroire, Mallmann-Trenn (NeurIPS 2024): how sparse a strong lottery ticket can be.

A ticket of density `share` keeps k = share n of the n samples of every subset sum, so that conditions hold n on both
sides: what is returned is the larger fixed point. H2 is the binary entropy, in bits.
"""

from __future__ import annotations

import math

import numpy as np

from slth.core.errors import BadInput
from slth.theory.bounds.catalogue import Floats, Numbers, formula
from slth.theory.bounds.density import binary_entropy

LARGEST_SHARE = 1 - 1 / (2 * math.pi)  # of Theorem 5: k <= this times n
NETWORK = "dense ReLU layers, spectral norms at most 1; uniform weights; every target at once, with chance 1 - eps"


@formula(
    "n = C log2(share n / eps) / H2(share)",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="Theorem 2",
    assumes="uniform or normal samples; share <= 1/2; one fixed target |z| <= sqrt k, with constant chance",
)
def required_samples(share: Numbers, eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Samples of which some subset of exactly share n is within eps of one target.

    >>> required_samples([0.05, 0.2, 0.5], 0.01).round(1).tolist()
    [24.1, 10.7, 8.8]
    """
    return _settled(share, eps, constant, 1)


@formula(
    "n = C log2^2(share n / eps) / H2(share)",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="Corollary 1",
    assumes="samples that contain a uniform law; all targets |z| <= sqrt k at once, with chance 1 - eps; eps < 1/2",
)
def required_samples_of_all_targets(share: Numbers, eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Samples of which some subset of exactly share n is within eps of each target.

    >>> float(required_samples_of_all_targets(0.5, 0.01).round(1))
    170.5
    """
    return _settled(share, eps, constant, 2)


@formula(
    "2 d_in n, n = C log2^2(2 layers d_in d_out share n / eps) / H2(share)",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="Theorem 3",
    assumes=NETWORK,
)
def required_width(
    d_in: Numbers, d_out: Numbers, layers: Numbers, share: Numbers, eps: Numbers, *, constant: Numbers = 1.0
) -> Numbers:
    """Hidden units for one layer of the target, for a ticket of density `share` where layers are square.

    >>> float(required_width(100, 100, 2, 0.5, 0.01).round(-3))
    190000.0
    """
    return 2 * d_in * _settled(share, eps / (2 * layers * d_in * d_out), constant, 2)


@formula(
    "n = C log2^2(2 layers width^2 basis share n / eps) / H2(share)",
    gives="samples",
    of="network",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="Theorem 4",
    assumes="equivariant networks, convolutional ones among them; density counts coefficients of the basis",
)
def required_samples_of_equivariant(
    width: Numbers, layers: Numbers, basis: Numbers, share: Numbers, eps: Numbers, *, constant: Numbers = 1.0
) -> Numbers:
    """Samples of one subset sum in an equivariant network.

    >>> float(required_samples_of_equivariant(16, 2, 9, 0.5, 0.01).round())
    811.0
    """
    return _settled(share, eps / (2 * layers * np.square(width) * basis), constant, 2)


@formula(
    "2 layers",
    gives="layers",
    of="network",
    side="sufficient",
    sure="constant printed",
    seen="text",
    printed="Theorem 3",
    assumes=NETWORK,
)
def required_depth(layers: Numbers) -> Numbers:
    """Layers of the random network.

    >>> float(required_depth(3))
    6.0
    """
    return 2 * layers


@formula(
    "4 n, n = C log2^2(2 layers width^2 share n / eps) / H2(share)",
    gives="ratio",
    of="network",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="Theorem 3, for square layers: a pair of random layers has (2 d^2 + 2 d^2) n weights",
    assumes=NETWORK,
)
def overparameterisation(
    width: Numbers, layers: Numbers, share: Numbers, eps: Numbers, *, constant: Numbers = 1.0
) -> Numbers:
    """Source over target weights, for a ticket of density `share` where layers are square.

    >>> float(overparameterisation(100, 2, 0.5, 0.01).round())
    3800.0
    """
    return 4 * _settled(share, eps / (2 * layers * np.square(width)), constant, 2)


@formula(
    "n = (width^2 / 2) log2(share n / eps) / H2(share)",
    gives="parameters",
    of="layer",
    side="necessary",
    sure="constant printed",
    seen="text",
    printed="Theorem 5",
    assumes="any random network; every square map |W| <= sqrt k is approximated, chance >= 1/2; eps < 1/16",
)
def lower_bound(width: Numbers, share: Numbers, eps: Numbers) -> Numbers:
    """With fewer weights, share of which are kept, some map of one layer is left out.

    Raises BadInput for eps >= 1/16 or a share beyond 1 - 1/(2 pi).

    >>> (lower_bound(10, [0.5, 0.01], 0.01) / 100).round(1).tolist()
    [7.6, 80.3]
    """
    if np.any(np.asarray(share) > LARGEST_SHARE) or np.any(np.asarray(eps) >= 1 / 16):
        raise BadInput(f"the lower bound needs share <= {LARGEST_SHARE:.4f} and eps < 1/16, not {share} and {eps}")
    return _settled(share, eps, np.square(width) / 2, 1)


def _settled(share: Numbers, eps: Numbers, constant: Numbers, power: int) -> Floats:
    """The larger fixed point of n = C log2(share n / eps)^power / H2(share), at least 1."""
    scale = np.asarray(constant / binary_entropy(share))
    n = np.asarray(np.maximum(np.maximum(scale, 1.0), 1 / (share * np.asarray(eps))) * 1e6)
    for _ in range(500):  # from above; the right side grows slower than n
        n = scale * np.log2(np.maximum(share * n / eps, 1.0)) ** power
    return np.asarray(np.maximum(n, 1.0))
