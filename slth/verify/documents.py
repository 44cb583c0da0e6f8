"""Read targets and tickets (FORMAT.md 2 and 3)."""

import re
import struct
from math import prod
from typing import Any, NamedTuple

from .container import Tensor, canonical, content_digest, is_hex, load, natural, read_canonical, text
from .fixed import need
from .source import BITS, SourceLayer, key_of

SIZE, DIGEST = natural(1, 1 << 40), text("[0-9a-f]{64}")
ARCH = {"format": text("slth-network/1"), "input": [SIZE], "nodes": [lambda node: isinstance(node, dict)]}
ORDER = "(flatten )*dense (relu dense )*(relu )?"
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
        "domain": lambda value: isinstance(value, dict) and value.get("kind") in ["box", "ball", "hull"],
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
    ops = "".join(f"{node.get('op')} " for node in arch["nodes"])
    need(re.fullmatch(ORDER, ops) is not None, f"slth.arch: this version does not admit the nodes {ascii(ops)[:80]}")
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
    claim, eps = body["claim"], float.fromhex(body["claim"]["eps"])
    need(eps >= 0, "claim.eps: negative")
    need(
        1 <= len(body["layers"]) <= 200 and len(body["masks"]) == len(body["layers"]), "layers: not 1 to 200, or masks"
    )
    form = {f"mask.{i}": ("U8", 1) for i in range(len(body["layers"]))}
    form |= {"ball": {"domain.centres": ("F64", 2)}, "box": {}}.get(
        claim["domain"]["kind"], {"domain.lower": ("F64", 1), "domain.upper": ("F64", 1)}
    )
    if "missed.entries" in tensors or "missed.errors" in tensors:
        form |= {"missed.entries": ("I64", 2), "missed.errors": ("F64", 1)}
    need(set(form) == set(tensors), f"tensors {ascii(sorted(set(form) ^ set(tensors)))[:60]} are missing or foreign")
    for name, (dtype, dimensions) in form.items():
        tensor = tensors[name]
        need(
            (tensor.dtype, len(tensor.shape)) == (dtype, dimensions), f"{name}: not {dtype} of {dimensions} dimensions"
        )
    if "missed.errors" in form:
        count = tensors["missed.errors"].shape[0]
        need(tensors["missed.entries"].shape == (count, 3), "missed.entries: does not fit missed.errors")
    layers = []
    for i, (layer, mask) in enumerate(zip(body["layers"], body["masks"], strict=True)):
        scale, total = float.fromhex(layer["scale"]), layer["rows"] * layer["columns"]
        need(
            struct.unpack("<f", struct.pack("<f", scale))[0] == scale > 0, f"layers[{i}].scale: not a positive float32"
        )
        need(mask["kept"] <= total <= 1 << 40, f"layers[{i}]: more than 2^40 weights, or more kept than there are")
        numbers = layer["rows"], layer["columns"], layer["bias"], scale
        layers.append(SourceLayer(i, *numbers, mask["encoding"], mask["kept"], tensors[f"mask.{i}"].data))
    key = key_of(int(body["seed"]))
    return Ticket(key, body["law"], layers, eps, claim["target"], claim["domain"], tensors, digest)
