"""Sizes as people write them: `1x28x28`, `5x5`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from slth.core.errors import BadInput
from slth.core.nodes import Shape
from slth.interop.limits import MAX_NODES, MAX_WEIGHTS


def number(digits: str) -> int:
    """The integer behind ASCII digits; far too many of them give one that is too large."""
    return int(digits) if len(digits) <= 18 else MAX_WEIGHTS + 1


def checked_sizes(values: Sequence[int], what: str, chained: bool = False) -> Shape:
    """Positive sizes whose product (of all, or of each alone) stays within what slth reads.

    Raises
    ------
    BadInput
        For other sizes.
    """
    largest = max(values, default=0) if chained else math.prod(values)
    if not values or min(values) < 1 or largest > MAX_WEIGHTS or len(values) > MAX_NODES:
        raise BadInput(f"the architecture has a size of {what} that is 0 or too large")
    return tuple(values)


def checked_shape(values: Sequence[int]) -> Shape:
    """The shape of one input.

    Raises
    ------
    BadInput
        For sizes that are 0, or too large together.
    """
    return checked_sizes(values, "the input")


def parse_input(line: str | Sequence[int]) -> Shape:
    """The shape behind `--input`, a text such as `1x28x28`, or behind (1, 28, 28).

    Raises
    ------
    BadInput
        For anything else than one to eight positive sizes.
    """
    if not isinstance(line, str):
        if not isinstance(line, (tuple, list)) or len(line) > 8 or not all(type(size) is int for size in line):
            raise BadInput("input_shape takes the shape of one input, such as (1, 28, 28) or '1x28x28'")
        return checked_shape(line)
    pieces = line.split("x") if len(line) <= 100 else []
    if not 1 <= len(pieces) <= 8 or not all(piece.isascii() and piece.isdigit() for piece in pieces):
        raise BadInput("--input takes the shape of one input, such as 784 or 1x28x28")
    return checked_shape([number(piece) for piece in pieces])


def as_text(shape: Sequence[int]) -> str:
    """A shape or a kernel as people write it."""
    return "x".join(str(size) for size in shape)
