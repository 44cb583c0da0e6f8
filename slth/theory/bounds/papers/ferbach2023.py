"""Ferbach, Tsirigotis, Gidel, Bose (ICLR 2023): equivariant networks."""

from __future__ import annotations

import numpy as np

from slth.theory.bounds.catalogue import Numbers, formula


@formula(
    "C width ln(layers width^2 basis / min(eps, delta))",
    gives="units",
    of="network",
    side="sufficient",
    sure="order only",
    seen="memory",
    printed="main theorem",
    assumes="equivariant ReLU layers of width copies of a representation, coefficients in a basis are removed",
)
def required_width(
    width: Numbers, layers: Numbers, basis: Numbers, eps: Numbers, delta: Numbers, *, constant: Numbers = 1.0
) -> Numbers:
    """Copies of the representation in the hidden layer for one layer of the target.

    >>> float(required_width(16, 2, 9, 0.02, 0.01).round(1))
    208.7
    """
    return constant * width * np.log(layers * np.square(width) * basis / np.minimum(eps, delta))
