"""The rules of inference R0 to R5: from layers and a region to a proved bound, in integers (FORMAT.md 7)."""

from collections.abc import Iterable
from itertools import repeat
from operator import add, mul, neg
from typing import NamedTuple

from .collapse import COEFFICIENT, Layer, Matrix
from .domain import Region
from .fixed import F, Interval, root_up, up

SLOPE = 32  # fraction bits of the slopes of lines
ONE, HALF = 1 << SLOPE, 1 << SLOPE - 1


class Line(NamedTuple):
    """Slope and intercept (at 2^-F) above, slope and intercept below, and the slope of the ball step."""

    upper: int
    above: int
    lower: int
    below: int
    middle: int


ON, OFF = Line(ONE, 0, ONE, 0, ONE), Line(0, 0, 0, 0, 0)


class Stage(NamedTuple):
    """What is proved about a layer: z, δz, and after the relu h, δh, with the lines between."""

    z: Interval
    d: Interval
    h: Interval
    hd: Interval
    lines: list[Line]
    delta_lines: list[Line]


def plus(vector: Iterable[int]) -> list[int]:
    """Return max(v, 0) in every coordinate."""
    return list(map(max, vector, repeat(0)))


def size(interval: Interval) -> list[int]:
    """Return the largest absolute value in every coordinate."""
    return list(map(max, map(neg, interval[0]), interval[1]))


def norm(vector: Iterable[int]) -> int:
    """Return the 2-norm, rounded up."""
    return root_up(sum(n * n for n in vector))


def total(p: Interval, q: Interval) -> Interval:
    """Return the sum of two enclosures."""
    return list(map(add, p[0], q[0])), list(map(add, p[1], q[1]))


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


def relu_line(low: int, high: int) -> Line:
    """R2: lines above and below relu(z) on [low, high]."""
    if low >= 0 or high <= 0:
        return ON if low >= 0 else OFF
    slope = (high << SLOPE) // (high - low)
    above = up(max(-slope * low, (high << SLOPE) - slope * high), SLOPE)
    return Line(slope, above, ONE if high > -low else 0, 0, HALF)


def delta_line(low: int, high: int) -> Line:
    """R2: lines above max(0, d) and below min(0, d) on [low, high]."""
    if low >= 0 or high <= 0:
        return Line(ONE if low >= 0 else 0, 0, 0 if low >= 0 else ONE, 0, HALF)
    slope, other = (high << SLOPE) // (high - low), (-low << SLOPE) // (high - low)
    above = up(max(-slope * low, (high << SLOPE) - slope * high), SLOPE)
    below = -up(max(other * low - (low << SLOPE), other * high), SLOPE)
    return Line(slope, above, other, below, HALF)


def delta_relu(zl: int, zu: int, dl: int, du: int) -> tuple[Line, int, int]:
    """R1 and R2 for one unit: lines for δh on δz, and the ends of δh."""
    gl, gu = zl + dl, zu + du
    if zl >= 0 and gl >= 0:
        return ON, dl, du
    if zu <= 0 and gu <= 0:
        return OFF, 0, 0
    low, high = max(gl, 0) - max(zu, 0), max(gu, 0) - max(zl, 0)
    return delta_line(dl, du), max(min(dl, 0), low), min(max(du, 0), high)


def cross(
    row: list[int], bits: int, lines: list[Line], reach: int, radius: int, both: bool
) -> tuple[list[int], int, int]:
    """R3 and R5 through a relu: a row on z (and its bits) and a constant that bound row·h from above.

    reach bounds sum |z|, radius bounds |z|_2 (negative: no ball step); both is true for δ, where all signs count.
    """
    pairs = list(zip(row, lines, strict=bool(row)))
    new = [c * (line.upper if c > 0 else line.lower) for c, line in pairs]
    constant = sum(c * (line.above if c > 0 else line.below) for c, line in pairs)
    if radius >= 0:
        ball = norm(c for c, line in pairs if line.middle == HALF and (both or c > 0)) * radius + 1 >> 1
        if ball < constant:
            new, constant = [c * line.middle for c, line in pairs], ball
    shift = max(0, max(map(abs, new), default=0).bit_length() - COEFFICIENT)
    lost = any(c & (1 << shift) - 1 for c in new)
    constant = up(constant, bits) + (up(reach, bits + SLOPE - shift) if lost else 0)
    return [c >> shift for c in new], bits + SLOPE - shift, constant


class Bound:
    """The rules on one region: all that is stored holds for every real x of the region."""

    def __init__(self, layers: list[Layer], region: Region) -> None:
        self.layers, self.region = layers, region
        self.biases: list[tuple[Interval, Interval]] = []
        self.stages: list[Stage] = []
        self.norms: list[tuple[int, int]] = []
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
        h, hd = (self.stages[-1].h, self.stages[-1].hd) if number else (self.region.box, none)
        reach, reach_d = sum(size(h)), sum(size(hd))
        r = up(layer.W.error * reach, layer.W.bits)
        s = up(layer.D.error * reach, layer.D.bits) + up(layer.V.error * reach_d, layer.V.bits)
        b, e = total(layer.b, ([-r] * len(layer.b[0]), [r] * len(layer.b[0]))), layer.e
        e = total(e, ([-s] * len(e[0]), [s] * len(e[0])))
        self.biases.append((b, e))
        z, d = total(self._image(number, layer.W, h), b), total(self._image(number, layer.D, h), e)
        d = total(d, affine(layer.V, hd)) if number else d
        if 0 < number < len(self.layers) - 1:
            self._tighten(number, z, d)
        units = [delta_relu(*unit) for unit in zip(*z, *d, strict=True)]
        hd = [low for _, low, _ in units], [high for _, _, high in units]
        lines = list(map(relu_line, *z))
        self.stages.append(Stage(z, d, (plus(z[0]), plus(z[1])), hd, lines, [line for line, _, _ in units]))

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
            below, (z, d) = self.stages[number], self.radii(number) if ball else (-1, -1)
            a = layer.V.combine(a) if a else a
            a, a_bits, more = cross(a, a_bits + layer.V.bits, below.delta_lines, sum(size(below.d)), d, True)
            b, b_bits, rest = cross(mixed, bits, below.lines, sum(size(below.z)), z, False)
            constant += more + rest

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
        lines = [line for stage in self.stages[:-1] for line in stage.lines + stage.delta_lines]
        tries = (False, True) if any(line.middle == HALF for line in lines) else (False,)
        for sign, values in ((1, high), (-1, map(neg, low))):
            for i, value in enumerate(values):
                for ball in tries if number else ():
                    if value > best:
                        value = min(value, self.backward(number, [sign * (i == j) for j in range(len(low))], [], ball))
                best = max(best, value)
        return best


def spread(m: Matrix, box: Interval, ball: tuple[list[int], int] | None, bias: Interval) -> int:
    """R5: bound |M x + bias|_2 for x in a box, or in a ball of smaller radius, by centre and spectral norm."""
    centre = [p + q >> 1 for p, q in zip(*box, strict=True)]
    radius = norm(q - c for q, c in zip(box[1], centre, strict=True))  # the centre is rounded down
    if ball is not None and ball[1] < radius:
        centre, radius = ball
    return norm(size(total(affine(m, (centre, centre)), bias))) + up(m.norm * radius, F)
