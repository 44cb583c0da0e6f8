"""The graph of a network or of an architecture: who feeds whom, and what shapes arrive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from slth.core.errors import BadInput
from slth.core.nodes import Add, Shape

INPUT = -1
"""The number of the network's input, as a node that feeds others."""
Feeds = tuple[tuple[int, ...], ...]


class Shaped(Protocol):
    """A node that knows the shape of its output."""

    def out_shape(self, *shapes: Shape) -> Shape:
        """Shape of the output for inputs of these shapes."""
        ...


def wired(nodes: Sequence[object], inputs: Feeds) -> Feeds:
    """The numbers of the nodes that feed each node, those of a sequence where none are given.

    Raises
    ------
    BadInput
        When a node is fed by too many or too few, by a later one, or feeds nothing and is not the last.
    """
    feeds_of = inputs or tuple((number - 1,) for number in range(len(nodes)))
    if len(feeds_of) != len(nodes):
        raise BadInput(f"{len(nodes)} nodes need as many lists of inputs, not {len(feeds_of)}")
    used = {feed for feeds in feeds_of for feed in feeds}
    for number, (node, feeds) in enumerate(zip(nodes, feeds_of, strict=True)):
        if len(feeds) != 1 + isinstance(node, Add) or not all(INPUT <= feed < number for feed in feeds):
            raise BadInput(f"node {number} can not be fed by nodes {feeds}")
        if number not in used and number < len(nodes) - 1:
            raise BadInput(f"node {number} feeds no other node")
    return feeds_of


def shapes_of(nodes: Sequence[Shaped], inputs: Feeds, input_shape: Shape) -> tuple[Shape, ...]:
    """Shape of every node's output, one input at a time.

    Raises
    ------
    BadInput
        When a node can not take what arrives; the message names it.
    """
    found: list[Shape] = []
    for number, (node, feeds) in enumerate(zip(nodes, inputs, strict=True)):
        shapes = [input_shape if feed == INPUT else found[feed] for feed in feeds]
        try:
            found.append(node.out_shape(*shapes))
        except BadInput as error:
            raise BadInput(f"node {number} ({type(node).__name__.lower()}) {error}") from None
    return tuple(found)
