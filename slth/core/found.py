"""The found ticket: a source, a mask that a search chose, and a claim that counts correct answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.architecture import Architecture
from slth.core.errors import BadInput
from slth.core.given import Given, Stock
from slth.core.mask import Mask
from slth.core.network import Network, frozen
from slth.core.nodes import Array, Floats
from slth.core.preprocessing import Preprocessing
from slth.core.source import Source

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]
VALUES = ("weight", "binary")
BATCH = 32  # pictures evaluated at once: what they need stays near the processor
LARGEST_BATCH = 1 << 25  # numbers after any node for these: a few hundred megabytes


@dataclass(frozen=True)
class Accuracy:
    """The claim that of `of` pictures of a data set a network answers `correct` ones correctly.

    Parameters
    ----------
    data : str
        Digest of the pictures and labels.
    name : str
        Which data set and which part, for people: "mnist test".
    correct, of : int
    preprocessing : Preprocessing
    """

    data: str
    name: str
    correct: int
    of: int
    preprocessing: Preprocessing

    def __post_init__(self) -> None:
        if not 0 <= self.correct <= self.of or self.of < 1:
            raise BadInput(f"{self.correct} correct answers of {self.of} are not possible")

    @property
    def accuracy(self) -> float:
        """The fraction of correct answers."""
        return self.correct / self.of


@dataclass(frozen=True, eq=False)
class FoundTicket:
    """A ticket found by search: a source with one layer for each slot of an architecture, and a mask.

    Parameters
    ----------
    architecture : Architecture
    source : Source or Given
        A random network; or given weights, and then it is a ticket of those, and no strong one of a random network.
    mask : Mask
    values : str
        `weight`: a kept weight has its random value. `binary`: it has its sign, times the mean magnitude of the kept
        weights of its layer.
    statistics : tuple of (mean, variance), float32 arrays of shape (channels,), one pair for each norm
        The only numbers of a found ticket that were learned.
    claim : Accuracy
    made : mapping
        How it was found, as JSON without floats; information only.
    """

    architecture: Architecture
    source: Stock
    mask: Mask
    values: str
    statistics: tuple[tuple[Array, Array], ...]
    claim: Accuracy
    made: Mapping[str, Any]

    def __post_init__(self) -> None:
        slots, layers = self.architecture.slots, self.source.layers
        wanted = [(slot.rows, slot.columns + slot.bias, slot.kernel or (1, 1), slot.bias) for slot in slots]
        if wanted != [(layer.rows, layer.columns, layer.kernel, layer.bias) for layer in layers]:
            raise BadInput("the source's layers do not fit the architecture")
        if self.mask.shapes != tuple((layer.rows, layer.width) for layer in layers):
            raise BadInput("the mask does not fit the source")
        if self.values not in VALUES:
            raise BadInput(f"values {self.values!r} are none of {', '.join(VALUES)}")
        rows = [(slots[slot].rows,) for slot in self.architecture.normed]
        if [mean.shape for mean, _ in self.statistics] != rows or [v.shape for _, v in self.statistics] != rows:
            raise BadInput("the statistics do not fit the architecture's norms")
        self._check_given()
        for pair in self.statistics:
            if any(array.dtype != np.float32 or not np.isfinite(array).all() for array in pair) or (pair[1] < 0).any():
                raise BadInput("statistics are finite float32 numbers, variances at least 0")
        held = tuple((frozen(mean), frozen(variance)) for mean, variance in self.statistics)
        object.__setattr__(self, "statistics", held)

    def _check_given(self) -> None:
        if isinstance(self.source, Given):
            if self.values != "weight" or self.mask.draws:
                raise BadInput("given weights are kept as they are: their values are weights, and none is redrawn")
        elif self.architecture != self.architecture.bare:
            raise BadInput("only given weights come with fixed biases of convolutions")

    def holding(self, network: Network) -> FoundTicket:
        """The ticket with the network whose weights it is about at hand; one that was read has only its digest.

        Raises
        ------
        BadInput
            When it is another network, or the ticket is about a random one.
        """
        if not isinstance(self.source, Given):
            raise BadInput("is a ticket of a random network, which needs no other")
        if network.digest != self.source.digest:
            raise BadInput(f"is about weights of digest {self.source.digest[:16]}, not {network.digest[:16]}")
        whole = Architecture.of(network, self.architecture.input_shape)
        if whole.bare != self.architecture.bare:
            raise BadInput("its architecture is not that of the network whose weights it is about")
        return replace(self, architecture=whole, source=Given.of(network))

    def weights(self, layer: int) -> Floats:
        """The masked weights of a layer (`masked_layer`)."""
        return masked_layer(self.source, self.mask, self.values, layer)

    @cached_property
    def network(self) -> Network:
        """The subnetwork in float32, norms folded into the layers before them: what is evaluated and exported.

        Raises
        ------
        BadInput
            When a weight is beyond float32.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            weights = [self.weights(layer) for layer in range(len(self.source.layers))]
            return self.architecture.filled(weights, self.statistics)


def masked_layer(source: Stock, mask: Mask, values: str, layer: int) -> Floats:
    """The masked weights of a layer, biases last in each row, shape (rows, width); exact but for a mean."""
    kept = mask.kept[layer]
    draws = mask.draws[layer] if mask.draws else None
    if values == "binary" and isinstance(source, Source):
        integers = source.picked(layer, kept, draws)
        worth = np.sign(integers) * mean_magnitude(integers, source.unit(layer))
    else:
        worth = source.values(layer, kept, draws)
    if mask.signs:
        worth = worth * mask.signs[layer]
    out = np.zeros(source.layers[layer].size)
    out[kept] = worth
    return out.reshape(mask.shapes[layer])


def mean_magnitude(integers: Integers, unit: float) -> float:
    """The mean of |integer * unit|, summed exactly and rounded to float32; 0 for no integers."""
    if not len(integers):
        return 0.0
    mean = Fraction(int(np.abs(integers).sum()), len(integers)) * Fraction(unit)
    return float(np.float32(float(mean)))


def correct_answers(
    network: Network,
    preprocessing: Preprocessing,
    images: Bytes,
    labels: Integers,
    tick: Callable[[int, int], object] = lambda done, total: None,
) -> int:
    """How many pictures a network answers correctly, in float64; of equal outputs the first one is the answer.

    Outputs that are not all finite are no answer. `tick` hears how many pictures are done, of how many.
    """
    right = 0
    largest = max(math.prod(shape) for shape in (network.input_shape, *network.shapes))
    batch = max(1, min(BATCH, LARGEST_BATCH // largest))
    for start in range(0, len(images), batch):
        tick(start, len(images))
        with np.errstate(over="ignore", invalid="ignore"):
            outputs = network(preprocessing(images[start : start + batch]))
        flat = outputs.reshape(len(outputs), -1)
        answered = (flat.argmax(axis=1) == labels[start : start + batch]) & np.isfinite(flat).all(axis=1)
        right += int(answered.sum())
    tick(len(images), len(images))
    return right
