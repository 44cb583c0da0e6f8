"""SynFlow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from slth.core.errors import BadInput
from slth.search.method import methods
from slth.search.task import Task
from slth.search.weak import ByMask, flowing


@methods.register("tanaka2020")
@dataclass(frozen=True)
class Synflow(ByMask):
    """Synaptic flow, pruned in many rounds without data; then weights are trained.

    Parameters
    ----------
    rounds : int
        Round r of R keeps density^(r / R).
    """

    rounds: int = 100

    name: ClassVar[str] = "synflow"
    strong: ClassVar[bool] = False
    title: ClassVar[str] = "Pruning neural networks without any data by iteratively conserving synaptic flow"
    citation: ClassVar[str] = """@inproceedings{tanaka2020,
  author = {Tanaka, Hidenori and Kunin, Daniel and Yamins, Daniel L. K. and Ganguli, Surya},
  title = {Pruning Neural Networks Without Any Data by Iteratively Conserving Synaptic Flow},
  booktitle = {NeurIPS},
  year = {2020}
}"""
    statement: ClassVar[str] = (
        "A weight's saliency is |W| dR/d|W|, R being what the network of magnitudes puts out for an input of ones; "
        "pruning in many rounds keeps layers from vanishing. A weak ticket."
    )

    def __post_init__(self) -> None:
        if self.rounds < 1:
            raise BadInput(f"at least 1 round is needed, not {self.rounds}")

    def masks(self, task: Task, weights: list[Tensor]) -> list[Tensor]:
        """By synaptic flow, round after round."""
        return flowing(task.architecture, weights, task.density, self.rounds)
