"""Linear maps of flat vectors, matrices and convolutions, with integer entries (FORMAT.md 7, I and L)."""

from dataclasses import dataclass
from functools import cached_property
from operator import mul
from typing import NamedTuple

from .fixed import Interval, pack, unpack, up
from .lines import COEFFICIENT
from .norms import spectral

ENTRY = 42  # bits of the entries of a matrix, and of the D of a convolution
TAP = 29  # bits of the entries of the W and the V of a convolution: one digit of Python's integers


def most(rows: list[list[int]]) -> int:
    """Return the largest size of an entry."""
    return max(max(max(row), -min(row)) for row in rows)


def shifted(rows: list[list[int]], entry: int) -> tuple[list[list[int]], int, bool]:
    """Drop low bits so that |n| <= 2^entry: rows, the number of bits dropped, whether any of them was not 0."""
    shift = max(0, most(rows).bit_length() - entry)
    lost = any(n & (1 << shift) - 1 for row in rows for n in row)
    return [[n >> shift for n in row] for row in rows], shift, lost


def lanes(bits: int) -> int:
    """Return a lane width, in whole bytes, for numbers of at most this many bits and a sign."""
    return -(-(bits + 1) // 8) * 8


@dataclass(frozen=True)
class Matrix:
    """Entries n 2^-bits; each differs from the true one by less than `error` units, or is equal where `error` is 0."""

    rows: list[list[int]]
    bits: int
    error: int

    @staticmethod
    def rounded(rows: list[list[int]], bits: int, error: int) -> "Matrix":
        """Drop low bits so that |n| <= 2^ENTRY; what is dropped is less than one new unit."""
        short, shift, lost = shifted(rows, ENTRY)
        return Matrix(short, bits - shift, error + lost)

    @cached_property
    def width(self) -> int:
        """Return a lane width in which `combine` can not overflow."""
        return lanes(ENTRY + COEFFICIENT + len(self.rows).bit_length())

    @cached_property
    def packed(self) -> list[int]:
        """Return the packed rows."""
        return [pack(row, self.width) for row in self.rows]

    @cached_property
    def norm(self) -> int:
        """Return a bound of the spectral norm of (rows 2^-bits), at 2^-F."""
        return spectral(self.rows, self.bits)

    def lost(self, sizes: list[int]) -> int:
        """I: bound what the rounded entries lose in any row, for inputs of these sizes, at 2^-F."""
        return up(self.error * sum(sizes), self.bits)

    def affine(self, x: Interval) -> Interval:
        """R1: enclose M x for x in a box."""
        low = [-up(-sum(map(min, map(mul, row, x[0]), map(mul, row, x[1]))), self.bits) for row in self.rows]
        return low, [up(sum(map(max, map(mul, row, x[0]), map(mul, row, x[1]))), self.bits) for row in self.rows]

    def combine(self, coefficients: list[int]) -> list[int]:
        """Return sum_i c_i row_i exactly, for |c_i| <= 2^COEFFICIENT."""
        return unpack(sum(map(mul, coefficients, self.packed)), len(self.rows[0]), self.width)

    def back(self, rows: list[list[int]]) -> list[list[int]]:
        """R3: combine for each of several rows; empty rows stand for zeros."""
        return [self.combine(row) if row else [] for row in rows]


class Geometry(NamedTuple):
    """Where windows lie on a picture: (vertical, horizontal) all of them; zeros are added on both sides."""

    picture: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)

    @property
    def places(self) -> tuple[int, int]:
        """Return how many rows and columns of windows there are."""
        rows, columns = ((n + 2 * p - k) // s + 1 for n, k, s, p in zip(*self, strict=True))
        return rows, columns

    @property
    def pitch(self) -> int:
        """Return the width of the padded picture."""
        return self.picture[1] + 2 * self.padding[1]

    @property
    def length(self) -> int:
        """Return the number of places of the padded picture."""
        return (self.picture[0] + 2 * self.padding[0]) * self.pitch

    def inner(self, base: int = 0) -> list[int]:
        """Return the places of the picture in the padded one."""
        (high, wide), (top, side) = self.picture, self.padding
        starts = range(base + top * self.pitch + side, base + (top + high) * self.pitch, self.pitch)
        return [place for start in starts for place in range(start, start + wide)]

    def corners(self, base: int = 0) -> list[int]:
        """Return the places of the upper left corners of all windows in the padded picture."""
        (down, right), (rows, columns) = self.stride, self.places
        starts = range(base, base + rows * down * self.pitch, down * self.pitch)
        return [place for start in starts for place in range(start, start + columns * right, right)]

    def taps(self) -> list[int]:
        """Return how far each entry of the kernel is from the corner."""
        return [a * self.pitch + b for a in range(self.kernel[0]) for b in range(self.kernel[1])]


@dataclass(frozen=True)
class Kernel:
    """A convolution: rows (out) of entries (in, taps) n 2^-bits, with `error` as in Matrix; vectors are flat pictures.

    Pictures are packed in lanes with their padding, so that one multiplication by an entry and one shift by its tap
    act on all places, and on all rows that go back, at once.
    """

    rows: list[list[int]]
    bits: int
    error: int
    geometry: Geometry
    entry: int  # bits of the entries

    @staticmethod
    def rounded(rows: list[list[int]], bits: int, error: int, geometry: Geometry, entry: int) -> "Kernel":
        """Drop low bits so that |n| <= 2^entry; what is dropped is less than one new unit."""
        short, shift, lost = shifted(rows, entry)
        return Kernel(short, bits - shift, error + lost, geometry, entry)

    @cached_property
    def channels(self) -> int:
        """Return the number of channels of the input."""
        return len(self.rows[0]) // len(self.geometry.taps())

    @cached_property
    def signs(self) -> list[list[list[int]]]:
        """Return per output and tap the positive parts of the entries of all inputs, then the negative ones."""
        count = len(self.geometry.taps())
        taps = [[row[k::count] for k in range(count)] for row in self.rows]
        return [[[max(n, 0) for n in tap] + [min(n, 0) for n in tap] for tap in row] for row in taps]

    @cached_property
    def turned(self) -> list[list[list[int]]]:
        """Return per input and tap the entries of all outputs."""
        count = len(self.geometry.taps())
        return [[[row[i * count + k] for row in self.rows] for k in range(count)] for i in range(self.channels)]

    def lost(self, sizes: list[int]) -> int:
        """I: bound what the rounded entries lose in any window, for inputs of these sizes, at 2^-F."""
        return up(self.error * min(sum(sizes), len(self.rows[0]) * max(sizes)), self.bits)

    def affine(self, x: Interval) -> Interval:
        """R1: enclose the convolution of x in a box."""
        geometry, inner = self.geometry, self.geometry.inner()
        bits = most([x[0], x[1]]).bit_length()
        width = lanes(self.entry + bits + (2 * len(self.rows[0])).bit_length())
        halves = []
        for end in x:
            found = []
            for i in range(0, len(end), len(inner)):
                picture = [0] * geometry.length
                for place, v in zip(inner, end[i : i + len(inner)], strict=True):
                    picture[place] = v
                found.append(pack(picture, width))
            halves.append(found)
        taps = geometry.taps()  # shifting left by (last - tap), not right by tap, keeps every lane whole
        places, count = geometry.corners(taps[-1]), geometry.length + taps[-1]
        ends = []
        for pictures in (halves[0] + halves[1], halves[1] + halves[0]):
            end = []
            for row in self.signs:
                sums = (sum(map(mul, tap, pictures)) for tap in row)
                whole = sum(s << width * (taps[-1] - k) for s, k in zip(sums, taps, strict=True))
                end += unpack(whole, count, width, places)
            ends.append(end)
        return [-up(-n, self.bits) for n in ends[0]], [up(n, self.bits) for n in ends[1]]

    def back(self, rows: list[list[int]]) -> list[list[int]]:
        """R3: the transposed convolution of several rows of |c| <= 2^COEFFICIENT; empty rows stand for zeros."""
        full = [row for row in rows if row]
        geometry, length = self.geometry, self.geometry.length
        width = lanes(self.entry + COEFFICIENT + (len(self.rows) * len(geometry.taps())).bit_length())
        corners, pictures = [geometry.corners(length * k) for k in range(len(full))], []
        step = len(geometry.corners())
        for i in range(0, len(self.rows) * step if full else 0, step):
            picture = [0] * (length * len(full))
            for row, places in zip(full, corners, strict=True):
                for place, c in zip(places, row[i : i + step], strict=True):
                    picture[place] = c
            pictures.append(pack(picture, width))
        inner = [geometry.inner(length * k) for k in range(len(full))]
        out: list[list[int]] = [[] for _ in full]
        everything = [place for places in inner for place in places]
        for taps in self.turned if full else ():
            terms = (sum(map(mul, tap, pictures)) << width * k for tap, k in zip(taps, geometry.taps(), strict=True))
            found = unpack(sum(terms), length * len(full), width, everything)
            for k, row in enumerate(out):
                row += found[k * len(inner[0]) : (k + 1) * len(inner[0])]
        left = iter(out)
        return [next(left) if row else [] for row in rows]

    def patches(self) -> list[tuple[list[int], list[int]]]:
        """Return for every window which numbers of the input it meets and which entries of a row they meet."""
        taps, inner = self.geometry.taps(), self.geometry.inner()
        where = {place: k for k, place in enumerate(inner)}
        found = []
        for corner in self.geometry.corners():
            pairs = [(where[corner + t], k) for k, t in enumerate(taps) if corner + t in where]
            places = [i * len(inner) + p for i in range(self.channels) for p, _ in pairs]
            found.append((places, [i * len(taps) + k for i in range(self.channels) for _, k in pairs]))
        return found


Map = Matrix | Kernel
