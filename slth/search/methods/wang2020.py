"""GraSP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from slth.core.errors import BadInput
from slth.search.method import methods
from slth.search.saliency import flow
from slth.search.task import Task
from slth.search.weak import ByMask, highest


@methods.register("wang2020")
@dataclass(frozen=True)
class Grasp(ByMask):
    """The weights whose removal costs the gradient most of its norm; then weights are trained.

    Parameters
    ----------
    temperature : float
        Of the outputs while saliencies are measured.
    """

    temperature: float = 200.0

    name: ClassVar[str] = "grasp"
    strong: ClassVar[bool] = False
    title: ClassVar[str] = "Picking winning tickets before training by preserving gradient flow"
    citation: ClassVar[str] = """@inproceedings{wang2020,
  author = {Wang, Chaoqi and Zhang, Guodong and Grosse, Roger},
  title = {Picking Winning Tickets Before Training by Preserving Gradient Flow},
  booktitle = {ICLR},
  year = {2020}
}"""
    statement: ClassVar[str] = (
        "A weight's score is -W (H g), H the Hessian and g the gradient of the random network's loss; those with the "
        "highest scores are pruned, in all layers together, and the others trained. Outputs are divided by a "
        "temperature first. A weak ticket."
    )

    def __post_init__(self) -> None:
        if not 0 < self.temperature <= 1e6:
            raise BadInput(f"temperature must be above 0 and at most 1e6, not {self.temperature}")

    def masks(self, task: Task, weights: list[Tensor]) -> list[Tensor]:
        """By the gradient's norm."""
        return highest(flow(task, weights, self.temperature), task.density)
