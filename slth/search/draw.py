"""The random network of a search, and its numbers as tensors."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from slth.core import philox
from slth.core.architecture import Architecture
from slth.core.given import Given, Stock
from slth.core.laws import law as law_of
from slth.core.source import Source, SourceLayer

SCORES = 4  # domain tags of the generator: weights have 0, other uses below 65536 one each
REDRAWS = 5  # and 6: coins of an epoch
CLIENTS = 7
SPREAD = {"sign": 1.0, "normal": 1.0, "uniform": math.sqrt(3.0)}
"""What makes the deviation of a law 1."""


@dataclass(frozen=True)
class Kaiming:
    """Weights of deviation sqrt(2 / fan_in), as ReLU networks need it (He et al., 2015).

    Parameters
    ----------
    law : str
        sign: the signed constant of Ramanujan et al. (2020). normal; uniform.
    scaled : bool
        Whether fan_in counts the inputs that a density leaves: sqrt(2 / (density fan_in)), as that paper prints it.
        (Its code, and others after it, multiply by one minus the density.)
    """

    law: str = "sign"
    scaled: bool = True

    def source(self, architecture: Architecture, seed: int, density: float) -> Source:
        """The source of an architecture, one layer for each slot."""
        law = law_of(self.law)
        layers = []
        for slot in architecture.slots:
            fan = slot.fan_in * (density if self.scaled else 1.0)
            scale = float(np.float32(SPREAD[law.name] * math.sqrt(2.0 / fan)))
            layers.append(SourceLayer(slot.rows, slot.columns + slot.bias, scale, slot.bias, slot.kernel or (1, 1)))
        return Source(seed, law, tuple(layers))


def weights_of(source: Stock, architecture: Architecture, place: torch.device) -> list[Tensor]:
    """All weights in float32, each the nearest to its exact value, in the shapes that `forward` takes."""
    found = []
    for number, slot in enumerate(architecture.slots):
        exact = source.whole(number).astype(np.float32).reshape(slot.stored)
        found.append(torch.from_numpy(exact).to(place))
    return found


def redrawn(source: Stock, seed: int) -> Stock:
    """Other weights of the same kind: those of another seed; given ones in other places of their layers."""
    if isinstance(source, Given):
        return source.permuted(np.random.default_rng(seed))
    return replace(source, seed=seed % (1 << 256))


def words(seed: int, layer: int, count: int, domain: int) -> np.ndarray[tuple[int], np.dtype[np.uint32]]:
    """Random words 0, ..., count - 1 of a layer, for a use other than weights."""
    return philox.words_range(philox.key_from_seed(seed), layer, 0, count, domain)
