"""Annealed edge-popup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.search.engine import ByScores
from slth.search.method import methods
from slth.search.parts.schedules import Annealed
from slth.search.recipe import Recipe


@methods.register("fischer2022")
@dataclass(frozen=True)
class AnnealedEdgePopup(ByScores):
    """Edge-popup whose density falls to the goal over the epochs, geometrically."""

    scaled: bool = False

    name: ClassVar[str] = "annealed-edge-popup"
    strong: ClassVar[bool] = True
    title: ClassVar[str] = "Plant 'n' seek: Can you find the winning ticket?"
    citation: ClassVar[str] = """@inproceedings{fischer2022,
  author = {Fischer, Jonas and Burkholz, Rebekka},
  title = {Plant 'n' Seek: Can You Find the Winning Ticket?},
  booktitle = {ICLR},
  year = {2022}
}"""
    statement: ClassVar[str] = (
        "Edge-popup in which epoch e of E keeps the fraction density^(e / E): only the last epoch has the density "
        "asked for, so it is the one that is chosen, and at low densities much is lost on the way unless there are "
        "many epochs. Biases, where --bias asks for them, are ranked with the weights of their layer. Laws, decay and "
        "batches are this engine's defaults, not the paper's."
    )

    def recipe(self) -> Recipe:
        """Edge-popup's parts with an annealed density."""
        return Recipe(schedule=Annealed())
