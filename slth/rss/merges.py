"""A tree of lists of vector sums: leaves are all sums of a few values, nodes are pairs that fall near a centre."""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.rss.boxes import boxes, spread
from slth.rss.chunks import in_chunks
from slth.rss.problem import Integers, Limits

Places = NDArray[np.int32]
BLOCK = 2**15  # queries of one piece of work of the last merge
TRIED = 2048  # queries from which a radius is guessed
FAR = 2**62


@dataclass(frozen=True)
class Leaf:
    """All subset sums of a few values, or all with a fixed number of terms.

    Parameters
    ----------
    rows : (count, d) int64
    places : (m,) int64
        Positions of its values in the row of the problem.
    members : (count, size) int32 or None
        Which of them make up each sum; None: those of the binary digits of its number.
    """

    rows: Integers
    places: Integers
    members: Places | None = None

    def positions(self, entry: int) -> Iterator[int]:
        """Positions of the values that add up to an entry."""
        if self.members is None:
            yield from (int(place) for i, place in enumerate(self.places) if entry >> i & 1)
        else:
            yield from (int(self.places[i]) for i in self.members[entry])


@dataclass(frozen=True)
class Node:
    """Some sums of one entry of each of two lists: rows (count, d), and which entries, (count,) each."""

    rows: Integers
    one: Leaf | Node
    other: Leaf | Node
    left: Places
    right: Places

    def positions(self, entry: int) -> Iterator[int]:
        """Positions of the values that add up to an entry."""
        yield from self.one.positions(int(self.left[entry]))
        yield from self.other.positions(int(self.right[entry]))


def leaf(values: Integers, places: Integers, size: int | None) -> Leaf:
    """List the subset sums of values[places], values (n, d), with `size` >= 1 terms or any number.

    Source: ours.
    """
    some = np.ascontiguousarray(values[places])
    d = values.shape[1]
    if size is None:
        from slth.rss.kernels.boxes import fill

        rows = np.empty((2 ** len(places), d), np.int64)
        fill(some, some, False, np.zeros(d, np.int64), rows)
        return Leaf(rows, places)
    from slth.rss.kernels.subsets import choose

    count = math.comb(len(places), size)
    rows, members = np.empty((count, d), np.int64), np.empty((count, size), np.int32)
    choose(some, size, rows, members)
    return Leaf(rows, places, members)


def merge(one: Leaf | Node, other: Leaf | Node, centre: Integers, width: int, reuse: int, work: int = 2**26) -> Node:
    """Pair two lists such that about `width` sums fall as close to the centre (d,) as so many can.

    Only pairs that share a box are seen; the boxes are as large as `work` comparisons allow. The radius is measured on
    some of the queries. Entries are used `reuse` times at most.

    Source: ours, after Wagner 2002 (generalised birthdays), with balls in the sup norm instead of equal bits.
    """
    from slth.rss.kernels.boxes import pairs

    d = len(centre)
    share = work / max(1, len(one.rows) * len(other.rows))
    stored = boxes(one.rows, np.arange(len(one.rows)), 0.0, share)
    queries = np.ascontiguousarray((centre - other.rows)[:, stored.columns])
    radius = 1.25 * _geometric(one, other) * (width / len(one.rows) / len(queries)) ** (1 / d)
    step = (len(queries) // TRIED) | 1
    wanted = max(1.0, width / step)
    left, right = np.empty((2, int(8 * wanted) + 64), np.int32)
    for _ in range(8):
        used = np.zeros(len(one.rows), np.int32)
        seen = pairs(stored.rows, *stored.cells, queries, step, _whole(radius), FAR, used, left, right)
        if abs(seen - wanted) < 0.1 * wanted:
            break
        radius *= float(np.clip(wanted / max(seen, 0.1), 0.02, 50)) ** (1 / d)
    left, right = np.empty((2, width), np.int32)
    used = np.zeros(len(one.rows), np.int32)
    count = pairs(stored.rows, *stored.cells, queries, 1, _whole(radius), reuse, used, left, right)
    left, right = stored.codes[left[:count]].astype(np.int32), right[:count].copy()
    return Node(one.rows[left] + other.rows[right], one, other, left, right)


def _geometric(one: Leaf | Node, other: Leaf | Node) -> float:
    """Geometric mean over the coordinates of the standard deviation of a sum of both."""
    spreads = np.hypot(spread(one.rows)[1], spread(other.rows)[1])
    return float(np.exp(np.log(np.maximum(spreads, 0.5)).mean()))


def _whole(radius: float) -> int:
    return int(min(radius, FAR))


def tree(
    leaves: list[Leaf], goal: Integers, width: int, reuse: int, limits: Limits, work: int = 2**26
) -> tuple[int, list[int]]:
    """Merge 2**h leaves pairwise, towards sums near `goal` (d,); return the least error and its positions.

    The distance of the goal from the mean of all sums is shared by the nodes of a level. An error of -1: no time, or
    lists that do not meet.

    Source: ours, after Wagner 2002.
    """
    means = np.array([spread(one.rows)[0] for one in leaves])
    shift = (goal - means.sum(axis=0)) / len(leaves)
    level: list[Leaf | Node] = list(leaves)
    middles = means + shift
    while len(level) > 2:
        if limits.left <= 0:
            return -1, []
        middles = middles[::2] + middles[1::2]
        centres = np.rint(middles).astype(np.int64)
        with ThreadPoolExecutor(limits.threads) as pool:
            jobs = [
                pool.submit(merge, level[2 * i], level[2 * i + 1], centre, width, reuse, work)
                for i, centre in enumerate(centres)
            ]
            level = [job.result() for job in jobs]
        if min(len(node.rows) for node in level) == 0:
            return -1, []
    return last(level[0], level[1], goal, limits)


def last(one: Leaf | Node, other: Leaf | Node, goal: Integers, limits: Limits) -> tuple[int, list[int]]:
    """Find the pair of two lists whose sum is closest to the goal (d,); return its error and its positions.

    Source: ours.
    """
    from slth.rss.kernels.boxes import closest

    radius = _geometric(one, other) * (len(one.rows) * len(other.rows)) ** (-1 / len(goal))
    stored = boxes(one.rows, np.arange(len(one.rows)), radius)
    queries = np.ascontiguousarray((goal - other.rows)[:, stored.columns])
    factor = 2 ** max(1, len(one.rows)).bit_length()
    far = int(np.abs(queries).max(initial=0)) + int(np.abs(stored.rows).max(initial=0))
    found: dict[int, tuple[int, int]] = {}

    def work(begin: int, end: int) -> None:
        for block in range(begin, end):
            first = block * BLOCK
            best = min([far, *(error for error, _ in list(found.values()))])
            error, code = closest(
                stored.rows, stored.codes, *stored.cells, queries[first : first + BLOCK], first, factor, 2, False, best
            )
            if code >= 0:
                found[block] = (error, code)

    in_chunks(-(-len(queries) // BLOCK), 1, work, Limits(limits.deadline, limits.threads))
    if not found:
        return -1, []
    error, code = min(found.values())
    return error, [*one.positions(code % factor), *other.positions(code // factor)]
