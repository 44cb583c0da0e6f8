"""Tickets of given weights, drawn."""

from __future__ import annotations

import numpy as np

from slth.core.architecture import Architecture
from slth.core.found import Accuracy, FoundTicket
from slth.core.given import Given
from slth.core.mask import Mask
from slth.core.network import Conv, Dense, Flatten, Network
from slth.core.nodes import Activation
from slth.core.preprocessing import Preprocessing


def ticket_of(network: Network, density: float, seed: int = 0, shape=None) -> FoundTicket:
    source, rng = Given.of(network), np.random.default_rng(seed)
    kept = [np.flatnonzero(rng.random(layer.size) < density) for layer in source.layers]
    architecture = Architecture.of(network, shape)
    channels = architecture.input_shape[0] if len(architecture.input_shape) == 3 else 1
    claim = Accuracy("ab" * 32, "drawn pictures", 0, 9, Preprocessing(255, (0.0,) * channels, (1.0,) * channels))
    return FoundTicket(architecture, source, Mask.of(source, kept), "weight", (), claim, {})


def small(bias=True, seed=0):
    rng = np.random.default_rng(seed)
    biases = [rng.standard_normal(n).astype(np.float32) if bias else None for n in (2, 3)]
    first = Conv(rng.standard_normal((2, 1, 3, 3)).astype(np.float32), biases[0], (1, 1), (1, 1))
    nodes = (first, Activation(), Flatten(), Dense(rng.standard_normal((3, 32)).astype(np.float32), biases[1]))
    return Network(nodes, (1, 4, 4))
