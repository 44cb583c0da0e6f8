"""One relu, seen from both networks: lines above and below it, and a row's way through it (FORMAT.md 7, R1 to R5)."""

from typing import NamedTuple

from .collapse import COEFFICIENT
from .fixed import Interval, size, up

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


def delta_relu(zl: int, zu: int, dl: int, du: int, gl: int, gu: int) -> tuple[Line, int, int]:
    """R1 and R2 for one unit, from the ends of z, δz and z': lines for δh on δz, and the ends of δh."""
    if zl >= 0 and gl >= 0:
        return ON, dl, du
    if zu <= 0 and gu <= 0:
        return OFF, 0, 0
    low, high = max(gl, 0) - max(zu, 0), max(gu, 0) - max(zl, 0)
    return delta_line(dl, du), max(min(dl, 0), low), min(max(du, 0), high)


def unsure(row: list[int], lines: list[Line], both: bool) -> list[int]:
    """R5: the coefficients whose relu is not settled; both is true for δ, where all signs count."""
    return [c if line.middle == HALF and (both or c > 0) else 0 for c, line in zip(row, lines, strict=bool(row))]


def cross(
    row: list[int], bits: int, lines: list[Line], values: Interval, ball: int | None
) -> tuple[list[int], int, int]:
    """R3 and R5 through a relu: a row on z (and its bits) and a constant that bound row·h from above.

    values encloses z; ball bounds, twice over, what the slopes of the ball step leave (None: no ball step).
    """
    pairs = list(zip(row, lines, strict=bool(row)))
    new = [c * (line.upper if c > 0 else line.lower) for c, line in pairs]
    constant = sum(c * (line.above if c > 0 else line.below) for c, line in pairs)
    if ball is not None:
        round_ = [c * line.middle for c, line in pairs]
        at_middle = sum((n - m) * (s + t) for n, m, s, t in zip(new, round_, *values, strict=False))
        if ball < 2 * constant + up(at_middle, SLOPE):
            new, constant = round_, ball + 1 >> 1
    shift = max(0, max(map(abs, new), default=0).bit_length() - COEFFICIENT)
    lost = any(c & (1 << shift) - 1 for c in new)
    constant = up(constant, bits) + (up(sum(size(values)), bits + SLOPE - shift) if lost else 0)
    return [c >> shift for c in new], bits + SLOPE - shift, constant
