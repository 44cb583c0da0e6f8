"""Shapes that arrive at every node, and the shape of one input where the file does not say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from slth.core.errors import BadFile, BadInput
from slth.core.network import INPUT, Conv, Dense, Flatten, Network, Node, Pool
from slth.core.nodes import Shape
from slth.interop.sizes import as_text
from slth.interop.steps import ONCE, Pair, Plan

LARGEST = 512
"""Height of the largest square picture that is tried."""
MOST_TRIED = 400
"""Nodes of the largest network for which sizes are tried."""


@dataclass(frozen=True)
class Spread:
    """Means over windows that lie side by side such that the output has height and width `size`."""

    size: Pair

    def out_shape(self, shape: Shape) -> Shape:
        """Shape of the output for an input of this shape."""
        if len(shape) != 3 or shape[1] % self.size[0] or shape[2] % self.size[1]:
            raise BadInput(f"averages down to {self.size}, which is supported where that divides {shape}")
        return (shape[0], *self.size)

    def pool(self, shape: Shape) -> Pool:
        """The pooling for an input of this shape."""
        kernel = (shape[1] // self.size[0], shape[2] // self.size[1])
        return Pool("mean", kernel, kernel)


@dataclass(frozen=True, eq=False)
class Found:
    """A network, and what the user should hear about how it was put together."""

    network: Network
    notes: tuple[str, ...] = ()


Nodes = Sequence[Node | Spread]
Feeds = Sequence[tuple[int, ...]]


def arriving(nodes: Nodes, inputs: Feeds, labels: Sequence[str], shape: Shape) -> list[Shape]:
    """Shape of every node's output.

    Raises
    ------
    BadFile
        When a node can not take what arrives; the line names its layer.
    """
    found: list[Shape] = []
    for node, feeds, label in zip(nodes, inputs, labels, strict=True):
        given = [shape if feed == INPUT else found[feed] for feed in feeds]
        try:
            found.append(node.out_shape(*given))
        except BadInput as error:
            reason = _refusal(node, label, given[0], str(error), feeds[0] != INPUT)
            raise BadFile(f"{reason} (one input: {shape})") from None
    return found


def _refusal(node: Node | Spread, label: str, given: Shape, reason: str, inner: bool) -> str:
    if isinstance(node, Dense):
        return f"layer {label} takes {node.shape[1]} inputs, the architecture has {given} there"
    if not isinstance(node, Conv):
        return f"operation {label} {reason}"
    grouped = inner and given[0] > node.shape[1] and given[0] % node.shape[1] == 0
    return f"layer {label} {reason}" + "; grouped convolutions are not supported" * grouped


def input_shape(
    plan: Plan, nodes: Nodes, inputs: Feeds, labels: Sequence[str], asked: Shape | None
) -> tuple[Shape, tuple[str, ...]]:
    """The shape of one input, as plan or user say it or the weights tell it, and notes.

    Raises
    ------
    BadFile
        When plan and user contradict each other, or nobody says it.
    """
    if plan.input_shape is not None and asked not in (None, plan.input_shape) and not plan.movable:
        raise BadFile(f"has inputs of shape {as_text(plan.input_shape)}, which is not --input {as_text(asked or ())}")
    said = asked or plan.input_shape
    if said is not None:
        return said, ()
    first = _first(nodes, inputs)
    if isinstance(first, Dense):
        return (first.shape[1],), ()
    channels = first.shape[1] if isinstance(first, Conv) else 1
    sides = _squares(nodes, inputs, labels, channels)
    if len(sides) == 1:
        shape = (channels, sides[0], sides[0])
        note = f"the file does not say the shape of an input: of all squares only {as_text(shape)} fits the weights"
        return shape, (f"{note}; pass --input where that is wrong",)
    few = 0 < len(sides) < 8
    side = sides[0] if few else 32
    example = as_text((channels, side, side))
    fitting = f" (squares that fit: {', '.join(map(str, sides))})" if few else ""
    unsaid = f"the file does not say the shape of an input ({ONCE})"
    raise BadFile(f"{unsaid}: pass --input, for example --input {example}{fitting}")


def _first(nodes: Nodes, inputs: Feeds) -> Node | Spread | None:
    """The first node that is no Flatten, where it is fed by the input."""
    reached = {INPUT}
    for number, (node, feeds) in enumerate(zip(nodes, inputs, strict=True)):
        if not reached & set(feeds):
            continue
        if not isinstance(node, Flatten):
            return node
        reached.add(number)
    return None


def _squares(nodes: Nodes, inputs: Feeds, labels: Sequence[str], channels: int) -> list[int]:
    """Heights of the square pictures that fit, smallest first."""
    sides: list[int] = []
    for side in range(1, LARGEST + 1) if len(nodes) <= MOST_TRIED else ():
        try:
            arriving(nodes, inputs, labels, (channels, side, side))
        except BadFile:
            continue
        sides.append(side)
    return sides
