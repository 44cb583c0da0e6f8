"""Edge-popup."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slth.search.engine import ByScores
from slth.search.method import methods


@methods.register("ramanujan2020")
@dataclass(frozen=True)
class EdgePopup(ByScores):
    """Keep the largest |score| of every layer; straight-through gradient W dL/dW."""

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
