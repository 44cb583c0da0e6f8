"""Architectures of found tickets as JSON (slth/verify/FORMAT.md, section 9)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from slth.core.architecture import Architecture, Norm, Part, Slot
from slth.core.errors import BadInput
from slth.core.network import INPUT, described
from slth.core.nodes import ACTIVATIONS, Activation, Add, Flatten, Pool, Shape
from slth.core.source import SourceLayer
from slth.interop.sources import MOST_LAYERS
from slth.interop.targets import LARGEST

MOST_NODES = 2000
MOST_ENTRIES = 1 << 28
"""Weights of all layers together."""
MOST_READ = 1 << 28
"""Numbers in all windows of one convolution or pool, for one picture."""
MOST_PRODUCTS = 1 << 34
"""Multiplications of all layers together, for one picture."""


def architecture_json(architecture: Architecture) -> dict[str, Any]:
    """An architecture as JSON; shapes of weights are those of the source's layers."""
    nodes = []
    for number, (part, feeds) in enumerate(zip(architecture.nodes, architecture.inputs, strict=True)):
        entry = _described(part)
        if feeds != (number - 1,):
            entry["inputs"] = list(feeds)
        nodes.append(entry)
    return {"input": list(architecture.input_shape), "nodes": nodes}


def _described(part: Part) -> dict[str, Any]:
    if isinstance(part, Norm):
        return {"op": "norm", "eps": part.eps.hex()}
    if not isinstance(part, Slot):
        return described(part)
    if part.kernel is None:
        return {"op": "dense"}
    return {"op": "conv", "stride": list(part.stride), "padding": list(part.padding)}


def architecture_of(value: dict[str, Any], layers: tuple[SourceLayer, ...]) -> Architecture:
    """The architecture behind its JSON and the source's layers, one for each dense node and convolution in order.

    Other spellings are for the round trip to refuse.

    Raises
    ------
    BadInput
        For nodes that no network has, in another number than there are layers, or beyond the sizes of the format.
    """
    nodes = value["nodes"]
    if not 0 < len(layers) <= MOST_LAYERS or not 0 < len(nodes) <= MOST_NODES:
        raise BadInput(f"{len(nodes)} nodes with {len(layers)} layers; there are 1 to {MOST_NODES} with {MOST_LAYERS}")
    if sum(layer.size for layer in layers) > MOST_ENTRIES:
        raise BadInput(f"the layers have more than {MOST_ENTRIES} weights")
    waiting = iter(layers)
    parts = tuple(_part(node, waiting) for node in nodes)
    if next(waiting, None) is not None:
        raise BadInput("there are more layers than dense nodes and convolutions")
    feeds = [node.get("inputs", [number - 1]) for number, node in enumerate(nodes)]
    inputs = tuple(tuple(int(feed) for feed in feed) for feed in feeds)
    shape = tuple(int(side) for side in value["input"])
    if not 1 <= len(shape) <= 8 or min(shape) < 1:
        raise BadInput(f"an input of shape {shape} is not possible")
    found = Architecture(parts, shape, inputs)
    check_sizes(found)
    return found


def _part(node: dict[str, Any], layers: Iterator[SourceLayer]) -> Part:
    op = node["op"]
    if op in ("dense", "conv"):
        layer = next(layers, None)
        if layer is None:
            raise BadInput("there are fewer layers than dense nodes and convolutions")
        columns = layer.columns - layer.bias
        if op == "dense":
            return Slot(layer.rows, columns, bias=layer.bias)
        return Slot(layer.rows, columns, layer.kernel, _pair(node["stride"], 1), _pair(node["padding"], 0), layer.bias)
    if op == "norm":
        eps = float.fromhex(node["eps"])
        if not 0 < eps < math.inf:
            raise BadInput(f"the eps of a norm is finite and larger than 0, not {eps}")
        return Norm(eps)
    if op in ("maxpool", "meanpool"):
        return Pool(op.removesuffix("pool"), _pair(node["kernel"], 1), _pair(node["stride"], 1))
    if op in ACTIVATIONS:
        return Activation(op, float.fromhex(node["slope"]) if "slope" in node else 0.0)
    if op in ("flatten", "add"):
        return Flatten() if op == "flatten" else Add()
    raise BadInput("a node is of no kind that this version reads")


def _pair(value: Any, least: int) -> tuple[int, int]:
    first, second = (int(side) for side in value)
    if not (least <= first <= 1 << 12 and least <= second <= 1 << 12):
        raise BadInput(f"strides and kernels are from 1 to 4096 and paddings from 0, not {(first, second)}")
    return first, second


def check_sizes(architecture: Architecture) -> None:
    """Refuses an architecture that no reader of the format would take, or that would take too long to evaluate.

    Raises
    ------
    BadInput
    """
    products = 0
    shapes = zip(architecture.nodes, architecture.inputs, architecture.shapes, strict=True)
    for number, (part, feeds, shape) in enumerate(shapes):
        given = architecture.input_shape if feeds[0] == INPUT else architecture.shapes[feeds[0]]
        largest, read = _numbers(part, given, shape)
        products += read * shape[0] if isinstance(part, Slot) else 0
        if largest > LARGEST or read > MOST_READ or products > MOST_PRODUCTS:
            raise BadInput(f"node {number} is too large: it has {largest} numbers, reads {read} and needs {products}")


def _numbers(part: Part, given: Shape, shape: Shape) -> tuple[int, int]:
    """The numbers of input, padding included, or output; and how many a layer or pool reads in all its windows."""
    if isinstance(part, Slot) and part.kernel is not None:
        sides = (side + 2 * zeros for side, zeros in zip(given[1:], part.padding, strict=True))
        largest = max(given[0] * math.prod(sides), math.prod(shape))
        return largest, part.fan_in * math.prod(shape[1:])
    largest = max(math.prod(given), math.prod(shape))
    if isinstance(part, Slot):
        return largest, part.columns
    return largest, math.prod(shape) * math.prod(part.kernel) if isinstance(part, Pool) else largest
