"""Lines hold at both ends in exact arithmetic, hence between them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slth.certify.intervals import Interval, Neurons
from slth.certify.lines import gap_lines, relu_lines

ends = st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)).map(sorted)


def interval(pair: list[float]) -> Interval:
    return Interval(np.array(pair[:1]), np.array(pair[1:]))


def line(slope: np.ndarray, constant: np.ndarray, at: float) -> Fraction:
    return Fraction(float(slope[0])) * Fraction(at) + Fraction(float(constant[0]))


@given(ends)
def test_relu_lines(pair: list[float]) -> None:
    lines = relu_lines(interval(pair))
    for at in (*pair, *([0.0] if pair[0] < 0 < pair[1] else [])):
        value = max(Fraction(at), Fraction(0))
        assert line(lines.below_slope, lines.below, at) <= value <= line(lines.above_slope, lines.above, at)


@given(ends, ends)
def test_gap_lines(target: list[float], gap: list[float]) -> None:
    z, dz = interval(target), interval(gap)
    lines = gap_lines(Neurons(z, dz, z.plus(dz)))
    for at in (*gap, *([0.0] if gap[0] < 0 < gap[1] else [])):
        for start in (*target, -at):
            if not target[0] <= start <= target[1]:
                continue
            moved = Fraction(start) + Fraction(at)
            value = max(moved, Fraction(0)) - max(Fraction(start), Fraction(0))
            assert line(lines.below_slope, lines.below, at) <= value <= line(lines.above_slope, lines.above, at)


@given(ends, ends)
def test_gap_after_relu(target: list[float], gap: list[float]) -> None:
    z, dz = interval(target), interval(gap)
    after = Neurons(z, dz, z.plus(dz)).gap_after
    for start in (*target, *(-v for v in gap)):
        for at in (*gap, -start):
            if target[0] <= start <= target[1] and gap[0] <= at <= gap[1]:
                value = max(Fraction(start) + Fraction(at), Fraction(0)) - max(Fraction(start), Fraction(0))
                assert Fraction(float(after.lower[0])) <= value <= Fraction(float(after.upper[0]))
