"""Correct answers of masked weights on prepared pictures, and statistics of norms measured anew."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from slth.core.architecture import Architecture
from slth.search.forward import Statistics, blank_statistics, forward
from slth.search.task import Tensors

BATCH = 1000
MEASURED = 50
"""Batches from which statistics are measured anew."""


def accuracy(architecture: Architecture, weights: Sequence[Tensor], statistics: Statistics, data: Tensors) -> float:
    """The fraction of correct answers, in the weights' precision."""
    right = 0
    with torch.no_grad():
        for start in range(0, len(data), BATCH):
            outputs = forward(architecture, weights, data.images[start : start + BATCH], statistics, training=False)
            right += int((outputs.argmax(dim=1) == data.labels[start : start + BATCH]).sum())
    return right / max(1, len(data))


def distance(architecture: Architecture, weights: Sequence[Tensor], statistics: Statistics, data: Tensors) -> float:
    """The mean squared distance to the data's goals, over pictures and outputs."""
    assert data.goals is not None
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(data), BATCH):
            outputs = forward(architecture, weights, data.images[start : start + BATCH], statistics, training=False)
            total += float(((outputs - data.goals[start : start + BATCH]) ** 2).sum())
    return total / int(data.goals.numel())


def measured_statistics(
    architecture: Architecture, weights: Sequence[Tensor], data: Tensors, batch: int
) -> list[tuple[Tensor, Tensor]]:
    """Running statistics of the norms of weights that were never trained with, from the first batches of the data."""
    statistics = blank_statistics(architecture, data.labels.device)
    with torch.no_grad():
        for start in range(0, min(len(data), MEASURED * batch) - 1, batch) if statistics else ():
            forward(architecture, weights, data.images[start : start + batch], statistics, training=True)
    return statistics
