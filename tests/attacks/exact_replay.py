"""What a ticket's JSON object and tensors compute at one input, exactly: written from FORMAT.md, no slth code."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

BITS = {"uniform/1": 24, "sign/1": 0, "normal/1": 20}
LOW = 0xFFFFFFFF
TABLE = Path(__file__).parents[2] / "slth" / "verify" / "normal.bin"
Vector = Sequence[Fraction]


@cache
def block(seed: str, layer: int, number: int) -> tuple[int, ...]:
    """Four random words."""
    digest = hashlib.sha256(b"slth/rng/v1" + int(seed).to_bytes(32, "big")).digest()
    key = [int.from_bytes(digest[:4], "little"), int.from_bytes(digest[4:8], "little")]
    w = [number & LOW, number >> 32, layer, 0]
    for _ in range(10):
        p, q = 0xD2511F53 * w[0], 0xCD9E8D57 * w[2]
        w = [q >> 32 ^ w[1] ^ key[0], q & LOW, p >> 32 ^ w[3] ^ key[1], p & LOW]
        key = [(key[0] + 0x9E3779B9) & LOW, (key[1] + 0xBB67AE85) & LOW]
    return tuple(w)


@cache
def table() -> list[int]:
    return np.frombuffer(TABLE.read_bytes(), "<i4").tolist()


@cache
def integer(seed: str, law: str, layer: int, entry: int) -> int:
    """One weight of the source, before the layer's scale, as an integer at 2^-BITS[law]."""
    word = block(seed, layer, entry // 4)[entry % 4]
    if law == "uniform/1":
        return 2 * (word >> 8) + 1 - (1 << 24)
    if law == "sign/1":
        return 1 if word < 1 << 31 else -1
    place, part = word >> 17 & 0x3FFF, word >> 9 & 0xFF
    size = table()[place] + ((table()[place + 1] - table()[place]) * (2 * part + 1) >> 9)
    return -size if word >> 31 else size


def kept(encoding: str, data: bytes) -> list[int]:
    """The kept entries of a mask."""
    if encoding == "bits":
        return [8 * place + bit for place, byte in enumerate(data) for bit in range(8) if byte >> bit & 1]
    entries, entry, gap, shift = [], -1, 0, 0
    for byte in data:
        gap |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            entry, gap, shift = entry + gap, 0, 0
            entries.append(entry)
    return entries


Layer = tuple[dict[str, Any], Fraction, list[tuple[int, int, int]]]


def masked(body: dict[str, Any], tensors: dict[str, np.ndarray]) -> list[Layer]:
    """Every source layer with its unit, the worth of an integer, and its kept weights (row, column, integer)."""
    layers = []
    for number, (layer, mask) in enumerate(zip(body["layers"], body["masks"], strict=True)):
        unit = Fraction(float.fromhex(layer["scale"])) / 2 ** BITS[body["law"]]
        entries = kept(mask["encoding"], tensors[f"mask.{number}"].tobytes())
        places = [(*divmod(e, layer["columns"]), integer(body["seed"], body["law"], number, e)) for e in entries]
        layers.append((layer, unit, places))
    return layers


def ticket_at(layers: list[Layer], x: Vector, last: bool) -> list[Fraction]:
    """The masked source itself, unit by unit: relu behind every layer, but behind the last one only if `last`."""
    below = math.lcm(*(v.denominator for v in x))  # values are integers over this
    h = [int(v * below) for v in x]
    for number, (layer, unit, weights) in enumerate(layers):
        fed = [*h, below] if layer["bias"] else h
        h = [0] * layer["rows"]
        for row, column, value in weights:
            h[row] += value * fed[column]
        h = [value * unit.numerator for value in h]
        below *= unit.denominator
        if last or number + 1 < len(layers):
            h = [max(value, 0) for value in h]
    return [Fraction(value, below) for value in h]


def target_at(target: Any, x: Vector) -> list[Fraction]:
    """A target of dense layers with relus between, from its float arrays."""
    h, ends_in_relu = list(x), not hasattr(target.nodes[-1], "weight")
    for number, node in enumerate(target.affine):
        bias = [0.0] * len(node.weight) if node.bias is None else node.bias.tolist()
        rows = zip(node.weight.tolist(), bias, strict=True)
        h = [sum((Fraction(w) * v for w, v in zip(row, h, strict=True)), Fraction(b)) for row, b in rows]
        if ends_in_relu or number + 1 < len(target.affine):
            h = [max(value, Fraction(0)) for value in h]
    return h


def errors(body: dict[str, Any], tensors: dict[str, np.ndarray], target: Any, inputs: list[Vector]) -> list[Fraction]:
    """max_i |ticket(x)_i - target(x)_i| at each input, exactly."""
    layers = masked(body, tensors)
    last = not hasattr(target.nodes[-1], "weight")
    found = []
    for x in inputs:
        pairs = zip(ticket_at(layers, x, last), target_at(target, x), strict=True)
        found.append(max(abs(p - q) for p, q in pairs))
    return found


def inside(domain: dict[str, Any], tensors: dict[str, np.ndarray], x: Vector) -> bool:
    """Whether an input is in the domain of a claim, exactly."""
    if domain["kind"] == "hull":
        ends = zip(tensors["domain.lower"].tolist(), x, tensors["domain.upper"].tolist(), strict=True)
        return all(lower <= value <= upper for lower, value, upper in ends)
    if not all(Fraction(domain["lo"]) <= value <= Fraction(domain["hi"]) for value in x):
        return False
    if domain["kind"] == "box":
        return True
    radius = Fraction(domain["radius"])
    for centre in tensors["domain.centres"].tolist():
        steps = [abs(Fraction(c) - value) for c, value in zip(centre, x, strict=True)]
        if (max(steps) <= radius) if domain["norm"] == "linf" else (sum(s * s for s in steps) <= radius * radius):
            return True
    return False
