"""Lottery jackpots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from slth.core.architecture import Architecture
from slth.core.errors import BadInput
from slth.search.draw import Kaiming
from slth.search.engine import outcome
from slth.search.loop import fit
from slth.search.method import methods
from slth.search.parts.rules import Counts
from slth.search.parts.scores import Signed
from slth.search.recipe import Recipe
from slth.search.settings import Training
from slth.search.supermask import Supermask
from slth.search.task import Outcome, Task
from slth.search.weak import highest

PRUNED = 0.99
"""The first score of what magnitude pruning removes; that of what it keeps is 1."""


@methods.register("zhang2023")
@dataclass(frozen=True)
class Jackpots:
    """From magnitude pruning of a trained network on, train a mask of its weights, which stay as they are.

    Parameters
    ----------
    whole_last : bool
        Whether the last layer keeps all its weights; `density` then is that of the others.
    """

    whole_last: bool = True

    name: ClassVar[str] = "jackpots"
    strong: ClassVar[bool] = True
    given: ClassVar[bool] = True
    title: ClassVar[str] = "Lottery jackpots exist in pre-trained models"
    citation: ClassVar[str] = """@article{zhang2023,
  author = {Zhang, Yuxin and Lin, Mingbao and Zhong, Yunshan and Chao, Fei and Ji, Rongrong},
  title = {Lottery Jackpots Exist in Pre-trained Models},
  journal = {IEEE Transactions on Pattern Analysis and Machine Intelligence},
  year = {2023}
}"""
    statement: ClassVar[str] = (
        "The weights are those of a trained network (--target) and stay as they are. One threshold on the magnitudes "
        "of all layers but the last gives the number of weights that each layer keeps. Scores start at 1 for what "
        "magnitude pruning keeps and at 0.99 for the rest; each layer keeps its largest scores, signed, and the "
        "gradient of a score is that of the loss in the effective weight, times the weight. Biases of dense layers are "
        "ranked with their weights; those of convolutions stay. The published code restricts how many weights swap in "
        "a step, by a factor that is 1 throughout: here nothing restricts them. As published, its script for CIFAR "
        "builds a new random network after it has read the trained one and searches that; here the trained one is "
        "searched. The ticket needs the file of the network, and is no ticket of a random one."
    )

    def draw(self) -> Kaiming:
        """None: it searches given weights."""
        raise BadInput(
            f"{self.name} searches the weights of a trained network: give its file (--target), or Given.of it"
        )

    def training(self, architecture: Architecture) -> Training:
        """Those of the published code: SGD 0.1, 30 epochs, batches of 256."""
        return Training(epochs=30, batch=256, rate=0.1, decay=5e-4)

    def search(self, task: Task) -> Outcome:
        """Trains scores from magnitude pruning on, and gives the best epoch's subnetwork."""
        learner = started(task, self.whole_last)
        pruned = learner.effective(training=False)
        found = outcome(fit(task, learner))
        return Outcome(found.chosen, found.epochs, found.epoch, trained={"magnitude": (pruned, [])})


def started(task: Task, whole_last: bool) -> Supermask:
    """The learner before its first step: its mask is that of magnitude pruning."""
    learner = Supermask(task, Recipe(score=Signed(), whole_last=whole_last))
    if not learner.searched:
        raise BadInput("a network of one layer has none but the last to search: --option whole_last=false")
    kept = highest([weight.abs() for weight in learner.weights[: learner.searched]], task.density)
    learner.recipe = Recipe(score=Signed(), rule=Counts(counts(kept)), whole_last=whole_last)
    for scores, mask in zip(learner.parameters, kept, strict=True):
        scores.copy_(torch.where(mask, 1.0, PRUNED))
    return learner


def counts(masks: list[Tensor]) -> tuple[int, ...]:
    """How many each keeps."""
    return tuple(int(torch.count_nonzero(mask)) for mask in masks)
