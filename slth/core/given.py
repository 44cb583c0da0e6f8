"""Given weights: those of a trained network, where a mask chooses from them instead of from random ones."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from slth.core.architecture import Architecture
from slth.core.errors import BadInput
from slth.core.network import Network
from slth.core.nodes import Affine, Dense, Floats
from slth.core.source import Source, SourceLayer

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Given:
    """The weights of one network, in place of a `Source`: a layer for each dense layer and convolution, of scale 1.

    Biases of dense layers are last columns, as in a source. Biases of convolutions are no part of the layers: they are
    in the architecture (`Slot.offset`), and no mask removes them.

    Parameters
    ----------
    digest : str
        Of the network.
    layers : tuple of SourceLayer
    network : Network or None
        None as long as only its digest is known, as in a ticket that was read from a file.
    """

    digest: str
    layers: tuple[SourceLayer, ...]
    network: Network | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{64}", self.digest):
            raise BadInput("the digest of given weights is not 64 hexadecimal digits")
        if any(layer.scale != 1 for layer in self.layers):
            raise BadInput("layers of given weights have scale 1")

    @classmethod
    def of(cls, network: Network) -> Given:
        """The weights of a network."""
        slots = Architecture.of(network).slots
        layers = (SourceLayer(s.rows, s.columns + s.bias, 1.0, s.bias, s.kernel or (1, 1)) for s in slots)
        return cls(network.digest, tuple(layers), network)

    @property
    def size(self) -> int:
        """Number of weights of all layers, biases of dense layers included."""
        return sum(layer.size for layer in self.layers)

    @property
    def label(self) -> str:
        """Which weights they are, for people."""
        return f"given weights, {self.digest}"

    def whole(self, layer: int) -> Floats:
        """All weights of a layer, shape (rows, width), biases of dense layers last.

        Raises
        ------
        BadInput
            When the network is not at hand.
        """
        if self.network is None:
            raise BadInput(f"weights are those of the network of digest {self.digest[:16]}, which is needed (--target)")
        node = self.network.affine[layer]
        weight = node.weight.reshape(len(node.weight), -1).astype(np.float64)
        if isinstance(node, Dense) and node.bias is not None:
            return np.column_stack([weight, node.bias.astype(np.float64)])
        return weight

    def values(self, layer: int, flat: Integers, draws: Integers | None = None) -> Floats:
        """Weights by row-major number; given weights have no draws but the first."""
        if draws is not None and draws.any():
            raise BadInput("given weights can not be drawn anew")
        return self.whole(layer).reshape(-1)[flat]

    def permuted(self, rng: np.random.Generator) -> Given:
        """The same weights in other places of their layers, and biases of dense layers in other places of theirs."""
        if self.network is None:
            raise BadInput("the weights are not at hand")
        nodes = []
        for node in self.network.nodes:
            if isinstance(node, Affine):
                weight = rng.permutation(node.weight.reshape(-1)).reshape(node.weight.shape)
                bias = node.bias
                if isinstance(node, Dense) and bias is not None:
                    bias = rng.permutation(bias)
                node = replace(node, weight=weight, bias=bias)
            nodes.append(node)
        return Given.of(replace(self.network, nodes=tuple(nodes)))


Stock = Source | Given
"""What a mask chooses from: layers, their `values`, their `whole`, a `label`."""
