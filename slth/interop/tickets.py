"""Ticket files (.slth): writing and reading by slth/verify/FORMAT.md; the checker has an implementation of its own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.domain import Ball, Box, Domain, Hull, rational
from slth.core.errors import BadFile, BadInput
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.network import canonical_json, content_digest
from slth.core.nodes import Activation
from slth.core.source import RELU, Source, SourceLayer
from slth.core.ticket import Missed, SupNorm, Ticket
from slth.interop.safetensors import read_container, write_container

Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]
KEY = "slth.ticket"
GENERATOR = "philox4x32-10/1"
MOST_LAYERS = 200
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
    body, tensors = encode(ticket)
    body["sha256"] = content_digest(canonical_json(body), tensors)
    write_container(path, {KEY: canonical_json(body)}, tensors)
    return str(body["sha256"])


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
        "format": "slth-ticket/1",
        "generator": GENERATOR,
        "law": source.law.label,
        "seed": str(source.seed),
        "structure": "pairs",
        "layers": [_described(layer) for layer in source.layers],
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


def _described(layer: SourceLayer) -> dict[str, Any]:
    """A source layer as JSON: what is not the default of `SourceLayer` has a key of its own."""
    entry: dict[str, Any] = {
        "rows": layer.rows,
        "columns": layer.columns,
        "bias": layer.bias,
        "scale": layer.scale.hex(),
    }
    if layer.kernel != (1, 1):
        entry["kernel"] = list(layer.kernel)
    if layer.activation != RELU:
        entry["activation"] = layer.activation.kind
    if layer.activation.slope:
        entry["slope"] = layer.activation.slope.hex()
    if layer.direct:
        entry["direct"] = True
    if layer.copies > 1:
        entry["copies"] = layer.copies
    return entry


def _layer(entry: dict[str, Any]) -> SourceLayer:
    """The source layer behind its JSON; the round trip refuses other keys and other spellings."""
    height, width = entry.get("kernel", (1, 1))
    slope = float.fromhex(entry["slope"]) if "slope" in entry else 0.0
    return SourceLayer(
        int(entry["rows"]),
        int(entry["columns"]),
        float.fromhex(entry["scale"]),
        bool(entry["bias"]),
        (int(height), int(width)),
        Activation(str(entry.get("activation", "relu")), slope),
        bool(entry.get("direct", False)),
        int(entry.get("copies", 1)),
    )


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
    metadata, tensors = read_container(path)
    if KEY not in metadata:
        raise BadFile(f"{path}: not a ticket (no {KEY} in its metadata)")
    try:
        body = json.loads(metadata[KEY], parse_float=_no_float, parse_constant=_no_float, parse_int=_integer)
        if not isinstance(body, dict) or canonical_json(body) != metadata[KEY]:
            raise BadInput("its JSON is not canonical")
        digest = body.pop("sha256")
        if content_digest(canonical_json(body), tensors) != digest:
            raise BadInput("its digest does not match its content")
        ticket = decode(body, tensors)
        _check_round_trip(ticket, body, tensors)
        return ticket, str(digest)
    except BadInput as error:
        raise BadFile(f"{path}: {_one_line(error)}") from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError, IndexError) as error:
        raise BadFile(f"{path}: not a ticket of format 1 ({type(error).__name__}: {_one_line(error)})") from None


def _check_round_trip(ticket: Ticket, body: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> None:
    """Refuses what is more or other than what the ticket, written again, would be; masks may be encoded either way."""
    again, same = encode(ticket)
    again["masks"] = [
        {"encoding": mask["encoding"], "kept": len(kept)}
        for mask, kept in zip(body["masks"], ticket.mask.kept, strict=True)
    ]
    if canonical_json(again) != canonical_json(body) or same.keys() != tensors.keys():
        raise BadInput("a field is missing, unknown, or not written as FORMAT.md says")
    for name, array in same.items():
        given = tensors[name]
        if not name.startswith("mask.") and (given.dtype != array.dtype or given.tobytes() != array.tobytes()):
            raise BadInput(f"tensor {name} is not what FORMAT.md says")


def _one_line(error: Exception) -> str:
    return ascii(" ".join(str(error).split()))[1:-1][:300]


def _integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > 1 << 53:
        raise BadInput("its JSON holds an integer beyond 2^53")
    return int(text)


def _no_float(text: str) -> float:
    raise BadInput(f"its JSON holds {text[:40]}, and FORMAT.md allows no floating-point numbers")


def decode(body: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Ticket:
    """The ticket behind a JSON object and its tensors; any inconsistency raises."""
    if (body["format"], body["generator"], body["structure"]) != ("slth-ticket/1", GENERATOR, "pairs"):
        raise BadInput("format, generator or structure is not one that this version reads")
    layers = tuple(_layer(entry) for entry in body["layers"])
    _check_stages(layers)
    source = Source(int(body["seed"]), law(body["law"]), layers)
    kept = []
    for number, (mask, layer) in enumerate(zip(body["masks"], layers, strict=True)):
        entries = unpack(mask["encoding"], tensors[f"mask.{number}"], layer.size)
        if len(entries) != mask["kept"]:
            raise BadInput(f"mask {number} keeps {len(entries)} entries, not {mask['kept']}")
        kept.append(entries)
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


def pack(kept: Integers, size: int) -> tuple[str, Bytes]:
    """The shorter of the two encodings of sorted entries below `size`: its name and its bytes."""
    gaps = np.diff(kept, prepend=-1)
    length = np.ones(len(gaps), np.int64)
    for power in range(1, 6):
        length += gaps >= 1 << (7 * power)
    if int(length.sum()) >= -(-size // 8):
        bits = np.zeros(8 * -(-size // 8), bool)
        bits[kept] = True
        return "bits", np.packbits(bits, bitorder="little")
    start = np.cumsum(length) - length
    out = np.zeros(int(length.sum()), np.uint8)
    for power in range(6):
        here = length > power
        more = (length[here] > power + 1).astype(np.int64) << 7
        out[start[here] + power] = ((gaps[here] >> (7 * power)) & 127) | more
    return "gaps", out


def unpack(encoding: str, data: Bytes, size: int) -> Integers:
    """The sorted entries behind one encoding; the reverse of `pack`.

    Raises
    ------
    BadInput
        When the bytes are not such an encoding, or an entry lies outside the layer.
    """
    if data.dtype != np.uint8 or data.ndim != 1:
        raise BadInput("a mask is not a row of bytes")
    if encoding == "bits":
        if len(data) != -(-size // 8):
            raise BadInput(f"a mask of {size} bits has {len(data)} bytes")
        bits = np.unpackbits(data, bitorder="little")
        if bits[size:].any():
            raise BadInput("unused bits of a mask are not 0")
        return np.flatnonzero(bits)
    if encoding != "gaps":
        raise BadInput(f"no mask encoding is called {encoding!r}")
    last = data < 128
    if len(data) and not last[-1]:
        raise BadInput("a gap is cut off")
    ends = np.flatnonzero(last)
    if len(ends) > size:  # before anything of that length is computed
        raise BadInput("a gap leaves the layer")
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    place = np.arange(len(data)) - np.repeat(starts, ends - starts + 1)
    if (place > 5).any() or ((ends > starts) & (data[ends] == 0)).any():
        raise BadInput("a gap is not in its shortest form")
    gaps = np.add.reduceat((data & 127).astype(np.int64) << (7 * place), starts) if len(ends) else ends
    if len(gaps) and not 0 < gaps.min() <= gaps.max() <= size:  # so that the sums below cannot wrap
        raise BadInput("a gap leaves the layer")
    entries = np.cumsum(gaps) - 1
    if len(gaps) and entries[-1] >= size:
        raise BadInput("a gap leaves the layer")
    return entries
