"""R5 in the first layer: a spectral norm with scales that suit the rows that ask (FORMAT.md 7)."""

from math import sqrt
from operator import mul
from typing import NamedTuple

from .fixed import F, norm, up
from .maps import Matrix
from .norms import spectral

SCALE = 24  # bits of the largest scale


class Sphere(NamedTuple):
    """|v_j| <= offset_j + |w_j| / scale_j with |w|_2 <= radius; nothing is said where scale_j is 0."""

    scale: list[int]
    offset: list[int]
    radius: int

    def reach(self, row: list[int]) -> int | None:
        """Bound sum_j |c_j v_j| at the bits of the row and F more; None where nothing is said."""
        pairs = [(abs(c), s) for c, s in zip(row, self.scale, strict=True)]
        if any(c and not s for c, s in pairs):
            return None
        scaled = norm(-(-(c << SCALE) // s) for c, s in pairs if c)
        total: int = sum(map(mul, map(abs, row), self.offset)) + up(scaled * self.radius, SCALE)
        return total


def sphere(m: Matrix, offset: list[int], reach: list[int], ball: int | None, weight: list[float]) -> Sphere:
    """Scale M (x - c), |x_i - c_i| <= reach_i and |x - c|_2 <= ball, so that rows of typical size `weight` gain most.

    The scales are guesses in floats and then taken as the integers that they are: any of them are sound.
    """
    top = max(weight, default=0.0)
    typical = [max(t, top / 1000) if t else 0.0 for t in weight]
    far = [r / max(1, *reach) for r in reach]
    squares = [[(n * r) ** 2 for n, r in zip(row, far, strict=True)] for row in m.rows]
    across = [sqrt(sqrt(t * t * sum(row))) for t, row in zip(typical, squares, strict=True)]
    down = [sum(t * t * n for t, n in zip(typical, column, strict=True)) for column in zip(*squares, strict=True)]
    left = _integers([t / a if a else t for t, a in zip(typical, across, strict=True)])
    best = [r / sqrt(sqrt(d)) if d else r for r, d in zip(far, down, strict=True)]
    right = [1 if ball is not None else max(t, r > 0) for t, r in zip(_integers(best), reach, strict=True)]
    rows = [[s * n * t for n, t in zip(row, right, strict=True)] for row, s in zip(m.rows, left, strict=True) if s]
    size = norm(-(-r // t) for r, t in zip(reach, right, strict=True) if r)
    size = size if ball is None else min(size, ball)
    return Sphere(left, offset, up(spectral(rows, m.bits) * size, F) if rows else 0)


def _integers(values: list[float]) -> list[int]:
    """Positive values as positive integers of at most SCALE bits, in proportion; 0 stays 0."""
    top = max(values, default=0.0)
    return [max(1, int(v / top * (1 << SCALE))) if v else 0 for v in values]
