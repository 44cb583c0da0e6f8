"""Pensia, Rajput, Nagle, Vishwakarma, Papailiopoulos (NeurIPS 2020): logarithmic over-parameterisation suffices."""

from __future__ import annotations

import numpy as np

from slth.theory.bounds import certified
from slth.theory.bounds.catalogue import Numbers, formula
from slth.theory.bounds.packing import least_parameters
from slth.theory.bounds.unimodal import certified_n

NETWORK = "dense ReLU layers without bias, spectral norms at most 1; uniform weights; error eps on the unit ball"


@formula(
    "C ln(2 / eps)",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="Corollary 2, as restated by others",
    assumes="samples half 0, half products of uniforms; all targets |z| <= 1 at once, with chance 1 - eps",
)
def required_samples(eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Samples of one subset sum, for an error eps of one weight.

    >>> float(required_samples(0.02).round(3))
    4.605
    """
    return constant * np.log(2 / eps)


@formula(
    "C d_in ln(d_in d_out layers / min(eps, delta))",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="Theorem 1; it agrees with two restatements that we read",
    assumes=NETWORK + "; every target at once, with chance 1 - delta",
)
def required_width(
    d_in: Numbers, d_out: Numbers, layers: Numbers, eps: Numbers, delta: Numbers, *, constant: Numbers = 1.0
) -> Numbers:
    """Hidden units for one layer of the target.

    >>> required_width([784, 500], [500, 10], 2, 0.01, 0.02).round().tolist()
    [14251.0, 6908.0]
    """
    return constant * d_in * np.log(d_in * d_out * layers / np.minimum(eps, delta))


@formula(
    "C ln(2 layers d_in d_out / eps)",
    gives="samples",
    of="network",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="the accounting of Natale et al. (2024): 2 d_in of these are the units of a layer",
    assumes=NETWORK + "; chance 1 - eps",
)
def required_samples_of_layer(
    d_in: Numbers, d_out: Numbers, layers: Numbers, eps: Numbers, *, constant: Numbers = 1.0
) -> Numbers:
    """Samples of one subset sum, for an error eps of the whole network.

    >>> float(required_samples_of_layer(10, 10, 2, 0.01).round(2))
    10.6
    """
    return constant * np.log(2 * layers * d_in * d_out / eps)


@formula(
    "2 layers",
    gives="layers",
    of="network",
    side="sufficient",
    sure="constant printed",
    seen="text",
    printed="Theorem 1",
    assumes=NETWORK,
)
def required_depth(layers: Numbers) -> Numbers:
    """Layers of the random network.

    >>> float(required_depth(3))
    6.0
    """
    return 2 * layers


@formula(
    "(2 d_in^2 + 2 d_in d_out) C ln(2 layers d_in d_out / eps)",
    gives="parameters",
    of="network",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="the accounting of Natale et al. (2024)",
    assumes=NETWORK + "; chance 1 - eps",
)
def required_parameters(
    d_in: Numbers, d_out: Numbers, layers: Numbers, eps: Numbers, *, constant: Numbers = 1.0
) -> Numbers:
    """Weights of the pair of random layers for one layer of the target, before anything is removed.

    >>> float(required_parameters(10, 10, 2, 0.01).round())
    4239.0
    """
    return (2 * d_in**2 + 2 * d_in * d_out) * required_samples_of_layer(d_in, d_out, layers, eps, constant=constant)


@formula(
    "d_in d_out log2(1 / (2 eps)) - log2(1 / chance)",
    gives="parameters",
    of="layer",
    side="necessary",
    sure="constant ours, certified",
    seen="text",
    printed="Theorem 2 has the order, from memory; the constants are those of its proof by packing",
    assumes="any random network, any masks; every linear map of norm at most 1 is approximated with that chance",
)
def lower_bound(d_in: Numbers, d_out: Numbers, eps: Numbers, *, chance: Numbers = 0.5) -> Numbers:
    """Fewer weights that may be removed leave some map of one layer out, whatever their law.

    >>> float(lower_bound(10, 10, 2.0**-5))
    399.0
    """
    return np.asarray(np.vectorize(least_parameters, otypes=[float])(d_out, d_in, eps, chance))


@formula(
    "ln((2/eps - 1) (4/eps - 1) / delta) / ln(16/15), rounded up",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="constant ours, certified",
    seen="ours",
    printed="Corollary 2 with a number for its constant, steps checked by machine (proofs_checks)",
    assumes="samples half 0, half products of uniforms; all targets |z| <= 1 at once",
)
def certified_samples(eps: Numbers, delta: Numbers) -> Numbers:
    """Samples of one subset sum that are proved to suffice, with chance 1 - delta.

    >>> certified_samples([0.1, 0.01], 0.01).tolist()
    [174.0, 247.0]
    """
    least = np.vectorize(lambda eps, delta: certified_n("D", eps, delta).total, otypes=[float])
    return np.asarray(least(eps, delta))


@formula(
    "d_in n, n = ln((2/t - 1) (4/t - 1) 2 layers d_in d_out / delta) / ln(16/15) rounded up, "
    "t = eps / (2 layers sqrt(d_in d_out))",
    gives="units",
    of="network",
    side="sufficient",
    sure="constant ours, certified",
    seen="ours",
    printed="Theorem 1 with a number for its constant, steps checked by machine (proofs_checks)",
    assumes=NETWORK + "; every target at once, with chance 1 - delta",
)
def certified_width(d_in: Numbers, d_out: Numbers, layers: Numbers, eps: Numbers, delta: Numbers) -> Numbers:
    """Hidden units for one layer of the target that are proved to suffice.

    >>> certified_width([784, 500], [500, 10], 2, 0.01, 0.01).tolist()
    [556640.0, 287500.0]
    """
    return np.asarray(d_in * certified.required_samples(d_in, d_out, layers, eps, delta))
