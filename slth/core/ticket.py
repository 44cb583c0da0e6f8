"""The ticket: a source, a mask and a claim that a certificate proves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.collapse import EffectiveLayer, collapse
from slth.core.domain import Domain, width_of
from slth.core.errors import BadInput
from slth.core.mask import Mask
from slth.core.network import INPUT, Network
from slth.core.nodes import Affine
from slth.core.source import Source

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SupNorm:
    """The claim sup over the domain of max_i |ticket(x)_i - target(x)_i| <= eps.

    Parameters
    ----------
    target : str
        Digest of the target (`Network.digest`).
    eps : float
    domain : Domain
    """

    target: str
    eps: float
    domain: Domain


@dataclass(frozen=True, eq=False)
class Missed:
    """The target weights that no subset came within tolerance of; the ticket keeps the closest subset of each.

    Parameters
    ----------
    entries : int64 array of shape (m, 3)
        Affine layer, row, place in the row (row-major in a kernel); a bias is the place after the last.
    errors : float64 array of shape (m,)
    """

    entries: Integers = field(default_factory=lambda: np.empty((0, 3), np.int64))
    errors: Floats = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        fits = self.entries.shape == (len(self.errors), 3) and self.errors.ndim == 1
        if not fits or self.entries.dtype != np.int64 or self.errors.dtype != np.float64:
            raise BadInput("the list of missed weights is not one entry and one error each")

    def __len__(self) -> int:
        return len(self.entries)


@dataclass(frozen=True, eq=False)
class Ticket:
    """A strong lottery ticket.

    Parameters
    ----------
    source : Source
        Pairs of layers, one pair for each dense layer or convolution of the target.
    mask : Mask
    claim : SupNorm
    made : mapping
        How it was made, as JSON without floats: theorem, objective, solver, samples, ...; information only.
    missed : Missed
    """

    source: Source
    mask: Mask
    claim: SupNorm
    made: Mapping[str, Any]
    missed: Missed = field(default_factory=Missed)

    @cached_property
    def layers(self) -> tuple[EffectiveLayer, ...]:
        """The exact effective layers (`collapse`)."""
        return collapse(self.source, self.mask)

    def to_network(self, like: Network) -> Network:
        """The masked source as a network of its live units only, two affine layers for each of the target's.

        Parameters
        ----------
        like : Network
            The target: gives geometry, pooling and what follows each layer.
        """
        from slth.core.compact import compact

        return compact(self.source, self.mask, like)


def check_fits(ticket: Ticket, target: Network) -> None:
    """Whether a ticket speaks of this target.

    Raises
    ------
    BadInput
        When digests or shapes differ.
    """
    if ticket.claim.target != target.digest:
        raise BadInput(f"the ticket is for target {ticket.claim.target[:16]}, this one is {target.digest[:16]}")
    if width_of(ticket.claim.domain) not in (None, math.prod(target.input_shape)):
        raise BadInput("the claim's domain does not have as many inputs as the target")
    layers = ticket.source.layers
    if len(layers) != 2 * len(target.affine):
        raise BadInput(f"{len(layers)} source layers do not make pairs for {len(target.affine)} affine layers")
    copies = fed_copies(target, tuple(layer.copies for layer in layers[1::2]))
    for number, node in enumerate(target.affine):
        rows, columns = node.shape
        first, second = layers[2 * number], layers[2 * number + 1]
        biased = node.bias is not None
        if second.direct:
            wanted = (columns * copies[number] + first.rows, 1, True)
        else:
            wanted = (first.rows, columns + biased, biased)
        found = (second.columns, first.columns, first.bias)
        one_copy = second.direct or copies[number] == 1
        if found != wanted or second.rows != rows * second.copies or second.kernel != node.kernel or not one_copy:
            raise BadInput(f"source layers {2 * number} and {2 * number + 1} do not fit affine layer {number}")


def fed_copies(target: Network, made: tuple[int, ...]) -> tuple[int, ...]:
    """How many copies of every neuron arrive at each affine layer, if affine layer l makes `made[l]` copies.

    Raises
    ------
    BadInput
        When the two inputs of a sum come in different numbers of copies, or the outputs in more than one.
    """
    arriving: list[int] = []
    copies = {INPUT: 1}
    for number, (node, feeds) in enumerate(zip(target.nodes, target.inputs, strict=True)):
        given = {copies[feed] for feed in feeds}
        if len(given) > 1:
            raise BadInput(f"node {number} adds neurons that come in different numbers of copies: {sorted(given)}")
        copies[number] = given.pop()
        if isinstance(node, Affine):
            arriving.append(copies[number])
            copies[number] = made[len(arriving) - 1]
    if copies[len(target.nodes) - 1] != 1:
        raise BadInput("the last layer can not be built in several copies")
    return tuple(arriving)
