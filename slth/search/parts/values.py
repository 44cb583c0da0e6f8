"""What a kept weight is worth, and how the loss's gradient reaches the mask past it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Protocol

from torch import Tensor


class Value(Protocol):
    """A value rule.

    Attributes
    ----------
    label : str
        `values` of the ticket.
    """

    label: ClassVar[str]

    def effective(self, weights: Tensor, mask: Tensor) -> Tensor:
        """The weights of the subnetwork; the mask is boolean or of -1, 0 and 1."""
        ...


@dataclass(frozen=True)
class Random:
    """The random weight itself."""

    label: ClassVar[str] = "weight"

    def effective(self, weights: Tensor, mask: Tensor) -> Tensor:
        """W m."""
        return weights * mask


@dataclass(frozen=True)
class Binary:
    """The weight's sign times alpha, the mean magnitude of the kept weights of the layer.

    Source: Diffenderfer and Kailkhura (2021), algorithm 1: alpha = |W m|_1 / |m|_1.
    """

    label: ClassVar[str] = "binary"

    def effective(self, weights: Tensor, mask: Tensor) -> Tensor:
        """alpha sign(W) m."""
        kept = mask.abs() if mask.is_floating_point() else mask
        magnitude = (weights.abs() * kept).sum() / kept.sum().clamp(min=1)
        return weights.sign() * mask * magnitude
