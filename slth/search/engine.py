"""From a recipe to an outcome: what the methods that train scores share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.core.architecture import Architecture
from slth.search.draw import Kaiming
from slth.search.loop import Course, fit
from slth.search.recipe import Recipe
from slth.search.settings import Training
from slth.search.supermask import Supermask
from slth.search.task import Outcome, Task


@dataclass(frozen=True)
class ByScores:
    """A method that is a recipe: random weights of a law, trained scores. Methods derive from it and say the rest.

    Parameters
    ----------
    law : str
        sign, normal or uniform.
    scaled : bool
        Whether weights grow with 1 / sqrt(density).
    """

    law: str = "sign"
    scaled: bool = True

    given: ClassVar[bool] = False

    def draw(self) -> Kaiming:
        """Kaiming's deviation."""
        return Kaiming(self.law, self.scaled)

    def training(self, architecture: Architecture) -> Training:
        """SGD 0.1 with momentum and cosine, as most published configurations have it."""
        return Training(rate=0.1, decay=1e-4)

    def recipe(self) -> Recipe:
        """The method's parts; those of edge-popup by default."""
        return Recipe()

    def search(self, task: Task) -> Outcome:
        """Trains the scores and gives the best epoch's subnetwork."""
        return searched(task, self.recipe())


def searched(task: Task, recipe: Recipe) -> Outcome:
    """Trains the scores of a recipe and gives the best epoch's subnetwork."""
    return outcome(fit(task, Supermask(task, recipe)))


def outcome(course: Course) -> Outcome:
    """The result of a course of training."""
    assert course.best is not None
    return Outcome(course.best, tuple(course.epochs), course.best_epoch)
