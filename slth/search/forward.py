"""The forward pass of an architecture in torch, a function of weights that come from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from slth.core.architecture import Architecture, Norm, Slot
from slth.core.network import INPUT
from slth.core.nodes import Activation, Add, Flatten, Pool

Statistics = Sequence[tuple[Tensor, Tensor]]
MOMENTUM = 0.1  # of the running statistics, torch's usual one


def blank_statistics(architecture: Architecture, place: torch.device) -> list[tuple[Tensor, Tensor]]:
    """Running means of 0 and variances of 1 for each norm."""
    rows = [architecture.slots[slot].rows for slot in architecture.normed]
    return [(torch.zeros(count, device=place), torch.ones(count, device=place)) for count in rows]


def forward(
    architecture: Architecture, weights: Sequence[Tensor], x: Tensor, statistics: Statistics, training: bool
) -> Tensor:
    """Outputs for a batch of shape (batch, channels, height, width); norms update their statistics when training.

    Parameters
    ----------
    weights : one tensor for each slot
        Shape `Slot.shape`; with a bias (rows, columns + 1), the bias last.
    """
    values = {INPUT: x}
    layers, norms = iter(weights), iter(statistics)
    last_use = {feed: number for number, feeds in enumerate(architecture.inputs) for feed in feeds}
    for number, (node, feeds) in enumerate(zip(architecture.nodes, architecture.inputs, strict=True)):
        z = values[feeds[0]]
        if isinstance(node, Slot):
            values[number] = _affine(node, next(layers), z)
        elif isinstance(node, Norm):
            mean, variance = next(norms)
            values[number] = F.batch_norm(z, mean, variance, None, None, training, MOMENTUM, node.eps)
        elif isinstance(node, Add):
            values[number] = z + values[feeds[1]]
        else:
            values[number] = _plain(node, z)
        for feed in set(feeds):
            if last_use[feed] == number:
                del values[feed]
    return values[len(architecture.nodes) - 1].flatten(1)


def _affine(slot: Slot, weight: Tensor, x: Tensor) -> Tensor:
    if slot.kernel is not None:
        offset = x.new_tensor(slot.offset) if slot.offset else None
        return F.conv2d(x, weight, offset, slot.stride, slot.padding)
    if slot.bias:
        return F.linear(x.flatten(1), weight[:, :-1], weight[:, -1])
    return F.linear(x.flatten(1), weight)


def _plain(node: Activation | Pool | Flatten, x: Tensor) -> Tensor:
    if isinstance(node, Flatten):
        return x.flatten(1)
    if isinstance(node, Pool):
        pool = F.max_pool2d if node.kind == "max" else F.avg_pool2d
        return pool(x, node.kernel, node.stride)
    if node.kind == "relu":
        return F.relu(x)
    if node.kind == "leaky_relu":
        return F.leaky_relu(x, node.slope)
    return torch.tanh(x) if node.kind == "tanh" else torch.sigmoid(x)
