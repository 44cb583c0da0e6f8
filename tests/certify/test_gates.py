"""Every activation, maxima and sums: intervals and lines against exact values at many points."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.certify.backward import Fork, Gate, Rows
from slth.certify.gates import activated, added, larger, versus
from slth.certify.intervals import Interval, Neurons
from slth.certify.lines import RELU, gap_lines, target_lines
from slth.certify.steps import Repeat
from slth.core.network import Activation


def pairs(size: float) -> st.SearchStrategy[list[float]]:
    """Ends of intervals that 60 digits tell apart."""
    end = st.floats(-size, size).map(lambda v: round(v, 12))
    return st.tuples(end, end).map(sorted)


ends, gaps = pairs(8), pairs(3)
KINDS = [RELU, Activation("leaky_relu", 0.01), Activation("leaky_relu", 0.7), Activation("tanh"), Activation("sigmoid")]


def interval(pair: list[float]) -> Interval:
    return Interval(np.array(pair[:1]), np.array(pair[1:]))


def value(activation: Activation, x: Fraction):
    """φ(x), exactly or to 60 digits."""
    if activation.kind == "tanh":
        return mpmath.tanh(mpmath.mpf(x.numerator) / x.denominator)
    if activation.kind == "sigmoid":
        return 1 / (1 + mpmath.exp(-mpmath.mpf(x.numerator) / x.denominator))
    return max(x, Fraction(0)) + Fraction(activation.slope) * min(x, Fraction(0))


def inside(pair: list[float]) -> list[Fraction]:
    low, high = (Fraction(v) for v in pair)
    return [low, high, (low + high) / 2, low + (high - low) / 7, *([Fraction(0)] if low < 0 < high else [])]


@pytest.mark.parametrize("activation", KINDS, ids=lambda a: f"{a.kind}{a.slope or ''}")
@given(ends, gaps)
def test_activations(activation: Activation, target: list[float], gap: list[float]) -> None:
    z, dz = interval(target), interval(gap)
    before = Neurons(z, dz, z.plus(dz))
    after, lines, moves = activated(activation, before), target_lines(activation, z), gap_lines(before, activation)
    smooth = activation.kind in ("tanh", "sigmoid")
    with mpmath.workdps(60):
        as_ = (lambda v: mpmath.mpf(float(v))) if smooth else (lambda v: Fraction(float(v)))
        exactly = (lambda v: mpmath.mpf(v.numerator) / v.denominator) if smooth else (lambda v: v)
        for x in inside(target):
            h = value(activation, x)
            assert as_(after.target.lower[0]) <= h <= as_(after.target.upper[0])
            assert as_(lines.below_slope[0]) * exactly(x) + as_(lines.below[0]) <= h
            assert h <= as_(lines.above_slope[0]) * exactly(x) + as_(lines.above[0])
            for d in inside(gap):
                own = value(activation, x + d)
                assert as_(after.ticket.lower[0]) <= own <= as_(after.ticket.upper[0])
                assert as_(after.gap.lower[0]) <= own - h <= as_(after.gap.upper[0])
                assert as_(moves.below_slope[0]) * exactly(d) + as_(moves.below[0]) <= own - h
                assert own - h <= as_(moves.above_slope[0]) * exactly(d) + as_(moves.above[0])


@given(ends, gaps, ends, gaps, st.integers(0, 2**32))
def test_maxima_and_sums(first: list[float], d1: list[float], second: list[float], d2: list[float], seed: int) -> None:
    parts = []
    for target, gap in ((first, d1), (second, d2)):
        z, dz = interval(target), interval(gap)
        parts.append(Neurons(z, dz, z.plus(dz)))
    apart = versus(*parts)
    both, total = larger(*parts, apart), added(*parts)
    rng = np.random.default_rng(seed)
    rows = Rows(rng.normal(size=(3, 1)), rng.normal(size=(3, 1)), np.zeros(3), np.zeros(3))
    left, right = Fork(Gate.of(apart, RELU), parts[1], (None, None)).back(rows)
    for x in inside(first):
        for y in inside(second):
            for dx, dy in zip(inside(d1), inside(d2)[::-1], strict=False):
                h, own = max(x, y), max(x + dx, y + dy)
                for found, exact in ((both, (h, own - h, own)), (total, (x + y, dx + dy, x + y + dx + dy))):
                    for known, number in zip((found.target, found.gap, found.ticket), exact, strict=True):
                        assert Fraction(float(known.lower[0])) <= number <= Fraction(float(known.upper[0]))
                for row in range(3):
                    a, b = Fraction(float(rows.gap[row, 0])), Fraction(float(rows.target[row, 0]))
                    top = Fraction(float(left.constant[row])) + Fraction(float(left.slack[row]))
                    for part, (v, dv) in ((left, (x, dx)), (right, (y, dy))):
                        top += Fraction(float(part.gap[row, 0])) * dv + Fraction(float(part.target[row, 0])) * v
                    assert a * (own - h) + b * h <= top


def test_copies_are_compared_with_their_own_neuron() -> None:
    z = Interval(np.array([-1.0, 2.0]), np.array([-0.5, 3.0]))
    gap = Interval(np.full(4, -0.1), np.full(4, 0.1))
    ticket = Interval(np.array([-1.1, -1.1, 1.9, 1.9]), np.array([-0.4, -0.4, 3.1, 3.1]))
    known = Neurons(z, gap, ticket, Repeat(2, 1))
    assert known.both_off.tolist() == [True, True, False, False]
    assert known.both_on.tolist() == [False, False, True, True]
    assert activated(RELU, known).gap.upper.tolist() == [0, 0, 0.1, 0.1]
