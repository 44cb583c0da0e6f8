"""Burkholz (NeurIPS 2022): most activation functions, and one layer more than the target."""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula

NETWORK = (
    "target weights in [-1, 1]; an activation that is nearly linear on either side of 0, with slopes that do not add "
    "up to 0; uniform weights; chance 1 - delta; `norm` and `size` bound all layers alike"
)


@formula(
    "C ln(1 / min(eps, delta))",
    gives="samples",
    of="sum",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="main theorem, for one weight",
    assumes=NETWORK,
)
def required_samples(eps: Numbers, delta: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Copies of a neuron, that is samples of one subset sum.

    >>> float(required_samples(0.02, 0.01).round(3))
    4.605
    """
    return constant * np.log(1 / np.minimum(eps, delta))


@formula(
    "layers + 1",
    gives="layers",
    of="network",
    side="sufficient",
    sure="constant printed",
    seen="summary",
    printed="main theorem",
    assumes=NETWORK,
)
def required_depth(layers: Numbers) -> Numbers:
    """Layers of the random network.

    >>> float(required_depth(3))
    4.0
    """
    return layers + 1


@formula(
    "(eps/layers) / ((1 + size) (1 + eps/layers) (norm + eps/layers)^max(layers - 1 - layer, 0))",
    gives="tolerance",
    of="network",
    side="sufficient",
    sure="constant printed",
    seen="memory",
    printed="main theorem, for ReLU",
    assumes=NETWORK + "; copies of a neuron carry different errors, and how the paper controls them we could not check",
)
def weight_tolerance(
    layers: Numbers, layer: Numbers, eps: Numbers, *, norm: Numbers = 1.0, size: Numbers = 1.0
) -> Numbers:
    """The error that each weight of a layer may have for an error eps of the network.

    >>> weight_tolerance(2, [1, 2], 0.02).round(5).tolist()
    [0.00495, 0.00495]
    """
    part = eps / layers
    return part / ((1 + size) * (1 + part) * np.power(norm + part, np.maximum(layers - 1 - layer, 0.0)))


@formula(
    "d_out C ln(1 / min(e, delta/rho)), e = weight_tolerance, rho = C parameters^(1 + power) ln^(1 + power)(1/e')",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="main theorem; rho counts the subset sums, e' = min(smallest e, delta), power any number from 0 on",
    assumes=NETWORK,
)
def required_width(
    d_out: Numbers,
    parameters: Numbers,
    layers: Numbers,
    layer: Numbers,
    eps: Numbers,
    delta: Numbers,
    *,
    norm: Numbers = 1.0,
    size: Numbers = 1.0,
    constant: Numbers = 1.0,
    power: Numbers = 0.0,
) -> Numbers:
    """Neurons of the hidden layer of the random network that copies a layer of d_out neurons.

    >>> float(required_width(500, 397000, 2, 1, 0.01, 0.01).round())
    9644.0
    """
    own = weight_tolerance(layers, layer, eps, norm=norm, size=size)
    hardest = np.minimum(_smallest(layers, eps, norm, size), delta)
    sums = constant * np.power(parameters * np.log(1 / hardest), 1 + power)
    return d_out * constant * np.log(1 / np.minimum(own, delta / np.maximum(sums, 1.0)))


@formula(
    "parameters n^2, n = required_width / d_out for the hardest layer",
    gives="parameters",
    of="network",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="counted in the construction; that the overhead is quadratic is said in a full text that we read",
    assumes=NETWORK,
)
def required_parameters(
    parameters: Numbers,
    layers: Numbers,
    eps: Numbers,
    delta: Numbers,
    *,
    norm: Numbers = 1.0,
    size: Numbers = 1.0,
    constant: Numbers = 1.0,
    power: Numbers = 0.0,
) -> Numbers:
    """Weights of the random network, in which every hidden neuron comes in n copies.

    >>> float(required_parameters(1000, 2, 0.01, 0.01).round(-3))
    177000.0
    """
    hardest = np.minimum(_smallest(layers, eps, norm, size), delta)
    sums = constant * np.power(parameters * np.log(1 / hardest), 1 + power)
    copies = constant * np.log(1 / np.minimum(hardest, delta / np.maximum(sums, 1.0)))
    return parameters * np.square(copies)


def _smallest(layers: Numbers, eps: Numbers, norm: Numbers, size: Numbers) -> Numbers:
    """The smallest tolerance of all layers: that of the first, or of the last where norms are small."""
    part = eps / layers
    grown = np.maximum(norm + part, 1.0)
    return part / ((1 + size) * (1 + part) * np.power(grown, np.maximum(layers - 2, 0.0)))
