"""The ticket: a source, a mask and a claim that a certificate proves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.collapse import EffectiveLayer, Units, collapse
from slth.core.domain import Domain, width_of
from slth.core.errors import BadInput
from slth.core.mask import Mask
from slth.core.network import Activation, Dense, Flatten, Network, Node
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
        Dense layer, row, column; a bias is the column after the last.
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
        Pairs of layers, two for each dense layer of the target.
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
        """The masked source as a dense network of its live units, two dense layers for each of the target's.

        Parameters
        ----------
        like : Network
            The target: gives the input shape and the last activation.
        """
        nodes: list[Node] = [node for node in like.nodes if isinstance(node, Flatten)]
        for layer in range(0, len(self.source.layers), 2):
            nodes += [*_dense_pair(self.source, self.mask, layer), Activation("relu")]
        ends_in_relu = isinstance(like.nodes[-1], Activation)
        return Network(tuple(nodes if ends_in_relu else nodes[:-1]), like.input_shape)


def drop_dead_units(source: Source, mask: Mask) -> Mask:
    """The same ticket without the first-layer entries of units whose output nobody keeps, and the reverse.

    A unit without a kept outgoing entry keeps no incoming one, and a unit without a kept incoming entry, whose output
    is 0, keeps no outgoing one, so that `Mask.count` counts weights that matter.
    """
    kept = list(mask.kept)
    for layer in range(0, len(kept), 2):
        columns = source.layers[layer].columns
        width = source.layers[layer + 1].columns
        fed = np.zeros(width, bool)
        fed[kept[layer] // columns] = True
        kept[layer + 1] = kept[layer + 1][fed[kept[layer + 1] % width]]
        used = np.zeros(width, bool)
        used[kept[layer + 1] % width] = True
        kept[layer] = kept[layer][used[kept[layer] // columns]]
    return Mask(mask.shapes, tuple(kept))


def _dense_pair(source: Source, mask: Mask, layer: int) -> tuple[Dense, Activation, Dense]:
    units = Units.of(source, mask, layer)
    live = np.unique(mask.pairs(layer + 1)[1])
    live = live[units.column[live] >= 0]
    if not len(live):
        live = np.zeros(1, np.int64)
    number = np.zeros(source.layers[layer + 1].columns, np.int64)
    number[live] = np.arange(len(live))
    first, second = source.layers[layer], source.layers[layer + 1]
    incoming = np.zeros((len(live), first.columns))
    read = units.column[live] >= 0
    incoming[np.flatnonzero(read), units.column[live][read]] = units.value[live][read]
    rows, columns = mask.pairs(layer + 1)
    alive = units.column[columns] >= 0
    rows, columns = rows[alive], columns[alive]
    outgoing = np.zeros((second.rows, len(live)))
    outgoing[rows, number[columns]] = source.entries(layer + 1, rows, columns)
    weight, bias = _as_small_floats(incoming * source.unit(layer), first.columns - first.bias)
    return Dense(weight, bias), Activation("relu"), Dense(_as_small_floats(outgoing * source.unit(layer + 1))[0])


def _as_small_floats(matrix: Floats, inputs: int | None = None) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """A matrix in float32 where that is exact, else in float64; a bias column split off."""
    small = matrix.astype(np.float32)
    out: NDArray[Any] = small if (small.astype(np.float64) == matrix).all() else matrix
    if inputs is None or inputs == matrix.shape[1]:
        return out, None
    return out[:, :inputs].copy(), out[:, inputs].copy()


def check_fits(ticket: Ticket, target: Network) -> None:
    """Whether a ticket speaks of this target.

    Raises
    ------
    BadInput
        When digests or shapes differ.
    """
    if ticket.claim.target != target.digest:
        raise BadInput(f"the ticket is for target {ticket.claim.target[:16]}, this one is {target.digest[:16]}")
    dense = target.dense
    layers = ticket.source.layers
    if width_of(ticket.claim.domain) not in (None, dense[0].shape[1]):
        raise BadInput("the claim's domain does not have as many inputs as the target")
    if len(layers) != 2 * len(dense):
        raise BadInput(f"{len(layers)} source layers do not make pairs for {len(dense)} dense layers")
    for number, node in enumerate(dense):
        rows, columns = node.shape
        first, second = layers[2 * number], layers[2 * number + 1]
        biased = node.bias is not None
        if (first.bias, first.columns, second.rows) != (biased, columns + biased, rows):
            raise BadInput(f"source layers {2 * number} and {2 * number + 1} do not fit dense layer {number}")
