"""The exact error at a point against an evaluation by fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from exact_segments import segment_sup
from hypothesis import given
from hypothesis import strategies as st
from random_pairs import random_case

from slth.certify.exact import dyadic, exact_error
from slth.core.errors import BadInput


@given(st.integers(0, 100_000), st.integers(0, 2**32))
def test_equals_fractions(seed: int, point: int) -> None:
    case = random_case(seed, segments=0)
    rng = np.random.default_rng(point)
    x = rng.normal(size=case.target.input_shape[0]) * 10.0 ** rng.integers(-200, 5)
    exact = [Fraction(v) for v in x.tolist()]
    assert exact_error(case.target, case.layers, x) == max(segment_sup(case.target, case.layers, exact, exact))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=6))
def test_dyadic_is_exact(values: list[float]) -> None:
    found = dyadic(np.array(values))
    assert [v * Fraction(2) ** found.power for v in found.integers] == [Fraction(v) for v in values]


def test_bad_points_are_refused() -> None:
    case = random_case(3, segments=0)
    for x in (np.zeros(99), np.full(case.target.input_shape[0], np.nan)):
        with pytest.raises(BadInput, match="input"):
            exact_error(case.target, case.layers, x)
