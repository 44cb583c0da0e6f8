"""The canonical target: one safetensors file whose metadata say its architecture and its digest."""

from __future__ import annotations

import os

from slth.core.network import Network, canonical_json
from slth.interop.safetensors import write_container

ARCHITECTURE_KEY = "slth.arch"
DIGEST_KEY = "slth.digest"


def write_target(network: Network, path: str | os.PathLike[str]) -> None:
    """Write the canonical target: weights, architecture and digest in one safetensors file.

    Reading it back gives the same digest, and equal networks give equal bytes.

    Raises
    ------
    Unavailable
        When the place cannot be written; nothing is left behind.
    """
    metadata = {ARCHITECTURE_KEY: canonical_json(network.architecture()), DIGEST_KEY: network.digest}
    write_container(path, metadata, network.tensors())
