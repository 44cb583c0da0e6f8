"""The random network: a seed, a law and layer shapes. No weight is stored; any weight can be asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.core import philox
from slth.core.errors import BadInput
from slth.core.laws import Law
from slth.core.nodes import Activation

Integers = NDArray[np.int64]
RELU = Activation("relu")
REDRAWN = 1 << 16  # the generator's domain tag of draw number d >= 1 is REDRAWN + d; draw 0 has that of weights
MOST_DRAWS = 1 << 24
"""Draw numbers of an entry are below this."""


@dataclass(frozen=True)
class SourceLayer:
    """One layer of a source: weights of shape (rows, columns, *kernel) and their scale.

    Parameters
    ----------
    rows, columns : int
        Outputs and inputs: channels where the kernel is larger than 1 x 1.
    scale : float
        A positive finite float32; every weight of the layer is scale * integer * 2^-bits.
    bias : bool
        Whether the last column is fed by the constant 1.
    kernel : (height, width)
    activation : Activation
        What follows the layer: the inner activation, for the first layer of a stage; unused in second layers.
    direct : bool
        Whether a second layer reads the stage's input in its leading columns, before the first layer's units.
    copies : int
        How many rows in a row approximate one and the same neuron (or channel) of the target.
    """

    rows: int
    columns: int
    scale: float = 1.0
    bias: bool = False
    kernel: tuple[int, int] = (1, 1)
    activation: Activation = RELU
    direct: bool = False
    copies: int = 1

    def __post_init__(self) -> None:
        if not (0 <= self.rows <= 1 << 24 and 0 < self.columns <= 1 << 24 and self.size <= 1 << 40):
            raise BadInput(f"a source layer of shape ({self.rows}, {self.columns}) is not possible")
        if not all(1 <= side <= 1 << 12 for side in self.kernel) or self.copies < 1 or self.rows % self.copies:
            raise BadInput(f"a source layer with kernel {self.kernel} and {self.copies} copies is not possible")
        usable = 0 < self.scale <= float(np.finfo(np.float32).max)
        if not usable or float(np.float32(self.scale)) != self.scale:
            raise BadInput(f"the scale of a layer must be a positive float32, not {self.scale!r}")

    @property
    def taps(self) -> int:
        """Entries of one kernel."""
        return self.kernel[0] * self.kernel[1]

    @property
    def width(self) -> int:
        """Entries of one row."""
        return self.columns * self.taps

    @property
    def size(self) -> int:
        """Number of weights, biases included."""
        return self.rows * self.width


@dataclass(frozen=True)
class Source:
    """A random network, drawn lazily: layer k is tensor k of the counter-based generator.

    Parameters
    ----------
    seed : int
        In [0, 2^256).
    law : Law
        The law of every weight, before the layer's scale.
    layers : tuple of SourceLayer
        For a target two for each affine layer, a *stage*: layers 2l (first) and 2l + 1 (second). For an `Architecture`
        one for each slot.
    """

    seed: int
    law: Law
    layers: tuple[SourceLayer, ...]

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 1 << 256:
            raise BadInput(f"a seed is an integer from 0 to 2^256 - 1, not {self.seed}")

    @property
    def size(self) -> int:
        """Number of weights of all layers, biases included."""
        return sum(layer.size for layer in self.layers)

    @property
    def label(self) -> str:
        """Which random network it is, for people."""
        return f"{self.law.label}, seed {self.seed}"

    @property
    def key(self) -> tuple[int, int]:
        """The generator's key."""
        return philox.key_from_seed(self.seed)

    def rows(self, layer: int, start: int, stop: int) -> Integers:
        """Rows start, ..., stop - 1 of a layer as integers at 2^-bits, shape (stop - start, width)."""
        width = self.layers[layer].width
        words = philox.words_range(self.key, layer, start * width, stop * width)
        return self.law.integers(words).reshape(-1, width)

    def entries(self, layer: int, rows: Integers, places: Integers) -> Integers:
        """Single entries as integers at 2^-bits; rows and places in them (below `width`) broadcast together."""
        flat = np.asarray(rows, np.int64) * self.layers[layer].width + np.asarray(places, np.int64)
        return self.law.integers(philox.words_at(self.key, layer, flat))

    def drawn(self, layer: int, flat: Integers, draws: Integers) -> Integers:
        """Entries by row-major number, each in its draw, as integers at 2^-bits: draw 0 is what `entries` gives.

        Every draw has the same law and is independent of all others.
        """
        domains = np.where(draws > 0, REDRAWN + draws, philox.WEIGHTS)
        return self.law.integers(philox.words_at(self.key, layer, flat, domains))

    def picked(self, layer: int, flat: Integers, draws: Integers | None = None) -> Integers:
        """Entries by row-major number, in draw 0 where none are given, as integers at 2^-bits."""
        if draws is not None:
            return self.drawn(layer, flat, draws)
        return self.entries(layer, *np.divmod(flat, self.layers[layer].width))

    def values(self, layer: int, flat: Integers, draws: Integers | None = None) -> NDArray[np.float64]:
        """The same as real weights, exact in float64 for scales of up to 29 bits."""
        return self.picked(layer, flat, draws).astype(np.float64) * self.unit(layer)

    def whole(self, layer: int) -> NDArray[np.float64]:
        """All weights of a layer, shape (rows, width)."""
        return self.rows(layer, 0, self.layers[layer].rows).astype(np.float64) * self.unit(layer)

    def weights(self, layer: int, rows: Integers, places: Integers) -> NDArray[np.float64]:
        """Single entries as real weights, exact in float64 for scales of up to 29 bits."""
        return self.entries(layer, rows, places).astype(np.float64) * self.unit(layer)

    def unit(self, layer: int) -> float:
        """What one integer step of a layer's entries is worth."""
        return float(self.layers[layer].scale * 2.0**-self.law.bits)
