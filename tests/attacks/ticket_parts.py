"""Malformed tickets by what is wrong with a part: masks, sizes, numbers, domains; families yield (label, bytes)."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

import numpy as np
from ticket_builder import BALL, BASES, file_of, parts, spoiled, stored, with_tensors

Cases = Iterator[tuple[str, bytes]]


def masks_wrong(rng: random.Random) -> Cases:
    gaps = {
        "zero": b"\0", "zero behind": b"\1\0", "cut off": b"\x81", "not shortest": b"\x81\0",
        "long": b"\x80" * 5 + b"\1\1",
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


SEEDS = ["", "-1", "+1", "007", "00", " 7", "7 ", "7\n", "1_0", "0x7", "7.0", "1e3", "\u0661", str(2**256), "9" * 78]
SEEDS += ["7" * 4299, "7" * 10**6, "1" + "0" * 10**6]
FLOATS = [
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
    "infinity",
    "-nan",
    "0x.8p0",
    "0xAp0",
    "1.5",
    "0x1p1e3",
]
FLOATS += ["0x" + "f" * 10**6, "0x1p" + "9" * 10**6, "0x1p0\n"]
NO_FLOAT32 = ["0x0p+0", "0x1p+128", "0x1p-150", "0x1.0000000000001p+0", "0x1p+1023", "0x1p-1074", "0x1.ffffffp+127"]
LAWS = ["uniform", "Uniform/1", "uniform/2", "uniform/1\n", "normal", "cauchy/1", "../uniform/1", "/", "sign/"]
RATIONALS = [
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
    "١",
    "nan",
    "inf",
    "-inf",
    "",
    "/",
    "1/",
    "/1",
    "1/2/3",
    "0x1",
]
RATIONALS += ["1e1000000000", "1e-1000000000", "-1e99999999999999999999", "9" * 401, "1/" + "9" * 402, "9" * 10**6]
RATIONALS += ["1/" + "9" * 10**6, "-" + "9" * 10**6, "1e" + "9" * 10**6]
MEANINGLESS = [("lo", "2"), ("hi", "-2"), ("lo", "1/1000000"), ("radius", "-1"), ("radius", "-1/1000"), ("norm", "l1")]


def numbers_wrong(rng: random.Random) -> Cases:
    for seed in SEEDS:
        yield f"seed {seed[:9]!r} {len(seed)}", spoiled(("seed",), seed)
    for text in FLOATS:
        yield f"eps {text[:12]!r}", spoiled(("claim", "eps"), text)
        yield f"scale {text[:12]!r}", spoiled(("layers", 2, "scale"), text)
    for text in NO_FLOAT32:
        yield f"scale {text}", spoiled(("layers", 2, "scale"), text)
    for text in LAWS:
        yield f"law {text!r}", spoiled(("law",), text)
    for text in ("0" * 63, "0" * 65, "A" * 64, "g" * 64, "0" * 63 + "\n", "\x1b[2J" + "0" * 60):
        yield f"target {text[:9]!r}", spoiled(("claim", "target"), text)


def domain_numbers_wrong(rng: random.Random) -> Cases:
    for base, names in ((BALL, ("lo", "hi", "radius")), (BASES["box"], ("lo", "hi"))):
        for name in names:
            for text in RATIONALS:
                yield f"{name} {text[:12]!r} {len(text)}", spoiled(("claim", "domain", name), text, base)
    for name, text in MEANINGLESS:
        yield f"{name} {text}", spoiled(("claim", "domain", name), text)


def domains_wrong(rng: random.Random) -> Cases:
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
        bytes(8),
        b"\xff" * 8,
    ):
        yield f"starts {start!r}", start + rng.randbytes(200)
    yield "a target", BALL.target_bytes()
    yield "zeros", bytes(10**6)


def does_not_fit(rng: random.Random) -> Cases:
    """Whole tickets that do not fit the target that they name, or whose layers are not pairs."""
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
    body, tensors = parts(BALL)
    tensors["mask.0"], body["masks"][0] = ("U8", [3], b"\3\0\0"), {"encoding": "bits", "kept": 2}
    yield "block rule", file_of(body, tensors)
    yield "another target", spoiled(("claim", "target"), "ab" * 32)


FAMILIES = [masks_wrong, sizes_wrong, numbers_wrong, domain_numbers_wrong, domains_wrong, wrong_kind, does_not_fit]
