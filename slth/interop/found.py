"""Found tickets as files: writing and reading by slth/verify/FORMAT.md, section 9."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.architecture import Architecture
from slth.core.errors import BadInput
from slth.core.found import Accuracy, FoundTicket
from slth.core.given import Given, Stock
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.preprocessing import Preprocessing
from slth.core.source import Source, SourceLayer
from slth.interop.envelope import (
    FORMAT,
    GENERATOR,
    GIVEN,
    NETWORK,
    Body,
    Tensors,
    check_kind,
    kind_of,
    read_sealed,
    write_sealed,
)
from slth.interop.masks import entries_of, numbers_of, pack, packed_numbers
from slth.interop.parts import MOST_ENTRIES, architecture_json, architecture_of, check_sizes
from slth.interop.sources import described, layer_of

__all__ = ["encode", "kind_of", "read_found", "write_found"]
Array = NDArray[Any]
LONGEST_NAME = 200
MOST_CHANNELS = 1 << 12


def write_found(path: str | Path, ticket: FoundTicket) -> str:
    """Writes a found ticket, whole or not at all, and returns the digest written into it.

    Raises
    ------
    BadInput
        For a ticket that the format has no room for.
    Unavailable
        When the place cannot be written; nothing is left behind.
    """
    check_sizes(ticket.architecture)
    if ticket.source.size > MOST_ENTRIES:
        raise BadInput(f"the network has {ticket.source.size} weights; a ticket has at most {MOST_ENTRIES}")
    _check_channels(ticket.architecture, ticket.claim)
    body, tensors = encode(ticket)
    _ = _claim(body["claim"])
    return write_sealed(path, body, tensors)


def read_found(path: str | Path) -> tuple[FoundTicket, str]:
    """A found ticket and its digest; where it is about given weights, without them (`FoundTicket.holding`).

    Raises
    ------
    BadFile
        When the file is not a whole found ticket of this format.
    """
    return read_sealed(path, decode, encode)


def encode(ticket: FoundTicket) -> tuple[Body, Tensors]:
    """The JSON object (without its digest) and the tensors of a found ticket."""
    source, mask = ticket.source, ticket.mask
    tensors: Tensors = {}
    masks = []
    for number, kept in enumerate(mask.kept):
        encoding, tensors[f"mask.{number}"] = pack(kept, source.layers[number].size)
        entry: dict[str, Any] = {"encoding": encoding, "kept": len(kept)}
        if mask.signs and (mask.signs[number] < 0).any():
            entry["signs"] = True
            tensors[f"signs.{number}"] = np.packbits(mask.signs[number] < 0, bitorder="little")
        if mask.draws and mask.draws[number].any():
            entry["draws"] = True
            tensors[f"draws.{number}"] = packed_numbers(mask.draws[number])
        masks.append(entry)
    for number, (mean, variance) in enumerate(ticket.statistics):
        tensors |= {f"norm.{number}.mean": mean, f"norm.{number}.variance": variance}
    body: Body = {
        "format": FORMAT,
        **_origin(source),
        "structure": NETWORK,
        "architecture": architecture_json(ticket.architecture),
        "layers": [described(layer) for layer in source.layers],
        "values": ticket.values,
        "masks": masks,
        "claim": _claim_json(ticket.claim),
        "made": dict(ticket.made),
    }
    return body, tensors


def _origin(source: Stock) -> dict[str, str]:
    """Where the weights come from, as JSON."""
    if isinstance(source, Given):
        return {"generator": GIVEN, "weights": source.digest}
    return {"generator": GENERATOR, "law": source.law.label, "seed": str(source.seed)}


def _stock(body: Body, layers: tuple[SourceLayer, ...]) -> Stock:
    """The source, or the given weights, behind their JSON."""
    if body["generator"] == GIVEN:
        return Given(body["weights"], layers)
    return Source(int(body["seed"]), law(body["law"]), layers)


def _claim_json(claim: Accuracy) -> dict[str, Any]:
    steps = claim.preprocessing
    return {
        "kind": "accuracy",
        "data": claim.data,
        "name": claim.name,
        "correct": claim.correct,
        "of": claim.of,
        "largest": steps.largest,
        "mean": [value.hex() for value in steps.mean],
        "deviation": [value.hex() for value in steps.deviation],
    }


def decode(body: Body, tensors: Tensors) -> FoundTicket:
    """The found ticket behind a JSON object and its tensors; any inconsistency raises."""
    check_kind(body, NETWORK)
    layers = tuple(layer_of(entry) for entry in body["layers"])
    for number, layer in enumerate(layers):
        if layer != SourceLayer(layer.rows, layer.columns, layer.scale, layer.bias, layer.kernel):
            raise BadInput(f"layer {number} of a found ticket has an activation, copies or direct columns")
    architecture = architecture_of(body["architecture"], layers)
    source = _stock(body, layers)
    statistics = [
        (tensors[f"norm.{number}.mean"], tensors[f"norm.{number}.variance"])
        for number in range(len(architecture.normed))
    ]
    claim = _claim(body["claim"])
    _check_channels(architecture, claim)
    mask = _mask(body["masks"], tensors, source)
    return FoundTicket(architecture, source, mask, body["values"], tuple(statistics), claim, dict(body["made"]))


def _check_channels(architecture: Architecture, claim: Accuracy) -> None:
    """Refuses preprocessing for another number of channels than the pictures of the architecture have."""
    shape, given = architecture.input_shape, len(claim.preprocessing.mean)
    if given != shape[0] if len(shape) == 3 else given > MOST_CHANNELS:
        raise BadInput(f"the claim has {given} means for inputs of shape {shape}, not one for each channel")


def _mask(described_masks: list[dict[str, Any]], tensors: Tensors, source: Stock) -> Mask:
    kept, signs, draws = [], [], []
    for number, (entry, layer) in enumerate(zip(described_masks, source.layers, strict=True)):
        here = entries_of(entry, tensors[f"mask.{number}"], layer, number)
        kept.append(here)
        signs.append(
            _signs(tensors[f"signs.{number}"], len(here)) if "signs" in entry else np.ones(len(here), np.int64)
        )
        few = numbers_of(tensors[f"draws.{number}"], len(here)) if "draws" in entry else np.zeros(len(here), np.int64)
        draws.append(few)
    shapes = tuple((layer.rows, layer.width) for layer in source.layers)
    negative = any((array < 0).any() for array in signs)
    redrawn = any(array.any() for array in draws)
    return Mask(shapes, tuple(kept), tuple(signs) if negative else (), tuple(draws) if redrawn else ())


def _signs(data: Array, count: int) -> NDArray[np.int64]:
    """One sign for each kept entry; unused bits are for the round trip to refuse."""
    if data.dtype != np.uint8 or data.shape != (-(-count // 8),):
        raise BadInput(f"the signs of {count} weights are not {-(-count // 8)} bytes")
    return 1 - 2 * np.unpackbits(data, count=count, bitorder="little").astype(np.int64)


def _claim(value: dict[str, Any]) -> Accuracy:
    """The claim behind its JSON."""
    if value["kind"] != "accuracy":
        raise BadInput("the claim is not of a kind that this version reads")
    if not re.fullmatch("[0-9a-f]{64}", value["data"]):
        raise BadInput("the claim's data is not a digest")
    name = value["name"]
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= LONGEST_NAME:
        raise BadInput(f"the name of the claim's data is not a line of at most {LONGEST_NAME} characters")
    mean, deviation = ([float.fromhex(text) for text in value[key]] for key in ("mean", "deviation"))
    if min(mean) < 0 or any(math.copysign(1, number) < 0 for number in mean):
        raise BadInput("a mean of the claim's preprocessing is negative")
    steps = Preprocessing(int(value["largest"]), tuple(mean), tuple(deviation))
    if int(value["of"]) > 1 << 53:
        raise BadInput("the claim counts more than 2^53 pictures")
    return Accuracy(value["data"], name, int(value["correct"]), int(value["of"]), steps)
