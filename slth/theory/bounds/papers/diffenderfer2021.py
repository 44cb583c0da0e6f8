"""Diffenderfer, Kailkhura (ICLR 2021): multi-prize tickets, weights made binary after pruning."""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula


@formula(
    "C (layers width^(3/2) / eps + layers width ln(layers width / eps))",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="text",
    printed="main theorem, as restated by others",
    assumes="dense ReLU layers; binary weights, a target weight written in unary",
)
def required_width(width: Numbers, layers: Numbers, eps: Numbers, *, constant: Numbers = 1.0) -> Numbers:
    """Width of the layers of the random network.

    >>> float(required_width(100, 2, 0.01).round(-2))
    202000.0
    """
    unary = layers * np.power(width, 1.5) / eps
    return constant * (unary + layers * width * np.log(layers * width / eps))
