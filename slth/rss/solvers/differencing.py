"""Differencing: a subset sum as a partition, solved by the heuristic of Karmarkar and Karp."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.rss.problem import Answer, Flags, Limits, Problem, each_row, solvers


@solvers.register("differencing")
@dataclass(frozen=True)
class Differencing:
    """Puts the two largest numbers on opposite sides, again and again.

    With s = 2x - 1 the sum is close to t exactly when the sum of s_i v_i is close to c = 2t - sum v: the values and -c
    are to be split into two sides of nearly equal weight. The empty choice is kept where it is closer.

    Source: Karmarkar and Karp 1982 (for partitions); the reduction is ours (folklore).
    """

    flags: ClassVar[Flags] = Flags(objectives=("closest", "within"), largest_signed=0)

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve row after row; nothing is proved."""

        def one(row: int, _: float) -> tuple[NDArray[np.int8], bool]:
            target = int(problem.targets[row])
            values = [int(value) for value in problem.values[row]]
            chosen = _differences(values, target)
            if abs(sum(v for v, c in zip(values, chosen, strict=True) if c) - target) > abs(target):
                chosen[:] = 0
            return chosen, False

        return each_row(problem, limits, one)


def _differences(values: list[int], target: int) -> NDArray[np.int8]:
    """Return the 0/1 coefficients of one row; number n is the constant -c, whose side decides what x = 1 means."""
    n = len(values)
    numbers = [*values, sum(values) - 2 * target]
    # a tree of differences: each edge says whether its ends lie on equal or on opposite sides
    edges: list[list[tuple[int, int]]] = [[] for _ in numbers]
    heap = [(-abs(number), i, i) for i, number in enumerate(numbers) if number != 0 or i == n]
    heapq.heapify(heap)
    count = n + 1
    while len(heap) > 1:
        large, _, i = heapq.heappop(heap)
        small, _, j = heapq.heappop(heap)
        edges[i].append((j, -1))
        edges[j].append((i, -1))
        heapq.heappush(heap, (large - small, count, i))
        count += 1
    side = [0] * (n + 1)
    side[n] = 1
    stack = [n]
    while stack:
        i = stack.pop()
        for j, sign in edges[i]:
            if side[j] == 0:
                side[j] = side[i] * sign
                stack.append(j)
    flip = 1 if numbers[n] >= 0 else -1
    signs = [flip * side[i] * (1 if values[i] > 0 else -1) for i in range(n)]
    return np.array([values[i] != 0 and signs[i] > 0 for i in range(n)], np.int8)
