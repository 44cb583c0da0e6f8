"""Collapse a ticket of pairs to one affine map per target layer, in integers (FORMAT.md 6 and 7)."""

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from operator import mul

from .documents import Target, Ticket
from .fixed import F, Interval, down, ends, need, pack, scaled, unpack, up
from .norms import spectral
from .source import BITS, kept_weights

ENTRY = 42  # bits of the entries of a matrix
COEFFICIENT = 43  # bits of the coefficients that multiply its rows


@dataclass(frozen=True)
class Matrix:
    """Entries n 2^-bits; each differs from the true one by less than `error` units, or is equal where `error` is 0."""

    rows: list[list[int]]
    bits: int
    error: int

    @staticmethod
    def rounded(rows: list[list[int]], bits: int, error: int) -> "Matrix":
        """Drop low bits so that |n| <= 2^ENTRY; what is dropped is less than one new unit."""
        shift = max(0, max(max(max(row), -min(row)) for row in rows).bit_length() - ENTRY)
        lost = any(n & (1 << shift) - 1 for row in rows for n in row)
        return Matrix([[n >> shift for n in row] for row in rows], bits - shift, error + lost)

    @cached_property
    def width(self) -> int:
        """Return a lane width in which `combine` can not overflow."""
        return -(-(ENTRY + COEFFICIENT + len(self.rows).bit_length() + 1) // 8) * 8

    @cached_property
    def packed(self) -> list[int]:
        """Return the packed rows."""
        return [pack(row, self.width) for row in self.rows]

    @cached_property
    def norm(self) -> int:
        """Return a bound of the spectral norm of (rows 2^-bits), at 2^-F."""
        return spectral(self.rows, self.bits)

    def combine(self, coefficients: list[int]) -> list[int]:
        """Return sum_i c_i row_i exactly, for |c_i| <= 2^COEFFICIENT; no coefficients stand for zeros."""
        return unpack(sum(map(mul, coefficients, self.packed)), len(self.rows[0]), self.width)


@dataclass(frozen=True)
class Layer:
    """z = W h + b and δz = V δh + D h + e, D = V - W; the first layer takes (x⁺, x⁻) as h if `signed`."""

    W: Matrix
    V: Matrix
    D: Matrix
    b: Interval
    e: Interval
    signed: bool

    @cached_property
    def unsigned_W(self) -> Matrix:
        """Return W as a matrix of x."""
        return Matrix([row[: len(row) >> self.signed] for row in self.W.rows], self.W.bits, self.W.error)


def _sums(ticket: Ticket, index: int, inputs: int, signed: bool) -> list[list[int]]:
    """Return M_2 times the collapsed first layer, in integers: columns x⁺, x⁻ (if signed) and the constant 1."""
    first, second = ticket.layers[index : index + 2]
    width = inputs * (1 + signed) + 1
    slot: dict[int, int] = defaultdict(int)
    factor: dict[int, int] = defaultdict(int)  # 0 for units that add nothing
    last = -1
    for entries, values in kept_weights(ticket.key, ticket.law, first):
        for entry, a in zip(entries, values, strict=True):
            unit, j = divmod(entry, first.columns)
            need(unit != last, f"mask.{index}: unit {unit} keeps more than one entry (block rule)")
            last = unit
            if a > 0 or (signed and j < inputs):
                slot[unit] = width - 1 if j == inputs else j if a > 0 else inputs + j
                factor[unit] = abs(a)
    sums = [[0] * width for _ in range(second.rows)]
    for entries, values in kept_weights(ticket.key, ticket.law, second):
        at = 0
        for i in range(entries[0] // second.columns, entries[-1] // second.columns + 1):
            start, end = i * second.columns, bisect_left(entries, (i + 1) * second.columns, at)
            units = [entry - start for entry in entries[at:end]]
            row, terms = sums[i], map(mul, values[at:end], map(factor.__getitem__, units))
            for j, term in zip(map(slot.__getitem__, units), terms, strict=True):
                row[j] += term
            at = end
    return sums


def _layer(sums: list[list[int]], unit: Fraction, weight: list[list[float]], bias: list[float], signed: bool) -> Layer:
    """Put (sums unit) and the target's weights on one fine scale, then each matrix on its own."""
    top = max(unit * max(max(max(row), -min(row)) for row in sums), *(Fraction(max(map(abs, row))) for row in weight))
    fine = 96 - (top.numerator.bit_length() - top.denominator.bit_length())
    num, shift = unit.numerator, unit.denominator.bit_length() - 1  # unit = num 2^-shift
    v = [[down(n * num, shift - fine) for n in row[:-1]] for row in sums]
    v_error = any(n * num & (1 << max(0, shift - fine)) - 1 for row in sums for n in row[:-1])
    pairs = [[scaled(x, fine) for x in row] for row in weight]
    w_error = not all(exact for row in pairs for _, exact in row)
    w = [[n for n, _ in row] + [-n for n, _ in row if signed] for row in pairs]
    d = [[p - q for p, q in zip(*rows, strict=True)] for rows in zip(v, w, strict=True)]
    b, constants = ends(bias), [row[-1] * num for row in sums]
    e = [down(c, shift - F) - t for c, t in zip(constants, b[1], strict=True)]
    f = [up(c, shift - F) - s for c, s in zip(constants, b[0], strict=True)]
    parts = (
        Matrix.rounded(w, fine, w_error),
        Matrix.rounded(v, fine, v_error),
        Matrix.rounded(d, fine, v_error + w_error),
    )
    return Layer(*parts, b, (e, f), signed)


def collapse(ticket: Ticket, target: Target, signed: bool) -> list[Layer]:
    """Return the layers of target and ticket; `signed` tells whether the domain has negative coordinates."""
    need(len(ticket.layers) == 2 * len(target.dense), "the number of layers does not fit the target's")
    layers = []
    for index, (weight, bias) in zip(range(0, len(ticket.layers), 2), target.dense, strict=True):
        first, second = ticket.layers[index : index + 2]
        rows, inputs = len(weight), len(weight[0])
        fits = (first.bias, second.bias, second.rows) == (bias is not None, False, rows)
        fits = fits and (first.columns, second.columns) == (inputs + first.bias, first.rows)
        need(fits, f"layers[{index}]: shape or bias does not fit the target's")
        unit = Fraction(first.scale) * Fraction(second.scale) / 4 ** BITS[ticket.law]
        sums = _sums(ticket, index, inputs, signed and index == 0)
        layers.append(_layer(sums, unit, weight, bias or [0.0] * rows, signed and index == 0))
    return layers
