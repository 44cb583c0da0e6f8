"""Read tickets (FORMAT.md 3)."""

import struct
from typing import Any, NamedTuple

from .container import Tensor, canonical, check, content_digest, is_hex, load, natural, pair, read_canonical, text
from .fixed import need
from .source import BITS, SourceLayer, key_of
from .target import gate

SIZE, DIGEST = natural(1, 1 << 24), text("[0-9a-f]{64}")
DOMAINS: dict[str, dict[str, tuple[str, int]]] = {
    "box": {},
    "ball": {"domain.centres": ("F64", 2)},
    "hull": {"domain.lower": ("F64", 1), "domain.upper": ("F64", 1)},
}
REQUIRED = ("rows", "columns", "bias", "scale")
LAYER = {
    "rows": natural(0, 1 << 24),
    "columns": SIZE,
    "bias": lambda value: type(value) is bool,
    "scale": is_hex,
    "kernel": lambda value: pair(1)(value) and value != [1, 1],
    "activation": text("leaky_relu|tanh|sigmoid"),
    "slope": is_hex,
    "direct": lambda value: value is True,
    "copies": natural(2, 1 << 24),
}
TICKET = {
    "format": text("slth-ticket/1"),
    "generator": text("philox4x32-10/1"),
    "law": text("|".join(BITS)),
    "seed": text("0|[1-9][0-9]{0,77}"),
    "structure": text("pairs"),
    "layers": [lambda value: isinstance(value, dict)],
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


def _layer(number: int, entry: dict[str, Any], mask: dict[str, Any], data: bytes) -> SourceLayer:
    """Read one layer of the source."""
    what, keys = f"layers[{number}]", {k: v for k, v in LAYER.items() if k in REQUIRED or k in entry}
    check(entry, keys, what)
    kernel, scale = tuple(entry.get("kernel", (1, 1))), float.fromhex(entry["scale"])
    layer = SourceLayer(
        number=number,
        rows=entry["rows"],
        columns=entry["columns"],
        bias=entry["bias"],
        scale=scale,
        encoding=mask["encoding"],
        kept=mask["kept"],
        mask=data,
        taps=kernel[0] * kernel[1],
        kernel=kernel,
        activation=gate(entry.get("activation", "relu"), entry.get("slope"), what),
        direct="direct" in entry,
        copies=entry.get("copies", 1),
    )
    single = struct.unpack("<f", struct.pack("<f", scale))[0]
    need(single == scale > 0, f"{what}.scale: not a positive float32")
    need(mask["kept"] <= layer.size <= 1 << 40, f"{what}: more than 2^40 weights, or more kept than there are")
    return layer


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
    read = [
        _layer(i, layer, mask, tensors[f"mask.{i}"].data)
        for i, (layer, mask) in enumerate(zip(layers, masks, strict=True))
    ]
    key, eps = key_of(int(body["seed"])), float.fromhex(claim["eps"])
    return Ticket(key, body["law"], read, eps, claim["target"], claim["domain"], tensors, digest)
