"""Maxima of lifted forms and affine enclosures against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slth.certify.inputs import Inputs
from slth.certify.intervals import Interval, affine
from slth.certify.operators import Matrix
from slth.core.domain import Region

seeds = st.integers(0, 2**32)


def random_region(rng: np.random.Generator, width: int) -> Region:
    ends = rng.uniform(-2, 2, (2, width)) * 10.0 ** rng.integers(-3, 3) + rng.choice([0.0, 3.0, -3.0])
    return Region(ends.min(axis=0), ends.max(axis=0))


def lifted(x: tuple[Fraction, ...]) -> list[Fraction]:
    return [max(v, Fraction(0)) for v in x] + [max(-v, Fraction(0)) for v in x]


@given(seeds, st.integers(1, 4))
def test_the_maximum_over_a_box_is_the_exact_one(seed: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    region = random_region(rng, width)
    forms = rng.normal(size=(3, 2 * width)) * 10.0 ** rng.integers(-5, 5, (3, 2 * width))
    found = Inputs(region, True).maximum(forms)
    corners = [
        (Fraction(low), Fraction(high), *([Fraction(0)] if low < 0 < high else []))
        for low, high in zip(region.lower.tolist(), region.upper.tolist(), strict=True)
    ]
    for form, bound in zip(forms.tolist(), found.tolist(), strict=True):
        values = [sum(Fraction(f) * v for f, v in zip(form, lifted(x), strict=True)) for x in product(*corners)]
        exact, size = max(values), sum(abs(f) for f in form) * float(np.abs([region.lower, region.upper]).max())
        assert Fraction(bound) >= exact
        assert bound <= float(exact) + 1e-12 * size
    if (region.lower >= 0).all():
        plain = Inputs(region, False).maximum(forms[:, :width])
        assert np.allclose(plain, found, rtol=1e-9)


@given(seeds, st.integers(1, 5))
def test_the_maximum_over_a_ball_is_not_below_sampled_points(seed: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    centre, radius = rng.uniform(-1, 1, width), float(rng.uniform(0, 1))
    region = Region(np.maximum(centre - radius, -1.0), np.minimum(centre + radius, 1.0), centre, radius)
    inputs = Inputs(region, True)
    forms = rng.normal(size=(4, 2 * width))
    steps = rng.normal(size=(300, width))
    steps *= radius / np.linalg.norm(steps, axis=1, keepdims=True)
    x = np.clip(centre + steps, -1, 1)
    x = x[np.linalg.norm(x - centre, axis=1) <= radius]
    points = np.hstack([np.maximum(x, 0), np.maximum(-x, 0)])
    assert (points @ forms.T <= inputs.maximum(forms) + 1e-12).all()
    linear = np.hstack([forms[:, :width], -forms[:, :width]])
    plain = forms[:, :width]
    assert (inputs.maximum(linear) <= plain @ centre + radius * np.linalg.norm(plain, axis=1) + 1e-9).all()
    middle, reach, size = inputs.lifted_middle
    assert (np.abs(points - middle) <= reach + 1e-12).all()
    assert (np.linalg.norm(points - middle, axis=1) <= size + 1e-12).all()


@given(seeds, st.integers(1, 5), st.integers(1, 5))
def test_affine_enclosures_hold_the_exact_image(seed: int, rows: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, width)) * 10.0 ** rng.integers(-9, 9, (rows, width))
    ends = rng.normal(size=(2, width)) * 10.0 ** rng.integers(-9, 9, width)
    box = Interval(ends.min(axis=0), ends.max(axis=0))
    image = affine(Matrix(matrix), box)
    for row, low, high in zip(matrix.tolist(), image.lower.tolist(), image.upper.tolist(), strict=True):
        pairs = [
            sorted((Fraction(w) * Fraction(a), Fraction(w) * Fraction(b)))
            for w, a, b in zip(row, box.lower.tolist(), box.upper.tolist(), strict=True)
        ]
        assert Fraction(low) <= sum(p[0] for p in pairs)
        assert Fraction(high) >= sum(p[1] for p in pairs)
