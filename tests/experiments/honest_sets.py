"""What subset sums reach, slowly and in plain integers: sums are listed one by one, pieces are kept apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

Piece = tuple[int, int]


def all_sums(samples: Sequence[int]) -> set[int]:
    """Every subset sum."""
    sums = {0}
    for x in samples:
        sums |= {s + x for s in sums}
    return sums


def measure(pieces: Iterable[Piece]) -> int:
    """The length of a union, by counting unit cells between the ends of pieces."""
    listed = list(pieces)
    ends = sorted({end for piece in listed for end in piece})
    cells = itertools.pairwise(ends)
    return sum(b - a for a, b in cells if any(low <= a and b <= high for low, high in listed))


def longest_gap(pieces: Iterable[Piece], edge: int) -> int:
    """The longest stretch of [-edge, edge] that no piece meets, ends of the window included."""
    met = [(max(low, -edge), min(high, edge)) for low, high in pieces if low <= edge and high >= -edge]
    gap, reached = 0, -edge
    for low, high in sorted(met):
        gap, reached = max(gap, low - reached), max(reached, high)
    return max(gap, edge - reached)


def inside(samples: Sequence[int], radius: int, edge: int, merging: bool = False) -> list[list[Piece]]:
    """The pieces of A_0, ..., A_n: each step adds every piece moved by x, as far as it lies in [-edge, edge]."""
    steps: list[list[Piece]] = [[(-radius, radius)]]
    for x in samples:
        moved = [(max(low + x, -edge), min(high + x, edge)) for low, high in steps[-1]]
        pieces = steps[-1] + [piece for piece in moved if piece[0] <= piece[1]]
        steps.append(merged(pieces) if merging else pieces)
    return steps


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """The same union, where many samples would make too many pieces."""
    made: list[Piece] = []
    for low, high in sorted(pieces):
        if made and low <= made[-1][1]:
            made[-1] = made[-1][0], max(high, made[-1][1])
        else:
            made.append((low, high))
    return made
