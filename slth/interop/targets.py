"""The canonical target: one safetensors file whose metadata say its architecture and its digest."""

from __future__ import annotations

import math
import os

from slth.core.errors import BadInput
from slth.core.network import INPUT, Conv, Network, canonical_json
from slth.interop.safetensors import write_container

ARCHITECTURE_KEY = "slth.arch"
DIGEST_KEY = "slth.digest"
LARGEST = 1 << 22
"""Numbers of one input, and of what a node takes and makes, padding included (FORMAT.md, section 2)."""


def write_target(network: Network, path: str | os.PathLike[str]) -> None:
    """Write the canonical target: weights, architecture and digest in one safetensors file.

    Reading it back gives the same digest, and equal networks give equal bytes.

    Raises
    ------
    BadInput
        For a network that the format has no room for.
    Unavailable
        When the place cannot be written; nothing is left behind.
    """
    _check_sizes(network)
    metadata = {ARCHITECTURE_KEY: canonical_json(network.architecture()), DIGEST_KEY: network.digest}
    write_container(path, metadata, network.tensors())


def _check_sizes(network: Network) -> None:
    """Refuse what no reader of the format would take."""
    for number, (node, feeds) in enumerate(zip(network.nodes, network.inputs, strict=True)):
        given = network.input_shape if feeds[0] == INPUT else network.shapes[feeds[0]]
        if isinstance(node, Conv):
            sides = (side + 2 * zeros for side, zeros in zip(given[1:], node.padding, strict=True))
            given = (given[0], *sides)
        largest = max(math.prod(given), math.prod(network.shapes[number]))
        if largest > LARGEST:
            where = f"node {number} ({type(node).__name__.lower()})"
            raise BadInput(f"{where} has {largest} numbers with its padding; a target has at most {LARGEST} there")
