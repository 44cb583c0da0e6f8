"""Weights trained behind a fixed mask: what fine-tuning and weak tickets share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from slth.core.mask import Mask
from slth.search.forward import blank_statistics
from slth.search.loop import fit
from slth.search.parts.rules import kept_count
from slth.search.settings import Training
from slth.search.task import Chosen, Network, Task
from slth.search.weights import Weights


def trained(task: Task, training: Training, weights: list[Tensor], masks: list[Tensor], chosen: Chosen) -> Network:
    """The masked weights after training, and the statistics of their norms; the last epoch's."""
    learner = Weights(weights, masks, blank_statistics(task.architecture, task.place), chosen)
    fit(replace(task, training=training, checkpoint=None), learner)
    return learner.effective(training=False), learner.statistics


def mask_tensors(task: Task, mask: Mask) -> list[Tensor]:
    """A mask as boolean tensors in the shapes that `forward` takes."""
    found = []
    for slot, (rows, width), kept in zip(task.architecture.slots, mask.shapes, mask.kept, strict=True):
        flat = np.zeros(rows * width, np.bool_)
        flat[kept] = True
        found.append(torch.from_numpy(flat.reshape(slot.stored)).to(task.place))
    return found


def shuffled(mask: Tensor, coin: torch.Generator) -> Tensor:
    """As many entries of a layer in random places; the coin is the CPU's."""
    order = torch.randperm(mask.numel(), generator=coin).to(mask.device)
    return mask.reshape(-1)[order].view(mask.shape)


def random_mask(weight: Tensor, density: float, coin: torch.Generator) -> Tensor:
    """Exactly round(density * size) entries in random places."""
    mask = torch.zeros(weight.numel(), dtype=torch.bool, device=weight.device)
    mask[: kept_count(len(mask), density)] = True
    return shuffled(mask.view(weight.shape), coin)
