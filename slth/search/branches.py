"""Residual branches: the layers of one side of a sum, which can go while the other side carries on."""

from __future__ import annotations

from slth.core.architecture import Architecture
from slth.core.network import INPUT
from slth.core.nodes import Add


def branches(architecture: Architecture) -> list[tuple[int, ...]]:
    """For each sum, in order, the numbers of the layers on its longer side that the other side does not need.

    Of two sides with as many layers the one with more weights; sums of which neither side has layers of its own are
    left out.
    """
    before = _before(architecture)
    number = {place: count for count, place in enumerate(architecture.places)}
    found = []
    for node, feeds in zip(architecture.nodes, architecture.inputs, strict=True):
        if isinstance(node, Add):
            sides = [sorted(number[p] for p in before[a] - before[b] if p in number) for a, b in (feeds, feeds[::-1])]
            longer = max(sides, key=lambda side: (len(side), sum(architecture.slots[slot].size for slot in side)))
            if longer:
                found.append(tuple(longer))
    return found


def _before(architecture: Architecture) -> dict[int, frozenset[int]]:
    """Each node with all that it depends on."""
    found: dict[int, frozenset[int]] = {INPUT: frozenset()}
    for place, feeds in enumerate(architecture.inputs):
        found[place] = frozenset({place}).union(*(found[feed] for feed in feeds))
    return found
