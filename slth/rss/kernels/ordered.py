"""Closest subset by walking two sorted lists: for any input, any length, a fixed size, or the fewest terms.

Half sums are sorted by merging and equal sums are dropped, so both lists increase strictly; then two pointers
visit every pair of the least distance, which makes ties exact too. With `by_size` each list is cut into classes
of equal numbers of terms, and only classes that add up to the wanted size are walked. Values beyond two halves
of bounded length are enumerated one combination after the other, so that memory does not grow with n.
"""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

import numpy as np

from slth.rss.kernels.compiled import compiled

FAR = np.int64(2**62)


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
def _merge(old, x, x_end, y, y_end, value, digit, base, new, out):
    """Merge old[x:x_end], old[y:y_end] + value and, in base 3, old[y:y_end] - value into `new` from `out` on; rows are
    (sum, code). Of equal sums the better code stays. Returns the end."""
    z = y if base == 3 else y_end
    while x < x_end or y < y_end or z < y_end:
        first = old[0, x] if x < x_end else FAR
        second = old[0, y] + value if y < y_end else FAR
        third = old[0, z] - value if z < y_end else FAR
        low = min(first, second, third)
        code = np.int64(-1)
        if first == low:
            code = old[1, x]
            x += 1
        if second == low:
            other = old[1, y] + digit
            if code < 0 or _better(other, code, base):
                code = other
            y += 1
        if third == low:
            other = old[1, z] + 2 * digit
            if code < 0 or _better(other, code, base):
                code = other
            z += 1
        new[0, out] = low
        new[1, out] = code
        out += 1
    return out


@compiled
def _build(values, begin, end, base, by_size, room, starts):
    """Sort the half sums of values[begin:end]; class p is [starts[p], starts[p + 1]), or all is class 0.

    room (2, 2, size) is two lists that take turns; returns which one holds the result.
    """
    room[0, 0, 0] = 0
    room[0, 1, 0] = 0
    starts[:] = 1
    starts[0] = 0
    now = 0
    digit = np.int64(1)
    before = np.empty_like(starts)
    for i in range(begin, end):
        before[:] = starts
        old, new = room[now], room[1 - now]
        if by_size:
            out = 0
            for p in range(i - begin + 2):
                y, y_end = (before[p - 1], before[p]) if p > 0 else (0, 0)
                out = _merge(old, before[p], before[p + 1], y, y_end, values[i], digit, base, new, out)
                starts[p + 1] = out
            starts[i - begin + 2 :] = out
        else:
            starts[1:] = _merge(old, 0, before[1], 0, before[1], values[i], digit, base, new, 0)
        now = 1 - now
        digit *= base
    return now


@compiled
def _walk(a, i, i_end, b, j_begin, j_end, goal, factor, extra, base, best, code):
    """Walk two increasing lists for the pair whose sum is closest to `goal`; return the better of it and the given."""
    j = j_end - 1
    while i < i_end and j >= j_begin:
        error = a[0, i] + b[0, j] - goal
        size = abs(error)
        if size <= best:
            other = a[1, i] + factor * b[1, j] + extra
            if size < best or _better(other, code, base):
                code = other
            best = size
        if error < 0:
            i += 1
        else:
            j -= 1
    return best, code


@compiled
def _search(lists, starts, sizes, size, values, target, base, factors):
    """Closest combination with `size` terms (any number if size < 0), the last values enumerated outright."""
    a, b = lists
    a_starts, b_starts = starts
    lefts, rights = sizes
    factor, last = factors
    best, code = FAR, np.int64(-1)
    rest = values.size - lefts - rights
    for combination in range(base**rest):
        left = combination
        shift = np.int64(0)
        used = 0
        for i in range(rest):
            digit = left % base
            left //= base
            value = values[lefts + rights + i]
            shift += value if digit == 1 else (-value if digit == 2 else 0)
            used += digit != 0
        extra = last * combination
        goal = target - shift
        if size < 0:
            best, code = _walk(a, 0, a_starts[1], b, 0, b_starts[1], goal, factor, extra, base, best, code)
            continue
        wanted = size - used
        for p in range(max(0, wanted - rights), min(lefts, wanted) + 1):
            q = wanted - p
            best, code = _walk(
                a, a_starts[p], a_starts[p + 1], b, b_starts[q], b_starts[q + 1], goal, factor, extra, base, best, code
            )
    return best, code


@compiled
def closest_ordered(values, targets, tolerances, signed, longest, size, chosen, solved):
    """Write into `chosen` the closest combination with `size` terms (any number if size < 0) if it is within tolerance.

    Parameters: values (b, n) int64, targets, tolerances (b,) int64, `longest` values in a half at most, chosen (b, n)
    int8 zeros, solved (b,) uint8 zeros, 1 where something was written. Ties: fewest terms, then the smallest mask.
    Source: ours.
    """
    base = 3 if signed else 2
    rows, n = values.shape
    lefts = min(longest, n // 2)
    rights = min(longest, n - lefts)
    a_room = np.empty((2, 2, base**lefts), np.int64)
    b_room = np.empty((2, 2, base**rights), np.int64)
    a_starts, b_starts = np.empty(longest + 3, np.int64), np.empty(longest + 3, np.int64)
    packed, place = np.empty(n, np.int64), np.empty(n, np.int64)
    for row in range(rows):
        m = 0
        for i in range(n):
            if values[row, i] != 0:
                packed[m] = values[row, i]
                place[m] = i
                m += 1
        left = min(longest, m // 2)
        right = min(longest, m - left)
        a = a_room[_build(packed, 0, left, base, size >= 0, a_room, a_starts)]
        b = b_room[_build(packed, left, left + right, base, size >= 0, b_room, b_starts)]
        factors = (np.int64(base) ** left, np.int64(base) ** (left + right))
        lists, starts, sizes = (a, b), (a_starts, b_starts), (left, right)
        best, code = _search(lists, starts, sizes, size, packed[:m], targets[row], base, factors)
        if code >= 0 and best <= tolerances[row]:
            solved[row] = 1
            for i in range(m):
                digit = code % base
                chosen[row, place[i]] = digit if digit < 2 else -1
                code //= base


__all__ = ["closest_ordered"]
