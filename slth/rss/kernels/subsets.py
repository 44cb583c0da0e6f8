"""All sums of a fixed number of vectors, one combination after the other."""

# mypy: disable-error-code="no-untyped-def"
from __future__ import annotations

from slth.rss.kernels.compiled import compiled


@compiled
def choose(values, size, rows, members):
    """Write the sums (count, d) of all combinations of `size` >= 1 values (m, d), and their places (count, size)."""
    m, d = values.shape
    for k in range(size):
        members[0, k] = k
    for i in range(len(rows)):
        for k in range(d):
            rows[i, k] = 0
            for p in range(size):
                rows[i, k] += values[members[i, p], k]
        if i + 1 == len(rows):
            return
        p = size - 1
        while members[i, p] == m - size + p:
            p -= 1
        for k in range(p):
            members[i + 1, k] = members[i, k]
        members[i + 1, p] = members[i, p] + 1
        for k in range(p + 1, size):
            members[i + 1, k] = members[i + 1, k - 1] + 1


__all__ = ["choose"]
