"""What one score decides on: a weight, a whole filter or neuron, or a block of weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from torch import Tensor

from slth.core.errors import BadInput

Shape = tuple[int, ...]


class Unit(Protocol):
    """A partition of a layer's weights into groups that live or die together."""

    def shape(self, weights: Shape) -> Shape:
        """Shape of the scores of a layer whose weights have this shape."""
        ...

    def spread(self, mask: Tensor, weights: Shape) -> Tensor:
        """The mask of the weights, given that of the groups."""
        ...

    def gathered(self, gradient: Tensor) -> Tensor:
        """For each group the sum over its weights."""
        ...


@dataclass(frozen=True)
class Weight:
    """Every weight on its own."""

    def shape(self, weights: Shape) -> Shape:
        """The weights' own."""
        return weights

    def spread(self, mask: Tensor, weights: Shape) -> Tensor:
        """The same mask."""
        return mask

    def gathered(self, gradient: Tensor) -> Tensor:
        """The same gradient."""
        return gradient


@dataclass(frozen=True)
class Filter:
    """All weights of one output: a filter of a convolution, a neuron of a dense layer."""

    def shape(self, weights: Shape) -> Shape:
        """(out, 1, ...)."""
        return (weights[0], *(1 for _ in weights[1:]))

    def spread(self, mask: Tensor, weights: Shape) -> Tensor:
        """The output's bit for each of its weights."""
        return mask.expand(weights)

    def gathered(self, gradient: Tensor) -> Tensor:
        """(out, 1, ...)."""
        return gradient.sum(dim=tuple(range(1, gradient.dim())), keepdim=True)


@dataclass(frozen=True)
class Block:
    """Runs of `size` weights of a row, row-major: kernels where size is the kernel's, tiles of dense layers."""

    size: int = 4

    def __post_init__(self) -> None:
        if self.size < 1:
            raise BadInput(f"a block has at least 1 weight, not {self.size}")

    def shape(self, weights: Shape) -> Shape:
        """(out, width / size)."""
        width = math.prod(weights[1:])
        if width % self.size:
            raise BadInput(f"a row of {width} weights has no blocks of {self.size}; choose a size that divides it")
        return (weights[0], width // self.size)

    def spread(self, mask: Tensor, weights: Shape) -> Tensor:
        """The block's bit for each of its weights."""
        return mask.repeat_interleave(self.size, dim=1).view(weights)

    def gathered(self, gradient: Tensor) -> Tensor:
        """(out, width / size)."""
        return gradient.reshape(len(gradient), -1, self.size).sum(dim=2)
