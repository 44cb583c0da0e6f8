"""Any recipe: the parts chosen one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.search.engine import ByScores
from slth.search.method import methods
from slth.search.partnames import part
from slth.search.recipe import Recipe


@methods.register("recipe")
@dataclass(frozen=True)
class AnyRecipe(ByScores):
    """Parts of your choice, edge-popup's by default.

    Parameters
    ----------
    start, score, unit, rule, value, gradient, schedule : str
        Names of parts, with numbers after colons: rule `of:2:4` keeps 2 of every 4, unit `block:9` whole 3 x 3 kernels.
    last : str
        Unit of the last layer; empty for the same as elsewhere.
    redraw, prune, penalty : str
        The same; empty for none: `every:300:0.1`, `every:5`, `squares:1e-4`.
    """

    start: str = "fan"
    score: str = "absolute"
    unit: str = "weight"
    last: str = ""
    rule: str = "layer"
    value: str = "random"
    gradient: str = "straight"
    schedule: str = "constant"
    redraw: str = ""
    prune: str = ""
    penalty: str = ""

    name: ClassVar[str] = "recipe"
    strong: ClassVar[bool] = True
    title: ClassVar[str] = "Any recipe: score, unit, rule, value, gradient, schedule and events of your choice"
    citation: ClassVar[str] = ""
    statement: ClassVar[str] = (
        "The parts of the methods in any combination, among them some that no paper here uses: N:M masks, blocks, "
        "global masks, gradients of kept weights only, and other regularisers of scores."
    )

    def __post_init__(self) -> None:
        self.recipe()  # misspelt parts are refused before anything is drawn

    def recipe(self) -> Recipe:
        """The parts by their names."""
        return Recipe(
            start=part("start", self.start),
            score=part("score", self.score),
            unit=part("unit", self.unit),
            last=part("unit", self.last) if self.last else None,
            rule=part("rule", self.rule),
            value=part("value", self.value),
            gradient=part("gradient", self.gradient),
            schedule=part("schedule", self.schedule),
            redraw=part("redraw", self.redraw) if self.redraw else None,
            prune=part("prune", self.prune) if self.prune else None,
            penalty=part("penalty", self.penalty) if self.penalty else None,
        )
