"""The learner of weights behind a fixed mask: fine-tuning, and weak tickets for comparison."""

from __future__ import annotations

import torch
from torch import Tensor

from slth.search.task import Chosen


class Weights:
    """Trained weights of one task, masked; see `Learner`. What it trains is no strong ticket any more.

    Parameters
    ----------
    weights : list of Tensor
        Where training starts; copied.
    masks : list of Tensor
        Boolean; pruned weights stay 0.
    statistics : list of (mean, variance)
        Copied.
    chosen : Chosen
        The subnetwork before its weights were trained.
    """

    def __init__(
        self, weights: list[Tensor], masks: list[Tensor], statistics: list[tuple[Tensor, Tensor]], chosen: Chosen
    ) -> None:
        self.masks = masks
        self.parameters = [weight * mask for weight, mask in zip(weights, masks, strict=True)]
        self.statistics = [(mean.clone(), variance.clone()) for mean, variance in statistics]
        self.before = chosen

    def begin_epoch(self, epoch: int) -> None:
        """Nothing to do."""

    def begin_step(self, step: int) -> None:
        """Nothing to do."""

    def effective(self, training: bool) -> list[Tensor]:
        """The weights themselves."""
        return [weight.detach() for weight in self.parameters]

    def pull(self, gradients: list[Tensor]) -> None:
        """Gradients of what is kept."""
        for weight, mask, gradient in zip(self.parameters, self.masks, gradients, strict=True):
            weight.grad = gradient.mul_(mask)

    def settle(self) -> None:
        """Nothing to do: pruned weights have no gradient, and decay leaves 0 at 0."""

    def ready(self, epoch: int) -> bool:
        """Any epoch may be chosen."""
        return True

    def end_epoch(self, epoch: int) -> None:
        """Nothing to do."""

    def densities(self) -> tuple[float, ...]:
        """The fraction kept of every layer."""
        return tuple(float(torch.count_nonzero(mask)) / mask.numel() for mask in self.masks)

    def chosen(self) -> Chosen:
        """The subnetwork of the random network, untrained."""
        return self.before

    def tensors(self) -> dict[str, Tensor]:
        """Weights and statistics."""
        out = {f"weights.{layer}": weight for layer, weight in enumerate(self.parameters)}
        out |= {f"mean.{norm}": mean for norm, (mean, _) in enumerate(self.statistics)}
        return out | {f"variance.{norm}": variance for norm, (_, variance) in enumerate(self.statistics)}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Takes up what `tensors` gave."""
        for name, tensor in self.tensors().items():
            tensor.copy_(tensors[name])
