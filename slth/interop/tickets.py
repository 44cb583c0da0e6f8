"""Ticket files (.slth): writing and reading by slth/verify/FORMAT.md; the checker has an implementation of its own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from slth.core.domain import Ball, Box, Domain, Hull, rational
from slth.core.errors import BadInput
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.source import RELU, Source, SourceLayer
from slth.core.ticket import Missed, SupNorm, Ticket
from slth.interop.envelope import FORMAT, GENERATOR, KEY, PAIRS, check_kind, read_sealed, write_sealed
from slth.interop.masks import entries_of, pack, unpack
from slth.interop.sources import MOST_LAYERS, described, layer_of

__all__ = ["KEY", "decode", "encode", "pack", "read_ticket", "unpack", "write_ticket"]
LARGEST_MAP = 1 << 27
"""Entries of the map of a stage (FORMAT.md, section 6)."""


def write_ticket(path: str | Path, ticket: Ticket) -> str:
    """Writes a ticket, whole or not at all, and returns the digest written into it.

    Raises
    ------
    BadInput
        For a stage that the format has no room for.
    Unavailable
        When the place cannot be written; nothing is left behind.
    """
    _check_maps(ticket.source.layers)
    return write_sealed(path, *encode(ticket))


def _check_maps(layers: tuple[SourceLayer, ...]) -> None:
    """Refuses stages that no reader of the format would take."""
    for number, (first, second) in enumerate(zip(layers[::2], layers[1::2], strict=True)):
        inputs = second.columns - first.rows or first.columns - first.bias
        entries = second.rows * inputs * second.taps
        if entries > LARGEST_MAP:
            most = f"a ticket has at most {LARGEST_MAP}"
            raise BadInput(f"stage {number} has a map of {entries} entries; {most}: ask for fewer copies")


def encode(ticket: Ticket) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """The JSON object (without its digest) and the tensors of a ticket."""
    source, claim = ticket.source, ticket.claim
    tensors: dict[str, NDArray[Any]] = dict(claim.domain.tensors())
    masks = []
    for number, ((rows, columns), kept) in enumerate(zip(ticket.mask.shapes, ticket.mask.kept, strict=True)):
        encoding, tensors[f"mask.{number}"] = pack(kept, rows * columns)
        masks.append({"encoding": encoding, "kept": len(kept)})
    if len(ticket.missed):
        tensors |= {"missed.entries": ticket.missed.entries, "missed.errors": ticket.missed.errors}
    body = {
        "format": FORMAT,
        "generator": GENERATOR,
        "law": source.law.label,
        "seed": str(source.seed),
        "structure": PAIRS,
        "layers": [described(layer) for layer in source.layers],
        "masks": masks,
        "claim": {
            "kind": "supnorm",
            "norm": "linf",
            "eps": claim.eps.hex(),
            "target": claim.target,
            "domain": claim.domain.to_json(),
        },
        "made": dict(ticket.made),
    }
    return body, tensors


def _check_stages(layers: tuple[SourceLayer, ...]) -> None:
    """Whether the layers are stages: what the first and the second of a pair may carry."""
    if not (0 < len(layers) <= MOST_LAYERS and len(layers) % 2 == 0):
        raise BadInput(f"{len(layers)} source layers are not pairs, 1 to {MOST_LAYERS // 2} of them")
    for number in range(0, len(layers), 2):
        first, second = layers[number : number + 2]
        plain = first.taps == first.copies == 1 and not first.direct
        fits = second.columns >= first.rows and (second.direct or second.columns == first.rows)
        if not plain or not fits or second.bias or second.activation != RELU:
            raise BadInput(f"source layers {number} and {number + 1} are not the two layers of a stage")
        if not second.rows or not (first.rows or second.direct):
            raise BadInput(f"source layer {number if second.rows else number + 1} is empty")
        if second.direct and (first.columns != 1 or not first.bias or first.activation != RELU):
            raise BadInput(f"source layer {number} does not hold the constant units of a direct stage")


def read_ticket(path: str | Path) -> tuple[Ticket, str]:
    """A ticket and its digest.

    Raises
    ------
    BadFile
        When the file is not a whole ticket of this format.
    """
    return read_sealed(path, decode, encode)


def decode(body: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Ticket:
    """The ticket behind a JSON object and its tensors; any inconsistency raises."""
    check_kind(body, PAIRS)
    layers = tuple(layer_of(entry) for entry in body["layers"])
    _check_stages(layers)
    source = Source(int(body["seed"]), law(body["law"]), layers)
    masks = enumerate(zip(body["masks"], layers, strict=True))
    kept = [entries_of(mask, tensors[f"mask.{number}"], layer, number) for number, (mask, layer) in masks]
    claim = body["claim"]
    if (claim["kind"], claim["norm"]) != ("supnorm", "linf"):
        raise BadInput("the claim is not of a kind that this version reads")
    if not re.fullmatch("[0-9a-f]{64}", claim["target"]):
        raise BadInput("the claim's target is not a digest")
    eps = float.fromhex(claim["eps"])
    if not 0 <= eps < float("inf"):
        raise BadInput(f"the claimed eps {eps} is not a finite number >= 0")
    domain = _domain(claim["domain"], tensors)
    missed = Missed()
    if "missed.entries" in tensors:
        missed = Missed(tensors["missed.entries"], tensors["missed.errors"])
    claimed = SupNorm(str(claim["target"]), eps, domain)
    return Ticket(source, Mask.of(source, kept), claimed, body["made"], missed)


def _domain(value: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Domain:
    if value["kind"] == "hull":
        return Hull(tensors["domain.lower"], tensors["domain.upper"])
    box = Box(rational(value["lo"]), rational(value["hi"]))
    if value["kind"] == "box":
        return box
    if value["kind"] == "ball":
        return Ball(tensors["domain.centres"], rational(value["radius"]), value["norm"], box)
    raise BadInput(f"no domain is of kind {value['kind']!r}")
