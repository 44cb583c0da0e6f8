"""Networks back into files: the canonical target, and state_dicts that torch.nn.Sequential loads."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from slth.core.atomic import write_atomic
from slth.core.errors import BadInput, Unavailable
from slth.core.network import Activation, Dense, Network
from slth.interop.files import shown
from slth.interop.targets import write_target

if TYPE_CHECKING:
    import torch


def export_network(network: Network, path: str | os.PathLike[str]) -> None:
    """Write a network where other programs can load it; the ending of the path decides how.

    `.safetensors` gives the canonical target (no torch needed), `.pt` or `.pth` the state_dict of an
    nn.Sequential whose modules are the network's nodes in order.

    Raises
    ------
    BadInput
        For another ending.
    Unavailable
        When torch is needed and missing, or the place cannot be written.
    """
    name = os.fspath(path).lower()
    if name.endswith(".safetensors"):
        write_target(network, path)
    elif name.endswith((".pt", ".pth")):
        write_torch_state(network, path)
    else:
        raise BadInput(f"{shown(os.fspath(path))}: give a name that ends in .pt, .pth or .safetensors")


def to_torch_state(network: Network) -> dict[str, torch.Tensor]:
    """The state_dict of an nn.Sequential with one module per node: the tensors are copies.

    Raises
    ------
    Unavailable
        When torch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise Unavailable("writing .pt needs torch; install slth[torch] or write .safetensors") from None
    return {
        f"{index}.{name}": torch.from_numpy(array.copy())
        for index, node in enumerate(network.nodes)
        if isinstance(node, Dense)
        for name, array in node.tensors()
    }


def write_torch_state(network: Network, path: str | os.PathLike[str]) -> None:
    """Write `to_torch_state` with torch.save, atomically."""
    state = to_torch_state(network)
    import torch

    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomic(path, [buffer.getvalue()])


def sequential_code(network: Network) -> str:
    """The line of Python that builds the nn.Sequential which loads the state_dict."""
    modules = []
    for node in network.nodes:
        if isinstance(node, Dense):
            bias = "" if node.bias is not None else ", bias=False"
            modules.append(f"nn.Linear({node.shape[1]}, {node.shape[0]}{bias})")
        else:
            modules.append("nn.ReLU()" if isinstance(node, Activation) else "nn.Flatten()")
    return f"nn.Sequential({', '.join(modules)})"
