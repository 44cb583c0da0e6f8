"""Straight-through gradients: from the loss's gradient in the subnetwork's weights to one in the mask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from torch import Tensor


class Gradient(Protocol):
    """A stand-in for the derivative of the mask rule, which is 0 almost everywhere."""

    def mask(self, effective: Tensor, weights: Tensor, mask: Tensor) -> Tensor:
        """dL/dm, given dL/dW of the effective weights (which may be overwritten), the weights and the mask."""
        ...


@dataclass(frozen=True)
class Straight:
    """dL/dW times W for every entry, kept or not: the rule's derivative is taken to be the identity.

    Source: Ramanujan et al. (2020), equation 6. biprop's product with |W| is the same number: its effective weight has
    the sign of W, and that sign times |W| is W.
    """

    def mask(self, effective: Tensor, weights: Tensor, mask: Tensor) -> Tensor:
        """dL/dW * W."""
        return effective.mul_(weights)


@dataclass(frozen=True)
class Kept:
    """The same for kept entries only: what is pruned stays where it is."""

    def mask(self, effective: Tensor, weights: Tensor, mask: Tensor) -> Tensor:
        """dL/dW * W * |m|."""
        return effective.mul_(weights).mul_(mask.abs() if mask.is_floating_point() else mask)
