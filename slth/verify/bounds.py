"""The rules of inference R0 to R5: from layers and a region to a proved bound, in integers (FORMAT.md 7)."""

from collections.abc import Iterable
from functools import cached_property
from itertools import repeat
from math import sqrt
from operator import add, mul, neg
from typing import NamedTuple

from .collapse import Layer, Matrix
from .domain import Region
from .fixed import F, Interval, norm, size, up
from .lines import HALF, Line, cross, delta_relu, relu_line, unsure
from .sphere import Sphere, sphere


class Stage(NamedTuple):
    """What is proved about a layer: z, δz, and after the relu h, δh, h', with the lines between."""

    z: Interval
    d: Interval
    h: Interval
    hd: Interval
    hp: Interval
    lines: list[Line]
    delta_lines: list[Line]


def plus(vector: Iterable[int]) -> list[int]:
    """Return max(v, 0) in every coordinate."""
    return list(map(max, vector, repeat(0)))


def total(p: Interval, q: Interval) -> Interval:
    """Return the sum of two enclosures."""
    return list(map(add, p[0], q[0])), list(map(add, p[1], q[1]))


def meet(p: Interval, q: Interval) -> Interval:
    """Return the intersection of two enclosures of one vector."""
    return list(map(max, p[0], q[0])), list(map(min, p[1], q[1]))


def lifted(box: Interval) -> Interval:
    """R0: enclose (x⁺, x⁻) for x in a box."""
    return plus(box[0]) + plus(map(neg, box[1])), plus(box[1]) + plus(map(neg, box[0]))


def affine(m: Matrix, x: Interval) -> Interval:
    """R1: enclose M x for x in a box."""
    low = [-up(-sum(map(min, map(mul, row, x[0]), map(mul, row, x[1]))), m.bits) for row in m.rows]
    return low, [up(sum(map(max, map(mul, row, x[0]), map(mul, row, x[1]))), m.bits) for row in m.rows]


def maximum(beta: list[int], bits: int, region: Region) -> int:
    """R0: the maximum over the region of β⁺·x⁺ + β⁻·x⁻, or of β·x where beta has one coefficient per input."""
    (low, high), count = region.box, len(region.box[0])
    right, left = beta[:count], beta[count:]
    if left:
        at = [map(add, map(mul, right, plus(x)), map(mul, left, plus(map(neg, x)))) for x in region.box]
        best = sum(max(p, q, 0) if s < 0 < t else max(p, q) for p, q, s, t in zip(*at, low, high, strict=True))
    else:
        best = sum(map(max, map(mul, right, low), map(mul, right, high)))
    if region.ball is None:
        return up(best, bits)
    linear, rest = [], 0  # twice the form is linear · x + (p + q) |x|, the latter for coordinates of both signs
    for p, q, s, t in zip(right, left or map(neg, right), low, high, strict=True):
        linear.append(2 * p if s >= 0 else -2 * q if t <= 0 else p - q)
        rest += max(0, (p + q) * max(-s, t)) if s < 0 < t else 0
    ball = sum(map(mul, linear, region.ball[0])) + norm(linear) * region.ball[1] + rest
    return min(up(best, bits), up(ball, bits + 1))


class Bound:
    """The rules on one region: all that is stored holds for every real x of the region."""

    def __init__(self, layers: list[Layer], region: Region) -> None:
        self.layers, self.region = layers, region
        self.biases: list[tuple[Interval, Interval]] = []
        self.stages: list[Stage] = []
        self.norms: list[tuple[int, int]] = []
        self.asked = [[0.0] * len(layers[0].b[0]) for _ in "zd"]
        for number in range(len(layers)):
            self._forward(number)

    def _image(self, number: int, m: Matrix, x: Interval) -> Interval:
        """R1: enclose M x, by R0 in the first layer."""
        if number:
            return affine(m, x)
        low = [-maximum([-c for c in row], m.bits, self.region) for row in m.rows]
        return low, [maximum(row, m.bits, self.region) for row in m.rows]

    def _forward(self, number: int) -> None:
        """R1, R2 and R4 for one layer; rounding of the matrices goes into the biases."""
        layer, none = self.layers[number], ([0], [0])
        first = (self.region.box, none, self.region.box)
        h, hd, hp = (self.stages[-1].h, self.stages[-1].hd, self.stages[-1].hp) if number else first
        reach, reach_d, reach_p = sum(size(h)), sum(size(hd)), sum(size(hp))
        r = up(layer.W.error * reach, layer.W.bits)
        s = up(layer.D.error * reach, layer.D.bits) + up(layer.V.error * reach_d, layer.V.bits)
        b, e = total(layer.b, ([-r] * len(layer.b[0]), [r] * len(layer.b[0]))), layer.e
        e = total(e, ([-s] * len(e[0]), [s] * len(e[0])))
        self.biases.append((b, e))
        z, d = total(self._image(number, layer.W, h), b), total(self._image(number, layer.D, h), e)
        d = total(d, affine(layer.V, hd)) if number else d
        if 0 < number < len(self.layers) - 1:
            self._tighten(number, z, d)
        q = up(layer.V.error * reach_p, layer.V.bits)
        own = total(
            self._image(number, layer.V, hp), total(total(layer.b, layer.e), ([-q] * len(z[0]), [q] * len(z[0])))
        )
        g = meet(own, total(z, d))
        units = [delta_relu(*unit) for unit in zip(*z, *d, *g, strict=True)]
        hd = [low for _, low, _ in units], [high for _, _, high in units]
        lines = list(map(relu_line, *z))
        after = (plus(z[0]), plus(z[1])), hd, (plus(g[0]), plus(g[1]))
        self.stages.append(Stage(z, d, *after, lines, [line for line, _, _ in units]))

    def _tighten(self, number: int, z: Interval, d: Interval) -> None:
        """R4: intersect z and δz of a hidden layer with backward passes, but where both units are off."""
        for i in range(len(z[0])):
            if z[1][i] > 0 or z[1][i] + d[1][i] > 0:
                unit = [int(i == j) for j in range(len(z[0]))]
                minus = [-c for c in unit]
                z[1][i] = min(z[1][i], self.backward(number, [], unit, False))
                z[0][i] = max(z[0][i], -self.backward(number, [], minus, False))
                d[1][i] = min(d[1][i], self.backward(number, unit, [], False))
                d[0][i] = max(d[0][i], -self.backward(number, minus, [], False))

    def backward(self, number: int, a: list[int], b: list[int], ball: bool) -> int:
        """R3: an upper bound of a·δz + b·z at a layer, going back to the input; an empty row stands for zeros."""
        a_bits = b_bits = constant = 0
        while True:
            layer, biases = self.layers[number], self.biases[number]
            for row, bits, (low, high) in ((b, b_bits, biases[0]), (a, a_bits, biases[1])):
                constant += up(sum(c * (t if c > 0 else s) for c, s, t in zip(row, low, high, strict=False)), bits)
            mixed, bits, other = layer.D.combine(a), a_bits + layer.D.bits, b_bits + layer.W.bits
            if b:
                p, q = max(0, other - bits), max(0, bits - other)
                bits = max(bits, other)
                mixed = [(s << p) + (t << q) for s, t in zip(mixed, layer.W.combine(b), strict=True)]
            if number == 0:
                return constant + maximum(mixed, bits, self.region)
            number -= 1
            below, a = self.stages[number], layer.V.combine(a) if a else a
            open_a, open_b = unsure(a, below.delta_lines, True), unsure(mixed, below.lines, False)
            if number == 0 and not ball:
                self._ask(open_b, bits, open_a, a_bits + layer.V.bits)
            z, d = self._balls(number, open_b, open_a) if ball else (None, None)
            a, a_bits, more = cross(a, a_bits + layer.V.bits, below.delta_lines, below.d, d)
            b, b_bits, rest = cross(mixed, bits, below.lines, below.z, z)
            constant += more + rest

    def _ask(self, z: list[int], z_bits: int, d: list[int], d_bits: int) -> None:
        """Remember how much each unit of the first layer is asked for: a guess for the scales of R5."""
        for sums, row, bits in zip(self.asked, (z, d), (z_bits, d_bits), strict=True):
            drop = max(0, max(map(abs, row), default=0).bit_length() - 400)  # within what a float can square
            unit = 1 << max(0, bits - drop)
            sums[:] = [s + ((c >> drop) / unit) ** 2 for s, c in zip(sums, row, strict=True)] if row else sums

    def _balls(self, number: int, z: list[int], d: list[int]) -> tuple[int | None, int | None]:
        """R5: twice what the slopes of the ball step may leave for the unsettled parts of two rows."""
        if number == 0:
            first, second = self.spheres
            return first.reach(z), second.reach(d) if d else 0
        radius, radius_d = self.radii(number)
        return norm(z) * radius, norm(d) * radius_d

    @cached_property
    def spheres(self) -> tuple[Sphere, Sphere]:
        """R5: where z and δz of the first layer lie, in scales that suit the rows asked for so far."""
        layer, (b, e), (box, ball) = self.layers[0], self.biases[0], self.region
        box = lifted(box) if layer.signed else box
        centre = [p + q >> 1 for p, q in zip(*box, strict=True)]
        if ball is not None:
            centre = lifted((ball[0], ball[0]))[0] if layer.signed else ball[0]
        reach = [max(q - c, c - p) for p, q, c in zip(*box, centre, strict=True)]
        found = []
        for m, bias, squares in zip((layer.W, layer.D), (b, e), self.asked, strict=True):
            offset = size(total(affine(m, (centre, centre)), bias))
            found.append(sphere(m, offset, reach, ball[1] if ball else None, list(map(sqrt, squares))))
        return found[0], found[1]

    def radii(self, number: int) -> tuple[int, int]:
        """R5: bounds of |z|_2 and |δz|_2 at a layer, at 2^-F."""
        for i in range(len(self.norms), number + 1):
            layer, stage, (b, e) = self.layers[i], self.stages[i], self.biases[i]
            if i:
                before, (z, d) = self.stages[i - 1], self.norms[-1]
                z, d = min(z, norm(before.h[1])), min(d, norm(size(before.hd)))
                d = norm(size(e)) + up(layer.V.norm * d + layer.D.norm * z, F)
                z = norm(size(b)) + up(layer.W.norm * z, F)
            else:
                box, ball = self.region
                z = spread(layer.unsigned_W, box, ball, b)
                if layer.signed and ball:
                    ball = lifted((ball[0], ball[0]))[0], ball[1]
                d = spread(layer.D, lifted(box) if layer.signed else box, ball, e)
            self.norms.append((min(z, norm(size(stage.z))), min(d, norm(size(stage.d)))))
        return self.norms[number]

    def result(self, best: int) -> int:
        """Return the larger of `best` and the bound of all |δz| of the last layer; idle passes are left out."""
        number, (low, high) = len(self.layers) - 1, self.stages[-1].d
        count = len(low)
        values = [*high, *map(neg, low)]
        rows = [[(1 if k < count else -1) * (i == k % count) for i in range(count)] for k in range(2 * count)]
        lines = [line for stage in self.stages[:-1] for line in stage.lines + stage.delta_lines]
        for ball in (False, True) if number else ():
            if not ball or any(line.middle == HALF for line in lines):
                for k in sorted(range(2 * count), key=values.__getitem__, reverse=True):
                    if values[k] > best:
                        values[k] = min(values[k], self.backward(number, rows[k], [], ball))
                        best = max(best, values[k]) if ball else best
        return max(best, *values)


def spread(m: Matrix, box: Interval, ball: tuple[list[int], int] | None, bias: Interval) -> int:
    """R5: bound |M x + bias|_2 for x in a box, or in a ball of smaller radius, by centre and spectral norm."""
    centre = [p + q >> 1 for p, q in zip(*box, strict=True)]
    radius = norm(q - c for q, c in zip(box[1], centre, strict=True))  # the centre is rounded down
    if ball is not None and ball[1] < radius:
        centre, radius = ball
    return norm(size(total(affine(m, (centre, centre)), bias))) + up(m.norm * radius, F)
