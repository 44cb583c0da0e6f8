"""The target: a network as data, not as code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput

Array = NDArray[Any]
Floats = NDArray[np.float64]
ACTIVATIONS = ("relu",)


def frozen(array: Array) -> Array:
    """A contiguous read-only view or copy of `array`: what the frozen types hold."""
    out = np.ascontiguousarray(array)
    if out.flags.writeable:
        out = out.copy() if out is array else out
        out.flags.writeable = False
    return out


@dataclass(frozen=True, eq=False)
class Dense:
    """The affine map x -> weight x + bias.

    Parameters
    ----------
    weight : array of shape (out, in), float32 or float64
    bias : array of shape (out,) of the same dtype, or None for a layer that has none
    """

    weight: Array
    bias: Array | None = None

    def __post_init__(self) -> None:
        if self.weight.ndim != 2 or 0 in self.weight.shape:
            raise BadInput(f"a dense layer needs a non-empty matrix, not shape {self.weight.shape}")
        if self.weight.dtype not in (np.float32, np.float64):
            raise BadInput(f"a dense layer holds float32 or float64, not {self.weight.dtype}")
        object.__setattr__(self, "weight", frozen(self.weight))
        if self.bias is not None:
            if self.bias.shape != self.weight.shape[:1] or self.bias.dtype != self.weight.dtype:
                raise BadInput(f"bias of shape {self.bias.shape} does not fit weight {self.weight.shape}")
            object.__setattr__(self, "bias", frozen(self.bias))
        for name, array in self.tensors():
            if not np.isfinite(array).all():
                raise BadInput(f"a {name} is not finite; slth needs finite numbers")

    @property
    def shape(self) -> tuple[int, int]:
        """(out, in)."""
        return self.weight.shape[0], self.weight.shape[1]

    def tensors(self) -> Iterator[tuple[str, Array]]:
        """The named arrays of the layer, weight first."""
        yield "weight", self.weight
        if self.bias is not None:
            yield "bias", self.bias

    def __call__(self, x: Array) -> Array:
        y: Array = x @ self.weight.T.astype(np.float64)
        return y if self.bias is None else y + self.bias.astype(np.float64)


@dataclass(frozen=True)
class Activation:
    """A function applied to every coordinate; `kind` is one of ACTIVATIONS."""

    kind: str = "relu"

    def __post_init__(self) -> None:
        if self.kind not in ACTIVATIONS:
            raise BadInput(f"activation {self.kind!r} is not supported; there are: {', '.join(ACTIVATIONS)}")

    def __call__(self, x: Array) -> Array:
        out: Array = np.maximum(x, 0.0)
        return out


@dataclass(frozen=True)
class Flatten:
    """(batch, ...) -> (batch, features), row-major."""

    def __call__(self, x: Array) -> Array:
        return x.reshape(len(x), -1)


Node = Dense | Activation | Flatten


@dataclass(frozen=True, eq=False)
class Network:
    """A trained network: nodes in order, each fed by the one before.

    Parameters
    ----------
    nodes : tuple of Node
        At least one Dense; shapes must chain.
    input_shape : tuple of int
        Shape of one input, for example (784,) or (1, 28, 28) before a Flatten.
    """

    nodes: tuple[Node, ...]
    input_shape: tuple[int, ...]

    def __post_init__(self) -> None:
        width = int(np.prod(self.input_shape))
        for index, node in enumerate(self.nodes):
            if isinstance(node, Dense):
                if node.shape[1] != width:
                    raise BadInput(f"node {index} takes {node.shape[1]} inputs but {width} arrive")
                width = node.shape[0]
        if not self.dense:
            raise BadInput("the network has no dense layer")

    @cached_property
    def dense(self) -> tuple[Dense, ...]:
        """The affine layers, in order."""
        return tuple(node for node in self.nodes if isinstance(node, Dense))

    @property
    def size(self) -> int:
        """Number of weights and biases."""
        return sum(array.size for layer in self.dense for _, array in layer.tensors())

    @property
    def is_image(self) -> bool:
        """Whether inputs look like images: a picture shape, or a flat square of at least 8 x 8 pixels."""
        shape = self.input_shape
        return len(shape) >= 2 or (shape[0] >= 64 and round(shape[0] ** 0.5) ** 2 == shape[0])

    def __call__(self, x: Array) -> Array:
        """Outputs in float64 for a batch of shape (batch, *input_shape) or (batch, inputs)."""
        h = np.asarray(x, np.float64).reshape(len(x), -1)
        for node in self.nodes:
            h = node(h)
        return h

    def tensors(self) -> dict[str, Array]:
        """Canonical names to arrays: `0.weight`, `0.bias`, `1.weight`, ..., one number per dense layer."""
        return {f"{k}.{name}": a for k, layer in enumerate(self.dense) for name, a in layer.tensors()}

    def architecture(self) -> dict[str, Any]:
        """The architecture as JSON: what is hashed with the weights, and written into a canonical target."""
        nodes: list[dict[str, Any]] = []
        number = 0
        for node in self.nodes:
            if isinstance(node, Dense):
                names = {name: f"{number}.{name}" for name, _ in node.tensors()}
                nodes.append({"op": "dense", **names})
                number += 1
            elif isinstance(node, Activation):
                nodes.append({"op": node.kind})
            else:
                nodes.append({"op": "flatten"})
        return {"format": "slth-network/1", "input": list(self.input_shape), "nodes": nodes}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the architecture and the weights (FORMAT.md, target): what a ticket names."""
        return content_digest(canonical_json(self.architecture()), self.tensors())


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
