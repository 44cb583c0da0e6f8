"""Every rounding primitive against exact rationals."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slth.verify.fixed import BadInput, F, down, ends, need, pack, root_up, scaled, unpack, up

INTEGERS = st.integers(-(2**200), 2**200)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(INTEGERS, st.integers(-100, 100))
def test_down_and_up_are_floor_and_ceil(n: int, shift: int) -> None:
    value = Fraction(n) / Fraction(2) ** shift
    assert down(n, shift) == math.floor(value)
    assert up(n, shift) == math.ceil(value)


@given(st.integers(0, 2**300))
def test_root_up_is_the_smallest_integer_above(n: int) -> None:
    root = root_up(n)
    assert root * root >= n
    assert root == 0 or (root - 1) ** 2 < n


@given(FLOATS, st.integers(-1100, 1200))
def test_scaled_is_floor_and_knows_exactness(value: float, bits: int) -> None:
    floor, exact = scaled(value, bits)
    true = Fraction(value) * Fraction(2) ** bits
    assert floor == math.floor(true)
    assert exact == (true.denominator == 1)


@given(st.fractions())
def test_ends_enclose(value: Fraction) -> None:
    (low,), (high,) = ends([value])
    assert Fraction(low, 2**F) <= value <= Fraction(high, 2**F)
    assert high - low == (value * 2**F).denominator.bit_length() - 1 or high - low in (0, 1)


@given(st.lists(st.integers(-(2**39) + 1, 2**39 - 1), min_size=1, max_size=40), st.integers(1, 40))
def test_packed_vectors_keep_every_sign(values: list[int], count: int) -> None:
    count = min(count, len(values))
    assert unpack(pack(values, 40), count, 40) == values[:count]


@given(
    st.lists(st.lists(st.integers(-(2**20), 2**20), min_size=5, max_size=5), min_size=1, max_size=9),
    st.lists(st.integers(-(2**13), 2**13), min_size=9, max_size=9),
)
def test_sums_of_packed_multiples_are_the_vector_sums(rows: list[list[int]], factors: list[int]) -> None:
    packed = sum(c * pack(row, 40) for c, row in zip(factors, rows, strict=False))
    expected = [sum(c * row[j] for c, row in zip(factors, rows, strict=False)) for j in range(5)]
    assert unpack(packed, 5, 40) == expected


def test_a_lane_that_is_too_small_refuses_the_value() -> None:
    with pytest.raises(OverflowError):
        pack([2**39], 40)


def test_need_raises() -> None:
    need(True, "fine")
    with pytest.raises(BadInput, match="cause"):
        need(False, "cause")
