"""A third implementation of FORMAT.md for tiny tickets: scalar, slow, written from the text, sharing no code."""

import copy
import hashlib
import json
import math
import random
import struct
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

MASK = 0xFFFFFFFF
CODES = {"F32": "f", "F64": "d", "U8": "B", "I64": "q"}


def philox_block(key: tuple[int, int], counter: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """Philox4x32-10, one block."""
    (k0, k1), (x0, x1, x2, x3) = key, counter
    for _ in range(10):
        p, q = 0xD2511F53 * x0, 0xCD9E8D57 * x2
        x0, x1, x2, x3 = (q >> 32) ^ x1 ^ k0, q & MASK, (p >> 32) ^ x3 ^ k1, p & MASK
        k0, k1 = (k0 + 0x9E3779B9) & MASK, (k1 + 0xBB67AE85) & MASK
    return x0, x1, x2, x3


def word(seed: int, layer: int, entry: int) -> int:
    """The random word of one entry."""
    digest = hashlib.sha256(b"slth/rng/v1" + seed.to_bytes(32, "big")).digest()
    block = entry // 4
    counter = (block % 2**32, block // 2**32, layer, 0)
    return philox_block(struct.unpack("<II", digest[:8]), counter)[entry % 4]  # type: ignore[arg-type]


def weight(law: str, w: int) -> Fraction:
    """The weight of a word before the layer's scale."""
    if law == "uniform/1":
        return Fraction(2 * (w // 256) + 1 - 2**24, 2**24)
    if law == "sign/1":
        return Fraction(-1 if w >= 2**31 else 1)
    table = struct.unpack("<16385i", (Path(__file__).parents[2] / "slth/verify/normal.bin").read_bytes())
    i, f = (w // 2**17) % 2**14, (w // 2**9) % 2**8
    size = table[i] + (table[i + 1] - table[i]) * (2 * f + 1) // 512
    return Fraction(-size if w >= 2**31 else size, 2**20)


Array = tuple[str, list[int], list[Any]]  # dtype, shape, flat values


def dumps(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def raw(array: Array) -> bytes:
    return struct.pack(f"<{len(array[2])}{CODES[array[0]]}", *array[2])


def digest_of(text: str, tensors: dict[str, Array]) -> str:
    content = text.encode("ascii")
    for name in sorted(tensors):
        content += b"\n" + dumps([name, tensors[name][0], tensors[name][1]]).encode() + b"\n" + raw(tensors[name])
    return hashlib.sha256(content).hexdigest()


def container(metadata: dict[str, str], tensors: dict[str, Array]) -> bytes:
    header: dict[str, Any] = {"__metadata__": metadata}
    data = b""
    for name, array in tensors.items():
        header[name] = {
            "dtype": array[0],
            "shape": array[1],
            "data_offsets": [len(data), len(data) + len(raw(array))],
        }
        data += raw(array)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


@dataclass
class TinyTarget:
    weights: list[list[list[float]]]
    biases: list[list[float] | None]
    dtype: str = "F64"
    trailing_relu: bool = False
    arch: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, Array] = field(default_factory=dict)

    def __post_init__(self) -> None:
        nodes: list[dict[str, Any]] = [{"op": "flatten"}]
        for i, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            nodes += [{"op": "relu"}] if i else []
            nodes.append({"op": "dense", "weight": f"w{i}"} | ({"bias": f"b{i}"} if b is not None else {}))
            self.tensors[f"w{i}"] = (self.dtype, [len(w), len(w[0])], [x for row in w for x in row])
            if b is not None:
                self.tensors[f"b{i}"] = (self.dtype, [len(b)], list(b))
        nodes += [{"op": "relu"}] if self.trailing_relu else []
        self.arch = {"format": "slth-network/1", "input": [1, len(self.weights[0][0])], "nodes": nodes}

    def digest(self) -> str:
        return digest_of(dumps(self.arch), self.tensors)

    def write(self, path: Path) -> Path:
        path.write_bytes(container({"slth.arch": dumps(self.arch)}, self.tensors))
        return path

    def affine(self) -> list[tuple[list[list[Fraction]], list[Fraction]]]:
        """The target as exact (matrix, bias), relu between."""
        return [
            ([[Fraction(x) for x in row] for row in w], [Fraction(x) for x in b] if b else [Fraction(0)] * len(w))
            for w, b in zip(self.weights, self.biases, strict=True)
        ]


@dataclass
class TinyTicket:
    seed: int
    law: str
    layers: list[dict[str, Any]]
    kept: list[list[int]]
    target: TinyTarget
    eps: float
    domain: dict[str, Any]
    extra: dict[str, Array] = field(default_factory=dict)
    encodings: list[str] = field(default_factory=list)

    def parts(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """The JSON body (without sha256) and the tensors."""
        encodings = self.encodings or ["bits"] * len(self.layers)
        tensors, masks = dict(self.extra), []
        for k, (layer, kept, encoding) in enumerate(zip(self.layers, self.kept, encodings, strict=True)):
            size = layer["rows"] * layer["columns"] * math.prod(layer.get("kernel", [1]))
            data = encode_bits(size, kept) if encoding == "bits" else encode_gaps(kept)
            tensors[f"mask.{k}"] = ("U8", [len(data)], list(data))
            masks.append({"encoding": encoding, "kept": len(kept)})
        body = {
            "format": "slth-ticket/1",
            "generator": "philox4x32-10/1",
            "law": self.law,
            "seed": str(self.seed),
            "structure": "pairs",
            "layers": copy.deepcopy(self.layers),
            "masks": masks,
            "made": {"by": "tests/verify/tiny.py"},
            "claim": {
                "kind": "supnorm",
                "norm": "linf",
                "eps": float(self.eps).hex(),
                "target": self.target.digest(),
                "domain": copy.deepcopy(self.domain),
            },
        }
        return body, tensors

    def write(self, path: Path) -> Path:
        return write_parts(path, *self.parts())

    def affine(self) -> list[tuple[list[list[Fraction]], list[Fraction]]]:
        """The masked source itself, layer by layer (not collapsed): relu after first layers by the text."""
        result = []
        for k, (layer, kept) in enumerate(zip(self.layers, self.kept, strict=True)):
            scale = Fraction(float.fromhex(layer["scale"]))
            rows = [[Fraction(0)] * layer["columns"] for _ in range(layer["rows"])]
            for e in kept:
                rows[e // layer["columns"]][e % layer["columns"]] = scale * weight(self.law, word(self.seed, k, e))
            if layer["bias"]:
                result.append(([row[:-1] for row in rows], [row[-1] for row in rows]))
            else:
                result.append((rows, [Fraction(0)] * layer["rows"]))
        return result


def write_parts(path: Path, body: dict[str, Any], tensors: dict[str, Array]) -> Path:
    """Write a ticket from its parts, with the digest that fits them."""
    body = {k: v for k, v in body.items() if k != "sha256"}
    body["sha256"] = digest_of(dumps(body), tensors)
    path.write_bytes(container({"slth.ticket": dumps(body)}, tensors))
    return path


def encode_bits(total: int, kept: list[int]) -> bytes:
    data = bytearray((total + 7) // 8)
    for e in kept:
        data[e // 8] |= 1 << (e % 8)
    return bytes(data)


def encode_gaps(kept: list[int]) -> bytes:
    data, before = bytearray(), -1
    for e in kept:
        gap, before = e - before, e
        while gap >= 128:
            data.append(gap % 128 + 128)
            gap //= 128
        data.append(gap)
    return bytes(data)


def random_hex32(draw: random.Random) -> str:
    return struct.unpack("<f", struct.pack("<f", draw.uniform(0.3, 2.0)))[0].hex()


def random_ticket(draw: random.Random, law: str, near: float | None = None) -> TinyTicket:
    """A random tiny ticket; its target is the ticket itself plus noise `near`, or unrelated (None)."""
    depth = draw.randint(1, 3)
    widths = [draw.randint(1, 4) for _ in range(depth + 1)]
    biased = [draw.random() < 0.5 for _ in range(depth)]
    layers: list[dict[str, Any]] = []
    kept: list[list[int]] = []
    for n_in, n_out, bias in zip(widths, widths[1:], biased, strict=False):
        columns = n_in + bias
        units = draw.randint(1, 4) * columns
        layers.append({"rows": units, "columns": columns, "bias": bias, "scale": random_hex32(draw)})
        layers.append({"rows": n_out, "columns": units, "bias": False, "scale": random_hex32(draw)})
        kept.append([r * columns + draw.randrange(columns) for r in range(units) if draw.random() < 0.9])
        kept.append([e for e in range(n_out * units) if draw.random() < 0.6])
    lo = Fraction(draw.choice(["0", "-1", "-1/3", "1/7", "-2"]))
    hi = lo + Fraction(draw.choice(["1", "1/3", "5/2", "0", "1/100"]))
    domain: dict[str, Any] = {"kind": "box", "lo": str(lo), "hi": str(hi)}
    extra: dict[str, Array] = {}
    kind = draw.choice(["box", "box", "ball", "hull"] if hi > lo else ["box"])
    if kind == "ball":
        balls = draw.randint(1, 2)
        centres = [float(inside(lo, hi, draw)) for _ in range(balls * widths[0])]
        radius = Fraction(draw.choice(["1/10", "1", "1/1000", "0"]))
        domain = {**domain, "kind": "ball", "norm": draw.choice(["linf", "l2"]), "radius": str(radius)}
        extra["domain.centres"] = ("F64", [balls, widths[0]], centres)
    elif kind == "hull":
        domain = {"kind": "hull"}
        ends = [sorted(draw.uniform(-1, 1) for _ in range(2)) for _ in range(widths[0])]
        extra["domain.lower"] = ("F64", [widths[0]], [p for p, _ in ends])
        extra["domain.upper"] = ("F64", [widths[0]], [q for _, q in ends])
    shape = TinyTarget(
        [[[0.0] * p for _ in range(q)] for p, q in pairwise(widths)],
        [[0.0] * q if bias else None for q, bias in zip(widths[1:], biased, strict=True)],
    )
    ticket = TinyTicket(draw.randrange(2**256), law, layers, kept, shape, 0.0, domain, extra)
    ticket.encodings = [draw.choice(["bits", "gaps"]) for _ in layers]
    ticket.target = target_near(ticket, draw, near)
    return ticket


def inside(lo: Fraction, hi: Fraction, draw: random.Random) -> float:
    """A float64 in [lo, hi], or the nearest one above lo where there is none."""
    value = float(lo + (hi - lo) * Fraction(draw.random()))
    while Fraction(value) < lo:
        value = math.nextafter(value, math.inf)
    return value


def target_near(ticket: TinyTicket, draw: random.Random, near: float | None) -> TinyTarget:
    """A target of the ticket's shape: V⁺ (or a mean of V⁺ and V⁻) plus noise, rounded to the dtype."""
    dtype = draw.choice(["F32", "F64"])
    weights, biases = [], []
    affine = ticket.affine()
    for (m1, b1), (m2, _), layer in zip(affine[::2], affine[1::2], ticket.layers[::2], strict=True):

        def noisy(x: Fraction) -> float:
            value = draw.gauss(0, 1) if near is None else float(x) + near * draw.gauss(0, 1)
            return struct.unpack("<f", struct.pack("<f", value))[0] if dtype == "F32" else value

        sign = [[draw.random() < 0.5 for _ in m1[0]] for _ in m2]
        weights.append(
            [
                [
                    noisy(sum((row[r] * m1[r][j] for r in range(len(m1)) if (m1[r][j] > 0) != sign[i][j]), Fraction(0)))
                    for j in range(len(m1[0]))
                ]
                for i, row in enumerate(m2)
            ]
        )
        if len(weights) > 1:
            weights[-1] = [
                [
                    noisy(sum((row[r] * m1[r][j] for r in range(len(m1)) if m1[r][j] > 0), Fraction(0)))
                    for j in range(len(m1[0]))
                ]
                for row in m2
            ]
        constant = [sum((row[r] * max(b1[r], Fraction(0)) for r in range(len(m1))), Fraction(0)) for row in m2]
        biases.append([noisy(c) for c in constant] if layer["bias"] else None)
    return TinyTarget(weights, biases, dtype, draw.random() < 0.2)
