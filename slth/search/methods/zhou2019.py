"""Supermasks by Bernoulli coins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.core.architecture import Architecture
from slth.search.engine import ByScores
from slth.search.method import methods
from slth.search.parts.rules import Bernoulli
from slth.search.parts.scores import Sigmoid
from slth.search.parts.starts import Fan
from slth.search.recipe import Recipe
from slth.search.settings import Training


@methods.register("zhou2019")
@dataclass(frozen=True)
class Supermask(ByScores):
    """Each weight is kept with its own probability, sigmoid(score), drawn anew at every step."""

    scaled: bool = False

    name: ClassVar[str] = "supermask"
    strong: ClassVar[bool] = True
    title: ClassVar[str] = "Deconstructing lottery tickets: Zeros, signs, and the supermask"
    citation: ClassVar[str] = """@inproceedings{zhou2019,
  author = {Zhou, Hattie and Lan, Janice and Liu, Rosanne and Yosinski, Jason},
  title = {Deconstructing Lottery Tickets: Zeros, Signs, and the Supermask},
  booktitle = {NeurIPS},
  year = {2019}
}"""
    statement: ClassVar[str] = (
        "A weight's mask bit is a Bernoulli coin of probability sigmoid(score), tossed in every step; the gradient "
        "passes the coin as if it were the probability. The density is what comes out, near one half: `density` is "
        "not used. The ticket keeps the weights with probability above one half. Settings of the optimiser are ours: "
        "the paper's were not re-read."
    )

    def training(self, architecture: Architecture) -> Training:
        """Adam 0.1: the slope of the sigmoid makes gradients small."""
        return Training(optimiser="adam", rate=0.1, decay=0.0)

    def recipe(self) -> Recipe:
        """Sigmoid and coins."""
        return Recipe(start=Fan(), score=Sigmoid(), rule=Bernoulli())
