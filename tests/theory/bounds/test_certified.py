"""The certified theorem: its budget recomputed with other arithmetic, its monotonicity, and tickets built with it."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slth.core.domain import Ball, Box
from slth.core.errors import BadInput
from slth.core.network import Activation, Dense, Network
from slth.theory.bounds import certified, growth, least_iteration
from slth.theory.bounds.propagation import LayerShape, entry_tolerances, propagated_error
from slth.theory.build import approximate
from slth.theory.plan import Request
from slth.theory.stages import pair_plan

SIZES = st.lists(st.integers(1, 900), min_size=2, max_size=5)
EPS, DELTA = st.floats(1e-6, 1.0), st.floats(1e-9, 0.999)
NORM, SCALE = st.sampled_from(["2", "inf"]), st.sampled_from([1.0, 2.0, 4.0])


def shapes_of(sizes: list[int]) -> list[LayerShape]:
    return [LayerShape(after, before) for before, after in pairwise(sizes)]


def failure(n: int, tolerance: float, scale: float) -> mpmath.mpf:
    """(2/tau - 1)(4/tau - 1)(1 - kappa/2)^n in 40 digits, kappa from the closed forms of the ledger."""
    with mpmath.workdps(40):
        length = mpmath.mpf(2) / scale
        kappa = mpmath.mpf(1) / 8 if scale == 1 else length / 4 * (mpmath.mpf(3) / 2 - mpmath.log(2 * length))
        tau = mpmath.mpf(tolerance)
        return (2 / tau - 1) * (4 / tau - 1) * (1 - kappa / 2) ** n


@given(SIZES, EPS, DELTA, NORM, SCALE)
def test_failures_add_up_to_delta_and_errors_to_eps(sizes, eps, delta, norm, scale):
    shapes = shapes_of(sizes)
    widths = certified.required_widths(shapes, eps, delta, norm, scale=scale)
    tolerances = entry_tolerances(shapes, eps, norm)
    spent = sum(
        2 * shape.inputs * shape.outputs * failure(width // shape.inputs, tolerance, scale)
        for shape, width, tolerance in zip(shapes, widths, tolerances, strict=True)
    )
    assert 0 < spent <= delta
    assert all(width % shape.inputs == 0 for shape, width in zip(shapes, widths, strict=True))
    assert propagated_error(shapes, tolerances, norm) <= eps * (1 + 1e-12)


@given(SIZES, EPS, DELTA, NORM, SCALE)
def test_one_sample_less_in_every_layer_is_not_enough(sizes, eps, delta, norm, scale):
    shapes = shapes_of(sizes)
    for shape, tolerance in zip(shapes, entry_tolerances(shapes, eps, norm), strict=True):
        n = certified.required_samples(shape.inputs, shape.outputs, len(shapes), eps, delta, norm, scale=scale)
        share = delta / (2 * len(shapes) * shape.inputs * shape.outputs)
        assert failure(n - 1, tolerance, scale) > share * (1 - 1e-9)


@settings(max_examples=12)
@given(st.integers(1, 900), st.integers(1, 900), st.integers(1, 5), st.floats(1e-4, 1.0), DELTA, NORM, SCALE)
def test_iterated_samples_fail_as_rarely(inputs, outputs, layers, eps, delta, norm, scale):
    n = certified.iterated_samples(inputs, outputs, layers, eps, delta, norm, scale=scale)
    assert n <= certified.required_samples(inputs, outputs, layers, eps, delta, norm, scale=scale)
    tolerance = eps / (2 * layers * (math.sqrt(inputs * outputs) if norm == "2" else inputs))
    half_width = max(1 / scale, least_iteration.HALF_WIDTHS["D"])
    curve = least_iteration.failure_curve("D", n, tolerance / scale, half_width)
    assert curve[n] <= delta / (2 * layers * inputs * outputs) < curve[n - 1]


def test_iterated_widths():
    shapes = shapes_of([784, 500, 10])
    for scale, saved in ((1, 0.35), (2, 0.2)):
        closed, found = (
            certified.required_widths(shapes, 0.01, 0.01, scale=scale, iterated=iterated) for iterated in (False, True)
        )
        assert all(few <= (1 - saved) * many for few, many in zip(found, closed, strict=True))
        assert found[0] == 784 * certified.iterated_samples(784, 500, 2, 0.01, 0.01, scale=scale)
    exact = [certified.iterated_samples(20, 20, 2, 0.5, 0.1, scale=2, bits=bits) for bits in (None, 52, 18)]
    assert exact[0] == exact[1] < exact[2]


@given(SIZES, EPS, DELTA, NORM, SCALE, st.floats(1.0, 10.0))
def test_widths_are_monotone(sizes, eps, delta, norm, scale, factor):
    shapes = shapes_of(sizes)
    base = certified.required_widths(shapes, eps, delta, norm, scale=scale)
    for more in (
        certified.required_widths(shapes, eps / factor, delta, norm, scale=scale),
        certified.required_widths(shapes, eps, delta / factor, norm, scale=scale),
        certified.required_widths(shapes_of([2 * size for size in sizes]), eps, delta, norm, scale=scale),
    ):
        assert all(wide >= narrow for wide, narrow in zip(more, base, strict=True))


@given(SIZES, EPS, DELTA, NORM, st.sampled_from([1.0, 2.0]), st.sampled_from([2.0, math.e, 10.0]))
def test_widths_are_below_the_constant(sizes, eps, delta, norm, scale, base):
    shapes = shapes_of(sizes)
    for shape, width in zip(shapes, certified.required_widths(shapes, eps, delta, norm, scale=scale), strict=True):
        argument = shape.inputs * shape.outputs * len(shapes) / min(eps, delta)
        if argument >= 2:
            assert width <= certified.constant(scale, base) * shape.inputs * math.log(argument, base)


@given(st.integers(1, 60), st.floats(0.001, 0.9))
def test_one_group_needs_fewer_samples_than_six(n, tolerance):
    """Same argument, same samples: what one sample adds is bounded better, and nothing is split."""
    six = growth.failure_bound("D", 20 * n, tolerance, groups=6)
    assert certified.failure_bound(120 * n, tolerance) <= six


@given(st.integers(1, 500), st.integers(1, 500), st.integers(1, 6), st.floats(0.05, 1.0), DELTA, SCALE)
def test_rounded_weights_leave_room_for_rounding(inputs, outputs, layers, eps, delta, scale):
    """52 bits always do; the tolerance left after rounding still meets the share."""
    n = certified.required_samples(inputs, outputs, layers, eps, delta, scale=scale, bits=52)
    left = eps / (2 * layers * math.sqrt(inputs * outputs)) - n * scale * 2.0**-51
    assert n >= certified.required_samples(inputs, outputs, layers, eps, delta, scale=scale)
    assert failure(n, left, scale) <= delta / (2 * layers * inputs * outputs)


def test_arrays_broadcast():
    inputs, eps = np.array([[3], [50]]), np.array([0.1, 0.5, 1.0])
    table = certified.required_samples(inputs, 7, 2, eps, 0.01)
    assert table.shape == (2, 3)
    assert table[1, 1] == certified.required_samples(50, 7, 2, 0.5, 0.01)


def test_constants_are_those_of_the_ledger():
    assert [math.ceil(certified.constant(scale, base)) for scale in (1, 2) for base in (math.e, 2)] == [141, 98, 87, 60]


def small_target(sizes: list[int], seed: int) -> Network:
    """Spectral norms of 1, but for rounding to float32."""
    rng = np.random.default_rng(seed)
    nodes: list = []
    for before, after in pairwise(sizes):
        weight = rng.normal(size=(after, before))
        nodes += [Dense((0.999999 * weight / np.linalg.norm(weight, 2)).astype(np.float32), None), Activation()]
    return Network(tuple(nodes[:-1]), (sizes[0],))


@pytest.mark.parametrize("sizes", [[2, 2, 1], [3, 2, 1]])
@pytest.mark.parametrize("seed", range(5))
def test_tickets_of_the_theorems_width_exist(sizes, seed):
    """slth scales second layers by at most 2, and draws 24-bit weights: both are in the theorem."""
    eps, delta = 0.5, 0.1
    target, shapes = small_target(sizes, seed), shapes_of(sizes)
    tolerances = entry_tolerances(shapes, eps)
    widths = certified.required_widths(shapes, eps, delta, scale=2, bits=24)
    samples = max(math.ceil(width / shape.inputs / 2) for shape, width in zip(shapes, widths, strict=True))
    ball = Ball(np.zeros((1, sizes[0])), Fraction(1), "l2", Box(Fraction(-1), Fraction(1)))
    request = Request(
        weight_error=min(tolerances), objective="within", samples=samples, assignment="blocks", seed=seed, domain=ball
    )
    made = approximate(target, request, "pensia2020")
    drawn = [layer.rows for layer in made.ticket.source.layers[::2]]
    assert all(units >= width for units, width in zip(drawn, widths, strict=True))
    assert all(scale <= 2 for scale in (layer.scale for layer in made.ticket.source.layers))
    assert len(made.ticket.missed) == 0
    assert made.ticket.claim.eps <= eps


def test_blocks_draw_the_theorems_widths():
    """2 samples units an input: of the n units of an input, about half serve each sign."""
    target = small_target([3, 4, 2], 1)
    plan = pair_plan(target, Request(assignment="blocks"), "pensia2020", None, 60, None)
    assert [layer.units for layer in plan.layers] == [120 * 3, 120 * 4]


@pytest.mark.parametrize(
    "call",
    [
        lambda: certified.required_samples(0, 1, 1, 0.1, 0.1),
        lambda: certified.required_samples(1, 1, 1, 1.5, 0.1),
        lambda: certified.required_samples(1, 1, 1, 0.1, 1.0),
        lambda: certified.required_samples(1, 1, 1, 0.1, 0.1, "1"),
        lambda: certified.required_samples(1, 1, 1, 0.1, 0.1, scale=1.5),
        lambda: certified.required_samples(1, 1, 1, math.nan, 0.1),
        lambda: certified.required_samples(500, 500, 4, 1e-4, 0.1, bits=24),
        lambda: certified.required_widths([], 0.1, 0.1),
        lambda: certified.required_widths([LayerShape(2, 2, 1.5)], 0.1, 0.1),
        lambda: certified.required_widths([LayerShape(2, 2), LayerShape(2, 3)], 0.1, 0.1),
        lambda: certified.constant(base=1.0),
        lambda: certified.failure_bound(-1, 0.1),
    ],
)
def test_bad_numbers(call):
    with pytest.raises(BadInput) as caught:
        call()
    assert "\n" not in str(caught.value)
