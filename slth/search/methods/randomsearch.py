"""Random search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from slth.core.architecture import Architecture
from slth.core.errors import BadInput
from slth.search.draw import Kaiming, weights_of
from slth.search.evaluate import accuracy, measured_statistics
from slth.search.method import methods
from slth.search.settings import Training
from slth.search.task import Outcome, Task
from slth.search.tuning import random_mask
from slth.search.weak import untrained


@methods.register("randomsearch")
@dataclass(frozen=True)
class RandomSearch:
    """The best of many random masks.

    Parameters
    ----------
    law : str
        sign, normal or uniform.
    trials : int
        Masks that are tried.
    """

    law: str = "sign"
    trials: int = 100

    name: ClassVar[str] = "random-search"
    strong: ClassVar[bool] = True
    given: ClassVar[bool] = False
    title: ClassVar[str] = "Random search: the best of many masks"
    citation: ClassVar[str] = ""
    statement: ClassVar[str] = (
        "Masks of the same density in every layer are drawn at random; the one with the best accuracy on the pictures "
        "held out (on the training pictures, where none are) is the ticket. What gradients have to beat."
    )

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise BadInput(f"at least 1 trial is needed, not {self.trials}")

    def draw(self) -> Kaiming:
        """As edge-popup."""
        return Kaiming(self.law)

    def training(self, architecture: Architecture) -> Training:
        """Nothing is trained."""
        return Training(epochs=1)

    def search(self, task: Task) -> Outcome:
        """Tries and compares."""
        weights = weights_of(task.source, task.architecture, task.place)
        coin = torch.Generator().manual_seed(task.seed % (1 << 63))
        judge = task.validation if len(task.validation) else task.train
        best: list[Tensor] = []
        reached: list[float] = []
        for trial in range(self.trials):
            masks = [random_mask(weight, task.density, coin) for weight in weights]
            masked = [weight * mask for weight, mask in zip(weights, masks, strict=True)]
            statistics = measured_statistics(task.architecture, masked, task.train, task.training.batch)
            reached.append(accuracy(task.architecture, masked, statistics, judge))
            if reached[-1] > max(reached[:-1], default=-1.0):
                best = masks
            task.watch.batch(0, trial + 1, self.trials, float("nan"))
        return Outcome(untrained(task, weights, best), notes={"trials": self.trials, "best_trial": max(reached)})
