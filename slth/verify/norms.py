"""Upper bounds of spectral norms: a floating-point guess, then a proof in integers (FORMAT.md 7, R6)."""

from fractions import Fraction
from math import fsum, sqrt
from operator import mul
from random import Random

from .fixed import F, pack, root_up, unpack, up

_ENTRY = 20  # bits of the entries of which the Gram matrix is formed
_Q = 32  # fraction bits of the multipliers of the elimination


def gram(rows: list[list[int]]) -> list[list[int]]:
    """Return M Mᵀ for entries of at most _ENTRY bits."""
    width = -(-(2 * _ENTRY + len(rows[0]).bit_length() + 1) // 8) * 8
    columns = [pack(column, width) for column in zip(*rows, strict=True)]
    return [unpack(sum(map(mul, row, columns)), len(rows), width) for row in rows]


def _guess(matrix: list[list[int]]) -> float:
    """Estimate the largest eigenvalue by 32 Lanczos steps and bisection; nothing depends on its being right."""
    size, draw = len(matrix), Random(0)
    v, old = [draw.gauss(0, 1) for _ in range(size)], [0.0] * size
    steps: list[tuple[float, float]] = []
    for _ in range(min(size, 32)):
        beta = sqrt(fsum(map(mul, v, v)))
        if beta == 0:
            break
        v = [x / beta for x in v]
        u = [fsum(map(mul, row, v)) for row in matrix]
        alpha = fsum(map(mul, u, v))
        steps.append((alpha, beta * beta if steps else 0.0))
        v, old = [x - alpha * y - (beta * z if steps[1:] else 0.0) for x, y, z in zip(u, v, old, strict=True)], v
    low, high = 0.0, fsum(matrix[i][i] for i in range(size))
    for _ in range(50):
        middle, pivot = (low + high) / 2, 1.0
        for alpha, square in steps:
            pivot = middle - alpha - square / pivot if pivot > 0 else -1.0
        low, high = (low, middle) if pivot > 0 else (middle, high)
    return high


def slack(matrix: list[list[int]], square: int) -> int | None:
    """Return r such that no eigenvalue of a symmetric integer matrix exceeds square + r, or None: nothing is proved.

    T = square I - G is eliminated by U_k = floor(T_k - sum_{j<k} c_kj U_j), c_ij = floor(2^Q U_j[i] / U_j[j]) 2^-Q.
    """
    size, worst = len(matrix), 0
    rows: list[int] = []  # U_j, packed: column i at position size - 1 - i, so that earlier columns are the high lanes
    peaks: list[int] = []
    pivots: list[int] = []
    factors: list[list[int]] = [[] for _ in matrix]
    width = -(-(square.bit_length() + _Q + size.bit_length() + 4) // 8) * 8
    for k in range(size):
        row, t = factors[k], [square * (i == k) - matrix[k][i] for i in range(size - 1, k - 1, -1)]
        sizes = list(map(abs, row))
        if ((max(map(abs, t)) << _Q) + sum(map(mul, sizes, peaks))).bit_length() >= width:
            return None  # a lane could overflow
        u = [n >> _Q for n in unpack((pack(t, width) << _Q) - sum(map(mul, row, rows)), size - k, width)]
        if u[-1] <= 0:
            return None
        worst = max(worst, (u[-1] << _Q) + sum(map(mul, sizes, pivots)))
        rows.append(pack(u, width))
        peaks.append(max(map(abs, u)))
        pivots.append(u[-1])
        for i, n in zip(range(size - 1, k, -1), u, strict=False):
            factors[i].append((n << _Q) // u[-1])
        factors[k] = []
    return size * (1 + up(worst, 2 * _Q))


def spectral(rows: list[list[int]], bits: int) -> int:
    """Return s at 2^-F with |M|_2 <= s for the matrix of entries n 2^-bits: proved, else the Frobenius norm."""
    if len(rows) > len(rows[0]):
        rows = [list(column) for column in zip(*rows, strict=True)]
    shift = max(0, max(max(max(row), -min(row)) for row in rows).bit_length() - _ENTRY + 1)
    short = [[n + (1 << shift >> 1) >> shift for n in row] for row in rows]
    cut = root_up(len(rows) * len(rows[0]) << 2 * F) if shift else 0  # half a unit an entry: 2 |rest|_F, in units
    best = sum(n * n for row in short for n in row)
    matrix = gram(short)
    guess = Fraction(_guess(matrix))
    for margin in (11, 8, 5):
        square = int(guess * (1 + Fraction(1, 1 << margin))) + 1
        more = slack(matrix, square) if square < best else None
        if more is not None:
            best = min(best, square + more)
            break
    return up(2 * root_up(best << 2 * F) + cut, bits - shift + 1)
