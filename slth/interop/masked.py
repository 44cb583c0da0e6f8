"""Found tickets as torch.nn.utils.prune writes them: all random weights, and masks beside them."""

from __future__ import annotations

import os

import numpy as np

from slth.core.errors import BadInput
from slth.core.found import FoundTicket, mean_magnitude
from slth.core.nodes import Array, Floats
from slth.core.source import Source
from slth.interop.export import as_torch, numbered, save_torch
from slth.interop.files import shown


def write_masked(ticket: FoundTicket, path: str | os.PathLike[str]) -> None:
    """Write `masked_state` as a torch state_dict, atomically.

    Raises
    ------
    BadInput
        For a path that does not end in .pt or .pth.
    Unavailable
        When torch is missing, or the place cannot be written.
    """
    if not os.fspath(path).lower().endswith((".pt", ".pth")):
        raise BadInput(f"{shown(os.fspath(path))}: masks are written for torch; give a name that ends in .pt or .pth")
    save_torch(as_torch(masked_state(ticket)), path)


def masked_state(ticket: FoundTicket) -> dict[str, Array]:
    """For each layer N of the network `N.weight_orig` and `N.weight_mask`, whose product is its weight, and `N.bias`.

    A weight that is not kept has in `N.weight_orig` the value with which it would be kept: that of draw 0 with the sign
    of the source. Norms are folded in. Biases are those of the network, masked.
    """
    network = ticket.network
    with np.errstate(over="ignore", invalid="ignore"):
        whole = [whole_layer(ticket, layer) for layer in range(len(ticket.source.layers))]
        full = numbered(ticket.architecture.filled(whole, ticket.statistics))
    masks = iter(zip(ticket.mask.kept, ticket.mask.shapes, ticket.architecture.slots, strict=True))
    out: dict[str, Array] = {}
    for name, array in numbered(network).items():
        if not name.endswith(".weight"):
            out[name] = array
            continue
        kept, shape, slot = next(masks)
        mask = np.zeros(shape, np.float32)
        mask.reshape(-1)[kept] = 1
        out |= {f"{name}_orig": full[name], f"{name}_mask": mask[:, : slot.fan_in].reshape(array.shape)}
    return out


def whole_layer(ticket: FoundTicket, layer: int) -> Floats:
    """All weights of a layer, those that are not kept in draw 0 and with their own sign: shape (rows, width)."""
    source, kept = ticket.source, ticket.mask.kept[layer]
    values = source.whole(layer).copy()
    if ticket.values == "binary" and isinstance(source, Source):
        picked = source.picked(layer, kept, ticket.mask.draws[layer] if ticket.mask.draws else None)
        values = np.sign(values) * mean_magnitude(picked, source.unit(layer))
    values.reshape(-1)[kept] = ticket.weights(layer).reshape(-1)[kept]
    return values
