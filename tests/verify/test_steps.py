"""Every step but the affine ones: values and differences stay inside, and rows go back without losing."""

import random
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.verify.fixed import F
from slth.verify.lines import SLOPE, Gate, Known, Row
from slth.verify.steps import Form, Layout, Step, Way, averaged, larger, versus

GATES = [Gate(), Gate("leaky_relu", Fraction(0.1)), Gate("leaky_relu", Fraction(0.5)), Gate("tanh"), Gate("sigmoid")]
ENDS = st.integers(-(3 << F), 3 << F) | st.sampled_from([0, 1, -1, 1 << F])
PARTS = st.fractions(0, 1, max_denominator=99) | st.sampled_from([Fraction(0), Fraction(1)])


def at(gate: Gate, x: Fraction) -> Fraction:
    """The function at x 2^-F, in units of 2^-F, to 60 digits."""
    if gate.kind == "relu":
        return max(x, Fraction(0))
    if gate.kind == "leaky_relu":
        return x if x > 0 else x * gate.slope
    with mpmath.workdps(90):
        t = mpmath.mpf(x.numerator) / x.denominator / 2**F
        y = mpmath.tanh(t) if gate.kind == "tanh" else 1 / (1 + mpmath.exp(-t))
        return Fraction(int(mpmath.floor(y * 2**250)), 2 ** (250 - F))


TINY = Fraction(1, 2**100)


@pytest.mark.parametrize("gate", GATES)
@given(ENDS, ENDS, ENDS, ENDS, PARTS, PARTS)
def test_activations(gate: Gate, p: int, q: int, r: int, s: int, here: Fraction, there: Fraction) -> None:
    """z in [z⁻, z⁺] and δz in [δ⁻, δ⁺]: h, h', δh and all four lines."""
    z, d = sorted((p, q)), sorted((r, s))
    known = Known(([z[0]], [z[1]]), ([d[0]], [d[1]]), ([z[0] + d[0]], [z[1] + d[1]]))
    after, lines, delta_lines = gate.through(known, known.z)
    x, y = z[0] + here * (z[1] - z[0]), d[0] + there * (d[1] - d[0])
    h, dh = at(gate, x), at(gate, x + y) - at(gate, x)
    for value, (low, high) in ((h, after.z), (dh, after.d), (h + dh, after.g)):
        assert low[0] - TINY <= value <= high[0] + TINY
    for value, v, line in ((h, x, lines), (dh, y, delta_lines)):
        (upper,), (above,), (lower,), (below,), _ = line
        assert Fraction(lower, 2**SLOPE) * v + below - TINY <= value
        assert value <= Fraction(upper, 2**SLOPE) * v + above + TINY


def pairs(draw: random.Random, count: int) -> tuple[Known, list[int], list[int]]:
    """A known tensor with a point z and a difference δ inside."""
    z = [sorted(draw.randint(-(2**F), 2**F) for _ in range(3)) for _ in range(count)]
    d = [sorted(draw.randint(-(2**F), 2**F) >> draw.choice([0, 3, 9]) for _ in range(3)) for _ in range(count)]
    g = [p[0] + q[0] for p, q in zip(z, d, strict=True)], [p[2] + q[2] for p, q in zip(z, d, strict=True)]
    known = Known(([p[0] for p in z], [p[2] for p in z]), ([p[0] for p in d], [p[2] for p in d]), g)
    return known, [p[1] for p in z], [p[1] for p in d]


@pytest.mark.parametrize("seed", range(200))
def test_maxima_and_their_rows(seed: int) -> None:
    draw = random.Random(seed)
    (p, x, dx), (q, y, dy) = pairs(draw, 3), pairs(draw, 3)
    layout, step = Layout(), Step((0, 1), Layout(), (None, [2, 0, 1]), (None, [2, 0, 1]))
    known = versus(p, q, layout)
    after = larger(p, q, known, layout)
    z = list(map(max, x, y))
    d = [max(a + s, b + t) - m for a, b, s, t, m in zip(x, y, dx, dy, z, strict=True)]
    for i in range(3):
        assert after.z[0][i] <= z[i] <= after.z[1][i]
        assert after.d[0][i] <= d[i] <= after.d[1][i]
        assert after.g[0][i] <= z[i] + d[i] <= after.g[1][i]
    _, *lines = Gate().through(known, known.z)
    rows = Row([draw.randint(-9, 9) for _ in z], 3), Row([draw.randint(-9, 9) for _ in z], 5)
    forms, constant = Way(step, known, (lines[0], lines[1])).back(Form(*rows), [(3, 3), (3, 3)], (None, None))
    true = total(rows[0], d) + total(rows[1], z)
    views = {0: (x, dx), 1: ([0] * 3, [0] * 3)}
    for place, (s, t) in zip([2, 0, 1], zip(y, dy, strict=True), strict=True):
        views[1][0][place], views[1][1][place] = s, t
    assert true <= constant + sum(total(f.b, views[k][0]) + total(f.a, views[k][1]) for k, f in enumerate(forms))


def total(row: Row, values: list[int]) -> Fraction:
    return (
        sum((Fraction(c * v) for c, v in zip(row.c, values, strict=bool(row.c))), Fraction(0)) / Fraction(2) ** row.bits
    )


@pytest.mark.parametrize("divisor", [1, 3, 4])
@pytest.mark.parametrize("seed", range(20))
def test_sums_and_means(divisor: int, seed: int) -> None:
    draw = random.Random(seed)
    parts = [pairs(draw, 4) for _ in range(max(2, divisor))]
    after = averaged([part for part, _, _ in parts], divisor)
    z = [Fraction(sum(column), divisor) for column in zip(*(x for _, x, _ in parts), strict=True)]
    d = [Fraction(sum(column), divisor) for column in zip(*(x for _, _, x in parts), strict=True)]
    for i in range(4):
        assert after.z[0][i] <= z[i] <= after.z[1][i]
        assert after.d[0][i] <= d[i] <= after.d[1][i]
        assert after.z[0][i] * divisor <= sum(x.z[0][i] for x, _, _ in parts)
        assert after.z[1][i] * divisor >= sum(x.z[1][i] for x, _, _ in parts)
        assert after.z[1][i] - after.z[0][i] <= sum(x.z[1][i] - x.z[0][i] for x, _, _ in parts) // divisor + 2
    views = (None,) * len(parts)
    step = Step(tuple(range(len(parts))), Layout(), views, views, divisor=divisor)
    rows = Row([draw.randint(-9, 9) for _ in z], 3), Row([draw.randint(-9, 9) for _ in z], 50)
    forms, constant = Way(step, after).back(Form(*rows), [(4, 4)] * len(parts), (None, None))
    true = sum(c * v for c, v in zip(rows[0].c, d, strict=True)) / Fraction(2**3)
    true += sum(c * v for c, v in zip(rows[1].c, z, strict=True)) / Fraction(2**50)
    found = constant + sum(total(f.a, dx) + total(f.b, x) for f, (_, x, dx) in zip(forms, parts, strict=True))
    assert true <= found <= true + 2 ** (F - 24)


def test_layouts() -> None:
    layout = Layout(2, 3)
    assert layout.beside([1, 2, 3, 4, 5, 6]) == [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]
    assert layout.folded([1, 2, 3, 10, 20, 30, 4, 5, 6, 40, 50, 60], 3) == [11, 22, 33, 44, 55, 66]
    assert Layout().folded([1, 2], 1) == Layout().beside([1, 2]) == [1, 2]
