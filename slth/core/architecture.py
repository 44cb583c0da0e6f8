"""The architecture: a network whose weights come later, from a source and a mask."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np

from slth.core.errors import BadInput
from slth.core.graph import INPUT, Shaped, shapes_of, wired
from slth.core.network import Network
from slth.core.nodes import Activation, Add, Conv, Dense, Flatten, Floats, Node, Pool, Shape, window_shape

Pair = tuple[int, int]


@dataclass(frozen=True)
class Slot:
    """A dense layer or convolution without its weights.

    Parameters
    ----------
    rows, columns : int
        Outputs and inputs; channels of a convolution.
    kernel : (height, width) or None
        None for a dense layer.
    stride, padding : (vertical, horizontal)
    bias : bool
        Dense layers only: a bias is the weight of one more input that is always 1.
    offset : tuple of float, one for each row, or empty
        Convolutions only: a given network's biases. They belong to it, not to the weights that a mask chooses from.
    """

    rows: int
    columns: int
    kernel: Pair | None = None
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    bias: bool = False
    offset: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if self.offset and (self.kernel is None or len(self.offset) != self.rows):
            raise BadInput(f"{len(self.offset)} fixed biases do not fit a layer of shape {self.shape}")
        if self.bias and self.kernel is not None:
            raise BadInput("a convolution of an architecture has no bias; use norm, or dense layers")
        if self.rows < 1 or self.columns < 1:
            raise BadInput(f"a layer of shape ({self.rows}, {self.columns}) is not possible")

    @property
    def shape(self) -> Shape:
        """Shape of the weights without a bias: (out, in) or (out, in, kh, kw)."""
        return (self.rows, self.columns, *(self.kernel or ()))

    @property
    def stored(self) -> Shape:
        """Shape of the weights with biases as a last column of dense layers: what masks and searches hold."""
        return self.shape if self.kernel is not None else (self.rows, self.columns + self.bias)

    @property
    def size(self) -> int:
        """Number of weights, biases included."""
        return math.prod(self.shape) + self.rows * self.bias

    @property
    def fan_in(self) -> int:
        """How many inputs one output reads, a constant not counted."""
        return math.prod(self.shape[1:])

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of the output for an input of this shape."""
        if self.kernel is None:
            if math.prod(shape) != self.columns:
                raise BadInput(f"takes {self.columns} inputs but {math.prod(shape)} arrive")
            return (self.rows,)
        if len(shape) != 3 or shape[0] != self.columns:
            raise BadInput(f"takes pictures of {self.columns} channels but {shape} arrives")
        padded = (shape[1] + 2 * self.padding[0], shape[2] + 2 * self.padding[1])
        return (self.rows, *window_shape(padded, self.kernel, self.stride))

    def filled(self, weights: Floats, scale: Floats, shift: Floats) -> Dense | Conv:
        """The layer with these weights, shape (rows, width) with biases last, then scaled and shifted by row."""
        bias = weights[:, -1] if self.bias else np.array(self.offset or [0.0] * self.rows)
        body = weights[:, : self.fan_in] * scale[:, None]
        offset = (bias * scale + shift).astype(np.float32) if self.bias or self.offset or shift.any() else None
        shaped = body.reshape(self.shape).astype(np.float32)
        if self.kernel is None:
            return Dense(shaped, offset)
        return Conv(shaped, offset, self.stride, self.padding)


@dataclass(frozen=True)
class Norm:
    """Batch normalisation of each channel without learned scale and shift: (z - mean) / sqrt(variance + eps)."""

    eps: float = 1e-5

    def out_shape(self, shape: Shape) -> Shape:
        """The shape, unchanged."""
        return shape


def slot_of(node: Node) -> Part:
    """A node of a network without its weights; biases of convolutions stay."""
    if isinstance(node, Dense):
        return Slot(*node.shape, bias=node.bias is not None)
    if isinstance(node, Conv):
        offset = () if node.bias is None else tuple(node.bias.tolist())
        return Slot(*node.shape, node.kernel, node.stride, node.padding, offset=offset)
    return node


Part = Slot | Norm | Activation | Pool | Flatten | Add


@dataclass(frozen=True)
class Architecture:
    """Nodes in topological order, as in a `Network`, with slots in place of affine layers.

    Parameters
    ----------
    nodes : tuple of Part
        A `Norm` is fed by a slot that feeds nothing else.
    input_shape : tuple of int
    inputs : tuple of tuples of int
        As in `Network`; empty for a sequence.
    """

    nodes: tuple[Part, ...]
    input_shape: Shape
    inputs: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        if not self.slots:
            raise BadInput("the architecture has no dense layer and no convolution")
        object.__setattr__(self, "inputs", wired(self.nodes, self.inputs))
        fed = [feed for feeds in self.inputs for feed in feeds]
        for number, (node, feeds) in enumerate(zip(self.nodes, self.inputs, strict=True)):
            folds = feeds[0] != INPUT and isinstance(self.nodes[feeds[0]], Slot) and fed.count(feeds[0]) == 1
            if isinstance(node, Norm) and not folds:
                raise BadInput(f"node {number}: norm must follow a dense layer or convolution that feeds nothing else")
        _ = self.shapes

    @classmethod
    def of(cls, network: Network, shape: Shape | None = None) -> Architecture:
        """The architecture of a network, fed with pictures of a shape where the network takes them flat.

        Raises
        ------
        BadInput
            When the network does not take inputs of this shape.
        """
        wanted = network.input_shape if shape is None else shape
        flat = len(network.input_shape) == 1 and math.prod(wanted) == network.input_shape[0]
        if wanted != network.input_shape and not flat:
            raise BadInput(f"the network takes inputs of shape {network.input_shape}, not {wanted}")
        return cls(tuple(slot_of(node) for node in network.nodes), wanted, network.inputs)

    @cached_property
    def bare(self) -> Architecture:
        """The architecture without fixed biases."""
        nodes = (replace(node, offset=()) if isinstance(node, Slot) else node for node in self.nodes)
        return replace(self, nodes=tuple(nodes))

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """Shape of every node's output, one input at a time; BadInput when a node can not take what arrives."""
        return shapes_of(cast("tuple[Shaped, ...]", self.nodes), self.inputs, self.input_shape)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The affine layers, in order."""
        return tuple(node for node in self.nodes if isinstance(node, Slot))

    @cached_property
    def normed(self) -> tuple[int, ...]:
        """For each norm, in order, the number of the slot that it follows."""
        numbers = {place: count for count, place in enumerate(self.places)}
        pairs = zip(self.nodes, self.inputs, strict=True)
        return tuple(numbers[feeds[0]] for node, feeds in pairs if isinstance(node, Norm))

    @property
    def places(self) -> list[int]:
        """The numbers of the nodes that are slots, in order."""
        return [place for place, node in enumerate(self.nodes) if isinstance(node, Slot)]

    @property
    def size(self) -> int:
        """Number of weights of all slots, biases included."""
        return sum(slot.size for slot in self.slots)

    @property
    def outputs(self) -> int:
        """Numbers that the last node puts out."""
        return math.prod(self.shapes[-1])

    def filled(self, weights: Sequence[Floats], statistics: Sequence[tuple[Floats, Floats]] = ()) -> Network:
        """The network with these weights, norms folded into the slots before them, all rounded to float32.

        Parameters
        ----------
        weights : one float64 array of shape (rows, width) for each slot
            Row-major, kernels included; a bias is the last column.
        statistics : one (mean, variance) for each norm, arrays of shape (channels,)
        """
        eps = [node.eps for node in self.nodes if isinstance(node, Norm)]
        folds = {
            slot: (1 / np.sqrt(variance.astype(np.float64) + small), mean.astype(np.float64))
            for slot, small, (mean, variance) in zip(self.normed, eps, statistics, strict=True)
        }
        nodes: list[Node] = []
        inputs: list[tuple[int, ...]] = []
        place = {INPUT: INPUT}
        waiting = iter(weights)
        number = 0
        for at, (node, feeds) in enumerate(zip(self.nodes, self.inputs, strict=True)):
            if isinstance(node, Norm):
                place[at] = place[feeds[0]]
                continue
            if isinstance(node, Slot):
                scale, mean = folds.get(number, (np.ones(node.rows), np.zeros(node.rows)))
                nodes.append(node.filled(next(waiting), scale, -mean * scale))
                number += 1
            else:
                nodes.append(node)
            inputs.append(tuple(place[feed] for feed in feeds))
            place[at] = len(nodes) - 1
        return Network(tuple(nodes), self.input_shape, tuple(inputs))
