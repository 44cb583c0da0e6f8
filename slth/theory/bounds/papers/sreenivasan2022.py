"""Sreenivasan, Rajput, Sohn, Papailiopoulos (AISTATS 2022): random networks whose weights are all 1 or -1."""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula

NETWORK = "dense ReLU layers of norm at most 1 (from memory); random signs as weights, one real scale at the end"


@formula(
    "C layers ln(width layers / eps)",
    gives="layers",
    of="network",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="main theorem, as restated by others",
    assumes=NETWORK,
)
def required_depth(width: Numbers, layers: Numbers, eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Layers of the random network.

    >>> float(required_depth(500, 2, 0.01).round(1))
    23.0
    """
    return constant * layers * np.log(width * layers / eps)


@formula(
    "C width ln^2(width layers / (eps delta))",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="main theorem, as restated by others; delta inside the logarithm from memory",
    assumes=NETWORK + "; chance 1 - delta",
)
def required_width(
    width: Numbers, layers: Numbers, eps: Numbers, delta: Numbers, *, constant: Numbers = 1.0
) -> Numbers:
    """Width of every layer of the random network.

    >>> float(required_width(500, 2, 0.01, 0.01).round(-2))
    129900.0
    """
    return constant * width * np.square(np.log(width * layers / (eps * delta)))
