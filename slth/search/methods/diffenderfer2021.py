"""biprop: binary weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.core.errors import BadInput
from slth.search.engine import ByScores
from slth.search.method import methods
from slth.search.parts.rules import Global, Layerwise
from slth.search.parts.schedules import Constant, Cubic
from slth.search.parts.values import Binary
from slth.search.recipe import Recipe


@methods.register("diffenderfer2021")
@dataclass(frozen=True)
class Biprop(ByScores):
    """As edge-popup, with every kept weight reduced to its sign times one number for the layer.

    Parameters
    ----------
    across : str
        layer: the same density in every layer. network: the largest scores of all layers, with the pruned fraction
        rising from one half in the first ten epochs, as in the published code.
    """

    law: str = "normal"
    across: str = "layer"

    name: ClassVar[str] = "biprop"
    strong: ClassVar[bool] = True
    title: ClassVar[str] = "Multi-prize lottery ticket hypothesis"
    citation: ClassVar[str] = """@inproceedings{diffenderfer2021,
  author = {Diffenderfer, James and Kailkhura, Bhavya},
  title = {Multi-Prize Lottery Ticket Hypothesis: Finding Accurate Binary Neural Networks by Pruning A Randomly
           Weighted Network},
  booktitle = {ICLR},
  year = {2021}
}"""
    statement: ClassVar[str] = (
        "Scores and mask as in edge-popup; a kept weight is alpha times its sign, alpha being the mean magnitude of "
        "the kept random weights of the layer, taken as a constant in the backward pass. Binary activations of the "
        "paper are not offered. Norms have no learned scale or shift."
    )

    def __post_init__(self) -> None:
        if self.across not in ("layer", "network"):
            raise BadInput(f"across is layer or network, not {self.across!r}")

    def recipe(self) -> Recipe:
        """Edge-popup's parts with binary values."""
        if self.across == "network":
            return Recipe(value=Binary(), rule=Global(), schedule=Cubic())
        return Recipe(value=Binary(), rule=Layerwise(), schedule=Constant())
