"""Magnitude pruning with rewinding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from slth.core.errors import BadInput
from slth.search.method import methods
from slth.search.task import Task
from slth.search.tuning import trained
from slth.search.weak import ByMask, highest, untrained


@methods.register("frankle2019")
@dataclass(frozen=True)
class Magnitude(ByMask):
    """Train, keep the largest trained weights, rewind them to where they started; once or in rounds.

    Parameters
    ----------
    rounds : int
        1: one shot. More: iterative magnitude pruning, round r of R keeps density^(r / R).
    """

    rounds: int = 1

    name: ClassVar[str] = "magnitude"
    strong: ClassVar[bool] = False
    title: ClassVar[str] = "The lottery ticket hypothesis: Finding sparse, trainable neural networks"
    citation: ClassVar[str] = """@inproceedings{frankle2019,
  author = {Frankle, Jonathan and Carbin, Michael},
  title = {The Lottery Ticket Hypothesis: Finding Sparse, Trainable Neural Networks},
  booktitle = {ICLR},
  year = {2019}
}"""
    statement: ClassVar[str] = (
        "The network is trained, the largest trained weights of all layers together are kept, and go back to their "
        "random values; with more rounds again and again. The accuracy reported is that after a last training. The "
        "paper's own networks are, as we recall, pruned layer by layer where they are dense, and trained by Adam; here "
        "all layers are ranked together and trained by SGD. A weak ticket."
    )

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise BadInput(f"at least 1 round is needed, not {self.rounds}")

    def masks(self, task: Task, weights: list[Tensor]) -> list[Tensor]:
        """By trained magnitudes, round after round."""
        masks = [torch.ones_like(weight, dtype=torch.bool) for weight in weights]
        for number in range(1, self.rounds + 1):
            tuned, _ = trained(task, task.training, weights, masks, untrained(task, weights, masks))
            magnitudes = [torch.where(mask, weight.abs(), -1.0) for weight, mask in zip(tuned, masks, strict=True)]
            masks = highest(magnitudes, task.density ** (number / self.rounds))
        return masks
