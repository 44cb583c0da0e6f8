"""One activation, seen from both networks: lines above and below it, and a row's way through it (FORMAT.md 7)."""

from fractions import Fraction
from operator import add, mul
from typing import NamedTuple

from .fixed import Interval, meet, plus, total, up
from .smooth import SLOPE, slopes, value

COEFFICIENT = 43  # bits of the coefficients that multiply rows of matrices
ONE, HALF = 1 << SLOPE, 1 << SLOPE - 1


class Row(NamedTuple):
    """Coefficients n 2^-bits; an empty row stands for zeros."""

    c: list[int]
    bits: int


ZERO = Row([], 0)


class Line(NamedTuple):
    """Slope and intercept (at 2^-F) above, slope and intercept below, and the slope of the ball step."""

    upper: int
    above: int
    lower: int
    below: int
    middle: int


Lines = tuple[tuple[int, ...], ...]  # the five numbers of Line, of many units
ON, OFF = Line(ONE, 0, ONE, 0, ONE), Line(0, 0, 0, 0, 0)


class Known(NamedTuple):
    """What is proved about a tensor: ends of the target's z, of δz and of the ticket's z'."""

    z: Interval
    d: Interval
    g: Interval


class Gate(NamedTuple):
    """An activation: relu, leaky_relu, tanh or sigmoid; slope is that of leaky_relu below 0."""

    kind: str = "relu"
    slope: Fraction = Fraction(0)

    def image(self, x: int) -> tuple[int, int]:
        """Enclose the value at x."""
        if self.kind in ("tanh", "sigmoid"):
            return value(self.kind, x)
        if x >= 0 or not self.slope:
            return max(x, 0), max(x, 0)
        product, d = x * self.slope.numerator, self.slope.denominator
        return product // d, -(-product // d)

    def images(self, x: Interval) -> Interval:
        """R1: enclose the values on an interval; all four functions grow."""
        if self == RELU:
            return plus(x[0]), plus(x[1])
        return [self.image(v)[0] for v in x[0]], [self.image(v)[1] for v in x[1]]

    def line(self, low: int, high: int) -> Line:
        """R2: lines above and below the function on [low, high]."""
        if self.kind in ("tanh", "sigmoid"):
            centre = low + high >> 1
            line, at = delta_line(low - centre, high - centre, *slopes(self.kind, low, high)), self.image(centre)
            above = line.above + at[1] + up(-line.upper * centre, SLOPE)
            return line._replace(above=above, below=line.below + at[0] - up(line.lower * centre, SLOPE))
        if low >= 0 or not self.slope:
            return relu_line(low, high)
        leak = int(self.slope * ONE)
        knots = [(x, *self.image(x)) for x in ((low, 0, high) if high > 0 else (low, high))]
        steep = ((knots[-1][2] - knots[0][1]) << SLOPE) // (high - low) if high > 0 else leak
        flat = ONE if high > -low else leak
        above = max((top << SLOPE) - steep * x for x, _, top in knots)
        below = max(flat * x - (bottom << SLOPE) for x, bottom, _ in knots)
        return Line(steep, up(above, SLOPE), flat, -up(below, SLOPE), HALF)

    def slopes(self, zl: int, zu: int, gl: int, gu: int) -> tuple[int, int]:
        """Enclose the slopes between z and z'."""
        if self.kind in ("tanh", "sigmoid"):
            return slopes(self.kind, min(zl, gl), max(zu, gu))
        small, large = int(self.slope * ONE), ONE
        if zl >= 0 and gl >= 0:
            return ONE, ONE
        if zu <= 0 and gu <= 0:
            large = small + (small < self.slope * ONE)
        return small, large

    def through(self, known: Known, beside: Interval) -> tuple[Known, Lines, Lines]:
        """R1 and R2: what is known after the function, and lines for h on z and for δh on δz; beside is z per copy."""
        h, g = self.images(known.z), self.images(known.g)
        lines = tuple(zip(*map(self.line, *known.z), strict=True))
        if self.kind in ("relu", "leaky_relu"):
            units = [delta_relu(*unit) for unit in zip(*beside, *known.d, *known.g, strict=True)]
            d = [low for _, low, _ in units], [high for _, _, high in units]
            if not self.slope:
                return Known(h, d, g), lines, tuple(zip(*(line for line, _, _ in units), strict=True))
            n, m = self.slope.as_integer_ratio()  # δh = slope δz + (1 - slope) t δz
            d = (
                [(n * p + (m - n) * q) // m for p, q in zip(known.d[0], d[0], strict=True)],
                [-((-n * p - (m - n) * q) // m) for p, q in zip(known.d[1], d[1], strict=True)],
            )
        ranges = [self.slopes(*unit) for unit in zip(*beside, *known.g, strict=True)]
        delta_lines = (delta_line(s, t, *ends) for s, t, ends in zip(*known.d, ranges, strict=True))
        if self.kind in ("tanh", "sigmoid"):
            sloped = (
                [s * ends[s < 0] >> SLOPE for s, ends in zip(known.d[0], ranges, strict=True)],
                [up(t * ends[t > 0], SLOPE) for t, ends in zip(known.d[1], ranges, strict=True)],
            )
            after = h if beside is known.z else self.images(beside)
            d = meet(sloped, total(g, ([-t for t in after[1]], [-s for s in after[0]])))
        return Known(h, d, g), lines, tuple(zip(*delta_lines, strict=True))


RELU = Gate()


def relu_line(low: int, high: int) -> Line:
    """R2: lines above and below relu(z) on [low, high]."""
    if low >= 0 or high <= 0:
        return ON if low >= 0 else OFF
    slope = (high << SLOPE) // (high - low)
    above = up(max(-slope * low, (high << SLOPE) - slope * high), SLOPE)
    return Line(slope, above, ONE if high > -low else 0, 0, HALF)


def delta_line(low: int, high: int, small: int = 0, large: int = ONE) -> Line:
    """R2: lines above and below t d for d in [low, high] and every t from small to large."""
    if low >= 0 or high <= 0:
        return Line(large if low >= 0 else small, 0, small if low >= 0 else large, 0, HALF)
    slope, other = ((p * high - q * low) // (high - low) for p, q in ((large, small), (small, large)))
    above = up(max((small - slope) * low, (large - slope) * high), SLOPE)
    below = -up(max((other - large) * low, (other - small) * high), SLOPE)
    return Line(slope, above, other, below, HALF)


def delta_relu(zl: int, zu: int, dl: int, du: int, gl: int, gu: int) -> tuple[Line, int, int]:
    """R1 and R2 for one unit, from the ends of z, δz and z': lines for δh on δz, and the ends of δh."""
    if zl >= 0 and gl >= 0:
        return ON, dl, du
    if zu <= 0 and gu <= 0:
        return OFF, 0, 0
    low, high = max(gl, 0) - max(zu, 0), max(gu, 0) - max(zl, 0)
    return delta_line(dl, du), max(min(dl, 0), low), min(max(du, 0), high)


def unsure(row: list[int], lines: Lines, both: bool) -> list[int]:
    """R5: the coefficients whose relu is not settled; both is true for δ, where all signs count."""
    return [c if middle == HALF and (both or c > 0) else 0 for c, middle in zip(row, lines[4], strict=bool(row))]


def cross(row: Row, lines: Lines, values: Interval, ball: int | None = None) -> tuple[Row, int]:
    """R3 and R5 through an activation: a row on z and a constant that bound row·h from above.

    values encloses z; ball bounds, twice over, what the slopes of the ball step leave (None: no ball step).
    """
    if not row.c:
        return ZERO, 0
    upper, above, lower, below, middle = lines
    new = [c * (s if c > 0 else t) for c, s, t in zip(row.c, upper, lower, strict=True)]
    constant = sum([c * (s if c > 0 else t) for c, s, t in zip(row.c, above, below, strict=True)])
    if ball is not None:
        round_ = list(map(mul, row.c, middle))
        at_middle = sum((n - m) * (s + t) for n, m, s, t in zip(new, round_, *values, strict=True))
        if ball < 2 * constant + up(at_middle, SLOPE):
            new, constant = round_, ball + 1 >> 1
    return Row(new, row.bits + SLOPE), up(constant, row.bits)


def trim(row: Row, reach: int) -> tuple[Row, int]:
    """R3: a row of at most COEFFICIENT bits and a constant that bound row·v from above where sum_j |v_j| <= reach."""
    shift = max(0, max(map(abs, row.c), default=0).bit_length() - COEFFICIENT)
    if not shift:
        return row, 0
    lost = any(c & (1 << shift) - 1 for c in row.c)
    bits = row.bits - shift
    return Row([c >> shift for c in row.c], bits), up(reach, bits) if lost else 0


def merged(p: Row, q: Row) -> Row:
    """Return the sum of two rows."""
    if not p.c or not q.c:
        return p if p.c else q
    p, q = (p, q) if p.bits >= q.bits else (q, p)
    shift = p.bits - q.bits
    return Row([m + (n << shift) for m, n in zip(p.c, q.c, strict=True)] if shift else list(map(add, p.c, q.c)), p.bits)
