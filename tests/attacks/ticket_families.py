"""Malformed tickets by what is wrong with the file: types, keys, header, spelling; families yield (label, bytes).

Unless a family is about digests, both digests fit what was written: it is the form that must be refused.
"""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
from ticket_builder import (
    BALL,
    BASES,
    DEEP,
    Raw,
    container,
    dumps,
    file_of,
    header_of,
    parts,
    sealed_text,
    spoiled,
    with_tensors,
)

Cases = Iterator[tuple[str, bytes]]
FIELDS: list[tuple[Any, ...]] = [
    *((name,) for name in ("format", "generator", "law", "seed", "structure", "layers", "masks", "claim", "made")),
    ("layers", 0),
    *(("layers", 1, name) for name in ("rows", "columns", "bias", "scale")),
    ("masks", 0),
    *(("masks", 1, name) for name in ("encoding", "kept")),
    *(("claim", name) for name in ("kind", "norm", "eps", "target", "domain")),
    *(("claim", "domain", name) for name in ("kind", "norm", "radius", "lo", "hi")),
]
VALUES: list[Any] = [
    None, True, -1, 10**9, 2**53 + 1, 2**63, 10**30, 10**4000, 1.5, -0.0, Raw("1e400"), Raw("NaN"), Raw("-Infinity"),
    "", "x", "-1", "1e9", " 1", "\x1b[2J", "\ud800", "nan", "é" * 1000, "1" * 1_000_000, [], ["x"], [[]],
    {"x": 1}, DEEP,
]  # fmt: skip


def wrong_types(rng: random.Random) -> Cases:
    for path in FIELDS:
        for number, value in enumerate(VALUES):
            allowed = path == ("made",) and value == {"x": 1}
            allowed |= path[-1] == "bias" and value is True  # a whole ticket that fits no target
            allowed |= path[-1] in ("lo", "hi", "radius") and value == "-1"  # refused for what it says, below
            if not allowed:
                yield f"{path} {number}", spoiled(path, value)
    for number, value in enumerate([1.5, Raw("NaN"), 2**53 + 1, 10**30, DEEP, [1.5], {"a": {"b": Raw("1e3")}}]):
        yield f"made.x {number}", spoiled(("made", "x"), value)


def wrong_keys(rng: random.Random) -> Cases:
    body = BALL.body
    owners = [(), ("layers", 0), ("masks", 0), ("claim",), ("claim", "domain")]
    for steps in owners:
        owner: Any = body
        for step in steps:
            owner = owner[step]
        for name in [*owner, "more", "", "\n", "__class__"]:
            body_, tensors = parts(BALL)
            inner: Any = body_
            for step in steps:
                inner = inner[step]
            if name == "sha256":
                continue
            if name in owner:
                del inner[name]
            else:
                inner[name] = 1
            yield f"{steps} {name!r}", file_of(body_, tensors)
    body_, tensors = parts(BASES["box"])
    body_["claim"]["domain"]["norm"] = "l2"
    yield "a box with a norm", file_of(body_, tensors)


def duplicate_keys(rng: random.Random) -> Cases:
    body, tensors = parts(BALL)
    text = sealed_text(body, tensors)
    for name in body:
        yield f"ticket {name}", file_of(body, tensors, text.replace(f'"{name}":', f'"{name}":0,"{name}":', 1))
        yield f"ticket {name} behind", file_of(body, tensors, f'{text[:-1]},"{name}":{dumps(body[name])}}}')
    header = dumps(header_of({"slth.ticket": text}, tensors))
    data = b"".join(data for _, _, data in tensors.values())
    for name in ("__metadata__", "slth.ticket", "mask.0", "dtype", "shape", "data_offsets"):
        yield f"header {name}", container(header.replace(f'"{name}":', f'"{name}":"","{name}":', 1), data)


def truncated(rng: random.Random) -> Cases:
    data = BALL.ticket_bytes()
    for place in [*range(12), *(rng.randrange(len(data)) for _ in range(60))]:
        yield f"at {place}", data[:place]
    for more in (b"\0", b" ", b"x" * 1000):
        yield "longer", data + more


def flipped(rng: random.Random) -> Cases:
    for base in BASES.values():
        data = base.ticket_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        places = [*range(len(data[:start].rstrip(b" "))), *range(start, len(data))]
        for place in rng.sample(places, 80):
            yield f"at {place}", data[:place] + bytes([data[place] ^ rng.randrange(1, 256)]) + data[place + 1 :]


def header_lies(rng: random.Random) -> Cases:
    body, tensors = parts(BALL)
    metadata = {"slth.ticket": sealed_text(body, tensors)}
    data = b"".join(data for _, _, data in tensors.values())
    good = header_of(metadata, tensors)
    whole = container(good, data)
    for length in (0, 1, 7, len(whole), len(whole) - 7, 10**7, 10**7 + 1, 2**31, 2**63, 2**64 - 1):
        yield f"length {length}", struct.pack("<Q", length) + whole[8:]
    for name, key, values in (
        (
            "mask.0",
            "data_offsets",
            [[0, 0], [-1, 2], [0, 2**62], [1, 0], [0], [0, 1, 2], "0", None, [0, 1.5], [True, 3]],
        ),
        ("mask.1", "shape", [[], [0], [-1], [2**62], [2**32, 2**32], [1] * 20, [1, 1], None, "2", [1.0], [[2]], {}]),
        ("mask.1", "dtype", ["I8", "BOOL", "F8_E4M3", "f64", "", None, 8, [], "U8 ", "C64", "U16"]),
        ("domain.centres", "dtype", ["I64", "F32", "U8"]),
        ("missed.entries", "dtype", ["F64", "F32"]),
        ("missed.errors", "dtype", ["I64"]),
    ):
        for value in values:
            header = json.loads(json.dumps(good))
            header[name][key] = value
            yield f"{name} {key} {value}", container(header, data)
    for change in ({"mask.0": None}, {"mask.0": []}, {"mask.0": {}}, {"__metadata__": None}, {"__metadata__": []}):
        yield str(change), container({**good, **change}, data)
    for metadata_ in ({}, {"slth.ticket": None}, {"slth.ticket": {}}, {"slth.ticket": ""}, {"slth.arch": "{}"}):
        yield f"metadata {metadata_}", container({**good, "__metadata__": metadata_}, data)
    for text in ("", "{", "[]", "null", '"x"', "{}", "[" * 100_000, '{"a":' * 100_000, "\xff", "NaN", "{'a':1}", "//"):
        yield f"header {text[:9]}", container(text, data)
        yield f"ticket {text[:9]}", file_of(body, tensors, text)
    many = "[" + "[]," * 3_000_000 + "[]]"
    yield "header of many lists", container('{"a":' + many + "}", b"")
    yield "ticket of many lists", file_of(body, tensors, '{"made":' + many + "}")
    yield (
        "many tensors",
        container({f"t{k}": {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]} for k in range(10_001)}, b""),
    )


def not_canonical(rng: random.Random) -> Cases:
    body, tensors = parts(BALL)
    text = sealed_text(body, tensors)
    whole = json.loads(text)
    spaced = [
        json.dumps(whole),
        json.dumps(whole, indent=1),
        text + "\n",
        " " + text,
        "\ufeff" + text,
        text + "x",
        text * 2,
    ]
    unsorted = json.dumps(dict(reversed(whole.items())), separators=(",", ":"))
    other = [
        text.replace("slth-ticket/1", r"slth-ticket\/1"),
        text.replace('"by"', r'"\u0062y"'),
        text.replace(":6,", ":6.0,"),
    ]
    for number, changed in enumerate([*spaced, unsorted, *other]):
        yield f"text {number}", file_of(body, tensors, changed)
    body["made"] = {"ä": "ö"}
    yield (
        "not ASCII",
        file_of(
            body,
            tensors,
            json.dumps(
                json.loads(sealed_text(body, tensors)), ensure_ascii=False, sort_keys=True, separators=(",", ":")
            ),
        ),
    )
    for number, value in enumerate((None, "", "0" * 64, whole["sha256"].upper(), whole["sha256"][:-1], [], 0, DEEP)):
        yield f"digest {number}", file_of(body, tensors, dumps({**whole, "sha256": value}))


def tensors_wrong(rng: random.Random) -> Cases:
    byte, eight = np.zeros(2, np.uint8), np.zeros(1)
    for name in (
        "more",
        "mask.4",
        "mask.00",
        "domain.lower",
        "domain.other",
        "missed",
        "slth.ticket",
        "\n",
        "x" * 100_000,
    ):
        yield f"extra {name[:9]!r}", with_tensors(**{name.replace(".", "_"): byte})
    for name in ("mask.0", "mask.3", "domain.centres", "missed.entries", "missed.errors"):
        yield f"without {name}", with_tensors(**{name.replace(".", "_"): None})
    for domain in ("box", "hull"):
        yield f"{domain} with centres", with_tensors(BASES[domain], domain_centres=np.zeros((1, 3)))
    yield "hull without lower", with_tensors(BASES["hull"], domain_lower=None)
    shapes = {
        "mask.0": [byte.reshape(1, 2), np.zeros((), np.uint8), eight, np.zeros(1, np.int64), ("BF16", [1], b"\0\0")],
        "missed.entries": [
            np.zeros((1, 2), np.int64),
            np.zeros(3, np.int64),
            np.zeros((2, 3), np.int64),
            np.zeros((1, 3)),
        ],
        "missed.errors": [np.zeros((1, 1)), np.zeros(2), np.zeros(1, np.int64), np.zeros(1, np.float32), np.zeros(())],
    }
    for name, arrays in shapes.items():
        for number, array in enumerate(arrays):
            yield f"{name} {number}", with_tensors(**{name.replace(".", "_"): array})


FAMILIES = [wrong_types, wrong_keys, duplicate_keys, truncated, flipped, header_lies, not_canonical, tensors_wrong]
