"""Make slth/theory/bounds/tails_<law>.npz: how often no subset of n product samples comes near a target.

One run draws samples one by one and keeps the set of all subset sums as a set of bits, one bit a grid point. After
each sample it looks up, for every target z of a list, how far the nearest sum of a *non-empty* subset is: one run
serves all n, z and eps at once. Rare misses come from importance sampling: a run's samples are tilted by
exp(-theta max(X, 0)) or exp(-theta max(-X, 0)), theta itself drawn at random, and weighed by the mixture (the balance
heuristic), so that weights are bounded and estimates unbiased. Nothing here is proved. Sums are rounded to a grid at
least 8 times finer than the smallest eps. A target within eps never misses; its cells hold the chance just beyond eps,
so that one may interpolate.

    python benchmarks/tails_data.py UU            # writes the table, about 8 minutes of one core
    python benchmarks/tails_data.py UU --check    # other seeds, targets and eps off the table's grid: table / measured
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import numba
import numpy as np
from scipy import special

TARGETS = np.array([0, 1, 2, 4, 6, 8, 12, 16, *range(24, 193, 8)]) / 128  # 0 .. 1.5
OCTAVES = np.arange(2, 18)  # eps = 2^-2 .. 2^-17
SAMPLES = 40
TILTS = np.array([0, 3, 6, 12, 24, 48, 100, 300, 2000, -6, -24, -100, -2000], float)
SHARES = np.array([0.2] + [0.8 / 12] * 12)
# (first octave, last octave, grid bits, largest n, runs)
PASSES = ((2, 10, 14, SAMPLES, 600_000), (11, 17, 20, SAMPLES, 60_000))
REACH = {"UU": 12.0, "NN": 24.0}  # sums beyond are forgotten
WORSE = 0.2  # cells with a larger relative standard error are extrapolated in n
HOME = Path(__file__).resolve().parents[1] / "slth" / "theory" / "bounds"


def magnitude_cdf(law: str, x: np.ndarray) -> np.ndarray:
    """P(|product of two samples| <= x)."""
    if law == "UU":
        inside = np.clip(x, 1e-300, 1.0)
        return np.where(x <= 0, 0.0, inside * (1 - np.log(inside)))
    return np.where(x <= 0, 0.0, 2 / math.pi * special.iti0k0(np.maximum(x, 0.0))[1])


def tilt_masses(law: str, bits: int) -> np.ndarray:
    """E exp(-|theta| max(X, 0)) for every tilt, X rounded to the grid 2^-bits."""
    grid = np.arange(int((1 if law == "UU" else 30) * 2**bits) + 2) / 2**bits
    half = 0.5 / 2**bits
    masses = magnitude_cdf(law, grid + half) - magnitude_cdf(law, grid - half)
    return np.array([0.5 + 0.5 * float(np.exp(-abs(theta) * grid) @ masses) for theta in TILTS])


@numba.njit(cache=True)
def lowest_bit(word):  # type: ignore[no-untyped-def]
    place = 0
    for width in (32, 16, 8, 4, 2, 1):
        if word & ((np.uint64(1) << np.uint64(width)) - np.uint64(1)) == 0:
            word >>= np.uint64(width)
            place += width
    return place


@numba.njit(cache=True)
def highest_bit(word):  # type: ignore[no-untyped-def]
    place = 0
    for width in (32, 16, 8, 4, 2, 1):
        if word >> np.uint64(width):
            word >>= np.uint64(width)
            place += width
    return place


@numba.njit(cache=True)
def distance(bits, at, limit):  # type: ignore[no-untyped-def]
    """Distance from bit `at` to the nearest set bit, or limit + 1."""
    word = at >> 6
    inside = np.uint64(at & 63)
    best = limit + 1
    up = bits[word] >> inside
    if up:
        best = min(best, lowest_bit(up))
    else:
        k = word + 1
        while (k << 6) - at < best:
            if bits[k]:
                best = min(best, (k << 6) + lowest_bit(bits[k]) - at)
                break
            k += 1
    down = bits[word] << (np.uint64(63) - inside)
    if down:
        best = min(best, 63 - highest_bit(down))
    else:
        k = word - 1
        while at - ((k << 6) + 63) < best:
            if bits[k]:
                best = min(best, at - ((k << 6) + highest_bit(bits[k])))
                break
            k -= 1
    return best


@numba.njit(cache=True)
def shifted_union(old, new, low, high, value):  # type: ignore[no-untyped-def]
    """new[low:high] = old | old shifted by `value` bits, which may be negative."""
    words = value >> 6
    left = np.uint64(value & 63)
    if left == 0:
        for w in range(low, high):
            new[w] = old[w] | old[w - words]
    else:
        right = np.uint64(64) - left
        for w in range(low, high):
            new[w] = old[w] | (old[w - words] << left) | (old[w - words - 1] >> right)


@numba.njit(cache=True)
def draw(rng, normal, tilt, scale):  # type: ignore[no-untyped-def]
    """One product sample, an integer at the grid, by rejection from its tilted law."""
    while True:
        if normal:
            product = rng.standard_normal() * rng.standard_normal()
        else:
            product = rng.random() * (2 * rng.random() - 1)
        value = np.int64(np.rint(product * scale))
        cost = tilt * value / scale if tilt * value > 0 else 0.0
        if cost == 0.0 or rng.random() < math.exp(-cost):
            return value


@numba.njit(cache=True)
def weight_of(plus, minus, n, tilts, shares, masses):  # type: ignore[no-untyped-def]
    """Likelihood ratio of the law to the mixture of tilted laws, given the sums of n positive and negative parts."""
    density = 0.0
    for k in range(len(tilts)):
        side = plus if tilts[k] > 0 else minus
        density += shares[k] * math.exp(-abs(tilts[k]) * side - n * math.log(masses[k]))
    return 1 / density


@numba.njit(cache=True)
def tally(sums, squares, nearest, edges, weight):  # type: ignore[no-untyped-def]
    """Add one miss at the largest edge that `nearest` exceeds; a tie counts half, for distances are rounded."""
    for j in range(len(edges)):
        if nearest > edges[j]:
            sums[j] += weight
            squares[j] += weight**2
            return
        if nearest == edges[j]:
            sums[j] += 0.5 * weight
            squares[j] += 0.25 * weight**2
            if j + 1 < len(edges):
                sums[j + 1] += 0.5 * weight
                squares[j + 1] += 0.75 * weight**2
            return


@numba.njit(cache=True)
def simulate(rng, runs, normal, bits, reach, targets, edges, samples, tilts, shares, masses):  # type: ignore[no-untyped-def]
    """Sums of weights and of squared weights (n, target, edge) of runs that miss; `edges` are integers, falling."""
    scale = 2.0**bits
    limit = edges[0]
    half = int(reach * scale) >> 6
    pad = int(16 * scale) >> 6
    size = 2 * half + 2 * pad
    zero = (half + pad) << 6
    old, new = np.zeros(size, np.uint64), np.zeros(size, np.uint64)
    sums = np.zeros((samples + 1, len(targets), len(edges)))
    squares = np.zeros_like(sums)
    best = np.empty(len(targets), np.int64)
    cumulated = np.cumsum(shares)
    for _ in range(runs):
        tilt = tilts[min(np.searchsorted(cumulated, rng.random()), len(tilts) - 1)]
        best[:] = limit + 1
        plus, minus = 0, 0
        low, high = zero >> 6, (zero >> 6) + 1
        for n in range(1, samples + 1):
            value = draw(rng, normal, tilt, scale)
            if value > 0:
                plus += value
            else:
                minus -= value
            low = max((zero - minus) >> 6, pad)
            high = min(((zero + plus) >> 6) + 1, size - pad)
            widest = (pad - 2) << 6
            shifted_union(old, new, low, high, max(min(value, widest), -widest))
            at = zero + value
            if pad <= at >> 6 < size - pad:
                new[at >> 6] |= np.uint64(1) << np.uint64(at & 63)
            old, new = new, old
            weight = weight_of(plus / scale, minus / scale, n, tilts, shares, masses)
            open_targets = 0
            for t in range(len(targets)):
                if best[t] < edges[-1]:
                    continue
                best[t] = min(best[t], distance(old, zero + targets[t], limit))
                if best[t] < edges[-1]:
                    continue
                open_targets += 1
                tally(sums[n, t], squares[n, t], best[t], edges, weight)
            if open_targets == 0:
                break
        old[low - 1 : high + 1] = 0
        new[low - 1 : high + 1] = 0
    return sums, squares


def measure(law, targets, eps, bits, samples, runs, seed, plain=False):  # type: ignore[no-untyped-def]
    """Miss chances (n, target, eps), eps falling, and their standard errors."""
    tilts = np.zeros(1) if plain else TILTS
    shares = np.ones(1) if plain else SHARES
    masses = np.ones(1) if plain else tilt_masses(law, bits)
    edges = np.rint(eps * 2**bits).astype(np.int64)
    places = np.rint(targets * 2**bits).astype(np.int64)
    rng = np.random.default_rng(seed)
    sums, squares = simulate(rng, runs, law == "NN", bits, REACH[law], places, edges, samples, tilts, shares, masses)
    chance = sums.cumsum(axis=2) / runs
    variance = squares.cumsum(axis=2) / runs - chance**2
    return chance[1:], np.sqrt(np.maximum(variance, 0) / runs)[1:]


def completed(chance: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, int]:
    """-log2 of the chances, cells beyond what was resolved put on a line in n, then made monotone upwards."""
    log = np.zeros(chance.shape)
    filled = 0
    for t, j in np.ndindex(chance.shape[1:]):
        column = chance[:, t, j]
        good = (column > 0) & (error[:, t, j] <= WORSE * column)
        last = len(column) if good.all() else int(np.argmin(good))
        line = -np.log2(np.minimum(column[:last], 1.0))
        slope = min(max((line[-1] - line[-5]) / 4, 0.0), 1.0)
        log[:last, t, j] = line
        log[last:, t, j] = line[-1] + slope * np.arange(1, len(column) - last + 1)
        filled += len(column) - last
    log = np.minimum.accumulate(log[::-1], axis=0)[::-1]  # a miss is no likelier with more samples
    log = np.minimum.accumulate(log, axis=1)  # and taken to be no likelier for a smaller target
    return np.minimum.accumulate(log, axis=2), filled


def make(law: str) -> None:
    """Simulate all passes and write the table."""
    chances, errors = [], []
    for number, (first, last, bits, samples, runs) in enumerate(PASSES):
        start = time.perf_counter()
        eps = 2.0 ** -np.arange(first, last + 1)
        beyond = eps + 2.0**-bits
        chance, error = measure(law, np.concatenate([TARGETS, beyond]), eps, bits, samples, runs, 20261 + number)
        for array in (chance, error):
            for j in range(len(eps)):
                array[:, : len(TARGETS), j][:, eps[j] >= TARGETS] = array[:, len(TARGETS) + j, j, None]
        chance, error = chance[:, : len(TARGETS)], error[:, : len(TARGETS)]
        chances.append(chance)
        errors.append(error)
        print(f"{law} eps 2^-{first} .. 2^-{last}: {runs} runs, {time.perf_counter() - start:.0f} s")
    table, filled = completed(np.concatenate(chances, axis=2), np.concatenate(errors, axis=2))
    stored = np.floor(table * 512).clip(0, 65535).astype(np.uint16)
    path = HOME / f"tails_{law.lower()}.npz"
    np.savez_compressed(path, targets=TARGETS, octaves=OCTAVES, minus_log2_times_512=stored)
    print(f"{path.name}: {path.stat().st_size} bytes, {filled} of {stored.size} cells on the line")


def check(law: str, runs: int) -> None:
    """Fresh runs, tilted and plain, beside what slth reads off the table, at targets and eps between its nodes."""
    from slth.theory.bounds import tails

    for bits, eps, count in (
        (14, np.array([0.1, 0.04, 0.01, 0.0025]), runs),
        (20, 2.0**-13.5 * np.ones(1), runs // 20),
    ):
        for plain in (False, True):
            targets = np.concatenate([eps * 1.05, [0.013, 0.024, 0.05, 0.11, 0.28, 0.47, 0.66, 0.97, 1.22, 1.45]])
            chance, error = measure(law, targets, eps, bits, SAMPLES, count, 977 + plain, plain)
            ratios = np.full(chance.shape, np.nan)
            for n, t, j in np.ndindex(chance.shape):
                if 0 < error[n, t, j] <= 0.2 * chance[n, t, j] and targets[t] > eps[j]:
                    ratios[n, t, j] = tails.simulated_misses(law, n + 1, eps[j], targets[t]) / chance[n, t, j]
            print(f"{law}, eps {eps.min():.2g} .. {eps.max():.2g}, {count} {'plain' if plain else 'tilted'} runs")
            for low in range(12):
                cells = ratios[(chance <= 10.0**-low) & (chance > 10.0 ** (-low - 1)) & np.isfinite(ratios)]
                if cells.size:
                    q = np.quantile(cells, [0, 0.05, 0.5, 0.95, 1])
                    print(f"  chance 1e-{low + 1} .. 1e-{low}: {cells.size:4d} cells, table/measured {np.round(q, 2)}")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("law", choices=sorted(REACH))
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--runs", type=int, default=300_000, help="runs of --check")
    options = parser.parse_args()
    check(options.law, options.runs) if options.check else make(options.law)


if __name__ == "__main__":
    main()
