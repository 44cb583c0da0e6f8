"""Gem-Miner."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch

from slth.core.architecture import Architecture
from slth.core.errors import BadInput
from slth.search.draw import redrawn, weights_of
from slth.search.engine import ByScores, outcome
from slth.search.loop import fit
from slth.search.method import methods
from slth.search.parts.events import Prune
from slth.search.parts.penalties import Squares
from slth.search.parts.rules import Threshold
from slth.search.parts.scores import Clamped
from slth.search.parts.starts import Interval
from slth.search.recipe import Recipe
from slth.search.settings import Training
from slth.search.supermask import Supermask
from slth.search.task import Outcome, Task
from slth.search.tuning import shuffled, trained


@methods.register("sreenivasan2022gem")
@dataclass(frozen=True)
class GemMiner(ByScores):
    """Scores in [0, 1], kept above one half, with the lowest pruned for good every few epochs.

    Parameters
    ----------
    period : int
        Epochs from one pruning to the next.
    penalty : float
        Of the scores' squares.
    rewind : bool
        Whether scores go back to their start after each pruning.
    finetune : int
        Epochs in which the weights that were not pruned are then trained, rate 0.01, beside the paper's two sanity
        checks: a shuffled mask and newly drawn weights. The ticket is the one before.
    """

    scaled: bool = False
    period: int = 5
    penalty: float = 1e-4
    rewind: bool = False
    finetune: int = 0

    name: ClassVar[str] = "gem-miner"
    strong: ClassVar[bool] = True
    title: ClassVar[str] = "Rare gems: Finding lottery tickets at initialization"
    citation: ClassVar[str] = """@inproceedings{sreenivasan2022gem,
  author = {Sreenivasan, Kartik and Sohn, Jy-yong and Yang, Liu and Grinde, Matthew and Nagle, Alliot and Wang, Hongyi
            and Xing, Eric and Lee, Kangwook and Papailiopoulos, Dimitris},
  title = {Rare Gems: Finding Lottery Tickets at Initialization},
  booktitle = {NeurIPS},
  year = {2022}
}"""
    statement: ClassVar[str] = (
        "Scores start uniform in [0, 1] and are clamped to it; a weight is kept while its score is above one half and "
        "it was not pruned; every `period` epochs the lowest scores of all layers together are pruned for good, so "
        "that the fraction not pruned falls geometrically to the density. The mask may keep fewer than that. Exactly "
        "as many are pruned as are due, ties in index order, where the published code prunes all that tie."
    )

    def __post_init__(self) -> None:
        if self.period < 1 or self.finetune < 0:
            raise BadInput(f"period {self.period} must be at least 1, finetune {self.finetune} at least 0")
        if not 0 <= self.penalty <= 1:
            raise BadInput(f"penalty must be from 0 to 1, not {self.penalty}")

    def training(self, architecture: Architecture) -> Training:
        """SGD 0.1 with momentum and cosine, no decay of scores."""
        return Training(rate=0.1, decay=0.0)

    def recipe(self) -> Recipe:
        """Clamped scores, a threshold, pruning for good."""
        return Recipe(
            start=Interval(),
            score=Clamped(),
            rule=Threshold(0.5),
            prune=Prune(self.period, self.rewind),
            penalty=Squares(self.penalty) if self.penalty else None,
        )

    def search(self, task: Task) -> Outcome:
        """Trains the scores, and weights behind the mask where that is asked for."""
        learner = Supermask(task, self.recipe())
        found = outcome(fit(task, learner))
        if not self.finetune:
            return found
        assert learner.alive is not None
        masks = learner.alive
        settings = replace(task.training, epochs=self.finetune, rate=0.01, decay=1e-4)
        other = weights_of(redrawn(task.source, task.seed + 1), task.architecture, task.place)
        coin = torch.Generator().manual_seed(task.seed % (1 << 63))
        trials = {
            "finetuned": (learner.weights, masks),
            "finetuned_shuffled_mask": (learner.weights, [shuffled(mask, coin) for mask in masks]),
            "finetuned_redrawn_weights": (other, masks),
        }
        tuned = {name: trained(task, settings, *trial, found.chosen) for name, trial in trials.items()}
        return replace(found, trained=tuned)
