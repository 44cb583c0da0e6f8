"""Read targets and tickets (FORMAT.md 2 and 3)."""

import re
import struct
from math import prod
from typing import Any, NamedTuple

from .container import Tensor, canonical, content_digest, is_hex, load, natural, read_canonical, text
from .fixed import need
from .source import BITS, SourceLayer, key_of

OPS, ORDER = ["flatten", "dense", "relu"], "(flatten )*dense (relu dense )*(relu )?"
SIZE, DIGEST = natural(1, 1 << 24), text("[0-9a-f]{64}")
ARCH = {
    "format": text("slth-network/1"),
    "input": [SIZE],
    "nodes": [lambda node: isinstance(node, dict) and node.get("op") in OPS],
}
DOMAINS: dict[str, dict[str, tuple[str, int]]] = {
    "box": {},
    "ball": {"domain.centres": ("F64", 2)},
    "hull": {"domain.lower": ("F64", 1), "domain.upper": ("F64", 1)},
}
TICKET = {
    "format": text("slth-ticket/1"),
    "generator": text("philox4x32-10/1"),
    "law": text("|".join(BITS)),
    "seed": text("0|[1-9][0-9]{0,77}"),
    "structure": text("pairs"),
    "layers": [{"rows": SIZE, "columns": SIZE, "bias": lambda value: type(value) is bool, "scale": is_hex}],
    "masks": [{"encoding": text("bits|gaps"), "kept": natural(0, 1 << 40)}],
    "claim": {
        "kind": text("supnorm"),
        "norm": text("linf"),
        "eps": is_hex,
        "target": DIGEST,
        "domain": lambda value: isinstance(value, dict) and value.get("kind") in [*DOMAINS],
    },
    "made": lambda value: isinstance(value, dict),
    "sha256": DIGEST,
}


class Target(NamedTuple):
    """A trained network: number of inputs, (weight, bias) of its dense nodes with relus between, digest."""

    inputs: int
    dense: list[tuple[list[list[float]], list[float] | None]]
    digest: str


class Ticket(NamedTuple):
    """A source, masks and a claim; domain.py reads `domain`, of `tensors`."""

    key: tuple[int, int]
    law: str
    layers: list[SourceLayer]
    eps: float
    target: str
    domain: dict[str, Any]
    tensors: dict[str, Tensor]
    digest: str


def read_target(path: str) -> Target:
    """Read and check a target file."""
    metadata, tensors = load(path)
    arch = read_canonical(metadata, "slth.arch", ARCH)
    ops = "".join(node["op"] + " " for node in arch["nodes"])
    need(re.fullmatch(ORDER, ops) is not None, f"slth.arch: this version does not admit the nodes {ops[:80]}")
    need(len(arch["input"]) < 16, "slth.arch.input: more than 15 dimensions")
    width = inputs = prod(arch["input"])
    dense, unused = [], dict(tensors)
    for i, node in enumerate(arch["nodes"]):
        what, names = f"slth.arch.nodes[{i}]", ["weight", "bias"] if "bias" in node else ["weight"]
        names = names if node["op"] == "dense" else []
        need(set(node) == {"op", *names}, f"{what}: wrong keys")
        parts = [unused.pop(node[k], None) if isinstance(node[k], str) else None for k in names]
        found = [(part.dtype, part.shape) for part in parts if part]
        need(len(found) == len(parts), f"{what}: no such tensor, or one that is in use")
        if found:
            rows, dtype = (*found[0][1], 0)[0], found[0][0]
            shapes = [(dtype, (rows, width)), (dtype, (rows,))][: len(found)]
            need(rows > 0 and dtype in ("F32", "F64") and found == shapes, f"{what}: wrong dtype or shape, {found}")
            weight, *bias = [part.floats(what) for part in parts if part]
            dense.append((weight, bias[0][0] if bias else None))
            width = rows
    need(not unused, f"tensors {ascii(sorted(unused))[:60]} are not used by any node")
    return Target(inputs, dense, content_digest(metadata["slth.arch"], tensors))


def read_ticket(path: str) -> Ticket:
    """Read and check a ticket file, all but what depends on the target and the claim's domain."""
    metadata, tensors = load(path)
    body = read_canonical(metadata, "slth.ticket", TICKET)
    digest = content_digest(canonical({k: v for k, v in body.items() if k != "sha256"}), tensors)
    need(body["sha256"] == digest, "sha256 does not fit the content: the ticket was changed")
    need(int(body["seed"]) < 1 << 256, "seed: not below 2^256")
    layers, masks, claim = body["layers"], body["masks"], body["claim"]
    need(len(masks) == len(layers) and 1 <= len(layers) <= 200, "layers: not 1 to 200 with one mask each")
    form = {f"mask.{i}": ("U8", 1) for i in range(len(layers))} | DOMAINS[claim["domain"]["kind"]]
    if "missed.entries" in tensors or "missed.errors" in tensors:
        form |= {"missed.entries": ("I64", 2), "missed.errors": ("F64", 1)}
    found = {name: (tensor.dtype, len(tensor.shape)) for name, tensor in tensors.items()}
    for name in sorted({*form, *found}):
        need(found.get(name) == form.get(name), f"{name[:60]}: {found.get(name)} where {form.get(name)} belongs")
    if "missed.errors" in form:
        shape = (*tensors["missed.errors"].shape, 3)
        need(tensors["missed.entries"].shape == shape, "missed.entries: does not fit missed.errors")
    read = []
    for i, (layer, mask) in enumerate(zip(layers, masks, strict=True)):
        scale, total = float.fromhex(layer["scale"]), layer["rows"] * layer["columns"]
        single = struct.unpack("<f", struct.pack("<f", scale))[0]
        need(single == scale > 0, f"layers[{i}].scale: not a positive float32")
        need(mask["kept"] <= total <= 1 << 40, f"layers[{i}]: more than 2^40 weights, or more kept than there are")
        numbers = layer["rows"], layer["columns"], layer["bias"], scale
        read.append(SourceLayer(i, *numbers, mask["encoding"], mask["kept"], tensors[f"mask.{i}"].data))
    key, eps = key_of(int(body["seed"])), float.fromhex(claim["eps"])
    return Ticket(key, body["law"], read, eps, claim["target"], claim["domain"], tensors, digest)
