"""Read targets: networks of dense layers, convolutions, activations, pools and sums (FORMAT.md 2)."""

from fractions import Fraction
from math import prod
from operator import le
from typing import Any, NamedTuple

from .container import Tensor, check, content_digest, is_hex, load, natural, pair, read_canonical, text
from .fixed import need
from .lines import Gate
from .maps import Geometry

INPUT = -1  # the number of the network's input, as a node and as a tensor
SIZE, LARGEST = natural(1, 1 << 24), 1 << 22  # of a side; of all numbers that a node makes
ACTIVATIONS = ("relu", "leaky_relu", "tanh", "sigmoid")


_NAME = text("[^\0]*")
_KEYS: dict[str, dict[str, Any]] = {
    "dense": {"weight": _NAME},
    "conv": {"weight": _NAME, "stride": pair(1), "padding": pair(0)},
    "maxpool": {"kernel": pair(1), "stride": pair(1)},
    "meanpool": {"kernel": pair(1), "stride": pair(1)},
    "leaky_relu": {"slope": is_hex},
    **{op: {} for op in ("relu", "tanh", "sigmoid", "add", "flatten")},
}
ARCH = {
    "format": text("slth-network/1"),
    "input": [SIZE],
    "nodes": [lambda node: isinstance(node, dict) and node.get("op") in [*_KEYS]],
}


class Affine(NamedTuple):
    """The weights of a dense node or a convolution: rows (out) of entries (in, taps), biases, geometry of pictures."""

    weight: list[list[float]]
    bias: list[float] | None
    geometry: Geometry | None


class Node(NamedTuple):
    """One node: what feeds it, the shape that it makes, and what belongs to its kind."""

    op: str
    feeds: tuple[int, ...]
    shape: tuple[int, ...]
    affine: Affine | None
    geometry: Geometry | None
    gate: Gate | None


class Target(NamedTuple):
    """A trained network: number of inputs, their shape, nodes in topological order, digest."""

    inputs: int
    shape: tuple[int, ...]
    nodes: list[Node]
    digest: str

    @property
    def affine(self) -> list[Affine]:
        """Return the dense nodes and convolutions in order."""
        return [node.affine for node in self.nodes if node.affine]


def gate(op: str, slope: str | None, what: str) -> Gate:
    """Return an activation from its JSON."""
    value = Fraction(float.fromhex(slope)) if slope is not None else Fraction(0)
    fits = slope is not None and 0 < value < 1 if op == "leaky_relu" else slope is None
    need(fits, f"{what}: leaky_relu has a slope between 0 and 1, and no other activation has one")
    return Gate(op, value)


def _window(shape: tuple[int, ...], geometry: Geometry, what: str) -> tuple[int, int]:
    """Check that a window fits and return how often."""
    padded = [n + 2 * p for n, p in zip(shape[1:], geometry.padding, strict=True)]
    need(prod(padded) * shape[0] <= LARGEST, f"{what}: has more than {LARGEST} numbers with its padding")
    need(all(map(le, geometry.kernel, padded)), f"{what}: its window is larger than {shape}")
    return geometry.places


def _weights(node: dict[str, Any], shape: tuple[int, ...], unused: dict[str, Tensor], what: str) -> Affine:
    names = [node[k] for k in ("weight", "bias") if k in node]
    parts = [unused.pop(name, None) for name in names]
    found = [part for part in parts if part]
    need(len(found) == len(parts), f"{what}: no such tensor, or one that is in use")
    dtype, sizes = found[0].dtype, found[0].shape
    taps: tuple[int, ...] = ()
    inputs, geometry = prod(shape), None
    if node["op"] == "conv":
        need(len(shape) == 3 and len(sizes) == 4, f"{what}: a convolution {sizes} of inputs of shape {shape}")
        taps, inputs = sizes[2:], shape[0]
        need(min(taps) >= 1 and max(taps) <= 1 << 12, f"{what}: wrong kernel {taps}")
        geometry = Geometry(shape[1:], taps, tuple(node["stride"]), tuple(node["padding"]))  # type: ignore[arg-type]
    rows = (*sizes, 0)[0]
    wanted = [(dtype, (rows, inputs, *taps)), (dtype, (rows,))][: len(found)]
    fits = rows > 0 and dtype in ("F32", "F64") and [(part.dtype, part.shape) for part in found] == wanted
    need(fits, f"{what}: wrong dtype or shape, {sizes} where {inputs} inputs or channels arrive")
    flat = [part.floats(what) for part in found]
    if taps:
        entries, width = [x for row in flat[0] for x in row], inputs * prod(taps)
        flat[0] = [entries[i : i + width] for i in range(0, len(entries), width)]
    return Affine(flat[0], flat[1][0] if flat[1:] else None, geometry)


def _node(entry: dict[str, Any], number: int, shapes: dict[int, tuple[int, ...]], unused: dict[str, Tensor]) -> Node:
    """Read one node, fed by tensors of these shapes, and take its weights."""
    what, op = f"slth.arch.nodes[{number}]", entry["op"]
    keys = {"op": text(op), **_KEYS[op]}
    keys |= {"bias": _NAME} if "weight" in keys and "bias" in entry else {}
    check(entry, keys | ({"inputs": [natural(INPUT, number - 1)]} if "inputs" in entry else {}), what)
    feeds = tuple(entry.get("inputs", [number - 1]))
    need(len(feeds) == 1 + (op == "add") and entry.get("inputs") != [number - 1], f"{what}: wrong inputs {feeds}")
    shape = shapes[feeds[0]]
    affine = geometry = activation = None
    if "weight" in keys:
        affine = _weights(entry, shape, unused, what)
        shape = (len(affine.weight), *(_window(shape, affine.geometry, what) if affine.geometry else ()))
    elif "kernel" in keys:
        need(len(shape) == 3, f"{what}: pools pictures, not an input of shape {shape}")
        geometry = Geometry(shape[1:], tuple(entry["kernel"]), tuple(entry["stride"]))  # type: ignore[arg-type]
        shape = (shape[0], *_window(shape, geometry, what))
    elif op == "flatten":
        shape = (prod(shape),)
    elif op == "add":
        need(shape == shapes[feeds[1]], f"{what}: adds {shape} and {shapes[feeds[1]]}")
    else:
        activation = gate(op, entry.get("slope"), what)
    need(prod(shape) <= LARGEST, f"{what}: makes more than {LARGEST} numbers")
    return Node(op, feeds, shape, affine, geometry, activation)


def read_target(path: str) -> Target:
    """Read and check a target file."""
    metadata, tensors = load(path)
    arch = read_canonical(metadata, "slth.arch", ARCH)
    need(len(arch["input"]) < 16, "slth.arch.input: more than 15 dimensions")
    shape, unused = tuple(arch["input"]), dict(tensors)
    need(0 < prod(shape) <= LARGEST, f"slth.arch.input: not 1 to {LARGEST} inputs")
    shapes, nodes = {INPUT: shape}, []
    for number, entry in enumerate(arch["nodes"]):
        nodes.append(_node(entry, number, shapes, unused))
        shapes[number] = nodes[-1].shape
    fed = {feed for node in nodes for feed in node.feeds}
    idle = [number for number in range(len(nodes) - 1) if number not in fed]
    need(not idle, f"slth.arch.nodes[{(idle or [0])[0]}]: feeds no other node")
    need(any(node.affine for node in nodes), "slth.arch.nodes: no dense node and no convolution")
    need(not unused, f"tensors {ascii(sorted(unused))[:60]} are not used by any node")
    return Target(prod(shape), shape, nodes, content_digest(metadata["slth.arch"], tensors))
