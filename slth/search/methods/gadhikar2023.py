"""Random masks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from slth.core.errors import BadInput
from slth.search.method import methods
from slth.search.task import Task
from slth.search.tuning import random_mask
from slth.search.weak import ByMask


@methods.register("gadhikar2023")
@dataclass(frozen=True)
class RandomMask(ByMask):
    """A random mask with given densities of layers; then weights are trained.

    Parameters
    ----------
    densities : str
        uniform: the same in every layer. erk: proportional to (out + in + kh + kw) / (out in kh kw), at most 1.
    """

    densities: str = "uniform"

    name: ClassVar[str] = "random-mask"
    strong: ClassVar[bool] = False
    title: ClassVar[str] = "Why random pruning is all we need to start sparse"
    citation: ClassVar[str] = """@inproceedings{gadhikar2023,
  author = {Gadhikar, Advait and Mukherjee, Sohom and Burkholz, Rebekka},
  title = {Why Random Pruning Is All We Need to Start Sparse},
  booktitle = {ICML},
  year = {2023}
}"""
    statement: ClassVar[str] = (
        "Entries are kept at random, the same fraction of every layer or Erdos-Renyi-kernel densities (Evci et al., "
        "2020), and the weights are trained. A weak ticket, and the baseline of all others."
    )

    def __post_init__(self) -> None:
        if self.densities not in ("uniform", "erk"):
            raise BadInput(f"densities are uniform or erk, not {self.densities!r}")

    def masks(self, task: Task, weights: list[Tensor]) -> list[Tensor]:
        """By coins."""
        coin = torch.Generator().manual_seed(task.seed % (1 << 63))
        wanted = [task.density] * len(weights)
        if self.densities == "erk":
            wanted = erk([tuple(weight.shape) for weight in weights], task.density)
        return [random_mask(weight, density, coin) for weight, density in zip(weights, wanted, strict=True)]


def erk(shapes: list[tuple[int, ...]], density: float) -> list[float]:
    """Densities of layers proportional to the sum of their sides over its product, none above 1, `density` in all."""
    sizes = [math.prod(shape) for shape in shapes]
    whole: set[int] = set()
    while True:
        rest = [number for number in range(len(shapes)) if number not in whole]
        room = density * sum(sizes) - sum(sizes[number] for number in whole)
        factor = room / sum(sum(shapes[number]) for number in rest) if rest else 0.0
        found = [1.0 if n in whole else factor * sum(shapes[n]) / sizes[n] for n in range(len(shapes))]
        over = {number for number in rest if found[number] > 1}
        if not over:
            return found
        whole |= over
