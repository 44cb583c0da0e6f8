"""From a recipe to an outcome: what the methods that train scores share."""

from __future__ import annotations

from slth.search.loop import Course, fit
from slth.search.recipe import Recipe
from slth.search.supermask import Supermask
from slth.search.task import Outcome, Task


def searched(task: Task, recipe: Recipe) -> Outcome:
    """Trains the scores of a recipe and gives the best epoch's subnetwork."""
    return outcome(fit(task, Supermask(task, recipe)))


def outcome(course: Course) -> Outcome:
    """The result of a course of training."""
    assert course.best is not None
    return Outcome(course.best, tuple(course.epochs), course.best_epoch)
