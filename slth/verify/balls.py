"""R5: 2-norms of what crosses a relu, for dense layers with one relu between neighbours (FORMAT.md 7)."""

from __future__ import annotations

from functools import cached_property
from itertools import repeat
from math import sqrt

from .crossing import Crossing
from .domain import Region
from .fixed import F, Interval, lifted, norm, size, total, up
from .lines import Known, Row, unsure
from .maps import Matrix
from .sphere import Sphere, sphere
from .steps import Form, Way


class Balls:
    """What is known of |z|_2 and |δz|_2, layer by layer; affine map l makes tensor 2l and its relu tensor 2l + 1."""

    def __init__(self, region: Region, signed: bool, known: list[Known], ways: list[Crossing | Way]) -> None:
        self.region, self.signed, self.known, self.ways = region, signed, known, ways
        self.norms: list[tuple[int, int]] = []
        self.asked: tuple[list[float], list[float]] = ([], [])  # of each unit of the first layer

    def limits(self, number: int, form: Form, way: Way, ball: bool) -> tuple[int | None, int | None]:
        """Twice what the slopes of the ball step may leave for the unsettled parts of two rows; None without `ball`."""
        if way.lines is None or not (ball or number == 0):
            return None, None
        open_z, open_d = unsure(form.b.c, way.lines[0], False), unsure(form.a.c, way.lines[1], True)
        if not ball:
            self._ask(Row(open_z, form.b.bits), Row(open_d, form.a.bits))
            return None, None
        if number == 0:
            first, second = self.spheres
            return first.reach(open_z) if open_z else 0, second.reach(open_d) if open_d else 0
        radius, radius_d = self.radii(number)
        return norm(open_z) * radius, norm(open_d) * radius_d

    def _ask(self, z: Row, d: Row) -> None:
        """Remember how much each unit of the first layer is asked for: a guess for the scales of the spheres."""
        for sums, row in zip(self.asked, (z, d), strict=True):
            drop = max(0, max(map(abs, row.c), default=0).bit_length() - 400)  # within what a float can square
            unit = 1 << max(0, row.bits - drop)
            if row.c:
                sums[:] = [s + ((c >> drop) / unit) ** 2 for s, c in zip(sums or repeat(0.0), row.c, strict=False)]

    def _affine(self, number: int) -> Crossing:
        way = self.ways[2 * number]
        if isinstance(way, Way):
            raise TypeError("rule R5 is for dense layers with one relu between neighbours")
        return way

    def _matrices(self, number: int) -> tuple[Matrix, Matrix, Matrix]:
        maps = self._affine(number).maps
        if not (isinstance(maps.W, Matrix) and isinstance(maps.V, Matrix) and isinstance(maps.D, Matrix)):
            raise TypeError("rule R5 is for dense layers")
        return maps.W, maps.V, maps.D

    @cached_property
    def spheres(self) -> tuple[Sphere, Sphere]:
        """Where z and δz of the first layer lie, in scales that suit the rows asked for so far."""
        (box, ball), first = self.region, self._affine(0)
        w, _, d = self._matrices(0)
        if self.signed:
            w, box = Matrix([row + [-n for n in row] for row in w.rows], w.bits, w.error), lifted(box)
        centre = [p + q >> 1 for p, q in zip(*box, strict=True)]
        if ball is not None:
            centre = lifted((ball[0], ball[0]))[0] if self.signed else ball[0]
        reach = [max(q - c, c - p) for p, q, c in zip(*box, centre, strict=True)]
        found = []
        for m, bias, squares in zip((w, d), (first.b, first.e), self.asked, strict=True):
            offset, asked = size(total(m.affine((centre, centre)), bias)), squares or [0.0] * len(m.rows)
            found.append(sphere(m, offset, reach, ball[1] if ball else None, list(map(sqrt, asked))))
        return found[0], found[1]

    def radii(self, number: int) -> tuple[int, int]:
        """Bounds of |z|_2 and |δz|_2 at a layer, at 2^-F."""
        for i in range(len(self.norms), number + 1):
            (w, v, d), way, stage = self._matrices(i), self._affine(i), self.known[2 * i]
            if i:
                before, (z, dz) = self.known[2 * i - 1], self.norms[-1]
                z, dz = min(z, norm(before.z[1])), min(dz, norm(size(before.d)))
                dz = norm(size(way.e)) + up(v.norm * dz + d.norm * z, F)
                z = norm(size(way.b)) + up(w.norm * z, F)
            else:
                box, ball = self.region
                z = spread(w, box, ball, way.b)
                if self.signed and ball:
                    ball = lifted((ball[0], ball[0]))[0], ball[1]
                dz = spread(d, lifted(box) if self.signed else box, ball, way.e)
            self.norms.append((min(z, norm(size(stage.z))), min(dz, norm(size(stage.d)))))
        return self.norms[number]


def spread(m: Matrix, box: Interval, ball: tuple[list[int], int] | None, bias: Interval) -> int:
    """R5: bound |M x + bias|_2 for x in a box, or in a ball of smaller radius, by centre and spectral norm."""
    centre = [p + q >> 1 for p, q in zip(*box, strict=True)]
    radius = norm(q - c for q, c in zip(box[1], centre, strict=True))  # the centre is rounded down
    if ball is not None and ball[1] < radius:
        centre, radius = ball
    return norm(size(total(m.affine((centre, centre)), bias))) + up(m.norm * radius, F)
