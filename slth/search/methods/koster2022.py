"""Signed supermasks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.core.errors import BadInput
from slth.search.engine import ByScores
from slth.search.method import methods
from slth.search.parts.rules import Signs
from slth.search.parts.scores import Signed
from slth.search.recipe import Recipe


@methods.register("koster2022")
@dataclass(frozen=True)
class SignedSupermask(ByScores):
    """Mask bits of -1, 0 and 1 invert, hide or keep a weight, by thresholds on its score.

    Parameters
    ----------
    threshold : float
        Scores between -threshold and threshold hide the weight.
    """

    scaled: bool = False
    threshold: float = 0.01

    name: ClassVar[str] = "signed-supermask"
    strong: ClassVar[bool] = True
    title: ClassVar[str] = "Signing the supermask: Keep, hide, invert"
    citation: ClassVar[str] = """@inproceedings{koster2022,
  author = {Koster, Nils and Grothe, Oliver and Rettinger, Achim},
  title = {Signing the Supermask: Keep, Hide, Invert},
  booktitle = {ICLR},
  year = {2022}
}"""
    statement: ClassVar[str] = (
        "The mask of a weight is the sign of its score, or 0 where |score| is at most a threshold; the gradient "
        "passes as if the mask were the score. The density is what comes out: `density` is not used. The paper "
        "is quoted from memory: its ELU networks, their initialisation and its settings are not reproduced."
    )

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1e6:
            raise BadInput(f"threshold must be from 0 to 1e6, not {self.threshold}")

    def recipe(self) -> Recipe:
        """Signed scores and thresholds."""
        return Recipe(score=Signed(), rule=Signs(self.threshold))
