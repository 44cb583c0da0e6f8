"""IteRand."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from slth.core.errors import BadInput
from slth.search.engine import ByScores
from slth.search.method import methods
from slth.search.parts.events import Redraw
from slth.search.parts.scores import Signed
from slth.search.parts.starts import Fan
from slth.search.recipe import Recipe


@methods.register("chijiwa2021")
@dataclass(frozen=True)
class IteRand(ByScores):
    """Edge-popup whose pruned weights are drawn anew now and then.

    Parameters
    ----------
    every : int
        Steps from one re-randomisation to the next; at most an epoch.
    chance : float
        Of a pruned weight to be drawn anew each time.
    """

    law: str = "uniform"
    every: int = 300
    chance: float = 0.1

    name: ClassVar[str] = "iterand"
    strong: ClassVar[bool] = True
    title: ClassVar[str] = "Pruning randomly initialized neural networks with iterative randomization"
    citation: ClassVar[str] = """@inproceedings{chijiwa2021,
  author = {Chijiwa, Daiki and Yamaguchi, Shin'ya and Ida, Yasutoshi and Umakoshi, Kenji and Inoue, Tomohiro},
  title = {Pruning Randomly Initialized Neural Networks with Iterative Randomization},
  booktitle = {NeurIPS},
  year = {2021}
}"""
    statement: ClassVar[str] = (
        "Edge-popup with signed scores (the largest, not the largest in magnitude), in which every K_per steps each "
        "pruned weight is drawn anew with chance r; once an epoch, where that has fewer steps than K_per. Here a new "
        "draw is the next draw of that entry in the counter-based source, and the ticket holds the number of the "
        "draw: it still regenerates from its seed."
    )

    def __post_init__(self) -> None:
        if self.every < 1 or not 0 <= self.chance <= 1:
            raise BadInput(f"every {self.every} must be at least 1 and chance {self.chance} in [0, 1]")

    def recipe(self) -> Recipe:
        """Signed scores, and new draws."""
        return Recipe(start=Fan(math.sqrt(6)), score=Signed(), redraw=Redraw(self.every, self.chance))
