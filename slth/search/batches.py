"""Batches in an order that seed and epoch determine, with random shifts and flips where they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from slth.search.task import Tensors


def steps(count: int, batch: int) -> int:
    """Batches in an epoch; a single left-over picture is left out, as no norm can be computed of it."""
    whole, rest = divmod(count, batch)
    return whole + (rest > 1)


def batches(data: Tensors, size: int, seed: int, epoch: int, augment: bool) -> Iterator[Tensors]:
    """The batches of an epoch; the same for the same seed and epoch on every device."""
    rng = np.random.default_rng([seed & 0xFFFFFFFF, seed >> 32, epoch])
    order = torch.from_numpy(rng.permutation(len(data))).to(data.labels.device)
    for number in range(steps(len(data), size)):
        chosen = order[number * size : (number + 1) * size]
        images = data.images[chosen]
        goals = None if data.goals is None else data.goals[chosen]
        yield Tensors(_augmented(images, rng) if augment else images, data.labels[chosen], goals)


def _augmented(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Each picture shifted on its own, zeros coming in at the edges; colour pictures mirrored half of the time."""
    count, channels, height, width = images.shape
    reach = max(1, max(height, width) // 8)
    shifts = torch.from_numpy(rng.integers(0, 2 * reach + 1, (2, count))).to(images.device)
    mirrored = torch.from_numpy(rng.random(count) < 0.5).to(images.device)
    rows = shifts[0][:, None] + torch.arange(height, device=images.device)
    columns = shifts[1][:, None] + torch.arange(width, device=images.device)
    if channels == 3:
        columns = torch.where(mirrored[:, None], columns.flip(1), columns)
    padded = F.pad(images, (reach,) * 4)
    numbers = torch.arange(count, device=images.device)
    return padded[numbers[:, None, None], :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2).contiguous()
