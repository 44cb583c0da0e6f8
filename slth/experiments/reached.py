"""The growth-set simulator: which targets subset sums reach, as exact unions of intervals in integers.

Two sets grow with the samples x_1, ..., x_n, both from [-r, r]:

- all sums: B <- B | (B + x), the targets within r of some subset sum;
- sums that stay inside I = [-a, a]: A <- A | ((A + x) & I), the set of the expected-growth argument (da Cunha et al.,
  ESA 2023), whose measure v_t the certified bounds follow. A is a part of B.

Intervals are closed and sorted; those that touch are one. Source: ours.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from slth.core.errors import BadInput
from slth.rss.kernels.compiled import compiled

Integers = NDArray[np.int64]
MOST = 1 << 16  # intervals of one set


@compiled
def _grow(samples, radius, half_width, measures, longest):
    """Measures of A after 0 .. n samples, (b, n + 1), and the longest stretch of I that A misses at the end, (b,).

    A negative half width puts no limit on the sums; measures are then those of all that is reached, and stretches are
    looked for in [half_width, -half_width]. Returns the first row with too many intervals, or -1.
    """
    most = 1 << 16
    low, high = np.empty(most, np.int64), np.empty(most, np.int64)
    new_low, new_high = np.empty(most, np.int64), np.empty(most, np.int64)
    bounded = half_width >= 0
    edge = abs(half_width)
    for row in range(samples.shape[0]):
        low[0], high[0] = -radius, radius
        count = 1
        measures[row, 0] = 2 * radius
        for t in range(samples.shape[1]):
            x = samples[row, t]
            if 2 * count > most:
                return row
            i, j, made = 0, 0, 0
            while i < count or j < count:
                if j < count and bounded and (high[j] + x < -edge or low[j] + x > edge):
                    j += 1  # what leaves I is lost
                    continue
                if j >= count or (i < count and low[i] <= max(low[j] + x, -edge if bounded else low[j] + x)):
                    begin, end = low[i], high[i]
                    i += 1
                else:
                    begin, end = low[j] + x, high[j] + x
                    if bounded:
                        begin, end = max(begin, -edge), min(end, edge)
                    j += 1
                if made and begin <= new_high[made - 1]:
                    new_high[made - 1] = max(new_high[made - 1], end)
                else:
                    new_low[made], new_high[made] = begin, end
                    made += 1
            low, new_low = new_low, low
            high, new_high = new_high, high
            count = made
            total = 0
            for k in range(count):
                total += high[k] - low[k]
            measures[row, t + 1] = total
        last, gap = -edge, 0
        for k in range(count):
            if high[k] < -edge:
                continue
            if low[k] > edge:
                break
            gap = max(gap, low[k] - last)
            last = max(last, high[k])
        longest[row] = max(gap, edge - last)
    return -1


def grown(samples: Integers, radius: int, half_width: int) -> tuple[Integers, Integers]:
    """What is reached by sums that stay inside I = [-half_width, half_width].

    Parameters
    ----------
    samples : (b, n) int64
    radius, half_width : int
        In the samples' unit, 0 <= radius <= half_width.

    Returns
    -------
    measures : (b, n + 1) int64
        v_0, ..., v_n: lengths of A after so many samples.
    gaps : (b,) int64
        The longest stretch of I that A does not meet after all of them: every target is within radius + gaps/2 of a
        sum, or radius + gaps where the stretch touches an end of I.

    Raises
    ------
    BadInput
        For sizes out of order, or a set of more than 2^16 intervals.

    Source: ours.

    >>> measures, gaps = grown(np.array([[3, -10, 5]]), 1, 10)
    >>> measures.tolist(), gaps.tolist()
    ([[2, 4, 7, 14]], [1])
    """
    if not 0 <= radius <= half_width:
        raise BadInput(f"needs 0 <= radius <= half width, not {radius} and {half_width}")
    return _run(samples, radius, half_width)


def all_gaps(samples: Integers, radius: int, half_width: int) -> Integers:
    """The longest stretch of [-half_width, half_width] that is farther than `radius` from every subset sum, (b,) int64.

    0 where every target is within `radius` of a sum: closed intervals that touch leave nothing between them.

    Raises
    ------
    BadInput
        As `grown`.

    Source: ours. Checked: against all subset sums.

    >>> all_gaps(np.array([[2, 4], [2, 5]]), 1, 6).tolist()
    [5, 5]
    >>> all_gaps(np.array([[2, 4, -2, -4], [4, 8, -4, -8]]), 1, 6).tolist()
    [0, 2]
    """
    if radius < 0 or half_width <= 0:
        raise BadInput(f"needs a radius >= 0 and a half width > 0, not {radius} and {half_width}")
    return _run(samples, radius, -half_width)[1]


def _run(samples: Integers, radius: int, half_width: int) -> tuple[Integers, Integers]:
    rows, n = samples.shape
    measures, gaps = np.empty((rows, n + 1), np.int64), np.empty(rows, np.int64)
    full = _grow(np.ascontiguousarray(samples, np.int64), radius, half_width, measures, gaps)
    if full >= 0:
        raise BadInput(f"more than {MOST // 2} separate intervals are reached: take a larger eps or fewer samples")
    return measures, gaps
