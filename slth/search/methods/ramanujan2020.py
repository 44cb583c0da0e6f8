"""Edge-popup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.core.architecture import Architecture
from slth.search.draw import Kaiming
from slth.search.engine import searched
from slth.search.method import methods
from slth.search.recipe import Recipe
from slth.search.settings import Training
from slth.search.task import Outcome, Task


@methods.register("ramanujan2020")
@dataclass(frozen=True)
class EdgePopup:
    """Edge-popup: the k largest |score| of every layer, straight-through gradient W dL/dW.

    Parameters
    ----------
    law : str
        sign (the paper's signed constant, the default), normal, uniform.
    scaled : bool
        Whether weights grow with 1 / sqrt(density).
    """

    law: str = "sign"
    scaled: bool = True

    name: ClassVar[str] = "edge-popup"
    strong: ClassVar[bool] = True
    title: ClassVar[str] = "What's hidden in a randomly weighted neural network?"
    citation: ClassVar[str] = """@inproceedings{ramanujan2020,
  author = {Ramanujan, Vivek and Wortsman, Mitchell and Kembhavi, Aniruddha and Farhadi, Ali and Rastegari, Mohammad},
  title = {What's Hidden in a Randomly Weighted Neural Network?},
  booktitle = {CVPR},
  year = {2020}
}"""
    statement: ClassVar[str] = (
        "Every weight has a score; the forward pass keeps the fraction `density` of every layer with the largest "
        "absolute scores; the gradient of a score is that of the loss in the effective weight, times the weight, as if "
        "keeping were the identity. Weights never change. Equal scores are kept in index order, and exactly "
        "round(density * size) entries are kept, where the published code keeps size - int((1 - density) * size)."
    )

    def draw(self) -> Kaiming:
        """Kaiming, scaled by the density that is kept."""
        return Kaiming(self.law, self.scaled)

    def training(self, architecture: Architecture) -> Training:
        """SGD 0.1 with momentum and cosine, as the published configurations have it."""
        return Training(rate=0.1, decay=1e-4)

    def recipe(self) -> Recipe:
        """The defaults of `Recipe`."""
        return Recipe()

    def search(self, task: Task) -> Outcome:
        """Trains the scores."""
        return searched(task, self.recipe())
