"""Sums of vectors sorted into boxes, and the pairs of two lists whose sum falls close to a target.

A list of sums (count, d) is cut along its first columns into boxes: column k into counts[k] cells of equal width, the
first and the last of them open. The map from a coordinate to its cell is monotone, so the cells between those of
q - r and q + r hold every entry within r of q: a search that looks into all of them misses nothing.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from slth.rss.kernels.compiled import compiled


@compiled
def fill(values, others, signed, first, out):
    """Fill out (2**m or 3**m, d) with first + every combination: digit 1 adds a value (m, d), digit 2 its other."""
    m, d = values.shape
    length = 1
    out[0] = first
    for i in range(m):
        for j in range(length):
            for k in range(d):
                out[length + j, k] = out[j, k] + values[i, k]
        if signed:
            for j in range(length):
                for k in range(d):
                    out[2 * length + j, k] = out[j, k] + others[i, k]
            length *= 3
        else:
            length *= 2


@compiled
def _cell(x, low, scale, count):
    """Number of the cell of a coordinate; monotone in x, since float rounding is."""
    place = (x - low) * scale
    return np.int64(0) if place < 1.0 else (count - 1 if place >= count - 1 else np.int64(place))


@compiled
def _box(row, low, scale, counts):
    box = np.int64(0)
    for k in range(counts.size):
        box = box * counts[k] + _cell(row[k], low[k], scale[k], counts[k])
    return box


@compiled
def sort(rows, codes, low, scale, counts, starts, new_rows, new_codes):
    """Copy rows and codes in the order of their boxes; box u is [starts[u], starts[u + 1]) afterwards."""
    n, d = rows.shape
    boxes = np.empty(n, np.int64)
    starts[:] = 0
    for i in range(n):
        boxes[i] = _box(rows[i], low, scale, counts)
        starts[boxes[i] + 1] += 1
    for u in range(starts.size - 1):
        starts[u + 1] += starts[u]
    for i in range(n):
        u = starts[boxes[i]]
        starts[boxes[i]] += 1
        new_codes[u] = codes[i]
        for k in range(d):
            new_rows[u, k] = rows[i, k]
    for u in range(starts.size - 1, 0, -1):
        starts[u] = starts[u - 1]
    starts[0] = 0


@compiled
def _terms(code, base):
    count = 0
    while code > 0:
        count += code % base != 0
        code //= base
    return count


@compiled
def _better(code, than, base):
    """Tell whether a code has fewer terms than another, or as many and is smaller."""
    if than < 0:
        return True
    terms, other = _terms(code, base), _terms(than, base)
    return terms < other or (terms == other and code < than)


@compiled
def _next(at, low, high):
    """Step to the next combination of cells, the last column left out; return False after the last one."""
    for k in range(at.size - 2, -1, -1):
        if at[k] < high[k]:
            at[k] += 1
            return True
        at[k] = low[k]
    return False


@compiled
def closest(rows, codes, starts, low, scale, counts, queries, extra, factor, base, ties, best):
    """Return least distance and code of a pair (entry, query) within `best`, or code -1 where there is none.

    The code of a pair is that of its entry + factor * (extra + the number of the query); with `ties` the better code of
    all pairs at the least distance, otherwise the first that is seen. Source: ours.
    """
    n, d = queries.shape
    c = counts.size
    code = np.int64(-1)
    reach = best
    first, last, at = np.empty(c, np.int64), np.empty(c, np.int64), np.empty(c, np.int64)
    for j in range(n):
        for k in range(c):
            first[k] = _cell(queries[j, k] - reach, low[k], scale[k], counts[k])
            last[k] = _cell(queries[j, k] + reach, low[k], scale[k], counts[k])
            at[k] = first[k]
        more = True
        while more:
            box = np.int64(0)
            for k in range(c - 1):
                box = (box + at[k]) * counts[k + 1]
            for u in range(starts[box + first[c - 1]], starts[box + last[c - 1] + 1]):
                error = np.int64(0)
                for k in range(d - 1, -1, -1):  # the columns behind the boxes tell most
                    error = max(error, abs(rows[u, k] - queries[j, k]))
                    if error > reach:
                        break
                if error > reach:
                    continue
                other = codes[u] + factor * (extra + j)
                if error < best or _better(other, code, base):
                    code = other
                best = error
                reach = best if ties else best - 1
                if reach < 0:
                    return best, code
            more = _next(at, first, last)
    return best, code


@compiled
def pairs(rows, starts, low, scale, counts, queries, step, radius, reuse, used, left, right):
    """Write pairs (place, query) within radius that share a box into left and right; return how many fit there.

    Every step-th query is looked up. Each entry and each query is used `reuse` times at most: without that bound a few
    sums near the middle would make up most of the pairs. Source: ours.
    """
    d = rows.shape[1]
    count = 0
    for j in range(0, len(queries), step):
        box = _box(queries[j], low, scale, counts)
        mine = 0
        for u in range(starts[box], starts[box + 1]):
            near = True
            for k in range(d):
                if abs(rows[u, k] - queries[j, k]) > radius:
                    near = False
                    break
            if near and used[u] < reuse:
                used[u] += 1
                left[count] = u
                right[count] = j
                count += 1
                mine += 1
                if count == left.size:
                    return count
                if mine == reuse:
                    break
    return count


__all__ = ["closest", "fill", "pairs", "sort"]
