"""The fewest terms within a tolerance, sizes 0 to 8, by joining short lists of sums.

Lists of all sums of one to four terms are kept in the order of their first position. A combination of p
+ q terms is a sum of p terms together with one from the tail of the q-list that starts behind its last
position: every combination once. Up to three terms the tails are scanned, a plain minimum over memory. From
four terms on the p-list is entered into a table of cells as wide as the tolerance, and the q-list is looked up
there.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from slth.rss.kernels.compiled import compiled

FAR = np.int64(2**62)
CELLS = 32  # cells per key of the table
LARGEST_TABLE = 2**17
WIDE = np.int64(2**58)  # a tolerance beyond this leaves no cells to tell apart
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio


@compiled
def _extend(values, m, base, sums, codes, lasts, starts, new_sums, new_codes, new_lasts, new_starts):
    """List all sums of one more term: value i, with each sign, before every sum whose first position is behind i."""
    out = 0
    weight = np.int64(1)
    end = starts[m]
    for i in range(m):
        new_starts[i] = out
        begin = starts[i + 1]
        for digit in range(1, base):
            value = values[i] if digit == 1 else -values[i]
            for k in range(end - begin):
                new_sums[out + k] = sums[begin + k] + value
                new_codes[out + k] = codes[begin + k] + digit * weight
                new_lasts[out + k] = lasts[begin + k]
            out += end - begin
        weight *= base
    new_starts[m] = out
    new_starts[m + 1] = out
    return out


@compiled
def _nearest(outer, lasts, count, inner, starts, end, target, lows):
    """Return the least distance of a sum of `outer` and one of its tail of `inner` to the target."""
    best = FAR
    for u in range(count):
        goal = target - outer[u]
        low = FAR
        tail = inner[starts[lasts[u] + 1] : end]
        for k in range(tail.size):
            low = min(low, abs(tail[k] - goal))
        lows[u] = low
        best = min(best, low)
    return best


@compiled
def _smallest(outer, outer_codes, lasts, count, inner, inner_codes, starts, end, target, lows, best):
    """Return the smallest code among the combinations at distance `best`."""
    code = np.int64(-1)
    for u in range(count):
        if lows[u] != best:
            continue
        goal = target - outer[u]
        for k in range(starts[lasts[u] + 1], end):
            if abs(inner[k] - goal) == best:
                other = outer_codes[u] + inner_codes[k]
                if code < 0 or other < code:
                    code = other
    return code


@compiled
def _enter(heads, links, drop, shift, keys, count):
    """Enter each key in the two cells that its interval of half a width touches; equal slots are chained."""
    half = np.int64(1) << (shift - 1)
    heads[:] = 0
    for u in range(count):
        place = np.uint64((keys[u] - half) >> shift) * MIX
        for node in range(2 * u + 1, 2 * u + 3):
            slot = place >> drop
            links[node] = heads[slot]
            heads[slot] = node
            place += MIX


@compiled
def _look_up(heads, links, drop, shift, outer, outer_codes, lasts, inner, inner_codes, starts, end, target, tolerance):
    """Return the least distance up to the tolerance, and the smallest code that attains it, or -1."""
    best, code = tolerance, np.int64(-1)
    for k in range(end):
        key = target - inner[k]
        node = heads[(np.uint64(key >> shift) * MIX) >> drop]
        while node != 0:
            u = (node - 1) >> 1
            error = abs(outer[u] - key)
            if error <= best and k >= starts[lasts[u] + 1]:
                other = outer_codes[u] + inner_codes[k]
                if code < 0 or error < best or other < code:
                    code = other
                best = error
            node = links[node]
    return code


@compiled
def _singles(packed, m, base, sums, codes, lasts, starts):
    out = 0
    weight = np.int64(1)
    for i in range(m):
        starts[i] = out
        for digit in range(1, base):
            sums[out] = packed[i] if digit == 1 else -packed[i]
            codes[out] = digit * weight
            lasts[out] = i
            out += 1
        weight *= base
    starts[m] = out
    starts[m + 1] = out
    return out


@compiled
def _row(packed, m, target, tolerance, base, smallest, largest, lists, lows, heads, links):
    """Return the code of the best combination of the fewest terms within tolerance, or -1 beyond `largest`."""
    s, c, last, start = lists
    s[0, 0], c[0, 0], last[0, 0] = 0, 0, -1
    start[0, :] = 1
    start[0, 0] = 0
    ends = np.array([1, _singles(packed, m, base, s[1], c[1], last[1], start[1]), 0, 0, 0])
    built = 1
    entered = 0
    shift = np.int64(1)
    while np.int64(1) << (shift - 1) < min(tolerance, WIDE):
        shift += 1
    drop = np.uint64(65)
    for size in range(max(1, smallest), min(largest, m) + 1):
        p = size // 2
        q = size - p
        while built < q:
            k = built
            built += 1
            ends[built] = _extend(
                packed, m, base, s[k], c[k], last[k], start[k], s[built], c[built], last[built], start[built]
            )
        outer, codes, lasts, count = s[p], c[p], last[p], ends[p]
        inner, inner_codes, starts, end = s[q], c[q], start[q], ends[q]
        if size < 4 or tolerance >= WIDE:
            best = _nearest(outer, lasts, count, inner, starts, end, target, lows)
            if best <= tolerance:
                return _smallest(outer, codes, lasts, count, inner, inner_codes, starts, end, target, lows, best)
            continue
        if entered < p:
            entered = p
            drop = np.uint64(65)
            slots = 1
            while slots < CELLS * count and slots < heads.size:
                slots *= 2
                drop -= np.uint64(1)
            drop -= np.uint64(1)
            _enter(heads[:slots], links, drop, shift, outer, count)
        code = _look_up(
            heads, links, drop, shift, outer, codes, lasts, inner, inner_codes, starts, end, target, tolerance
        )
        if code >= 0:
            return code
    return np.int64(-1)


@compiled
def fewest_small(values, targets, tolerances, signed, smallest, largest, room, chosen, solved):
    """Write into `chosen` the closest combination of the fewest terms within tolerance, sizes `smallest` to `largest`.

    Parameters: values (b, n) int64, targets, tolerances (b,) int64, largest <= 8, `room` entries of the longest list,
    chosen (b, n) int8 zeros, solved (b,) uint8 zeros, left 0 where more terms are needed. Ties: the smallest mask.
    Source: ours.
    """
    base = 3 if signed else 2
    rows, n = values.shape
    lists = (
        np.empty((5, room), np.int64),
        np.empty((5, room), np.int64),
        np.empty((5, room), np.int64),
        np.empty((5, n + 2), np.int64),
    )
    lows = np.empty(room, np.int64)
    slots = 2
    while slots < min(CELLS * room, LARGEST_TABLE):
        slots *= 2
    heads, links = np.empty(slots, np.int32), np.empty(2 * room + 1, np.int32)
    packed, place = np.empty(n, np.int64), np.empty(n, np.int64)
    for row in range(rows):
        if smallest == 0 and abs(targets[row]) <= tolerances[row]:
            solved[row] = 1
            continue
        m = 0
        for i in range(n):
            if values[row, i] != 0:
                packed[m] = values[row, i]
                place[m] = i
                m += 1
        code = _row(packed, m, targets[row], tolerances[row], base, smallest, largest, lists, lows, heads, links)
        if code >= 0:
            solved[row] = 1
            for i in range(m):
                digit = code % base
                chosen[row, place[i]] = digit if digit < 2 else -1
                code //= base


__all__ = ["fewest_small"]
