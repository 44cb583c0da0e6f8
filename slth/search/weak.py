"""What methods share that choose a mask and then train the weights behind it: weak tickets, for comparison."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from slth.core.architecture import Architecture
from slth.core.mask import Mask
from slth.search.draw import Kaiming, weights_of
from slth.search.evaluate import measured_statistics
from slth.search.parts.rules import Global
from slth.search.saliency import synaptic_flow
from slth.search.settings import Training
from slth.search.supermask import arrays
from slth.search.task import Chosen, Outcome, Task
from slth.search.tuning import trained


@dataclass(frozen=True)
class ByMask(ABC):
    """A method that prunes a random network once and trains what is left; methods derive from it and say the mask.

    Parameters
    ----------
    law : str
        normal, uniform or sign.
    train : bool
        Whether to train the weights. The ticket is the mask on untrained weights either way; the accuracy after
        training is reported beside it.
    """

    law: str = "normal"
    train: bool = True

    given: ClassVar[bool] = False

    def draw(self) -> Kaiming:
        """Kaiming's deviation for the dense network."""
        return Kaiming(self.law, scaled=False)

    def training(self, architecture: Architecture) -> Training:
        """SGD 0.05 with momentum and cosine, of weights."""
        return Training(rate=0.05, decay=5e-4)

    @abstractmethod
    def masks(self, task: Task, weights: list[Tensor]) -> list[Tensor]:
        """A boolean mask for each slot; the weights are the random ones."""

    def search(self, task: Task) -> Outcome:
        """The mask, and weights trained behind it."""
        weights = weights_of(task.source, task.architecture, task.place)
        masks = self.masks(task, weights)
        chosen = untrained(task, weights, masks)
        if not self.train:
            return Outcome(chosen)
        return Outcome(chosen, trained={"trained": trained(task, task.training, weights, masks, chosen)})


def untrained(task: Task, weights: list[Tensor], masks: Sequence[Tensor]) -> Chosen:
    """The masked random network, with the statistics that its norms measure."""
    masked = [weight * mask for weight, mask in zip(weights, masks, strict=True)]
    statistics = measured_statistics(task.architecture, masked, task.train, task.training.batch)
    shapes = tuple((layer.rows, layer.width) for layer in task.source.layers)
    kept = tuple(np.flatnonzero(mask.reshape(-1).cpu().numpy()) for mask in masks)
    return Chosen(Mask(shapes, kept), "weight", arrays(statistics))


def highest(saliency: Sequence[Tensor], density: float) -> list[Tensor]:
    """The entries of highest saliency in all layers together: exactly round(density * size)."""
    with torch.no_grad():
        return Global().masks(list(saliency), density, None)


def flowing(architecture: Architecture, weights: list[Tensor], density: float, rounds: int) -> list[Tensor]:
    """Masks by synaptic flow, pruned to density^(r / rounds) in round r."""
    masks = [torch.ones_like(weight, dtype=torch.bool) for weight in weights]
    for number in range(1, rounds + 1):
        saliency = synaptic_flow(architecture, weights, masks)
        alive = [torch.where(mask, flow, -1.0) for flow, mask in zip(saliency, masks, strict=True)]
        masks = highest(alive, density ** (number / rounds))
    return masks
