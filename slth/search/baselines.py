"""Is it the mask? What other masks of the same densities, and other weights behind the same mask, are worth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from slth.core.architecture import Architecture
from slth.core.found import FoundTicket, masked_layer
from slth.core.given import Stock
from slth.core.mask import Mask
from slth.search.draw import redrawn
from slth.search.evaluate import accuracy, measured_statistics
from slth.search.task import Task, Tensors

Integers = NDArray[np.int64]
OTHER = 1 << 200
"""Added to a seed: the random network of nobody's search."""


@dataclass(frozen=True)
class Baselines:
    """Test accuracies of what a search has to beat; statistics of norms are measured anew for each."""

    random_mask: float
    """As many entries of every layer, chosen at random."""
    shuffled_mask: float
    """The mask with the entries of every row shuffled, signs with them: neurons keep their number of inputs."""
    redrawn_weights: float
    """The same mask on other random weights; on given ones in other places of their layers."""


def baselines(task: Task, ticket: FoundTicket, test: Tensors) -> Baselines:
    """Measured on the test set; nothing is chosen by them."""
    rng = np.random.default_rng([task.seed & 0xFFFFFFFF, task.seed >> 32, 1])
    other = redrawn(task.source, task.seed + OTHER)
    trials = [
        (ticket.source, _random(ticket.mask, rng)),
        (ticket.source, _shuffled(ticket.mask, rng)),
        (other, ticket.mask),
    ]
    found = []
    for source, mask in trials:
        weights = masked_weights(source, mask, ticket.values, task.architecture, task.place)
        statistics = measured_statistics(task.architecture, weights, task.train, task.training.batch)
        found.append(accuracy(task.architecture, weights, statistics, test))
    return Baselines(*found)


def masked_weights(
    source: Stock, mask: Mask, values: str, architecture: Architecture, place: torch.device
) -> list[Tensor]:
    """The weights of a subnetwork as `forward` takes them."""
    found = []
    for number, slot in enumerate(architecture.slots):
        exact = masked_layer(source, mask, values, number).astype(np.float32).reshape(slot.stored)
        found.append(torch.from_numpy(exact).to(place))
    return found


def _random(mask: Mask, rng: np.random.Generator) -> Mask:
    kept = [
        np.sort(rng.choice(rows * width, len(entries), replace=False))
        for (rows, width), entries in zip(mask.shapes, mask.kept, strict=True)
    ]
    return Mask(mask.shapes, tuple(kept), tuple(rng.permutation(signs) for signs in mask.signs))


def _shuffled(mask: Mask, rng: np.random.Generator) -> Mask:
    """Signs go where their entries go; all weights are first draws."""
    kept, signs = [], []
    for layer, ((rows, width), entries) in enumerate(zip(mask.shapes, mask.kept, strict=True)):
        pattern = np.zeros((rows, width), np.int64)
        pattern.reshape(-1)[entries] = mask.signs[layer] if mask.signs else 1
        flat = rng.permuted(pattern, axis=1).reshape(-1)
        kept.append(np.flatnonzero(flat))
        signs.append(flat[kept[-1]])
    return Mask(mask.shapes, tuple(kept), tuple(signs) if mask.signs else ())
