"""Domains: the sets of inputs on which a claim is made, with exact rational ends."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.core.network import Network, frozen

Floats = NDArray[np.float64]
DIGITS, POWER = r"[0-9]{1,400}", r"([eE][+-]?[0-9]{1,3})?"
NUMBER = re.compile(rf"[+-]?({DIGITS}/{DIGITS}|{DIGITS}(\.[0-9]{{0,400}})?{POWER}|\.{DIGITS}{POWER})")
LARGEST = Fraction(10) ** 300  # ends of domains stay well inside float64


@dataclass(frozen=True, eq=False)
class Region:
    """A convex piece of a domain, rounded outward to float64: a box, cut by a 2-norm ball where `radius` is given.

    Parameters
    ----------
    lower, upper : float64 arrays of shape (inputs,)
    centre : float64 array of shape (inputs,), or None
    radius : float or None
    """

    lower: Floats
    upper: Floats
    centre: Floats | None = None
    radius: float | None = None


@dataclass(frozen=True)
class Box:
    """All inputs whose every coordinate lies in [lo, hi]."""

    lo: Fraction
    hi: Fraction

    def __post_init__(self) -> None:
        if self.lo > self.hi:
            raise BadInput(f"the box from {_plain(self.lo)} to {_plain(self.hi)} is empty")
        if max(abs(self.lo), abs(self.hi)) > LARGEST:
            raise BadInput("the ends of a domain must lie within 1e300")

    def regions(self, inputs: int) -> Iterator[Region]:
        """The one region of the box."""
        yield Region(np.full(inputs, _down(self.lo)), np.full(inputs, _up(self.hi)))

    def to_json(self) -> dict[str, Any]:
        """As a ticket writes it."""
        return {"kind": "box", "lo": str(self.lo), "hi": str(self.hi)}

    def tensors(self) -> dict[str, Floats]:
        """Nothing: a box is two numbers."""
        return {}

    def __str__(self) -> str:
        return f"box:{_plain(self.lo)}:{_plain(self.hi)}"


@dataclass(frozen=True, eq=False)
class Ball:
    """The union of balls of one radius around the rows of `centres`, clipped to a box.

    Parameters
    ----------
    centres : float64 array of shape (balls, inputs)
    radius : Fraction
    norm : "linf" or "l2"
    clip : Box
    """

    centres: Floats
    radius: Fraction
    norm: str
    clip: Box

    def __post_init__(self) -> None:
        if self.norm not in ("linf", "l2"):
            raise BadInput(f"a ball has norm linf or l2, not {self.norm!r}")
        if not 0 <= self.radius <= LARGEST:
            raise BadInput("the radius of a ball must lie between 0 and 1e300")
        _check(self.centres, 2)
        low, high = float(self.centres.min()), float(self.centres.max())
        if Fraction(low) < self.clip.lo or Fraction(high) > self.clip.hi:
            raise BadInput(f"ball centres from {low:g} to {high:g} leave the target's domain {self.clip}")
        object.__setattr__(self, "centres", frozen(self.centres))

    def regions(self, inputs: int) -> Iterator[Region]:
        """One region a centre."""
        lo, hi, radius = _down(self.clip.lo), _up(self.clip.hi), _up(self.radius)
        for centre in self.centres:
            lower = np.maximum(np.nextafter(centre - radius, -math.inf), lo)
            upper = np.minimum(np.nextafter(centre + radius, math.inf), hi)
            yield Region(lower, upper, *((centre, radius) if self.norm == "l2" else ()))

    def to_json(self) -> dict[str, Any]:
        """As a ticket writes it; the centres are the tensor `domain.centres`."""
        ends = {"lo": str(self.clip.lo), "hi": str(self.clip.hi)}
        return {"kind": "ball", "norm": self.norm, "radius": str(self.radius), **ends}

    def tensors(self) -> dict[str, Floats]:
        """The centres."""
        return {"domain.centres": self.centres}

    def __str__(self) -> str:
        many = f"{len(self.centres)} balls" if len(self.centres) > 1 else "1 ball"
        return f"{many} of {self.norm} radius {_plain(self.radius)} in {self.clip}"


@dataclass(frozen=True, eq=False)
class Hull:
    """All inputs between two vectors: the per-coordinate range of a data set."""

    lower: Floats
    upper: Floats

    def __post_init__(self) -> None:
        _check(self.lower, 1)
        _check(self.upper, 1)
        if self.lower.shape != self.upper.shape:
            raise BadInput("the ends of a hull differ in length")
        if (self.lower > self.upper).any():
            raise BadInput("the hull is empty: a lower end exceeds an upper end")
        object.__setattr__(self, "lower", frozen(self.lower))
        object.__setattr__(self, "upper", frozen(self.upper))

    def regions(self, inputs: int) -> Iterator[Region]:
        """The one region of the hull."""
        yield Region(self.lower, self.upper)

    def to_json(self) -> dict[str, Any]:
        """As a ticket writes it; the ends are the tensors `domain.lower` and `domain.upper`."""
        return {"kind": "hull"}

    def tensors(self) -> dict[str, Floats]:
        """Both ends."""
        return {"domain.lower": self.lower, "domain.upper": self.upper}

    def __str__(self) -> str:
        return f"hull of data from {self.lower.min():g} to {self.upper.max():g}"


Domain = Box | Ball | Hull


def width_of(domain: Domain) -> int | None:
    """How many inputs a domain speaks of; None for a box, which fits any number."""
    if isinstance(domain, Ball):
        return int(domain.centres.shape[1])
    return len(domain.lower) if isinstance(domain, Hull) else None


def default(target: Network) -> Box:
    """[0, 1]^d for images, [-1, 1]^d for anything else."""
    return Box(Fraction(0), Fraction(1)) if target.is_image else Box(Fraction(-1), Fraction(1))


def _check(points: Floats, dimensions: int) -> None:
    """Refuses what is not a finite float64 array of so many dimensions with something in it."""
    if points.dtype != np.float64 or points.ndim != dimensions or points.size == 0:
        raise BadInput(
            f"a domain needs float64 numbers in {dimensions} dimension(s), not {points.dtype} {points.shape}"
        )
    if not (np.abs(points) <= float(LARGEST)).all():
        raise BadInput("a domain needs finite numbers within 1e300")


def clip_of(domain: Domain) -> Box:
    """The cube that new balls are clipped to: the box itself, the balls' own, or the smallest around a hull."""
    if isinstance(domain, Box):
        return domain
    if isinstance(domain, Ball):
        return domain.clip
    return Box(Fraction(float(domain.lower.min())), Fraction(float(domain.upper.max())))


def parse(text: str, target: Network, clip: Box | None = None) -> Domain:
    """`box:LO:HI`, `ball:FILE.npy:R[:linf|l2]` or `hull:FILE.npy`, checked against the target's inputs.

    Balls are clipped to `clip`, by default the target's default domain.

    Raises
    ------
    BadInput
        When the text or the file cannot be used.
    """
    kind, _, rest = text.partition(":")
    if kind == "box" and rest.count(":") == 1:
        lo, hi = rest.split(":")
        return Box(rational(lo), rational(hi))
    if kind == "hull" and rest:
        data = _points(rest, target)
        return Hull(data.min(axis=0), data.max(axis=0))
    if kind == "ball" and rest:
        if not rest.endswith((":l2", ":linf")):
            rest += ":linf"
        if rest.count(":") >= 2:
            file, radius, norm = rest.rsplit(":", 2)
            return Ball(_points(file, target), rational(radius), norm, clip or default(target))
    raise BadInput(f"domain {text!r} is not box:LO:HI, ball:FILE.npy:R[:linf|l2] or hull:FILE.npy")


def load_numbers(file: str | Path) -> Floats:
    """The numbers of a .npy file, as float64; nothing in it is executed.

    Raises
    ------
    BadInput
        When the file is not there or holds something else.
    """
    try:
        if not Path(file).is_file():
            raise BadInput(f"{file}: no such file; a .npy file of numbers is needed")
        with open(file, "rb") as stream:
            if stream.read(6) != b"\x93NUMPY":
                raise BadInput(f"{file}: not a .npy file")
            stream.seek(0)
            numbers = np.load(stream, allow_pickle=False)
        if numbers.dtype.kind not in "fiu" or numbers.dtype.itemsize > 8:
            raise BadInput(f"{file}: holds {numbers.dtype}, not floating-point numbers or integers")
        return np.asarray(numbers, np.float64)
    except BadInput:
        raise
    except Exception as error:  # a hostile header can raise nearly anything
        reason = (str(error) or type(error).__name__).splitlines()[0][:200]
        raise BadInput(f"{file}: not a .npy file of numbers ({reason})") from None


def _points(file: str, target: Network) -> Floats:
    width = math.prod(target.input_shape)
    points = load_numbers(file)
    if points.size == 0 or points.size % width or not np.isfinite(points).all():
        raise BadInput(f"{file}: shape {points.shape} does not hold finite inputs of {width} numbers")
    return points.reshape(-1, width)


def rational(text: str) -> Fraction:
    """A number exactly: decimal (0.1, 1e-6) or p/q, of a size that is quick to compute with.

    Raises
    ------
    BadInput
        For anything else.
    """
    if not isinstance(text, str) or not NUMBER.fullmatch(text):
        raise BadInput(f"{str(text)[:60]!r} is not a number")
    try:
        return Fraction(text)
    except ZeroDivisionError:
        raise BadInput(f"{text[:60]!r} divides by zero") from None


def _plain(value: Fraction) -> str:
    if abs(value) > LARGEST:
        return "beyond 1e300"
    short = f"{float(value):g}"
    return short if Fraction(short) == value else str(value)


def _down(value: Fraction) -> float:
    near = float(value)
    return near if Fraction(near) <= value else math.nextafter(near, -math.inf)


def _up(value: Fraction) -> float:
    return -_down(-value)
