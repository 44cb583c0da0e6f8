"""A constructed ticket seen as a found one: its untouched random network is an architecture, its mask a mask."""

from __future__ import annotations

from dataclasses import replace

from slth.core.architecture import Architecture, Part, Slot
from slth.core.errors import BadInput
from slth.core.found import Accuracy, FoundTicket, correct_answers
from slth.core.network import Dense, Network
from slth.core.nodes import Affine, Shape
from slth.core.ticket import Ticket, check_fits
from slth.datasets.dataset import Dataset


def planted(ticket: Ticket, target: Network, data: Dataset) -> FoundTicket:
    """The solved ticket of a dense target as a found ticket: same source, same mask, and a count on test pictures.

    No weight is written into the random network, so a search in it (`find(source=...)`) may find this ticket, or
    another one as good.

    Parameters
    ----------
    ticket : Ticket
        Of stages of two layers (2L), without copies.
    target : Network
        Dense layers only; its inputs are `data`'s pictures by `data.preprocessing`.

    Raises
    ------
    BadInput
        For other tickets and targets.

    Source: ours; Fischer and Burkholz (2022) plant by writing the target into the random network.
    """
    check_fits(ticket, target)
    architecture = stages(ticket, target, data.shape)
    claim = Accuracy(data.test.digest, f"{data.name} test", 0, len(data.test), data.preprocessing)
    made = {"planted": True, "target": ticket.claim.target}
    found = FoundTicket(architecture, ticket.source, ticket.mask, "weight", (), claim, made)
    right = correct_answers(found.network, data.preprocessing, data.test.images, data.test.labels)
    return replace(found, claim=replace(claim, correct=right))


def stages(ticket: Ticket, target: Network, shape: Shape) -> Architecture:
    """The random network of a ticket: for each dense layer of the target its stage of two layers."""
    nodes: list[Part] = []
    layer = 0
    for node in target.nodes:
        if not isinstance(node, Affine):
            nodes.append(node)
            continue
        first, second = ticket.source.layers[layer : layer + 2]
        if not isinstance(node, Dense) or second.direct or second.copies > 1 or not target.is_sequence:
            raise BadInput("only tickets of dense targets with stages of two layers can be planted (2L theorems)")
        nodes.append(Slot(first.rows, first.columns - first.bias, bias=first.bias))
        nodes.append(first.activation)
        nodes.append(Slot(second.rows, second.columns))
        layer += 2
    return Architecture(tuple(nodes), shape)
