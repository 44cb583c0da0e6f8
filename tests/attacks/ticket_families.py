"""Builders of malformed ticket files, in families; each family yields pairs (label, bytes).

Unless a family is about digests, both digests fit what was written: it is the form that must be refused.
"""

from __future__ import annotations

import hashlib
import json
import math
import random
import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from forgery_kinds import Draft, make_perfect

from slth.core.domain import Ball, Box, Hull
from slth.core.mask import Mask
from slth.core.network import Activation, Dense, Network
from slth.core.ticket import Missed, SupNorm, Ticket
from slth.core.laws import law
from slth.core.source import Source, SourceLayer
from slth.interop.tickets import encode

Tensor = tuple[str, list[int], bytes]  # dtype, shape, data
Cases = Iterator[tuple[str, bytes]]
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
    "", "x", "-1", "1e9", " 1", "\x1b[2J", "\ud800", "nan", "é" * 1000, "1" * 1_000_000, [], ["x"], [[]], {"x": 1}, DEEP,
]  # fmt: skip


def wrong_types(rng: random.Random) -> Cases:
    for path in FIELDS:
        for number, value in enumerate(VALUES):
            allowed = path == ("made",) and value == {"x": 1}
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
    for place in [*range(0, 12), *(rng.randrange(len(data)) for _ in range(60))]:
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


def masks_wrong(rng: random.Random) -> Cases:
    gaps = {
        "zero": b"\0", "zero behind": b"\1\0", "cut off": b"\x81", "not shortest": b"\x81\0", "long": b"\x80" * 5 + b"\1\1",
        "seven bytes": b"\x81" * 6 + b"\1", "bomb": b"\x80" * 100_000, "cut bomb": b"\xff" * 3_000_000,
        "too far": b"\x19", "far": b"\xff\xff\xff\xff\xff\x7f", "farther": b"\1" * 25,
        "wraps": b"\xff\xff\xff\xff\xff\x7f" * ((1 << 21) + 1), "none but one": b"",
    }  # fmt: skip
    for name, data in gaps.items():
        body, tensors = parts(BALL)
        tensors["mask.0"] = ("U8", [len(data)], data)
        body["masks"][0] = {"encoding": "gaps", "kept": max(1, sum(byte < 128 for byte in data))}
        yield f"gaps {name}", file_of(body, tensors)
    for name, data in {
        "short": b"\1\1",
        "long": bytes(4),
        "unused": b"\1\1\1" + b"\x80",
        "empty": b"",
        "huge": bytes(10**7),
    }.items():
        body, tensors = parts(BALL)
        tensors["mask.0"] = ("U8", [len(data)], data)
        body["masks"][0] = {"encoding": "bits", "kept": sum(map(int.bit_count, data))}
        yield f"bits {name}", file_of(body, tensors)
    body, tensors = parts(BALL)
    tensors["mask.3"], body["masks"][3] = ("U8", [1], b"\xff"), {"encoding": "bits", "kept": 8}
    yield "unused bits", file_of(body, tensors)
    for kept in (0, 5, 7, 24, 25, 2**40, 2**40 + 1, -1):
        yield f"kept {kept}", spoiled(("masks", 0, "kept"), kept)
    for encoding in ("BITS", "gap", "bits\n", "rle"):
        yield f"encoding {encoding!r}", spoiled(("masks", 0, "encoding"), encoding)
    yield "gaps read as bits", spoiled(("masks", 0, "encoding"), "gaps")
    yield "masks short", spoiled(("masks",), BALL.body["masks"][:-1])
    yield "masks long", spoiled(("masks",), [*BALL.body["masks"], BALL.body["masks"][0]])
    body, tensors = parts(BALL)
    tensors["mask.0"], body["masks"][0] = ("U8", [3], b"\3\0\0"), {"encoding": "bits", "kept": 2}
    yield "block rule", file_of(body, tensors)


def sizes_wrong(rng: random.Random) -> Cases:
    for rows, columns in (
        (0, 4),
        (6, 0),
        (2**24 + 1, 4),
        (6, 2**24 + 1),
        (2**24, 2**24),
        (2**24, 2**17),
        (2**52, 2**52),
        (-6, -4),
    ):
        body, tensors = parts(BALL)
        body["layers"][0] |= {"rows": rows, "columns": columns}
        for encoding, data in (("gaps", b"\1"), ("bits", b"\1\0\0")):
            tensors["mask.0"], body["masks"][0] = ("U8", [len(data)], data), {"encoding": encoding, "kept": 1}
            if encoding == "bits" or max(rows, columns) > 2**24 or rows * columns > 2**40 or rows * columns <= 0:
                yield f"{rows} x {columns} {encoding}", file_of(body, tensors)
    for count in (0, 201, 4000):
        body, tensors = parts(BALL)
        tensors = {name: tensor for name, tensor in tensors.items() if not name.startswith("mask")}
        body["layers"], body["masks"] = ([body[name][0]] * count for name in ("layers", "masks"))
        tensors |= {f"mask.{number}": stored(BALL.tensors["mask.0"]) for number in range(count)}
        yield f"{count} layers", file_of(body, tensors)


def numbers_wrong(rng: random.Random) -> Cases:
    seeds = [
        "",
        "-1",
        "+1",
        "007",
        "00",
        " 7",
        "7 ",
        "7\n",
        "1_0",
        "0x7",
        "7.0",
        "1e3",
        "\u0661",
        str(2**256),
        "9" * 78,
        "7" * 10**6,
    ]
    for seed in [*seeds, "1" + "0" * 10**6, "7" * 4299]:
        yield f"seed {seed[:9]!r}", spoiled(("seed",), seed)
    floats = [
        "inf",
        "nan",
        "-1",
        "1",
        "1e5",
        "0x",
        "-0x1p+0",
        "+0x1p0",
        " 0x1p0",
        "0x1p0 ",
        "0X1P0",
        "0x1P0",
        "0x1.8",
        "0x1p+5000",
    ]
    floats += [
        "0x" + "f" * 10**6,
        "0x1p" + "9" * 10**6,
        "infinity",
        "-nan",
        "0x.8p0",
        "0xAp0",
        "1.5",
        "0x1p1e3",
        "0x1p0\n",
    ]
    for text in floats:
        yield f"eps {text[:12]!r}", spoiled(("claim", "eps"), text)
        yield f"scale {text[:12]!r}", spoiled(("layers", 2, "scale"), text)
    for text in ("0x0p+0", "0x1p+128", "0x1p-150", "0x1.0000000000001p+0", "0x1p+1023", "0x1p-1074", "0x1.ffffffp+127"):
        yield f"scale {text}", spoiled(("layers", 2, "scale"), text)
    for text in (
        "uniform",
        "Uniform/1",
        "uniform/2",
        "uniform/1\n",
        "normal",
        "cauchy/1",
        "../uniform/1",
        "/",
        "sign/",
    ):
        yield f"law {text!r}", spoiled(("law",), text)
    for text in ("0" * 63, "0" * 65, "A" * 64, "g" * 64, "0" * 63 + "\n", "\x1b[2J" + "0" * 60):
        yield f"target {text[:9]!r}", spoiled(("claim", "target"), text)


def domains_wrong(rng: random.Random) -> Cases:
    odd = [
        "1/0",
        "0/0",
        "1/00",
        "1e3",
        "0.5",
        ".5",
        " 1",
        "1 ",
        "1\n",
        "1 /3",
        "1/ 3",
        "+1",
        "1/-3",
        "1/+3",
        "--1",
        "1_0",
        "\u0661",
    ]
    odd += [
        "nan",
        "inf",
        "-inf",
        "",
        "/",
        "1/",
        "/1",
        "1/2/3",
        "0x1",
        "1e1000000000",
        "1e-1000000000",
        "-1e99999999999999999999",
    ]
    odd += ["9" * 401, "1/" + "9" * 402, "9" * 10**6, "1/" + "9" * 10**6, "-" + "9" * 10**6, "1e" + "9" * 10**6]
    for name in ("lo", "hi", "radius"):
        for text in odd:
            yield f"{name} {text[:12]!r} {len(text)}", spoiled(("claim", "domain", name), text)
    box = BASES["box"]
    for name in ("lo", "hi"):
        for text in odd:
            yield f"box {name} {text[:12]!r} {len(text)}", spoiled(("claim", "domain", name), text, box)
    for name, text in (
        ("lo", "2"),
        ("hi", "-2"),
        ("lo", "1/1000000"),
        ("radius", "-1"),
        ("radius", "-1/1000"),
        ("norm", "l1"),
        ("norm", "L2"),
    ):
        yield f"{name} {text}", spoiled(("claim", "domain", name), text)
    for kind in ("Box", "cube", "box\n", "ball ", "hull/1"):
        yield f"kind {kind!r}", spoiled(("claim", "domain", "kind"), kind)
    for kind in ("box", "hull"):
        yield f"ball called {kind}", spoiled(("claim", "domain"), {**BALL.body["claim"]["domain"], "kind": kind})
        yield f"ball is {kind}", spoiled(("claim", "domain"), BASES[kind].body["claim"]["domain"])
    for value in (math.nan, math.inf, -math.inf, 1e308, 1.0000000000000002, -2.0):
        centres = BALL.tensors["domain.centres"].copy()
        centres[0, rng.randrange(3)] = value
        yield f"centre {value}", with_tensors(domain_centres=centres)
        for end in ("lower", "upper"):
            array = BASES["hull"].tensors[f"domain.{end}"].copy()
            array[0] = value
            crossed = (end == "lower") == (value > 0)
            if crossed or not math.isfinite(value):
                yield f"{end} {value}", with_tensors(BASES["hull"], **{f"domain_{end}": array})
    for shape in ((0, 3), (1, 0), (3,), (1, 1, 3), (), (0,)):
        yield f"centres {shape}", with_tensors(domain_centres=np.zeros(shape))
        if shape != (3,):
            yield f"lower {shape}", with_tensors(BASES["hull"], domain_lower=np.zeros(shape))
            yield (
                f"hull {shape}",
                with_tensors(BASES["hull"], domain_lower=np.zeros(shape), domain_upper=np.ones(shape)),
            )
    for dtype in (np.float32, np.int64, np.uint8):
        yield f"centres {dtype}", with_tensors(domain_centres=np.zeros((1, 3), dtype))
        yield (
            f"hull {dtype}",
            with_tensors(BASES["hull"], domain_lower=np.zeros(3, dtype), domain_upper=np.ones(3, dtype)),
        )


def wrong_kind(rng: random.Random) -> Cases:
    yield "nothing", b""
    for start in (
        b"PK\3\4",
        b"\x80\x02",
        b"\x93NUMPY\1\0",
        b"\x89PNG\r\n",
        b"\x1f\x8b",
        b"%PDF",
        b"{",
        b"\0" * 8,
        b"\xff" * 8,
    ):
        yield f"starts {start!r}", start + rng.randbytes(200)
    yield "a target", BALL.target_bytes()
    yield "zeros", bytes(10**6)


def does_not_fit(rng: random.Random) -> Cases:
    """Whole tickets that do not fit the target that they name."""
    for wide in (1, 2, 4):
        yield f"centres of {wide}", with_tensors(domain_centres=np.zeros((1, wide)))
        yield f"hull of {wide}", with_tensors(BASES["hull"], domain_lower=np.zeros(wide), domain_upper=np.ones(wide))
    for layers in ([0, 1], [0, 1, 2], [2, 3, 0, 1], [0, 1, 2, 3, 2, 3], [1, 0, 2, 3], [0]):
        body, tensors = parts(BALL)
        for name in [name for name in tensors if name.startswith("mask")]:
            del tensors[name]
        body["layers"], body["masks"] = ([body[name][k] for k in layers] for name in ("layers", "masks"))
        tensors |= {f"mask.{number}": stored(BALL.tensors[f"mask.{k}"]) for number, k in enumerate(layers)}
        yield f"layers {layers}", file_of(body, tensors)
    for number in range(4):
        flag = BALL.body["layers"][number]["bias"]
        yield f"bias {number}", spoiled(("layers", number, "bias"), not flag)
    yield "another target", spoiled(("claim", "target"), "ab" * 32)


FAMILIES = [wrong_types, wrong_keys, duplicate_keys, truncated, flipped, header_lies, not_canonical, tensors_wrong]
FAMILIES += [masks_wrong, sizes_wrong, numbers_wrong, domains_wrong, wrong_kind, does_not_fit]
