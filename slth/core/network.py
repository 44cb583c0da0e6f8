"""The target: a network as data, not as code."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np

from slth.core.errors import BadInput
from slth.core.graph import INPUT, Shaped, shapes_of, wired
from slth.core.nodes import (
    Activation,
    Add,
    Affine,
    Array,
    Conv,
    Dense,
    Flatten,
    Floats,
    Node,
    Pool,
    Shape,
    frozen,
)

__all__ = [
    "Activation",
    "Add",
    "Array",
    "Conv",
    "Dense",
    "INPUT",
    "Flatten",
    "Floats",
    "Network",
    "Node",
    "Pool",
    "frozen",
]


@dataclass(frozen=True, eq=False)
class Network:
    """A trained network: nodes in topological order.

    Parameters
    ----------
    nodes : tuple of Node
        At least one dense layer or convolution; shapes must fit.
    input_shape : tuple of int
        Shape of one input, for example (784,) or (1, 28, 28).
    inputs : tuple of tuples of int
        For each node the numbers of the nodes that feed it, -1 being the network's input: two for `Add`, one for
        others. Empty: a sequence, each node fed by the one before.
    """

    nodes: tuple[Node, ...]
    input_shape: Shape
    inputs: tuple[tuple[int, ...], ...] = ()

    def __post_init__(self) -> None:
        if not self.affine:
            raise BadInput("the network has no dense layer and no convolution")
        object.__setattr__(self, "inputs", wired(self.nodes, self.inputs))
        _ = self.shapes

    @cached_property
    def shapes(self) -> tuple[Shape, ...]:
        """Shape of every node's output, one input at a time.

        Raises
        ------
        BadInput
            When a node can not take what arrives.
        """
        return shapes_of(cast("tuple[Shaped, ...]", self.nodes), self.inputs, self.input_shape)

    @cached_property
    def affine(self) -> tuple[Dense | Conv, ...]:
        """The dense layers and convolutions, in order."""
        return tuple(node for node in self.nodes if isinstance(node, Affine))

    @property
    def is_sequence(self) -> bool:
        """Whether each node is fed by the one before."""
        return all(feeds == (number - 1,) for number, feeds in enumerate(self.inputs))

    @property
    def size(self) -> int:
        """Number of weights and biases."""
        return sum(array.size for layer in self.affine for _, array in layer.tensors())

    @property
    def is_image(self) -> bool:
        """Whether inputs look like images: a picture shape, or a flat square of at least 8 x 8 pixels."""
        shape = self.input_shape
        return len(shape) >= 2 or (shape[0] >= 64 and round(shape[0] ** 0.5) ** 2 == shape[0])

    def __call__(self, x: Array) -> Array:
        """Outputs in float64 for a batch of shape (batch, *input_shape) or (batch, inputs)."""
        given = np.asarray(x, np.float64).reshape(len(x), *self.input_shape)
        last_use = {feed: number for number, feeds in enumerate(self.inputs) for feed in feeds}
        values: dict[int, Array] = {INPUT: given}
        for number, (node, feeds) in enumerate(zip(self.nodes, self.inputs, strict=True)):
            values[number] = node(*(values[feed] for feed in feeds))
            for feed in set(feeds):
                if last_use[feed] == number:
                    del values[feed]
        return values[len(self.nodes) - 1]

    def tensors(self) -> dict[str, Array]:
        """Canonical names to arrays: `0.weight`, `0.bias`, `1.weight`, ..., one number per affine layer."""
        return {f"{k}.{name}": a for k, layer in enumerate(self.affine) for name, a in layer.tensors()}

    def architecture(self) -> dict[str, Any]:
        """The architecture as JSON (FORMAT.md, target): what is hashed with the weights."""
        nodes: list[dict[str, Any]] = []
        number = 0
        for place, (node, feeds) in enumerate(zip(self.nodes, self.inputs, strict=True)):
            entry = described(node)
            if isinstance(node, Affine):
                entry |= {name: f"{number}.{name}" for name, _ in node.tensors()}
                number += 1
            if feeds != (place - 1,):
                entry["inputs"] = list(feeds)
            nodes.append(entry)
        return {"format": "slth-network/1", "input": list(self.input_shape), "nodes": nodes}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the architecture and the weights (FORMAT.md, target): what a ticket names."""
        return content_digest(canonical_json(self.architecture()), self.tensors())


def described(node: Node) -> dict[str, Any]:
    """A node without its weights, as JSON."""
    if isinstance(node, Conv):
        return {"op": "conv", "stride": list(node.stride), "padding": list(node.padding)}
    if isinstance(node, Pool):
        return {"op": f"{node.kind}pool", "kernel": list(node.kernel), "stride": list(node.stride)}
    if isinstance(node, Activation):
        return {"op": node.kind} | ({"slope": node.slope.hex()} if node.slope else {})
    return {"op": type(node).__name__.lower()}


def canonical_json(value: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces, ASCII, no floats (callers write those in hex)."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def content_digest(text: str, tensors: dict[str, Array]) -> str:
    """SHA-256 over a JSON text and tensors in name order, each announced by its name, dtype and shape."""
    sha = hashlib.sha256(text.encode("ascii"))
    for name in sorted(tensors):
        array = tensors[name]
        header = canonical_json([name, TENSOR_TYPES[array.dtype.newbyteorder("<").str], list(array.shape)])
        sha.update(b"\n" + header.encode("ascii") + b"\n")
        sha.update(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)
    return sha.hexdigest()


TENSOR_TYPES = {"<f4": "F32", "<f8": "F64", "|u1": "U8", "<i8": "I64"}
