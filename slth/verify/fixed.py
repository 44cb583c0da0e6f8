"""Primitives: refusal of bad input, directed rounding, and vectors packed into one big integer ("lanes")."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import repeat
from math import isqrt
from operator import add, neg

F = 96  # fraction bits of every bound: an integer n stands for n 2^-F
Interval = tuple[list[int], list[int]]  # lower and upper ends at 2^-F


class BadInput(ValueError):
    """A file or an option is not what FORMAT.md allows; the message is one line."""


def need(condition: bool, cause: str) -> None:
    """Refuse the input, with its cause, unless the condition holds."""
    if not condition:
        raise BadInput(cause)


def down(n: int, shift: int) -> int:
    """Return floor(n / 2^shift)."""
    return n >> shift if shift >= 0 else n << -shift


def up(n: int, shift: int) -> int:
    """Return ceil(n / 2^shift)."""
    return -down(-n, shift)


def root_up(n: int) -> int:
    """Return ceil(sqrt(n)) for n >= 0."""
    root = isqrt(n)
    return root + (root * root < n)


def norm(vector: Iterable[int]) -> int:
    """Return the 2-norm, rounded up."""
    return root_up(sum(n * n for n in vector))


def size(interval: Interval) -> list[int]:
    """Return the largest absolute value in every coordinate."""
    return list(map(max, map(neg, interval[0]), interval[1]))


def plus(vector: Iterable[int]) -> list[int]:
    """Return max(v, 0) in every coordinate."""
    return list(map(max, vector, repeat(0)))


def total(p: Interval, q: Interval) -> Interval:
    """Return the sum of two enclosures."""
    return list(map(add, p[0], q[0])), list(map(add, p[1], q[1]))


def around(radius: int, count: int) -> Interval:
    """Return the enclosure of `count` values of at most this size."""
    return [-radius] * count, [radius] * count


def meet(p: Interval, q: Interval) -> Interval:
    """Return the intersection of two enclosures of one vector."""
    return list(map(max, p[0], q[0])), list(map(min, p[1], q[1]))


def lifted(box: Interval) -> Interval:
    """R0: enclose (x⁺, x⁻) for x in a box."""
    return plus(box[0]) + plus(map(neg, box[1])), plus(box[1]) + plus(map(neg, box[0]))


def scaled(value: float | Fraction, bits: int) -> tuple[int, bool]:
    """Return floor(value 2^bits) and whether that is exact."""
    n, d = value.as_integer_ratio()
    quotient, rest = divmod(n << bits, d) if bits >= 0 else divmod(n, d << -bits)
    return quotient, rest == 0


def ends(values: Iterable[float | Fraction]) -> Interval:
    """Return floors and ceilings at 2^-F."""
    pairs = [scaled(value, F) for value in values]
    return [n for n, _ in pairs], [n + (not exact) for n, exact in pairs]


@lru_cache(maxsize=1024)
def _halves(count: int, width: int) -> int:
    return int.from_bytes((1 << width - 1).to_bytes(width // 8, "little") * count, "little")


def pack(values: Sequence[int], width: int) -> int:
    """Return sum_j v_j 2^(width j), signs included, for |v_j| < 2^(width - 1) and 8 dividing width.

    Multiples and sums of packed vectors are the packed results as long as every entry obeys that bound.
    """
    half, size = 1 << width - 1, width // 8
    lanes = b"".join([(v + half).to_bytes(size, "little") for v in values])
    return int.from_bytes(lanes, "little") - _halves(len(values), width)


def unpack(packed: int, count: int, width: int, places: Iterable[int] | None = None) -> list[int]:
    """Return the lowest lanes, or those at some places among them.

    With 2^(width - 1) added to each none is negative, so no borrow crosses a lane.
    """
    half, size = 1 << width - 1, width // 8
    lanes = (packed + _halves(count, width) & (1 << width * count) - 1).to_bytes(count * size, "little")
    starts = range(0, count * size, size) if places is None else [place * size for place in places]
    return [int.from_bytes(lanes[i : i + size], "little") - half for i in starts]
