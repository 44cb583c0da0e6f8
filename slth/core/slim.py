"""Slim: a sparse network without the units that make no difference, as a smaller dense one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slth.core.network import INPUT, Network
from slth.core.nodes import Activation, Add, Affine, Array, Conv, Dense, Floats, Node

Bools = NDArray[np.bool_]


def slim(network: Network) -> Network:
    """The network without its dead units: the same function for every input, and no unit left that is dead.

    A unit (a neuron, or the channel of a convolution) is dead where no layer reads it with a weight other than 0, or
    where it is 0 for every input. One that is another constant stays: its fold into the biases that follow would have
    to be rounded, and zero padding reads 0 beside it. One unit of each layer stays in any case.
    """
    while True:
        smaller = _Channels.of(network).without_dead(network)
        if smaller.size == network.size:
            return network
        network = smaller


@dataclass(frozen=True, eq=False)
class _Channels:
    """Which tensors share their channels.

    Parameters
    ----------
    group : dict of node to int
        Tensors of one group lose their channels together: what a layer makes, through activations, pools and sums.
    width : dict of group to int
    fixed : set of groups that keep all: those of the input, the output, and of sums of differently flattened ones.
    """

    group: dict[int, int]
    width: dict[int, int]
    fixed: frozenset[int]

    @classmethod
    def of(cls, network: Network) -> _Channels:
        """Groups of tensors by following the network."""
        joined = {INPUT: INPUT}  # each group points to one that it was joined with, at last to itself
        group, width, fixed = {INPUT: INPUT}, {INPUT: network.input_shape[0]}, {INPUT}

        def root(one: int) -> int:
            while joined[one] != one:
                one = joined[one]
            return one

        for number, (node, feeds) in enumerate(zip(network.nodes, network.inputs, strict=True)):
            if isinstance(node, Affine):
                group[number] = joined[number] = number
                width[number] = node.shape[0]
                continue
            group[number] = root(group[feeds[0]])
            if isinstance(node, Add):
                other = root(group[feeds[1]])
                if width[other] == width[group[number]]:
                    joined[other] = group[number]
                else:
                    fixed |= {group[number], other}
        fixed.add(root(group[len(network.nodes) - 1]))
        return cls({tensor: root(one) for tensor, one in group.items()}, width, frozenset(map(root, fixed)))

    def constants(self, network: Network) -> dict[int, Floats]:
        """For each tensor and channel the number that it always is; NaN where it is none, or was not followed."""
        found = {INPUT: np.full(self.width[self.group[INPUT]], np.nan)}
        for number, (node, feeds) in enumerate(zip(network.nodes, network.inputs, strict=True)):
            given = [found[feed] for feed in feeds]
            if isinstance(node, Affine):
                read = _by_channel(node, len(given[0]))[:, given[0] != 0].any(axis=1)
                level = np.zeros(node.shape[0]) if node.bias is None else node.bias.astype(np.float64)
                found[number] = np.where(read, np.nan, level)
            elif isinstance(node, Add):
                alike = len(given[0]) == len(given[1])
                found[number] = given[0] + given[1] if alike else np.full(len(given[0]), np.nan)
            else:
                found[number] = node(given[0]) if isinstance(node, Activation) else given[0]
        return found

    def alive(self, network: Network) -> dict[int, Bools]:
        """Which channels of each group make a difference; at least one."""
        constants = self.constants(network)
        used = {one: np.full(self.width[one], one in self.fixed) for one in set(self.group.values())}
        for node, (feed, *_) in zip(network.nodes, network.inputs, strict=True):
            if isinstance(node, Affine):
                here = used[self.group[feed]]
                here |= _by_channel(node, len(here)).any(axis=0) & (constants[feed] != 0)
        for here in used.values():
            here[0] |= not here.any()
        return used

    def without_dead(self, network: Network) -> Network:
        """The network with the living channels only."""
        alive = self.alive(network)
        nodes: list[Node] = []
        for number, (node, feeds) in enumerate(zip(network.nodes, network.inputs, strict=True)):
            if isinstance(node, Dense | Conv):
                rows, columns = alive[self.group[number]], alive[self.group[feeds[0]]]
                bias = None if node.bias is None else node.bias[rows]
                parts = node.weight[rows].reshape(rows.sum(), len(columns), -1)[:, columns]
                shape = (len(parts), -1, *node.kernel) if isinstance(node, Conv) else (len(parts), -1)
                nodes.append(replace(node, weight=parts.reshape(shape), bias=bias))
            else:
                nodes.append(node)
        return Network(tuple(nodes), network.input_shape, network.inputs)


def _by_channel(node: Affine, channels: int) -> Bools:
    """Whether a layer has a weight other than 0 from a channel to a row: shape (rows, channels)."""
    weight: Array = node.weight.reshape(len(node.weight), channels, -1)
    found: Bools = (weight != 0).any(axis=2)
    return found
