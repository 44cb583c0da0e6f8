"""Layer removal at initialisation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import torch
from torch import Tensor

from slth.core.errors import BadInput
from slth.search.branches import branches
from slth.search.method import methods
from slth.search.parts.rules import kept_count
from slth.search.saliency import connection
from slth.search.supermask import arrays, forget_silent
from slth.search.task import Outcome, Task
from slth.search.weak import ByMask


@methods.register("layerremoval")
@dataclass(frozen=True)
class LayerRemoval(ByMask):
    """Whole residual branches go, until the density is reached; then the weights of a shallower network are trained.

    Parameters
    ----------
    order : str
        last: the last branch goes first. saliency: the one with the least mean |W dL/dW|.
    """

    order: str = "last"

    name: ClassVar[str] = "layer-removal"
    strong: ClassVar[bool] = False
    title: ClassVar[str] = "Layer removal at initialisation (ours, a baseline)"
    citation: ClassVar[str] = ""
    statement: ClassVar[str] = (
        "For networks with sums. The layers of one side of a sum, the longer one, keep nothing, so the sum hands on "
        "its other side; one branch after the other goes until at most round(density * size) weights are kept. "
        "Branches are whole, so fewer may be kept than asked for. Then the weights are trained. A weak ticket, and "
        "what pruning of single weights has to beat: a shallower network."
    )

    def __post_init__(self) -> None:
        if self.order not in ("last", "saliency"):
            raise BadInput(f"order is last or saliency, not {self.order!r}")

    def masks(self, task: Task, weights: list[Tensor]) -> list[Tensor]:
        """Whole layers."""
        sizes = [weight.numel() for weight in weights]
        wanted = kept_count(sum(sizes), task.density)
        kept = [True] * len(weights)
        for branch in self._order(task, weights):
            if _left(sizes, kept) <= wanted:
                break
            kept = [here and layer not in branch for layer, here in enumerate(kept)]
        if (left := _left(sizes, kept)) > wanted:
            raise BadInput(
                f"without residual branches a fraction {left / sum(sizes):.3g} is left, more than the density"
            )
        return [torch.full_like(weight, here, dtype=torch.bool) for weight, here in zip(weights, kept, strict=True)]

    def _order(self, task: Task, weights: list[Tensor]) -> list[tuple[int, ...]]:
        """The branches, those that go first in front."""
        found = branches(task.architecture)
        if not found:
            raise BadInput(f"{self.name} removes residual branches, and the architecture has no sums: --arch resnet20")
        if any(task.architecture.slots[layer].offset for branch in found for layer in branch):
            raise BadInput("a branch whose convolutions have given biases does not vanish with its weights")
        if self.order == "last":
            return found[::-1]
        saliency = connection(task, weights)
        mean = {
            branch: sum(float(saliency[layer].sum()) for layer in branch) / sum(weights[n].numel() for n in branch)
            for branch in found
        }
        return sorted(found, key=lambda branch: mean[branch])

    def search(self, task: Task) -> Outcome:
        """The mask, and weights trained behind it; norms of what is removed have statistics 0 and 1."""
        found = super().search(task)
        chosen = found.chosen
        pairs = [(torch.tensor(mean), torch.tensor(variance)) for mean, variance in chosen.statistics]
        sizes = zip(chosen.mask.kept, chosen.mask.shapes, strict=True)
        whole = [torch.full((rows, 1), len(kept) > 0) for kept, (rows, _) in sizes]
        forget_silent(task.architecture, whole, pairs)
        return replace(found, chosen=replace(chosen, statistics=arrays(pairs)))


def _left(sizes: list[int], kept: list[bool]) -> int:
    return sum(size for size, here in zip(sizes, kept, strict=True) if here)
