"""Exact subset sums by meeting in the middle, compiled, on all cores."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import comb
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from slth.rss.chunks import in_chunks
from slth.rss.problem import Answer, Flags, Integers, Limits, Problem, solvers

Coefficients = NDArray[np.int8]
Marks = NDArray[np.uint8]
Kernel = Callable[[Integers, Integers, Integers, Coefficients, Marks], None]
ANYTHING = 2**62
STEPS = 2**21  # work of one chunk, in list entries: a few milliseconds, so that budgets and interrupts are honoured


@solvers.register("meet")
@dataclass(frozen=True)
class Meet:
    """Proves the closest, the fewest terms within tolerance, or the closest of a fixed size.

    Three kernels: `small` joins sums of up to eight terms, `hashed` lets two lists of half sums sieve each other,
    `ordered` walks sorted half sums and takes what the others leave. Ties: fewest terms, then the smallest mask (the
    number whose digit i, in base 2 or 3, is 0, 1 or, for a coefficient -1, 2). Nothing depends on threads or chunks.
    The budget is looked at between chunks of milliseconds; beyond n = 40 (24 with signs) one row may take seconds.

    Parameters
    ----------
    joined : int
        Most entries of a list that `small` joins, which decides the largest size that it takes.
    longest : int
        Most entries of a half list, which bounds the memory of a thread (about 60 bytes an entry).
    expected : float
        Pairs that the first round of `hashed` should find; too few cost a second round, about once in e**expected rows.

    Source: ours; meeting in the middle is Horowitz and Sahni 1974.
    """

    joined: int = 2**18
    longest: int = 2**20
    expected: float = 10.0

    flags: ClassVar[Flags] = Flags(largest=50, largest_signed=30, exact=True, sizes=True, rank=0)

    def solve(self, problem: Problem, limits: Limits) -> Answer:
        """Solve every row exactly; rows that the deadline cuts off keep the empty choice."""
        chosen = np.zeros(problem.values.shape, np.int8)
        proved = np.zeros(problem.rows, np.bool_)
        rows = np.arange(problem.rows)
        work = _Work(problem, limits, chosen, proved)
        if problem.size is not None:
            self._sized(work, rows, problem.size)
        elif problem.objective == "closest":
            self._closest(work, rows)
        else:
            self._fewest(work, rows)
        return Answer(chosen, proved)

    def _half(self, signed: bool) -> int:
        """Most values in a half."""
        base, half = 3 if signed else 2, 0
        while base ** (half + 1) <= self.longest:
            half += 1
        return half

    def _closest(self, work: _Work, rows: NDArray[np.intp]) -> None:
        from slth.rss.kernels.hashed import closest_hashed

        n, signed = work.problem.n, work.problem.signed
        base = 3 if signed else 2
        if n - n // 2 <= self._half(signed):
            width = base ** (n - n // 2)
            cells = max(64, 2 ** (4 + (base ** (n // 2) - 1).bit_length()))

            def kernel(a: Integers, t: Integers, _: Integers, chosen: Coefficients, solved: Marks) -> None:
                closest_hashed(a, t, signed, width, cells, self.expected, chosen, solved)

            rows = work.run(rows, 2 * width, kernel)
        self._ordered(work, rows, -1, within=False)

    def _ordered(self, work: _Work, rows: NDArray[np.intp], size: int, within: bool) -> NDArray[np.intp]:
        """Walk sorted lists, for one size or (-1) for all; return the rows that have nothing within tolerance."""
        if not len(rows):
            return rows
        from slth.rss.kernels.ordered import closest_ordered

        n, signed = work.problem.n, work.problem.signed
        half = self._half(signed)

        def kernel(a: Integers, t: Integers, tolerances: Integers, chosen: Coefficients, solved: Marks) -> None:
            limit = tolerances if within else _anything(len(t))
            closest_ordered(a, t, limit, signed, half, size, chosen, solved)

        return work.run(rows, 8 * (3 if signed else 2) ** min(half, n - n // 2), kernel)

    def _sized(self, work: _Work, rows: NDArray[np.intp], size: int) -> None:
        n, signed = work.problem.n, work.problem.signed
        halves = (3 if signed else 2) ** (n // 2)
        if size == 0:
            work.proved[:] = True
        elif size <= _largest(n, signed, 4 * halves):
            self._small(work, rows, size, size)
        else:
            self._ordered(work, rows, size, within=False)

    def _small(self, work: _Work, rows: NDArray[np.intp], low: int, high: int) -> NDArray[np.intp]:
        """Enumerate sizes low to high; return the rows that have nothing within tolerance there."""
        from slth.rss.kernels.small import fewest_small

        n, signed = work.problem.n, work.problem.signed
        signs = 2 if signed else 1
        room = max(n * signs, *(comb(n, k) * signs**k for k in range((high + 1) // 2 + 1)), 1)
        anything = low == high > 0

        def kernel(a: Integers, t: Integers, tolerances: Integers, chosen: Coefficients, solved: Marks) -> None:
            limit = _anything(len(t)) if anything else tolerances
            fewest_small(a, t, limit, signed, low, high, room, chosen, solved)

        entries = sum(comb(n, k) * signs**k for k in range((high + 1) // 2 + 1))
        return work.run(rows, 512 + (comb(n, high) * signs**high // 16 if anything else 4 * entries), kernel)

    def _fewest(self, work: _Work, rows: NDArray[np.intp]) -> None:
        problem, n = work.problem, work.problem.n
        fewest = problem.objective == "fewest"
        largest = _longest(n, problem.signed, self.joined) if fewest else _largest(n, problem.signed, 2 ** (n // 2 + 1))
        if _crowded(problem.values[rows]):
            largest = 0  # `ordered` keeps one of many equal sums, where `small` would compare them all
        rows = self._small(work, rows, 0, largest)
        if not len(rows) or problem.tolerances is None:
            return
        self._closest(work, rows)
        if problem.objective == "within":
            return
        rows = rows[work.proved[rows]]
        totals = np.multiply(problem.values[rows], work.chosen[rows], dtype=np.int64).sum(axis=1)
        rows = rows[np.abs(totals - problem.targets[rows]) <= problem.tolerances[rows]]
        work.proved[rows] = False  # something is within tolerance; the fewest terms are still to be found
        for size in range(largest + 1, n + 1):
            rows = self._ordered(work, rows, size, within=True)


def _anything(rows: int) -> Integers:
    """A tolerance that every sum meets, read-only as the others, so that kernels are compiled once."""
    limit = np.full(rows, ANYTHING)
    limit.setflags(write=False)
    return limit


def _largest(n: int, signed: bool, most: int) -> int:
    """Return the largest size up to 6 that has at most so many combinations."""
    size = 0
    while size < min(6, n) and comb(n, size + 1) * (2 if signed else 1) ** (size + 1) <= most:
        size += 1
    return size


def _crowded(values: Integers) -> bool:
    """Whether half of the values repeat others, looked at in a few rows: a wrong answer costs time only."""
    some = np.sort(values[:: max(1, len(values) // 16)], axis=1)
    return bool((np.diff(some, axis=1) == 0).mean() > 0.5) if some.size > len(some) else False


def _longest(n: int, signed: bool, most: int) -> int:
    """Return the largest size up to 8 whose longer half has at most so many sums."""
    size = 0
    while size < min(8, n) and comb(n, size // 2 + 1) * (2 if signed else 1) ** (size // 2 + 1) <= most:
        size += 1
    return size


@dataclass(frozen=True)
class _Work:
    """The problem and the answer under construction, shared by the three kernels."""

    problem: Problem
    limits: Limits
    chosen: NDArray[np.int8]
    proved: NDArray[np.bool_]

    def run(self, rows: NDArray[np.intp], steps: int, kernel: Kernel) -> NDArray[np.intp]:
        """Run a kernel over some rows in chunks, note what it solved, and return the rows that it left."""
        problem = self.problem
        whole = len(rows) == problem.rows
        solved = np.zeros(len(rows), np.uint8)
        nothing = np.zeros(0, np.int64)

        def work(begin: int, end: int) -> None:
            some = rows[begin:end]
            picked = slice(begin, end) if whole else some
            values, targets = problem.values[picked], problem.targets[picked]
            tolerances = nothing if problem.tolerances is None else problem.tolerances[picked]
            for array in (values, targets, tolerances):
                array.setflags(write=False)
            chosen = np.zeros(values.shape, np.int8)
            kernel(values, targets, tolerances, chosen, solved[begin:end])
            good = solved[begin:end] == 1
            self.chosen[some[good]] = chosen[good]
            self.proved[some[good]] = True

        share = -(-len(rows) // (4 * self.limits.threads))
        chunk = max(1, min(4096, STEPS // steps, share))
        done = in_chunks(len(rows), chunk, work, self._limits(problem.rows - len(rows)))
        return np.asarray(rows[done & (solved == 0)])

    def _limits(self, before: int) -> Limits:
        """The limits, with progress told in rows of the whole problem."""
        tell = self.limits.progress
        if tell is None or before == 0:
            return self.limits
        return replace(self.limits, progress=lambda done, _: tell(before + done, self.problem.rows))
