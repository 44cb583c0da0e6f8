"""Each rule on its own, against exact rationals; `test_oracle.py` has the whole."""

import random
from fractions import Fraction
from itertools import product

from hypothesis import assume, given
from hypothesis import strategies as st

from slth.verify.balls import spread
from slth.verify.bounds import maximum
from slth.verify.domain import Region
from slth.verify.fixed import F, Interval, lifted, norm, size
from slth.verify.lines import (
    COEFFICIENT,
    HALF,
    OFF,
    ON,
    SLOPE,
    Line,
    Row,
    cross,
    delta_line,
    delta_relu,
    relu_line,
    trim,
    unsure,
)
from slth.verify.maps import Matrix
from slth.verify.sphere import sphere

VALUES = st.integers(-(2**100), 2**100) | st.integers(-5, 5)
PAIRS = st.tuples(VALUES, VALUES).map(lambda pair: (min(pair), max(pair)))
BITS = st.integers(-5, 50)


def relu(x: Fraction) -> Fraction:
    return max(x, Fraction(0))


def crossed(row: list[int], lines: list[Line], radius: int, both: bool) -> tuple[list[int], int, int]:
    """`cross` at 0 bits for values in [-4, 4], with a 2-norm ball of a radius, none where it is negative."""
    values, turned = ([-4 << F] * len(row), [4 << F] * len(row)), tuple(zip(*lines, strict=True))
    ball = norm(unsure(row, turned, both)) * radius if radius >= 0 else None
    new, constant = cross(Row(row, 0), turned, values, ball)
    return new.c, new.bits, constant


def inside(ends: tuple[int, int], part: Fraction) -> Fraction:
    return ends[0] + (ends[1] - ends[0]) * part


PARTS = st.fractions(0, 1) | st.sampled_from([Fraction(0), Fraction(1)])


@given(PAIRS, PARTS)
def test_relu_lines_hold(ends: tuple[int, int], part: Fraction) -> None:
    line, z = relu_line(*ends), inside(ends, part)
    assert Fraction(line.lower, 2**SLOPE) * z + line.below <= relu(z)
    assert relu(z) <= Fraction(line.upper, 2**SLOPE) * z + line.above
    assert line.middle in (0, HALF, 2 * HALF)
    if line.middle != HALF:
        assert Fraction(line.middle, 2**SLOPE) * z == relu(z)


@given(PAIRS, PARTS, PARTS)
def test_delta_lines_hold_for_every_slope(ends: tuple[int, int], part: Fraction, slope: Fraction) -> None:
    line, d = delta_line(*ends), inside(ends, part)
    assert Fraction(line.lower, 2**SLOPE) * d + line.below <= slope * d
    assert slope * d <= Fraction(line.upper, 2**SLOPE) * d + line.above
    assert line.middle == HALF


@given(PAIRS, PAIRS, PARTS, PARTS)
def test_delta_relu_holds_for_both_networks(z: tuple[int, int], d: tuple[int, int], s: Fraction, t: Fraction) -> None:
    line, low, high = delta_relu(*z, *d, z[0] + d[0], z[1] + d[1])
    zx, dx = inside(z, s), inside(d, t)
    true = relu(zx + dx) - relu(zx)
    assert low <= true <= high
    assert Fraction(line.lower, 2**SLOPE) * dx + line.below <= true
    assert true <= Fraction(line.upper, 2**SLOPE) * dx + line.above
    if line in (ON, OFF):
        assert true == (dx if line is ON else 0)


def test_lines_are_tight_at_the_ends() -> None:
    line = relu_line(-3 << F, 5 << F)
    assert 0 <= line.upper * (-3 << F) + (line.above << SLOPE) < 2 ** (F + 3)
    line = delta_line(-3 << F, 5 << F)
    assert 0 <= line.upper * (5 << F) + (line.above << SLOPE) - (5 << F + SLOPE) < 2 ** (F + 3)
    assert 0 <= (-3 << F + SLOPE) - line.lower * (-3 << F) - (line.below << SLOPE) < 2 ** (F + 3)


BOXES = st.lists(PAIRS, min_size=1, max_size=3)
SMALL = st.integers(-(2**42), 2**42)


def box_of(pairs: list[tuple[int, int]]) -> Interval:
    return [p for p, _ in pairs], [q for _, q in pairs]


@given(BOXES, st.lists(SMALL, min_size=6, max_size=6), BITS, st.booleans())
def test_the_maximum_over_a_box_is_exact(
    pairs: list[tuple[int, int]], beta: list[int], bits: int, signed: bool
) -> None:
    n = len(pairs)
    row = beta[: 2 * n] if signed else beta[:n]
    corners = [sorted({low, high} | ({0} if low < 0 < high else set())) for low, high in pairs]
    best = max(
        sum(
            b * max(v, 0) + (row[n + j] * max(-v, 0) if signed else b * min(v, 0))
            for j, (b, v) in enumerate(zip(row, x, strict=False))
        )
        for x in product(*corners)
    )
    value = maximum(row, bits, Region(box_of(pairs), None))
    assert value - 1 < best / Fraction(2) ** bits <= value


@given(
    BOXES, st.lists(SMALL, min_size=6, max_size=6), BITS, st.booleans(), st.integers(0, 2**100), st.integers(0, 2**32)
)
def test_the_maximum_over_a_ball_holds(
    pairs: list[tuple[int, int]], beta: list[int], bits: int, signed: bool, radius: int, seed: int
) -> None:
    n, draw = len(pairs), random.Random(seed)
    row = beta[: 2 * n] if signed else beta[:n]
    centre = [draw.randint(p, q) for p, q in pairs]
    region = Region(box_of(pairs), (centre, radius))
    value = maximum(row, bits, region)
    assert value <= maximum(row, bits, Region(region.box, None))
    for _ in range(5):
        step = [draw.randint(-radius, radius) for _ in pairs]
        length = max(sum(s * s for s in step), 1)
        factor = min(Fraction(1), Fraction(radius * radius, length))  # <= the root, so it shortens enough
        x = [min(max(c + s * factor, p), q) for c, s, (p, q) in zip(centre, step, pairs, strict=True)]
        assert sum((v - c) ** 2 for v, c in zip(x, centre, strict=True)) <= radius * radius
        total = sum(
            b * (max(v, 0) if signed else v) + (row[n + j] * max(-v, 0) if signed else 0)
            for j, (b, v) in enumerate(zip(row, x, strict=False))
        )
        assert total / Fraction(2) ** bits <= value


def test_the_maximum_over_a_ball_is_tight() -> None:
    box = ([-(9 << F)] * 2, [9 << F] * 2)
    value = maximum([3, 4], 0, Region(box, ([0, 0], 2 << F)))
    assert value == 10 << F
    assert maximum([3, 4, -3, -4], 0, Region(box, ([0, 0], 2 << F))) == 10 << F


@given(BOXES, st.lists(PARTS, min_size=3, max_size=3))
def test_lifted_boxes_enclose(pairs: list[tuple[int, int]], parts: list[Fraction]) -> None:
    low, high = lifted(box_of(pairs))
    x = [inside(ends, part) for ends, part in zip(pairs, parts, strict=False)]
    for p, v, q in zip(low, [max(v, 0) for v in x] + [max(-v, 0) for v in x], high, strict=True):
        assert p <= v <= q


@given(BOXES, st.lists(st.lists(SMALL, min_size=3, max_size=3), min_size=1, max_size=3), BITS, PARTS)
def test_affine_encloses_and_is_tight(
    pairs: list[tuple[int, int]], rows: list[list[int]], bits: int, part: Fraction
) -> None:
    rows = [row[: len(pairs)] for row in rows]
    low, high = Matrix(rows, bits, 0).affine(box_of(pairs))
    for i, row in enumerate(rows):
        value = sum((n * inside(ends, part) for n, ends in zip(row, pairs, strict=True)), Fraction(0))
        assert low[i] <= value / Fraction(2) ** bits <= high[i]
        top = sum(max(n * p, n * q) for n, (p, q) in zip(row, pairs, strict=True))
        assert high[i] - 1 < top / Fraction(2) ** bits


@given(
    st.lists(st.tuples(PAIRS, SMALL, PARTS, PARTS), min_size=1, max_size=4), st.integers(0, 60), st.booleans(),
    st.booleans(), st.integers(0, 2**20),
)  # fmt: skip
def test_crossing_a_relu_never_loses(
    units: list[tuple[tuple[int, int], int, Fraction, Fraction]], bits: int, both: bool, ball: bool, more: int
) -> None:
    """row·h <= new·z + constant, for δ (any slope) and for relu, with and without the ball step."""
    z = [inside(ends, part) for ends, _, part, _ in units]
    row = [c for _, c, _, _ in units]
    if both:
        lines = [delta_line(*ends) for ends, _, _, _ in units]
        h = [slope * v for v, (_, _, _, slope) in zip(z, units, strict=True)]
    else:
        lines = [relu_line(*ends) for ends, _, _, _ in units]
        h = [relu(v) for v in z]
    values = [p for (p, _), _, _, _ in units], [q for (_, q), _, _, _ in units]
    radius = 0
    if ball:
        while radius * radius < sum(v * v for v in z):
            radius = 2 * radius + 1
    turned = tuple(zip(*lines, strict=True))
    left = norm(unsure(row, turned, both)) * radius if ball else None
    crossed_row, constant = cross(Row(row, bits), turned, values, left)
    (new, new_bits), more_constant = trim(crossed_row, sum(size(values)))
    constant += more_constant
    true = sum((c * v for c, v in zip(row, h, strict=True)), Fraction(0)) / Fraction(2) ** bits
    bound = sum((c * v for c, v in zip(new, z, strict=True)), Fraction(0)) / Fraction(2) ** new_bits + constant
    assert true <= bound
    assert all(abs(c) <= 2**COEFFICIENT for c in new)
    assume(more >= 0)


def test_the_ball_step_is_taken_where_it_is_smaller() -> None:
    lines = [relu_line(-4 << F, 4 << F)] * 4
    chords = crossed([1, 1, 1, 1], lines, -1, False)
    ball = crossed([1, 1, 1, 1], lines, 4 << F, False)
    wide = crossed([1, 1, 1, 1], lines, 8 << F, False)
    assert (chords[2], ball[2]) == (8 << F, 4 << F)
    assert wide == chords
    assert crossed([-1] * 4, lines, 4 << F, False)[2] == 0  # for relu, negative coefficients need no remainder
    assert crossed([-1] * 4, [delta_line(-4 << F, 4 << F)] * 4, 4 << F, True)[2] == 4 << F


@given(st.integers(0, 2**32), st.booleans(), st.sampled_from([0.0, 1e-300, 1.0, 1e9]))
def test_scaled_spheres_hold_whatever_the_scales(seed: int, round_: bool, odd: float) -> None:
    """sum_j c_j |v_j| for v = M (x - c) + v(c), x in a box or a ball: never above `Sphere.reach`."""
    draw = random.Random(seed)
    outputs, inputs = draw.randint(1, 4), draw.randint(1, 4)
    m = Matrix([[draw.randint(-(2**20), 2**20) for _ in range(inputs)] for _ in range(outputs)], 20, 0)
    reach = [draw.choice([0, 1, 1 << F, 3 << F]) for _ in range(inputs)]
    at = [draw.randint(-(2**F), 2**F) for _ in range(outputs)]
    weight = [draw.choice([0.0, odd, draw.random()]) for _ in range(outputs)]
    ball = 2 << F if round_ else None
    found = sphere(m, list(map(abs, at)), reach, ball, weight)
    row = [draw.randint(-9, 9) if w else 0 for w in weight]
    bound = found.reach(row)
    assert bound is not None
    for _ in range(6):
        y = [Fraction(draw.choice([-r, 0, r, draw.randint(-r, r)])) for r in reach]
        if ball is not None and sum(t * t for t in y) > ball * ball:
            y = [t / 4 for t in y]
        v = [sum(n * t for n, t in zip(line, y, strict=True)) / 2**20 + c for line, c in zip(m.rows, at, strict=True)]
        assert sum(abs(c * t) for c, t in zip(row, v, strict=True)) <= bound
    silent = [1 if not w else 0 for w in weight]
    assert (found.reach(silent) is None) == any(silent)


@given(BOXES, st.lists(st.lists(SMALL, min_size=3, max_size=3), min_size=1, max_size=3), st.integers(0, 2**32))
def test_spread_bounds_the_image(pairs: list[tuple[int, int]], rows: list[list[int]], seed: int) -> None:
    draw = random.Random(seed)
    rows = [row[: len(pairs)] for row in rows]
    bias = [draw.randint(-(2**96), 2**96) for _ in rows]
    ball = ([draw.randint(p, q) for p, q in pairs], draw.choice([0, 2**90, 2**200]))
    bound = spread(Matrix(rows, 40, 0), box_of(pairs), ball, (bias, bias))
    for _ in range(4):
        x = [Fraction(draw.choice([p, q, draw.randint(p, q)])) for p, q in pairs]
        if ball[1] < 2**200:
            x = [
                min(max(c + draw.randint(-ball[1] // 2, ball[1] // 2), p), q)
                for c, (p, q) in zip(ball[0], pairs, strict=True)
            ]  # type: ignore[misc]
        y = [
            sum(n * v for n, v in zip(row, x, strict=True)) / Fraction(2**40) + b
            for row, b in zip(rows, bias, strict=True)
        ]
        assert sum(v * v for v in y) <= bound * bound
