"""Edge-popup on whole filters and neurons."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from slth.core.errors import BadInput
from slth.search.engine import ByScores
from slth.search.method import methods
from slth.search.parts.units import Filter, Weight
from slth.search.recipe import Recipe
from slth.search.slices import reset, without_silent
from slth.search.task import Outcome, Task


@methods.register("structured")
@dataclass(frozen=True)
class StructuredEdgePopup(ByScores):
    """Edge-popup with one score for each filter or neuron; later layers read what is left.

    Parameters
    ----------
    last : str
        weights: edge-popup on the single weights of the last layer, whose outputs are the classes. whole: all of them.
    """

    last: str = "weights"

    name: ClassVar[str] = "edge-popup-filters"
    strong: ClassVar[bool] = True
    title: ClassVar[str] = "Edge-popup on filters and neurons (ours, after Ramanujan et al., 2020)"
    citation: ClassVar[str] = """@inproceedings{ramanujan2020,
  author = {Ramanujan, Vivek and Wortsman, Mitchell and Kembhavi, Aniruddha and Farhadi, Ali and Rastegari, Mohammad},
  title = {What's Hidden in a Randomly Weighted Neural Network?},
  booktitle = {CVPR},
  year = {2020}
}"""
    statement: ClassVar[str] = (
        "One score decides on a whole filter (or neuron): the fraction `density` of the filters of every layer but "
        "the last is kept, and their gradient is the sum of that of their weights. Slices of later layers that read "
        "removed filters are removed too, so the density of weights is about its square, and the ticket exports as "
        "a smaller dense network. The last layer, whose outputs are the classes, keeps single weights, or all. Ours; "
        "no paper prints it."
    )

    def __post_init__(self) -> None:
        if self.last not in ("weights", "whole"):
            raise BadInput(f"last is weights or whole, not {self.last!r}")

    def recipe(self) -> Recipe:
        """Edge-popup's parts with filters as units."""
        return Recipe(unit=Filter(), last=Weight(), whole_last=self.last == "whole")

    def search(self, task: Task) -> Outcome:
        """Trains the scores, then removes the slices of removed filters."""
        found = super().search(task)
        chosen = found.chosen
        mask = without_silent(task.architecture, chosen.mask)
        statistics = reset(task.architecture, mask, chosen.statistics)
        return replace(found, chosen=replace(chosen, mask=mask, statistics=statistics))
