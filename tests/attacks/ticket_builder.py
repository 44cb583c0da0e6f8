"""Three small honest tickets, and ways to write what looks like them: digests fit whatever was spoiled."""

from __future__ import annotations

import hashlib
import json
import random
import struct
from fractions import Fraction
from typing import Any

import numpy as np
from honest_tickets import Draft, make_perfect

from slth.core.domain import Ball, Box, Hull
from slth.core.laws import law
from slth.core.mask import Mask
from slth.core.network import Activation, Dense, Network
from slth.core.source import Source, SourceLayer
from slth.core.ticket import Missed, SupNorm, Ticket
from slth.interop.tickets import encode

Tensor = tuple[str, list[int], bytes]  # dtype, shape, data
BOX = Box(Fraction(-1), Fraction(1))
DOMAINS = {
    "box": BOX,
    "ball": Ball(np.array([[0.25, -0.5, 0.125]]), Fraction(1, 3), "l2", BOX),
    "hull": Hull(np.array([-0.5, 0.0, 0.25]), np.array([0.5, 0.75, 0.25])),
}
CODES = {"float64": "F64", "float32": "F32", "int64": "I64", "uint8": "U8"}


class Raw:
    """A value written into JSON as it is, whatever that does to the JSON."""

    def __init__(self, text: str):
        self.text = text


DEEP = Raw("[" * 100_000 + "]" * 100_000)
NESTED = Raw('{"a":' * 400 + "0" + "}" * 400)


def dumps(value: Any, **options: Any) -> str:
    """JSON in the canonical style, floats and raw texts included."""
    raws: list[str] = []

    def default(other: Any) -> str:
        raws.append(other.text)
        return f"@raw{len(raws) - 1}@"

    text = json.dumps(value, **{"sort_keys": True, "separators": (",", ":"), "default": default, **options})
    for number, raw in enumerate(raws):
        text = text.replace(f'"@raw{number}@"', raw)
    return text


def small_ticket(domain: Any) -> Draft:
    """A ticket of 3 -> 2 -> 1 that is proved as it stands, with tensors of every kind."""
    shapes = [(6, 4, True), (2, 6, False), (4, 3, True), (1, 4, False)]
    layers = tuple(SourceLayer(rows, columns, 0.5, bias) for rows, columns, bias in shapes)
    source = Source(7, law("uniform"), layers)
    mask = Mask.of(source, [np.arange(1, dtype=np.int64) for _ in layers])
    nodes = (Dense(np.ones((2, 3)), np.ones(2)), Activation(), Dense(np.ones((1, 2)), np.ones(1)))
    target = Network(nodes, (3,))
    missed = Missed(np.array([[0, 1, 2]]), np.array([0.25]))
    draft = Draft(*encode(Ticket(source, mask, SupNorm("0" * 64, 50.0, domain), {"by": "hand"}, missed)), target)
    make_perfect(draft, random.Random(3))
    draft.seal()
    return draft


BASES = {kind: small_ticket(domain) for kind, domain in DOMAINS.items()}
BALL = BASES["ball"]


def stored(array: np.ndarray) -> Tensor:
    return CODES[array.dtype.name], list(array.shape), array.tobytes()


def header_of(metadata: Any, tensors: dict[str, Tensor]) -> dict[str, Any]:
    header, place = {"__metadata__": metadata}, 0
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [place, place + len(data)]}
        place += len(data)
    return header


def container(header: Any, data: bytes) -> bytes:
    """A file; the header is a text or a JSON value."""
    text = (header if isinstance(header, str) else dumps(header)).encode()
    return struct.pack("<Q", len(text)) + text + data


def sealed_text(body: dict[str, Any], tensors: dict[str, Tensor]) -> str:
    """The JSON text of a body with the digest that fits, as far as a digest can fit."""
    body = {key: value for key, value in body.items() if key != "sha256"}
    sha = hashlib.sha256(dumps(body).encode("ascii"))
    for name in sorted(tensors):
        dtype, shape, data = tensors[name]
        sha.update(f"\n{dumps([name, dtype, shape])}\n".encode() + data)
    return dumps({**body, "sha256": sha.hexdigest()})


def file_of(body: Any, tensors: dict[str, Tensor], text: str | None = None) -> bytes:
    text = sealed_text(body, tensors) if text is None else text
    return container(header_of({"slth.ticket": text}, tensors), b"".join(data for _, _, data in tensors.values()))


def parts(base: Draft) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """A copy of the body and the tensors, to spoil."""
    draft = base.copied()
    return draft.body, {name: stored(array) for name, array in draft.tensors.items()}


def spoiled(path: tuple[Any, ...], value: Any, base: Draft = BALL) -> bytes:
    """The base's file with one field of its JSON replaced."""
    body, tensors = parts(base)
    owner: Any = body
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] = value
    return file_of(body, tensors)


def with_tensors(base: Draft = BALL, **changes: np.ndarray | Tensor | None) -> bytes:
    """The base's file with tensors replaced, added or (None) removed; _ stands for the dot of a name."""
    body, tensors = parts(base)
    for name, value in changes.items():
        dotted = name.replace("_", ".")
        tensors.pop(dotted, None)
        if value is not None:
            tensors[dotted] = stored(value) if isinstance(value, np.ndarray) else value
    return file_of(body, tensors)
