"""Ferre, Giroire, Mallmann-Trenn, Natale (2026): removing neurons against removing weights."""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula
from slth.theory.bounds.neurons import least_neurons


@formula(
    "C ln(1/eps)",
    gives="units",
    of="layer",
    side="sufficient",
    sure="order only",
    seen="summary",
    printed="abstract, third version (the first two have d ln(1/eps))",
    assumes="one ReLU neuron without bias; single weights of a random two-layer ReLU network are removed",
)
def required_width(eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Hidden units of which weights are removed, to come within eps of one neuron.

    >>> float(required_width(0.01).round(3))
    4.605
    """
    return constant * np.log(1 / eps)


@formula(
    "chance pi / (4 arctan(2 eps))",
    gives="units",
    of="layer",
    side="necessary",
    sure="constant ours, certified",
    seen="ours",
    printed="the abstract has the order 1/eps",
    assumes="one ReLU neuron without bias; whole hidden units in random directions are removed; no block mask",
)
def lower_bound(eps: Numbers, *, chance: Numbers = 0.5) -> Numbers:
    """With fewer hidden units, removing whole ones comes within eps of one neuron with a smaller chance.

    >>> lower_bound([0.1, 0.01, 0.001]).round(1).tolist()
    [2.0, 19.6, 196.3]
    """
    return np.asarray(np.vectorize(least_neurons, otypes=[float])(eps, chance))
