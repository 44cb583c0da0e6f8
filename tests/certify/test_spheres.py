"""Scaled 2-norm remainders against all corners of small boxes, and gates against sampled values."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from random_pairs import HADAMARD, effective

from slth.certify.backward import Rows, Stage
from slth.certify.ball import BallGate, radii
from slth.certify.difference import difference
from slth.certify.inputs import Inputs
from slth.certify.intervals import Interval, Neurons, entered, passed
from slth.certify.operators import Matrix
from slth.certify.pairs import Difference, Pair
from slth.certify.spheres import Origin
from slth.certify.twin import Twin
from slth.core.domain import Box, Region
from slth.core.network import Activation, Dense, Network

seeds = st.integers(0, 2**32)
INPUTS = 6


def problem(seed: int, deep: bool = False, flat: bool = False) -> tuple[Difference, Inputs, np.ndarray]:
    """A random difference of two layers on a random box, and many points of it, all corners among them."""
    rng = np.random.default_rng(seed)
    hidden = 48 if flat else int(rng.integers(2, 12))
    weight = rng.normal(size=(hidden, INPUTS))
    second = (Dense(rng.normal(size=(5, hidden))), Activation(), Dense(rng.normal(size=(3, 5))))
    last = second if deep else (Dense(rng.normal(size=(3, hidden))),)
    target = Network((Dense(weight, rng.normal(size=hidden) * (not flat)), Activation(), *last), (INPUTS,))
    unit, size = 2.0**-48, 10.0 ** rng.uniform(-6, 0)
    layers = []
    for dense in target.affine:
        noise = rng.normal(size=dense.shape) * 10.0 ** rng.uniform(-1, 1, dense.shape)
        if (flat or rng.random() < 0.5) and dense.shape[1] == INPUTS:
            noise = np.vstack([HADAMARD] * 6)[: dense.shape[0], :INPUTS]
        bias = np.zeros(dense.shape[0]) if dense.bias is None else dense.bias + size * rng.normal(size=dense.shape[0])
        parts = (dense.weight + size * noise, dense.weight + size * noise * rng.choice([-1.0, 1.0]), bias)
        layers.append(effective(*(np.rint(part / unit).astype(np.int64) for part in parts), unit))
    lower = rng.uniform(-1, 0.5, INPUTS)
    upper = lower + rng.uniform(0, 1, INPUTS) * rng.choice([0.0, 1.0], INPUTS, p=[0.1, 0.9])
    if flat:
        lower, upper = -np.ones(INPUTS), np.ones(INPUTS)
    signed = bool((lower < 0).any())
    corners = np.array(list(product(*zip(lower, upper, strict=True))))
    x = np.vstack([corners, rng.uniform(lower, upper, (200, INPUTS))])
    return difference(target, tuple(layers), signed), Inputs(Region(lower, upper), signed), x


@given(seeds)
def test_a_sphere_covers_all_points(seed: int) -> None:
    model, inputs, x = problem(seed)
    rng = np.random.default_rng(seed + 1)
    twin, pair = Twin(model), model.pairs[0]
    z, gap = twin.states(x)[0]
    for origin, values in ((Origin.gap(pair, inputs), gap), (Origin.target(pair, inputs), z)):
        rows = np.abs(rng.normal(size=(int(rng.choice([4, 80])), pair.shape[0])))
        rows[:, rng.random(pair.shape[0]) < 0.2] = 0.0
        spheres = origin.spheres(rows, lambda members, sphere: True)
        assert sum(len(members) for members, _ in spheres) == len(rows) or not rows.any()
        for members, sphere in spheres:
            reached = (np.abs(values) @ rows[members].T).max(axis=0)
            found = sphere.remainder(rows[members])
            assert (found >= reached * (1 - 1e-12)).all()
            some = rows[members] * (rng.random(pair.shape[0]) < 0.5)
            assert (sphere.remainder(some) >= (np.abs(values) @ some.T).max(axis=0) * (1 - 1e-12)).all()


def test_a_sphere_is_tight_for_orthogonal_rows() -> None:
    """sum_j |(H x)_j| over |x_k| <= 1 is at most n sqrt(n) for a Hadamard matrix of order n; intervals give n²."""
    ones = np.ones(4)
    matrix = Matrix(HADAMARD[:4, :4].copy())
    pair = Pair(matrix, matrix, matrix, 0 * ones, 0 * ones, 0 * ones)
    origin = Origin.target(pair, Inputs(Region(-ones, ones), False))
    ((_, sphere),) = origin.spheres(np.ones((1, 4)), lambda members, sphere: True)
    assert 8.0 <= sphere.remainder(np.ones((1, 4)))[0] <= 8.001


@given(seeds)
def test_radii_cover_all_points(seed: int) -> None:
    model, inputs, x = problem(seed, deep=True)
    neurons = [entered(model.pairs[0], inputs)]
    neurons.append(passed(model.pairs[1], neurons[0].relu()))
    twin = Twin(model)
    states = twin.states(x)[::2]
    for known in (neurons, [unknown(len(n.target)) for n in neurons]):  # with intervals, and by norms alone
        for found, (z, gap) in zip(radii(model, model.pairs, inputs, known), states, strict=False):
            assert found.target >= np.linalg.norm(z, axis=1).max() * (1 - 1e-12)
            assert found.gap >= np.linalg.norm(gap, axis=1).max() * (1 - 1e-12)


def unknown(width: int) -> Neurons:
    wide = Interval(np.full(width, -1e9), np.full(width, 1e9))
    return Neurons(wide, wide, wide)


def test_radii_are_attained_by_diagonal_networks() -> None:
    """z_2 = z_1 = x and δz_1 = d x, δz_2 = (2 d + d²) x over [0, 1]^4: every norm in the recursion is attained."""
    d, unit = 2.0**-10, 2.0**-40
    one = np.eye(4)
    target = Network((Dense(one), Activation(), Dense(one), Activation(), Dense(one)), (4,))
    whole = np.rint((1 + d) * one / unit).astype(np.int64)
    layers = tuple(effective(whole, whole, np.zeros(4, np.int64), unit) for _ in range(3))
    model = difference(target, layers, False)
    inputs = Inputs(next(Box(Fraction(0), Fraction(1)).regions(4)), False)
    found = radii(model, model.pairs, inputs, [unknown(4)] * 2)
    assert 2.0 <= found[0].target <= 2.001
    assert 2.0 <= found[1].target <= 2.001
    assert 2 * d <= found[0].gap <= 2.001 * d
    assert 4 * d + 2 * d * d <= found[1].gap <= 4.01 * d


def gated(seed: int, flat: bool, scaled: bool) -> float:
    """The largest share of half slopes in a row, once A . δh + B . h <= the row after the gate has been checked."""
    model, inputs, x = problem(seed, flat=flat)
    pair = model.pairs[0]
    neurons = entered(pair, inputs)
    origins = Origin.target(pair, inputs), Origin.gap(pair, inputs)
    gate = BallGate.rounded(neurons, radii(model, model.pairs, inputs, [neurons])[0], origins if scaled else None)
    rng = np.random.default_rng(seed + 1)
    a, b = rng.normal(size=(2, 6, pair.shape[0]))
    a = np.sign(a) if flat else a
    b = b * 10.0 ** rng.uniform(-6, 1)
    out = gate.through(Rows(a, b, np.zeros(6), np.zeros(6)))
    z, gap = Twin(model).states(x)[0]
    if flat:  # the gates may be anything: a worse case than the network's own target
        z = z * rng.choice([-1.0, 1.0], z.shape)
    h, after = np.maximum(z, 0), np.maximum(z + gap, 0) - np.maximum(z, 0)
    assert out.gap is not None
    assert out.target is not None
    left = after @ a.T + h @ b.T
    right = gap @ out.gap.T + z @ out.target.T + out.constant + out.slack
    assert (left <= right + 1e-12 * (1 + np.abs(right))).all()
    return float((out.gap == a / 2).mean(axis=1).max())


@given(seeds, st.booleans())
def test_a_gate_never_lowers_a_row(seed: int, scaled: bool) -> None:
    gated(seed, False, scaled)


def test_a_gate_with_balls_never_lowers_a_row() -> None:
    """Errors that are rows of a Hadamard matrix, where balls win: the same check, with half slopes in use."""
    shares = [gated(seed, True, scaled) for seed in range(40) for scaled in (False, True)]
    assert np.mean(np.array(shares) > 0.9) > 0.3


def test_the_scaled_step_is_what_decides_on_uneven_errors() -> None:
    """Errors in inverse proportion to the output weights: plain norms lose to intervals, scaled ones do not."""
    rng = np.random.default_rng(3)
    hidden, inputs = 60, 60
    first, second = rng.normal(size=(hidden, inputs)) / 8, rng.normal(size=(2, hidden)) / 8
    price = 10.0 ** rng.uniform(-2, 0, hidden)
    target = Network((Dense(first), Activation(), Dense(second * price)), (inputs,))
    noise = 1e-3 * rng.uniform(-1, 1, (hidden, inputs)) / price[:, None]
    parts = [(first + noise, 0), (second * price, 1)]
    zero = np.zeros(hidden, np.int64)
    layers = tuple(
        effective(whole, whole, zero[: len(whole)], 2.0**-44)
        for whole in (np.rint(part / 2.0**-44).astype(np.int64) for part, _ in parts)
    )
    region = next(Box(Fraction(-1), Fraction(1)).regions(inputs))
    model = difference(target, layers, True)
    domain = Inputs(region, True)
    neurons = entered(model.pairs[0], domain)
    stage = Stage.of(model.pairs[1], neurons.relu(), domain)
    origins = Origin.target(model.pairs[0], domain), Origin.gap(model.pairs[0], domain)
    known = radii(model, model.pairs, domain, [neurons])[0]
    plain = BallGate.rounded(neurons, known, None).through(stage.gap_rows()).constant.max()
    scaled = BallGate.rounded(neurons, known, origins).through(stage.gap_rows()).constant.max()
    assert scaled < 0.5 * plain
