"""Subset sums of many vectors: a tree of lists after Wagner, on the values whose scale suits the error."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.rss.expected import expected_count, expected_error
from slth.rss.merges import leaf, tree
from slth.rss.problem import Answer, Flags, Integers, Limits, Problem, each_row, solvers
from slth.rss.solvers.localsearch import descend

OFFSETS = 8  # windows of the values, by length, that are compared
RARE = 1e-3  # sizes for which fewer subsets are expected are not tried
POLISHED = 512  # most values for which the last changes of one or two are tried


@solvers.register("klist")
@dataclass(frozen=True)
class KList:
    """Merges lists of sums pairwise until two are left, whose closest pair it takes; nothing is proved.

    Values are put in the order of their length. A window of them, as short as the target allows, is dealt to 2, 4, ...
    `lists` lists; a few of the rest are taken first, so that what remains lies among the sums of the window. Rounds go
    from short lists to long ones and from few lists to many, and stop early with the objective `within`. The answer
    depends on nothing but the values, unless the budget ends it.

    Parameters
    ----------
    lists : int
        Most lists, a power of two.
    width : int
        Most entries of a list (about 40 (d + 1) bytes each).
    reuse : int
        How often a sum may occur in a list made of it: without a bound, lists lose their diversity.
    rounds : int
        How often that number of lists which did best is dealt; later rounds begin with another value of the rest.
    work : int
        Comparisons that one merge may take, about: the more, the fewer of the close pairs are overlooked.

    Source: ours, after Wagner 2002 (generalised birthdays).
    """

    lists: int = 8
    width: int = 2**18
    reuse: int = 64
    rounds: int = 1
    work: int = 2**26

    flags: ClassVar[Flags] = Flags(largest_signed=0, sizes=True, dimensions=16, rank=9, rank_from=2)

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve row after row."""

        def one(row: int, seconds: float) -> tuple[NDArray[np.int8], bool]:
            places = np.flatnonzero(~problem.empty[row])
            places = places[np.argsort(np.abs(problem.vectors[row, places]).max(axis=1), kind="stable")]
            tolerance = -1 if problem.tolerances is None or problem.objective == "closest" else problem.tolerances[row]
            values, goal = problem.vectors[row, places], problem.goals[row]
            deadline = None if limits.deadline is None else limits.deadline - limits.left + seconds
            inner = Limits(deadline, limits.threads)
            x = self._row(values, goal, problem.size, int(tolerance), inner)
            if problem.objective == "fewest" and _error(values, goal, x) <= tolerance:
                x = self._fewer(values, goal, x, int(tolerance), inner)
            chosen = np.zeros(problem.n, np.int8)
            chosen[places] = x
            return chosen, False

        return each_row(problem, limits, one)

    def _row(
        self, values: Integers, goal: Integers, size: int | None, tolerance: int, limits: Limits
    ) -> NDArray[np.int8]:
        """Best of all rounds, polished."""
        best = np.zeros(len(values), np.int8)
        best[: size or 0] = 1
        if len(values) <= POLISHED:
            descend(values, goal, best, fixed=size is not None)
        least = _error(values, goal, best)
        plan, winner = self._plan(len(values), size), 2
        for number in range(len(plan) + self.rounds - 1):
            if least <= tolerance or limits.left <= 0:
                break
            lists, digits = plan[number] if number < len(plan) else (winner, plan[-1][1])
            x = self._round(values, goal, size, lists, digits, max(0, number - len(plan) + 1), limits)
            if x is None:
                continue
            if len(values) <= POLISHED:
                descend(values, goal, x, fixed=size is not None)
            error = _error(values, goal, x)
            if error < least:
                best, least, winner = x, error, lists
        return best

    def _fewer(
        self, values: Integers, goal: Integers, x: NDArray[np.int8], tolerance: int, limits: Limits
    ) -> NDArray[np.int8]:
        """Look for fewer terms within tolerance: between none and the number that is known."""
        low, high = 0, int(np.count_nonzero(x))
        if int(np.abs(goal).max()) <= tolerance:
            return np.zeros_like(x)
        while low + 1 < high and limits.left > 0:
            size = (low + high) // 2
            count = float(expected_count(values[None], goal[None], tolerance, size=size)[0])
            other = self._row(values, goal, size, tolerance, limits) if count > RARE else None
            if other is not None and _error(values, goal, other) <= tolerance:
                x, high = other, size
            else:
                low = size
        return x

    def _plan(self, n: int, size: int | None) -> list[tuple[int, int]]:
        """Number of lists and binary digits of a list's length, from quick to slow."""
        most = max(1, self.width.bit_length() - 1)
        plan = [(2, digits) for digits in range(10, most, 4)]
        lists = 2
        while lists <= min(self.lists, n, n if size is None else size):
            plan.append((lists, most))
            lists *= 2
        return plan

    def _round(
        self, values: Integers, goal: Integers, size: int | None, lists: int, digits: int, turn: int, limits: Limits
    ) -> NDArray[np.int8] | None:
        """Deal a window of the values to lists, take some of the rest, and merge; None where the lists did not meet."""
        terms: list[int | None] = [None] * lists
        extra = None
        if size is not None:
            each, more = divmod(min(size, lists * max(1, digits // 2)), lists)
            terms = [each + (i < more) for i in range(lists)]
            extra = size - lists * each - more
        most = _most(len(values) - (extra or 0), lists, digits, terms[0])
        if most == 0:
            return None
        inside = None if size is None else size - (extra or 0)
        x, window = _window(values, goal, lists * most, extra, inside, turn)
        if turn:
            window = np.random.default_rng(turn).permutation(window)
        rest = goal - np.sum(values * x[:, None], axis=0)
        leaves = [leaf(values, window[i::lists], terms[i]) for i in range(lists)]
        error, positions = tree(leaves, rest, 2**digits, self.reuse, limits, self.work)
        if error < 0:
            return None
        x[positions] = 1
        return x


def _error(values: Integers, goal: Integers, x: NDArray[np.int8]) -> int:
    return int(np.abs(np.sum(values * x[:, None], axis=0) - goal).max())


def _most(n: int, lists: int, digits: int, terms: int | None) -> int:
    """Most values of one list; 0 where there are too few."""
    if terms is None:
        return min(digits, n // lists)
    most = terms if terms <= n // lists else 0
    while most + 1 <= n // lists and comb(most + 1, terms) <= 2**digits:
        most += 1
    return most


def _window(
    values: Integers, goal: Integers, width: int, extra: int | None, size: int | None, turn: int
) -> tuple[NDArray[np.int8], NDArray[np.intp]]:
    """Choose the window with the least expected error, and what is taken of the rest for it (`extra` values, if given).

    Values are in the order of their length; turns after the first begin with another value of the rest. Returns
    coefficients (n,) of the rest and the places of the window.
    """
    n = len(values)
    floats, best, least = values.astype(np.float64), None, np.inf
    for offset in np.unique(np.linspace(0, n - width, OFFSETS).astype(int)):
        window = np.arange(offset, offset + width)
        rest = np.setdiff1d(np.arange(n), window)
        share = 0.5 if size is None else size / width
        aim = goal - share * floats[window].sum(axis=0)
        x = np.zeros(n, np.int8)
        first = None if turn == 0 or len(rest) == 0 else (turn - 1) % len(rest)
        x[rest] = _pursue(floats[rest], aim, extra, first)
        left = goal - np.sum(values * x[:, None], axis=0)
        error = float(expected_error(values[window][None], left[None], size=size)[0])
        if best is None or error < least:
            best, least = (x, window), error
    if best is None:
        raise ValueError("no window")
    return best


def _pursue(
    values: NDArray[np.float64], aim: NDArray[np.float64], count: int | None, first: int | None
) -> NDArray[np.int8]:
    """Take or drop the value that brings the sum closest in length, as long as one helps; or take `count` of them."""
    x = np.zeros(len(values), np.int8)
    left = aim.copy()
    squares = np.sum(values**2, axis=1)
    if first is not None and count != 0:
        x[first] = 1
        left -= values[first]
    while len(values) and (count is None or x.sum() < count):
        gains = 2 * np.where(x == 1, -1, 1) * (values @ left) - squares
        if count is not None:
            gains[x == 1] = -np.inf
        best = int(np.argmax(gains))
        if count is None and (gains[best] <= 0 or best == first):
            break
        left += values[best] if x[best] else -values[best]
        x[best] ^= 1
    return x
