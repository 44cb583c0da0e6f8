"""SNIP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from slth.search.method import methods
from slth.search.saliency import connection
from slth.search.task import Task
from slth.search.weak import ByMask, highest


@methods.register("lee2019")
@dataclass(frozen=True)
class Snip(ByMask):
    """The largest |W dL/dW| at initialisation, all layers together; then weights are trained."""

    name: ClassVar[str] = "snip"
    strong: ClassVar[bool] = False
    title: ClassVar[str] = "SNIP: Single-shot network pruning based on connection sensitivity"
    citation: ClassVar[str] = """@inproceedings{lee2019,
  author = {Lee, Namhoon and Ajanthan, Thalaiyasingam and Torr, Philip},
  title = {SNIP: Single-Shot Network Pruning Based on Connection Sensitivity},
  booktitle = {ICLR},
  year = {2019}
}"""
    statement: ClassVar[str] = (
        "A weight's saliency is |W dL/dW| of the random network, over some batches; the most salient of all layers "
        "together are kept and trained. A weak ticket: the accuracy that counts is the one after training."
    )

    def masks(self, task: Task, weights: list[Tensor]) -> list[Tensor]:
        """By connection sensitivity."""
        return highest(connection(task, weights), task.density)
