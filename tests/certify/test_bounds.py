"""The certificate as a whole: never below a sampled error, monotone in the domain, zero for equal networks."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_pairs import effective, random_case, random_point

from slth.certify.bounds import certify
from slth.certify.exact import exact_error
from slth.core.domain import Ball, Box, Hull
from slth.core.errors import BadInput
from slth.core.network import Activation, Dense, Network

seeds = st.integers(10_000, 2**31)


def network(*widths: int, seed: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    nodes: list[Dense | Activation] = []
    for index, (inputs, outputs) in enumerate(pairwise(widths)):
        nodes += [Activation()] * (index > 0)
        nodes.append(Dense(rng.normal(size=(outputs, inputs)) / inputs**0.5, rng.normal(size=outputs)))
    return Network(tuple(nodes), (widths[0],))


def near(target: Network, size: float, seed: int = 0):
    """A ticket whose every weight is off by at most `size`."""
    rng = np.random.default_rng(seed)
    unit = 2.0**-50
    layers = []
    for dense in target.affine:
        parts = [p + size * rng.uniform(-1, 1, p.shape) for p in (dense.weight, dense.weight, dense.bias)]
        layers.append(effective(*(np.rint(p / unit).astype(np.int64) for p in parts), unit))
    return tuple(layers)


@given(seeds)
def test_at_least_the_error_at_points_of_the_domain(seed: int) -> None:
    case = random_case(seed, segments=0)
    certified = certify(case.target, case.layers, case.domain)
    draw = random.Random(seed)
    for _ in range(5):
        domain = case.domain
        if isinstance(domain, Ball):
            domain = Ball(domain.centres[:1], domain.radius, domain.norm, domain.clip)
        point = random_point(draw, domain, case.target.input_shape[0])
        x = np.array([float(v) for v in point])
        if [Fraction(v) for v in x.tolist()] == point:
            assert exact_error(case.target, case.layers, x) <= Fraction(certified.eps_real)
    assert certified.eps_real <= certified.backward_eps <= certified.interval_eps
    assert certified.eps_real <= min(certified.norm_product, certified.eps_f64, certified.eps_f32)
    assert certified.eps_real == certified.outputs.max() == certified.regions.max()


@given(seeds)
def test_monotone_in_the_domain(seed: int) -> None:
    rng = np.random.default_rng(seed)
    target = network(3, 6, 5, 2, seed=seed % 1000)
    layers = near(target, 1e-3, seed % 1000)
    lower, upper = np.sort(rng.uniform(-1, 1, (2, 3)), axis=0)
    shrink = rng.uniform(0, 0.4, (2, 3)) * (upper - lower)
    large = certify(target, layers, Hull(lower, upper))
    small = certify(target, layers, Hull(lower + shrink[0], upper - shrink[1]))
    # line choices are heuristics: intervals are monotone, the backward pass nearly
    assert small.interval_eps <= large.interval_eps * (1 + 1e-9)
    assert small.eps_real <= large.eps_real * 1.25


@given(seeds)
def test_equal_networks_have_almost_no_error(seed: int) -> None:
    target = network(3, 6, 5, 2, seed=seed % 1000)
    layers = tuple(
        effective(*(np.rint(p * 2.0**58).astype(np.int64) for p in (d.weight, d.weight, d.bias)), 2.0**-58)
        for d in target.affine
    )
    certified = certify(target, layers, Box(Fraction(-1), Fraction(1)))
    assert certified.eps_real <= 1e-11


def test_bounds_scale_with_the_error_of_the_weights() -> None:
    target = network(20, 30, 10, 3)
    domain = Box(Fraction(0), Fraction(1))
    large, small = (certify(target, near(target, size), domain).eps_real for size in (1e-3, 1e-6))
    assert small == pytest.approx(large * 1e-3, rel=0.02)


def test_a_union_is_its_worst_region_and_progress_counts_them() -> None:
    target, seen = network(4, 8, 2), []
    layers = near(target, 1e-3)
    centres = np.random.default_rng(0).uniform(0.2, 0.8, (5, 4))
    box, radius = Box(Fraction(0), Fraction(1)), Fraction(1, 10)
    union = certify(target, layers, Ball(centres, radius, "linf", box), progress=lambda i, n: seen.append((i, n)))
    single = [certify(target, layers, Ball(c[None], radius, "linf", box)).eps_real for c in centres]
    assert union.regions.tolist() == single
    assert union.eps_real == max(single) <= certify(target, layers, box).eps_real
    assert seen == [(i, 5) for i in range(1, 6)]
    assert not union.outputs.flags.writeable


def test_a_ball_of_the_2_norm_is_tighter_than_its_box() -> None:
    target = network(30, 20, 2)
    layers = near(target, 1e-3)
    centre = np.full((1, 30), 0.5)
    box, radius = Box(Fraction(0), Fraction(1)), Fraction(1, 4)
    round_eps = certify(target, layers, Ball(centre, radius, "l2", box)).eps_real
    assert round_eps < 0.7 * certify(target, layers, Ball(centre, radius, "linf", box)).eps_real


def test_bad_shapes_are_refused() -> None:
    target, box = network(3, 4, 2), Box(Fraction(0), Fraction(1))
    with pytest.raises(BadInput, match="shapes"):
        certify(target, near(network(3, 5, 2), 0.1), box)
    with pytest.raises(BadInput, match="1 layers, the target 2"):
        certify(target, near(target, 0.1)[:1], box)
