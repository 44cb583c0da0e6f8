"""Copies: a layer whose inputs come several times, so that raw weights of the source add up to each target weight.

Source: the L + 1 construction of Burkholz (2022): every neuron is built rho times, and a later weight is a subset sum
over the rho weights that lead from the copies of a neuron to one unit: no products and no signs of inputs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slth.core.source import Source
from slth.theory.gadgets.assignment import EMPTY
from slth.theory.plan import LayerPlan

Integers = NDArray[np.int64]


def places_of_copies(source: Source, layer: LayerPlan) -> Integers:
    """Columns of the second layer that serve each column of the target: shape (groups, n), EMPTY where there is none.

    Copies of a channel stand side by side, and so do the pixels of a flattened picture: copy c of pixel p of channel j
    is number (j copies + c) pixels + p. The constant is served by units that read it with a positive weight, which relu
    leaves as it is.
    """
    copy = np.arange(layer.fed)
    channel, pixel = np.divmod(np.arange(layer.inputs), layer.block)
    table = (channel[:, None] * layer.fed + copy) * layer.block + pixel[:, None]
    if not layer.bias:
        return table
    units = np.arange(layer.units)
    units = units[source.entries(2 * layer.number, units, np.zeros_like(units)) > 0]
    served = units[: layer.samples] + layer.inputs * layer.fed
    width = max(layer.fed, len(served))
    out = np.full((layer.inputs + 1, width), EMPTY, np.int64)
    out[:-1, : layer.fed] = table
    out[-1, : len(served)] = served
    return out
