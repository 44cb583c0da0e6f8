"""Convolutions in lanes against sums over windows, entry by entry."""

import random
from itertools import product

import pytest

from slth.verify.bounds import image, maximum
from slth.verify.domain import Region
from slth.verify.fixed import F, up
from slth.verify.lines import COEFFICIENT
from slth.verify.maps import ENTRY, TAP, Geometry, Kernel, Matrix

GEOMETRIES = [
    Geometry((3, 3), (3, 3), (1, 1), (1, 1)),
    Geometry((5, 4), (2, 3), (2, 1), (0, 2)),
    Geometry((4, 4), (1, 1), (3, 2), (0, 0)),
    Geometry((1, 1), (3, 3), (1, 1), (2, 1)),
    Geometry((4, 3), (4, 3), (1, 1), (0, 0)),
    Geometry((5, 5), (2, 2), (2, 2), (1, 0)),
]
EXTREME = [2**TAP, -(2**TAP), 0]


def kernel(geometry: Geometry, draw: random.Random, inputs: int) -> Kernel:
    width = inputs * geometry.kernel[0] * geometry.kernel[1]
    rows = [[draw.choice([*EXTREME, draw.randint(-999, 999)]) for _ in range(width)] for _ in range(draw.randint(1, 3))]
    return Kernel(rows, 40, 0, geometry, TAP)


def matrix(k: Kernel) -> Matrix:
    """The same map, written out."""
    (high, wide), (kh, kw), (s, t), (p, q) = k.geometry
    rows = []
    for row, y, x in product(k.rows, *map(range, k.geometry.places)):
        out = [0] * (k.channels * high * wide)
        for i, a, b in product(range(k.channels), range(kh), range(kw)):
            r, c = s * y + a - p, t * x + b - q
            if 0 <= r < high and 0 <= c < wide:
                out[(i * high + r) * wide + c] = row[(i * kh + a) * kw + b]
        rows.append(out)
    return Matrix(rows, k.bits, k.error)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("inputs", [1, 2])
def test_a_convolution_is_its_matrix(geometry: Geometry, inputs: int) -> None:
    draw = random.Random(7)
    k = kernel(geometry, draw, inputs)
    m = matrix(k)
    count = inputs * geometry.picture[0] * geometry.picture[1]
    ends = [sorted(draw.choice([-(2**100), 0, 2**100, draw.randint(-9, 9)]) for _ in "lu") for _ in range(count)]
    box = [p for p, _ in ends], [q for _, q in ends]
    assert k.affine(box) == m.affine(box)
    size = len(m.rows)
    extreme = [2**COEFFICIENT, -(2**COEFFICIENT)]
    rows = [[draw.choice([*extreme, draw.randint(-9, 9)]) for _ in range(size)] for _ in range(3)]
    rows = [rows[0], [], [2**COEFFICIENT] * size, rows[1], rows[2]]
    assert k.back(rows) == m.back(rows)
    for places, entries, line in zip(*zip(*k.patches(), strict=True), m.rows, strict=False):
        seen = {place: k.rows[0][entry] for place, entry in zip(places, entries, strict=True)}
        assert [seen.get(place, 0) for place in range(count)] == line


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("ball", [False, True])
@pytest.mark.parametrize("lift", [False, True])
def test_rows_of_a_convolution_over_the_input(geometry: Geometry, ball: bool, lift: bool) -> None:
    draw = random.Random(3)
    k = kernel(geometry, draw, 2)
    m = matrix(k)
    count = (1 if lift else 2) * geometry.picture[0] * geometry.picture[1]
    centre = [draw.randint(-(2**F), 2**F) for _ in range(count)]
    box = [c - 2**F for c in centre], [c + 2**F for c in centre]
    region = Region(box, (centre, 2**F) if ball else None)
    low, high = image(k, region)
    assert high == [maximum(row, m.bits, region) for row in m.rows]
    assert low == [-maximum([-c for c in row], m.bits, region) for row in m.rows]


def test_what_rounding_loses_in_a_window() -> None:
    k = Kernel([[1, 2, 3, 4]], 10, 3, Geometry((4, 4), (2, 2)), TAP)
    sizes = [0] * 15 + [1 << F]
    assert k.lost(sizes) == up(3 << F, 10)
    assert k.lost([1 << F] * 16) == up(12 << F, 10)
    rounded = Kernel.rounded([[1 << 60, 3]], 50, 1, Geometry((1, 2), (1, 2)), TAP)
    assert (rounded.rows, rounded.bits, rounded.error) == ([[1 << TAP - 1, 0]], 50 - 32, 2)
    assert Kernel.rounded([[1 << 20, 3]], 50, 0, Geometry((1, 2), (1, 2)), ENTRY).error == 0
