"""Meeting in the middle for vectors: one half of the sums in boxes, the other half enumerated and looked up."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace

import numpy as np

from slth.rss.boxes import Boxes, boxes, sample
from slth.rss.chunks import in_chunks
from slth.rss.expected import expected_error
from slth.rss.problem import Integers, Limits

COUNTED = 2**55  # a term too many or too few weighs more than any error that can be asked for


@dataclass
class Halves:
    """One row: values (m, d), none of them empty, its target (d,), and the stored half once it is there.

    Parameters
    ----------
    longest, block : int
        Most sums that are stored, and that are looked up at a time.
    counted : bool
        Whether numbers of terms will be asked for.
    """

    values: Integers
    goal: Integers
    signed: bool
    longest: int
    block: int
    limits: Limits
    counted: bool = False
    stored: Boxes | None = None

    def closest(self, best: int, size: int | None) -> tuple[int, int, bool]:
        """Least error up to `best` (with `size` terms), the code that attains it or -1, and whether that is proved."""
        from slth.rss.kernels.boxes import closest, fill

        base = 3 if self.signed else 2
        m = len(self.values)
        left = min(-(-m // 2), _digits(self.longest, base))
        inner = min(m - left, _digits(self.block, base))
        plus, minus, goal = self._columns(size)
        if self.stored is None:
            self.stored = self._store(plus[:left], minus[:left], base**left)
        stored = self.stored
        plus, minus, goal = plus[:, stored.columns].copy(), minus[:, stored.columns].copy(), goal[stored.columns]
        factor, length, blocks = base**left, base**inner, base ** (m - left - inner)
        state, lock = [best, -1], threading.Lock()

        def work(begin: int, end: int) -> None:
            queries = np.empty((length, len(goal)), np.int64)
            for block in range(begin, end):
                first = goal - _combination(plus[left + inner :], minus[left + inner :], block, base)
                fill(-plus[left : left + inner], -minus[left : left + inner], self.signed, first, queries)
                error, code = closest(
                    stored.rows, stored.codes, *stored.cells, queries, block * length, factor, base, True, state[0]
                )
                if code < 0:
                    continue
                with lock:
                    if state[1] < 0 or (error, _rank(code, base)) < (state[0], _rank(state[1], base)):
                        state[:] = [error, code]

        done = in_chunks(blocks, 1, work, replace(self.limits, progress=None))
        return state[0], state[1], bool(done.all())

    def coefficients(self, code: int) -> list[int]:
        """What a code says about each value."""
        base = 3 if self.signed else 2
        digits = [code // base**i % base for i in range(len(self.values))]
        return [-1 if digit == 2 else digit for digit in digits]

    def _columns(self, size: int | None) -> tuple[Integers, Integers, Integers]:
        """What digits 1 and 2 add, and the target; where terms are to be counted, the last column does that."""
        if not self.counted:
            return self.values, -self.values, self.goal
        one = np.full((len(self.values), 1), COUNTED)
        return (
            np.hstack([self.values, one]),
            np.hstack([-self.values, one]),
            np.append(self.goal, COUNTED * (size or 0)),
        )

    def _store(self, plus: Integers, minus: Integers, length: int) -> Boxes:
        from slth.rss.kernels.boxes import fill

        rows = np.empty((length, plus.shape[1]), np.int64)
        fill(plus, minus, self.signed, np.zeros(plus.shape[1], np.int64), rows)
        radius = float(expected_error(self.values[None], self.goal[None], signed=self.signed)[0])
        return boxes(*_distinct(rows, 3 if self.signed else 2), radius)


def _digits(most: int, base: int) -> int:
    """Largest k with base**k <= most."""
    k = 0
    while base ** (k + 1) <= most:
        k += 1
    return k


def _rank(code: int, base: int) -> tuple[int, int]:
    terms, rest = 0, code
    while rest:
        rest, digit = divmod(rest, base)
        terms += digit != 0
    return terms, code


def _combination(plus: Integers, minus: Integers, code: int, base: int) -> Integers:
    total = np.zeros(plus.shape[1], np.int64)
    for one, two in zip(plus, minus, strict=True):
        code, digit = divmod(code, base)
        total += one if digit == 1 else (two if digit == 2 else 0)
    return total


def _distinct(rows: Integers, base: int) -> tuple[Integers, Integers]:
    """Rows and codes, each row once with its best code where many are equal."""
    codes = np.arange(len(rows))
    some = sample(rows)
    if 2 * len(np.unique(some, axis=0)) > len(some):
        return rows, codes
    terms = np.zeros(len(rows), np.int64)
    rest = codes.copy()
    while rest.any():
        terms += rest % base != 0
        rest //= base
    order = np.lexsort((codes, terms, *rows.T))
    rows = rows[order]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (rows[1:] != rows[:-1]).any(axis=1)
    return rows[first], codes[order[first]]
