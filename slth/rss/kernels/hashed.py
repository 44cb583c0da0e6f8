"""Closest subset by meeting in the middle without sorting: two lists of half sums sieve each other in a small table.

The half sums `a` of the first half and the complements `y = t - b` of the second half are cut into cells of
width 2**shift. A pair with `|a - y| <= 2**shift / 2` always shares a cell once every key is entered in the two
cells that its interval of half a width touches. Cells are hashed, anew in each round, into a table that stays
in the cache, so the table only ever lets too much through. The lists sieve each other in turn until a few
candidates remain; those are compared all with all. The width is guessed from a normal density; a wrong guess
costs a second round, never the answer.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import math

import numpy as np

from slth.rss.kernels.compiled import compiled

FAR = np.int64(2**62)
ROUNDS = 6
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio


@compiled
def _fill(sums, first, values, begin, end, step, signed):
    """Fill `sums` with first + step * (every combination of values[begin:end]); positions are the codes."""
    sums[0] = first
    length = 1
    for i in range(begin, end):
        value = step * values[i]
        for j in range(length):
            sums[length + j] = sums[j] + value
        if signed:
            for j in range(length):
                sums[2 * length + j] = sums[j] - value
            length *= 3
        else:
            length *= 2
    return length


@compiled
def _enter(table, stamp, shift, factor, drop, keys, count):
    """Stamp the two cells that each key's interval of half a width touches."""
    half = np.int64(1) << (shift - 1)
    for i in range(count):
        place = np.uint64((keys[i] - half) >> shift) * factor
        table[place >> drop] = stamp
        table[(place + factor) >> drop] = stamp


@compiled
def _sieve(table, stamp, shift, factor, drop, keys, codes, count, kept_keys, kept_codes):
    """Copy the keys whose cell is stamped; return how many."""
    kept = np.uint64(0)
    for i in range(count):
        key = keys[i]
        kept_keys[kept] = key
        kept_codes[kept] = codes[i]
        kept += np.uint64(table[(np.uint64(key >> shift) * factor) >> drop] == stamp)
    return np.int64(kept)


@compiled
def _terms(code, base):
    count = 0
    while code > 0:
        count += code % base != 0
        code //= base
    return count


@compiled
def _compare(left, left_codes, lefts, right, right_codes, rights, size, base, nearest):
    """Compare all with all; return the least distance and, of its codes, the one with fewest terms, then the least."""
    best = FAR
    for j in range(rights):
        key = right[j]
        low = FAR
        for i in range(lefts):
            low = min(low, abs(left[i] - key))
        nearest[j] = low
        best = min(best, low)
    chosen = np.int64(-1)
    fewest = 0
    for j in range(rights):
        if nearest[j] != best or best == FAR:
            continue
        for i in range(lefts):
            if abs(left[i] - right[j]) == best:
                code = left_codes[i] + size * right_codes[j]
                terms = _terms(code, base)
                if chosen < 0 or terms < fewest or (terms == fewest and code < chosen):
                    chosen, fewest = code, terms
    return best, chosen


@compiled
def _guess(values, n, target, signed, expected):
    """Return the shift at which about so many pairs lie within half a cell, if sums were normal."""
    mean = 0.0
    variance = 0.0
    bits = np.int64(0)
    for i in range(n):
        value = float(values[i])
        mean += value
        variance += value * value
        bits |= values[i]
    if signed:
        mean, variance, count = 0.0, variance * 2.0 / 3.0, 3.0**n
    else:
        mean, variance, count = mean / 2.0, variance / 4.0, 2.0**n
    away = (float(target) - mean) ** 2 / (2.0 * variance)
    width = expected * math.sqrt(2.0 * math.pi * variance) * math.exp(min(away, 40.0)) / count
    zeros = np.int64(1)  # all sums are multiples of 2**(zeros - 1): narrower cells separate nothing
    while bits & 1 == 0:
        bits >>= 1
        zeros += 1
    return min(np.int64(60), max(zeros, np.int64(math.log2(max(width, 1.0))) + 1))


@compiled
def closest_hashed(values, targets, signed, width, cells, expected, chosen, solved):
    """Write the closest combination of each row into `chosen`; rows that the sieve does not thin out keep solved = 0.

    Parameters: values (b, n) int64, targets (b,) int64, `width` the longest half list, `cells` a power of two,
    `expected` as for `Meet`, chosen (b, n) int8 zeros, solved (b,) uint8 zeros. Ties: fewest terms, then the smallest
    mask. Source: ours.
    """
    base = 3 if signed else 2
    rows, n = values.shape
    table = np.zeros(cells, np.uint8)
    stamp = 0
    drop = np.uint64(65)
    while cells > 0:
        cells >>= 1
        drop -= np.uint64(1)
    a, y = np.empty(width, np.int64), np.empty(width, np.int64)
    order = np.arange(width)
    left, left_codes = np.empty(width, np.int64), np.empty(width, np.int64)
    right, right_codes = np.empty(width, np.int64), np.empty(width, np.int64)
    nearest = np.empty(width, np.int64)
    packed, place = np.empty(n, np.int64), np.empty(n, np.int64)
    for row in range(rows):
        m = 0
        for i in range(n):
            if values[row, i] != 0:
                packed[m] = values[row, i]
                place[m] = i
                m += 1
        if m == 0:
            solved[row] = 1
            continue
        size = _fill(a, 0, packed, 0, m // 2, 1, signed)
        other = _fill(y, targets[row], packed, m // 2, m, -1, signed)
        shift = _guess(packed, m, targets[row], signed, expected)
        limit = 4 * (size + other) + 1024
        code = np.int64(-1)
        while shift <= 60:
            lefts, rights = size, other
            for turn in range(ROUNDS):
                if stamp >= 254:
                    table[:] = 0
                    stamp = 0
                stamp += 1
                factor = MIX * np.uint64(2 * turn + 1)
                if turn == 0:
                    _enter(table, stamp, shift, factor, drop, a, size)
                    rights = _sieve(table, stamp, shift, factor, drop, y, order, other, right, right_codes)
                elif turn == 1:
                    _enter(table, stamp, shift, factor, drop, right, rights)
                    lefts = _sieve(table, stamp, shift, factor, drop, a, order, size, left, left_codes)
                elif turn % 2 == 0:
                    _enter(table, stamp, shift, factor, drop, left, lefts)
                    rights = _sieve(table, stamp, shift, factor, drop, right, right_codes, rights, right, right_codes)
                else:
                    _enter(table, stamp, shift, factor, drop, right, rights)
                    lefts = _sieve(table, stamp, shift, factor, drop, left, left_codes, lefts, left, left_codes)
                if turn > 0 and lefts * rights <= limit:
                    break
            if lefts * rights > limit * 16:
                break
            best, code = _compare(left, left_codes, lefts, right, right_codes, rights, size, base, nearest)
            if best <= np.int64(1) << (shift - 1):
                break
            if code >= 0:  # nothing in half a cell, but something is known: widen just enough
                while best > np.int64(1) << (shift - 1):
                    shift += 1
            else:
                shift += 5
            code = np.int64(-1)
        if code >= 0:
            solved[row] = 1
            for i in range(m):
                digit = code % base
                chosen[row, place[i]] = digit if digit < 2 else -1
                code //= base


__all__ = ["closest_hashed"]
