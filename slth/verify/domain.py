"""Domains: from a claim or an option to regions in integers, rounded outward (FORMAT.md 3 and 8)."""

import re
from fractions import Fraction
from math import isqrt, prod
from typing import Any, NamedTuple

from .container import Tensor, check, is_hex, is_rational, read_bytes, text
from .documents import Ticket
from .fixed import Interval, ends, need

_DECIMAL = r"-?[0-9]{1,40}(\.[0-9]{0,400})?(e[+-]?[0-9]{1,3})?"
_NPY = rb"\{'descr': '<f([48])', 'fortran_order': False, 'shape': \(([0-9, ]{0,200})\), \} *\n"
_KEYS = {
    "box": {"kind": text("box"), "lo": is_rational, "hi": is_rational},
    "hull": {"kind": text("hull")},
    "ball": {
        "kind": text("ball"),
        "norm": text("linf|l2"),
        "radius": is_rational,
        "lo": is_rational,
        "hi": is_rational,
    },
}
Box = tuple[Fraction, Fraction]


class Region(NamedTuple):
    """A box at 2^-F, intersected with a 2-norm ball (centre, radius) where there is one."""

    box: Interval
    ball: tuple[list[int], int] | None

    def at(self, places: list[int]) -> "Region":
        """Return what is known of some coordinates."""
        low, high = ([end[k] for k in places] for end in self.box)
        return Region((low, high), ([self.ball[0][k] for k in places], self.ball[1]) if self.ball else None)


class Domain(NamedTuple):
    """A union of regions, in words too; `box` bounds all their coordinates."""

    words: str
    regions: list[Region]
    box: Box


def _box(box: Box, inputs: int) -> Domain:
    need(box[0] <= box[1], "the domain is empty")
    region = Region((ends([box[0]])[0] * inputs, ends([box[1]])[1] * inputs), None)
    return Domain(f"box [{box[0]}, {box[1]}]", [region], box)


def _hull(lower: list[float], upper: list[float]) -> Domain:
    need(all(p <= q for p, q in zip(lower, upper, strict=True)), "the domain is empty")
    box = Fraction(min(lower)), Fraction(max(upper))
    return Domain(f"hull of {len(lower)} intervals", [Region((ends(lower)[0], ends(upper)[1]), None)], box)


def _balls(centres: list[list[float]], radius: Fraction, norm: str, box: Box) -> Domain:
    need(radius >= 0 and box[0] <= box[1], "the domain is empty")
    reach, regions = ends([radius])[1][0], []
    for centre in centres:
        need(box[0] <= min(centre) and max(centre) <= box[1], "a centre of a ball is outside the box")
        low, high = ends(centre)
        ball = (low, reach + isqrt(len(low)) + 1) if norm == "l2" else None  # each coordinate is off by less than 1
        low, high = [n - reach for n in low], [n + reach for n in high]
        least, most = ends([box[0]])[0][0], ends([box[1]])[1][0]
        low, high = [max(n, least) for n in low], [min(n, most) for n in high]
        regions.append(Region((low, high), ball))
    words = f"union of {len(centres)} {norm} balls of radius {radius}" + f" in [{box[0]}, {box[1]}]"
    return Domain(words, regions, box)


def claimed(ticket: Ticket, inputs: int) -> Domain:
    """Return the domain of a ticket's claim."""
    spec: dict[str, Any] = ticket.domain
    check(spec, _KEYS[spec["kind"]], "claim.domain")
    tensors = {name: t for name, t in ticket.tensors.items() if name.startswith("domain.")}
    for name, tensor in tensors.items():
        need(tensor.shape[-1] == inputs and tensor.shape[0] > 0, f"{name}: its shape does not fit the target's inputs")
    rows = [tensor.floats(name) for name, tensor in sorted(tensors.items())]
    if spec["kind"] == "hull":
        return _hull(rows[0][0], rows[1][0])
    box = Fraction(spec["lo"]), Fraction(spec["hi"])
    return _balls(rows[0], Fraction(spec["radius"]), spec["norm"], box) if rows else _box(box, inputs)


def number(word: str) -> Fraction:
    """Return an option's number exactly: decimal (0.1, 1e-6), rational p/q, or hexadecimal float."""
    if is_hex(word):
        return Fraction(float.fromhex(word))
    need(is_rational(word) or re.fullmatch(_DECIMAL, word) is not None, f"{word[:60]!a} is not a number")
    return Fraction(word)


def _array(path: str, inputs: int) -> list[list[float]]:
    """Return the rows of a float32 or float64 .npy file, flattened to the number of inputs."""
    data = read_bytes(path)
    start = 10 + int.from_bytes(data[8:10], "little")
    match = re.fullmatch(_NPY, data[10:start]) if data[:8] == b"\x93NUMPY\x01\x00" else None
    need(match is not None, f"{path!a}: not a .npy file, version 1, of floats in C order")
    word, body = int(match[1]) if match else 8, data[start:]
    count = prod(int(n) for n in match[2].decode().replace(",", " ").split()) if match else 0
    need(len(body) == word * count > 0 and count % inputs == 0, f"{path!a}: not rows of {inputs} inputs")
    return Tensor(f"F{8 * word}", (len(body) // (word * inputs), inputs), body).floats(path)


def optional(option: str, inputs: int, claim: Domain) -> Domain:
    """Return the domain of box:LO:HI, ball:FILE.npy:R[:linf|l2] (in the claim's box) or hull:FILE.npy."""
    kind, _, rest = option.partition(":")
    if kind == "hull":
        columns = list(zip(*_array(rest, inputs), strict=True))
        return _hull(list(map(min, columns)), list(map(max, columns)))
    norm = "l2" if rest.endswith(":l2") else "linf"
    first, colon, last = rest.removesuffix(":" + norm).rpartition(":") if kind == "ball" else rest.rpartition(":")
    need(kind in _KEYS and bool(colon), f"{option!a} is not box:LO:HI, ball:FILE.npy:R[:linf|l2] or hull:FILE.npy")
    if kind == "box":
        return _box((number(first), number(last)), inputs)
    return _balls(_array(first, inputs), number(last), norm, claim.box)
