"""The plain peer of the solver `meet`: sort both half lists by merging, walk them with two pointers.

A careful textbook version in numba, on all cores, with no trick that is not in every textbook. `slth`'s ratio is quoted
against this. Run it as a program to print that ratio.
"""

from __future__ import annotations

import argparse
import time

import numba
import numpy as np


@numba.njit(cache=True)
def _sorted_sums(values, begin, end, sums, codes, spare_sums, spare_codes):
    """Sort all subset sums of values[begin:end] by merging the list with its shifted copy, once per value."""
    sums[0] = 0
    codes[0] = 0
    length = 1
    for i in range(begin, end):
        value = values[i]
        bit = np.int32(1) << (i - begin)
        x = 0
        y = 0
        for k in range(2 * length):
            if y >= length or (x < length and sums[x] <= sums[y] + value):
                spare_sums[k] = sums[x]
                spare_codes[k] = codes[x]
                x += 1
            else:
                spare_sums[k] = sums[y] + value
                spare_codes[k] = codes[y] | bit
                y += 1
        length *= 2
        sums, spare_sums = spare_sums, sums
        codes, spare_codes = spare_codes, codes
    return sums, codes, length


@numba.njit(parallel=True, cache=True)
def plain_closest(values, targets):
    """Return for each row the mask (bit i = position i) of the subset whose sum is closest to the target."""
    rows, n = values.shape
    masks = np.empty(rows, np.int64)
    half = n // 2
    size = 1 << (n - half)
    chunk = 256
    for block in numba.prange((rows + chunk - 1) // chunk):
        a0, a1 = np.empty(size, np.int64), np.empty(size, np.int64)
        b0, b1 = np.empty(size, np.int64), np.empty(size, np.int64)
        p0, p1 = np.empty(size, np.int32), np.empty(size, np.int32)
        q0, q1 = np.empty(size, np.int32), np.empty(size, np.int32)
        for row in range(block * chunk, min(rows, (block + 1) * chunk)):
            a, p, lefts = _sorted_sums(values[row], 0, half, a0, p0, a1, p1)
            b, q, rights = _sorted_sums(values[row], half, n, b0, q0, b1, q1)
            target = targets[row]
            best = np.int64(2**62)
            i = 0
            j = rights - 1
            best_i = 0
            best_j = 0
            while i < lefts and j >= 0:
                error = a[i] + b[j] - target
                if abs(error) < best:
                    best = abs(error)
                    best_i = i
                    best_j = j
                if error < 0:
                    i += 1
                elif error > 0:
                    j -= 1
                else:
                    break
            masks[row] = np.int64(p[best_i]) | (np.int64(q[best_j]) << half)
    return masks


def products(rows: int, n: int, seed: int = 0) -> np.ndarray:
    """Samples u * v of odd 24-bit integers, u positive: the blocks of a 2-for-1 pair, in units of 2**-48."""
    rng = np.random.default_rng(seed)
    u = 2 * rng.integers(0, 2**23, (rows, n)) + 1
    return u * (2 * rng.integers(-(2**23), 2**23, (rows, n)) + 1)


def compare(rows: int, n: int, repeats: int = 3) -> tuple[float, float]:
    """Seconds of the plain peer and of the door (checks included), best of a few; errors must agree."""
    from slth.rss.solve import solve

    values = products(rows, n)
    targets = np.rint(np.random.default_rng(1).normal(0, 0.03, rows) * 2**48).astype(np.int64)
    plain_closest(values[:4], targets[:4])
    solve(values[:4], targets[:4])
    plain, ours = [], []
    for _ in range(repeats):
        start = time.perf_counter()
        masks = plain_closest(values, targets)
        middle = time.perf_counter()
        found = solve(values, targets)
        end = time.perf_counter()
        plain.append(middle - start)
        ours.append(end - middle)
    totals = np.sum(values * ((masks[:, None] >> np.arange(n)) & 1), axis=1)
    if not np.array_equal(np.abs(totals - targets), found.errors):
        raise SystemExit("the two solvers disagree")
    return min(plain), min(ours)


def main() -> None:
    """Print one row of the ratio table."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--rows", type=int, default=397_000)
    parser.add_argument("--samples", type=int, default=21)
    options = parser.parse_args()
    plain, ours = compare(options.rows, options.samples)
    print(
        f"closest, n = {options.samples}, {options.rows:,} rows: plain {plain:.2f} s, slth {ours:.2f} s, "
        f"ratio {plain / ours:.2f}"
    )


if __name__ == "__main__":
    main()
