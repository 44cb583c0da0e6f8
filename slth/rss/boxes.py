"""Lists of vector sums, sorted into boxes for the search of close pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slth.rss.problem import Integers

Floats = NDArray[np.float64]
SAMPLE = 4096  # entries from which the spread of a list is read
LARGEST = 2**22  # boxes of one list


@dataclass(frozen=True)
class Boxes:
    """A list of sums in the order of its boxes.

    Parameters
    ----------
    rows : (count, d) int64
        The sums; their columns are in the order `columns` of the coordinates.
    codes : (count,) int64
        What each sum is made of; the meaning is the caller's.
    starts : (boxes + 1,) int64
        Box u is rows[starts[u] : starts[u + 1]].
    low, scale, counts : (c,) int64, float64, int64
        The cells of the first c columns.
    columns : (d,) int64
    """

    rows: Integers
    codes: Integers
    starts: Integers
    low: Integers
    scale: Floats
    counts: Integers
    columns: Integers

    @property
    def cells(self) -> tuple[Integers, Integers, Floats, Integers]:
        """What the kernels need to find a box."""
        return self.starts, self.low, self.scale, self.counts


def boxes(rows: Integers, codes: Integers, radius: float, share: float | None = None) -> Boxes:
    """Sort a list into boxes that suit a search within `radius`, or one that looks into a single box.

    Parameters
    ----------
    rows : (count, d) int64
    codes : (count,) int64
    radius : float
        How far a search will look, about; a wrong guess costs time only.
    share : float, optional
        Share of the list that a box holds where it is densest, in place of the radius.

    Source: ours.
    """
    from slth.rss.kernels.boxes import sort

    means, spreads = spread(rows)
    columns = np.argsort(-spreads, kind="stable")
    means, spreads = means[columns], spreads[columns]
    counts = _counts(spreads, len(rows), radius) if share is None else _coarse(spreads, share)
    c = len(counts)
    reach = np.array([_reach(int(count)) for count in counts]) * np.maximum(spreads[:c], 0.5)
    low = np.rint(means[:c] - reach).astype(np.int64)
    scale = counts / (2 * reach)
    starts = np.zeros(int(np.prod(counts)) + 1, np.int64)
    rows = np.ascontiguousarray(rows[:, columns])
    new_rows, new_codes = np.empty_like(rows), np.empty_like(codes)
    sort(rows, codes, low, scale, counts, starts, new_rows, new_codes)
    return Boxes(new_rows, new_codes, starts, low, scale, counts, columns)


def spread(rows: Integers) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each column, from some of the rows."""
    some = sample(rows).astype(np.float64)
    return some.mean(axis=0), some.std(axis=0)


def sample(rows: Integers) -> Integers:
    """Some of the rows, at an odd step: at a power of two they would all lack the same terms."""
    return rows[:: (len(rows) // SAMPLE) | 1]


def _counts(spreads: Floats, entries: int, radius: float) -> Integers:
    """Cells per column: as many columns as make the search cheapest, about two entries a box."""
    most = float(min(LARGEST, max(1, entries // 2)))
    best, least = np.ones(1, np.int64), np.inf
    for c in range(1, len(spreads) + 1):
        if spreads[c - 1] <= 0:
            break
        counts = np.full(c, max(1, int(most ** (1 / c))))
        widths = 2 * _reach(int(counts[0])) * spreads[:c] / counts
        visited = float(np.prod(np.minimum(counts, 1 + 2 * radius / widths)[:-1]))
        scanned = entries * float(np.prod(np.minimum(1, (widths + 2 * radius) / (2.5 * spreads[:c]))))
        if 10 * visited + scanned < least:
            best, least = counts, 10 * visited + scanned
    return best


def _coarse(spreads: Floats, share: float) -> Integers:
    """Cells per column: the columns are cut in turn until two normal entries share a box with probability `share`."""
    counts = np.ones(len(spreads), np.int64)
    open_columns = int(np.count_nonzero(spreads))
    left, column = 1.0, 0
    while left > share and open_columns and np.prod(counts) < LARGEST // 2:
        old, new = counts[column], counts[column] + 1
        left *= _together(int(new)) / _together(int(old))
        counts[column] = new
        column = (column + 1) % open_columns
    return counts


def _together(cells: int) -> float:
    """Probability that two normal entries fall into the same of so many cells, about."""
    return 1.0 if cells == 1 else 2 * _reach(cells) / (cells * 2 * np.sqrt(np.pi))


def _reach(cells: int) -> float:
    """How many standard deviations on either side of the mean the cells of a column cover; what is beyond crowds the
    outer two."""
    return 2.0 if cells < 8 else (3.0 if cells < 32 else 4.5)
