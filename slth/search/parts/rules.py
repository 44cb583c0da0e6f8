"""From what is ranked to a mask: the largest of a layer or of the network, a threshold, a coin, N of M."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from slth.core.errors import BadInput
from slth.search.select import largest


class Rule(Protocol):
    """A mask rule."""

    def masks(self, ranked: Sequence[Tensor], density: float, coin: torch.Generator | None) -> list[Tensor]:
        """For each layer a boolean tensor, or one of -1, 0 and 1, in the shape of what is ranked.

        `coin` is given while training: without it a rule that draws says what is most likely.
        """
        ...


def kept_count(size: int, density: float) -> int:
    """How many of `size` entries a density keeps: the nearest whole number, halves to even."""
    return round(size * density)


@dataclass(frozen=True)
class Layerwise:
    """The largest of every layer: exactly round(density * size) of each."""

    def masks(self, ranked: Sequence[Tensor], density: float, coin: torch.Generator | None) -> list[Tensor]:
        """Boolean masks."""
        return [largest(layer, kept_count(layer.numel(), density)) for layer in ranked]


@dataclass(frozen=True)
class Counts:
    """The largest of every layer, for each layer a number of its own, whatever the density asked for."""

    counts: tuple[int, ...]

    def masks(self, ranked: Sequence[Tensor], density: float, coin: torch.Generator | None) -> list[Tensor]:
        """Boolean masks."""
        return [largest(layer, count) for layer, count in zip(ranked, self.counts, strict=True)]


@dataclass(frozen=True)
class Global:
    """The largest of all layers together; equal ones in the order of layers and entries."""

    def masks(self, ranked: Sequence[Tensor], density: float, coin: torch.Generator | None) -> list[Tensor]:
        """Boolean masks."""
        together = torch.cat([layer.reshape(-1) for layer in ranked])
        kept = largest(together, kept_count(len(together), density))
        parts = kept.split([layer.numel() for layer in ranked])
        return [part.view(layer.shape) for part, layer in zip(parts, ranked, strict=True)]


@dataclass(frozen=True)
class Threshold:
    """All above a fixed number; the density follows."""

    at: float = 0.5

    def masks(self, ranked: Sequence[Tensor], density: float, coin: torch.Generator | None) -> list[Tensor]:
        """Boolean masks."""
        return [layer > self.at for layer in ranked]


@dataclass(frozen=True)
class Bernoulli:
    """Each with the chance ranked, brought to [0, 1], drawn anew at every step; in the end those above one half."""

    def masks(self, ranked: Sequence[Tensor], density: float, coin: torch.Generator | None) -> list[Tensor]:
        """Boolean masks."""
        if coin is None:
            return [layer > 0.5 for layer in ranked]
        chances = (layer.nan_to_num(0.0).clamp(0, 1) for layer in ranked)
        return [torch.bernoulli(chance, generator=coin).bool() for chance in chances]


@dataclass(frozen=True)
class Signs:
    """1 above a threshold, -1 below its negative, 0 between."""

    at: float = 0.01

    def masks(self, ranked: Sequence[Tensor], density: float, coin: torch.Generator | None) -> list[Tensor]:
        """Masks of -1, 0 and 1."""
        return [layer.sign() * (layer.abs() > self.at) for layer in ranked]


@dataclass(frozen=True)
class OfEvery:
    """The n largest of every m in a row (N:M sparsity), whatever the density asked for."""

    n: int = 2
    m: int = 4

    def __post_init__(self) -> None:
        if not 1 <= self.n <= self.m:
            raise BadInput(f"{self.n} of every {self.m} can not be kept; it takes 1 <= n <= m")

    def masks(self, ranked: Sequence[Tensor], density: float, coin: torch.Generator | None) -> list[Tensor]:
        """Boolean masks; equal ones in index order."""
        found = []
        for layer in ranked:
            if layer[0].numel() % self.m:
                raise BadInput(f"rows of {layer[0].numel()} weights are not divided into groups of {self.m}")
            groups = layer.reshape(-1, self.m)
            order = groups.argsort(dim=1, descending=True, stable=True)
            kept = torch.zeros_like(groups, dtype=torch.bool).scatter_(1, order[:, : self.n], True)
            found.append(kept.view(layer.shape))
        return found
