"""Both networks run in float32 and float64 in adversarial orders stay within eps_f32 and eps_f64."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from slth.certify.bounds import certify
from slth.certify.deployment import F32, Deployment, Precision, _summed
from slth.certify.difference import difference
from slth.certify.inputs import Inputs
from slth.certify.intervals import given
from slth.certify.operators import Grid, Mean
from slth.certify.regions import region_bounds
from slth.certify.steps import SumStep
from slth.core.collapse import EffectiveLayer, collapse
from slth.core.domain import Box, Hull
from slth.core.laws import LAWS
from slth.core.mask import Mask
from slth.core.network import Activation, Add, Dense, Network
from slth.core.source import Source, SourceLayer

WIDTHS = (6, 9, 4)


def ticket(seed: int, scale: float):
    """A random source of pairs, a random mask under the block rule, and both as dense float64 matrices."""
    rng = np.random.default_rng(seed)
    shapes = []
    for inputs, outputs in pairwise(WIDTHS):
        units = 30
        shapes += [SourceLayer(units, inputs + 1, scale, True), SourceLayer(outputs, units, scale)]
    source = Source(seed, LAWS["uniform"], tuple(shapes))
    kept = []
    for layer in shapes:
        if layer.bias:
            kept.append(np.arange(layer.rows) * layer.columns + rng.integers(layer.columns, size=layer.rows))
        else:
            kept.append(np.flatnonzero(rng.random(layer.size) < 0.6))
    mask = Mask.of(source, [k.astype(np.int64) for k in kept])
    matrices = []
    for index, layer in enumerate(shapes):
        rows, columns = mask.pairs(index)
        dense = np.zeros((layer.rows, layer.columns))
        dense[rows, columns] = source.weights(index, rows, columns)
        matrices.append(dense)
    return collapse(source, mask), matrices


def product(matrix, x, kind, order):
    """matrix x in one precision, term by term in the given order."""
    total = np.zeros(len(matrix), kind)
    for column in order:
        total = total + (matrix[:, column].astype(kind) * x[column]).astype(kind)
    return total


def order(matrix, pick):
    """As it is, smallest first, largest first, or shuffled."""
    mass = np.abs(matrix).sum(axis=0)
    return [np.arange(len(mass)), np.argsort(mass), np.argsort(-mass), np.random.default_rng(0).permutation(len(mass))][
        pick
    ]


@pytest.mark.parametrize("scale", [1.0, 0.25, float(np.float32(0.3))])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_runs_stay_within_their_bound(kind, scale: float) -> None:
    for seed in range(3):
        layers, matrices = ticket(seed, scale)
        nodes = []
        for index, layer in enumerate(layers):  # the target is the ticket itself, rounded: all error is rounding
            weight, bias = layer.plus * layer.unit, layer.bias * layer.unit
            nodes += [Activation()] * (index > 0) + [Dense(weight.astype(np.float32), bias.astype(np.float32))]
        target = Network(tuple(nodes), (WIDTHS[0],))
        certified = certify(target, layers, Box(Fraction(0), Fraction(1)))
        bound = certified.eps_f32 if kind is np.float32 else certified.eps_f64
        rng = np.random.default_rng(seed)
        worst = 0.0
        for _ in range(10):
            x = rng.choice([0.0, 1.0, 0.7], WIDTHS[0]).astype(np.float32).astype(kind)
            for pick in range(4):
                f, g = x, x
                for index, dense in enumerate(target.affine):
                    f = product(dense.weight, f if index == 0 else np.maximum(f, 0), kind, order(dense.weight, pick))
                    f = f + dense.bias.astype(kind)
                for index in range(0, len(matrices), 2):
                    fed = np.append(g if index == 0 else np.maximum(g, 0), kind(1))
                    units = np.maximum(product(matrices[index], fed, kind, order(matrices[index], pick)), 0)
                    g = product(matrices[index + 1], units, kind, order(matrices[index + 1], pick))
                worst = max(worst, float(np.abs(g.astype(np.float64) - f.astype(np.float64)).max()))
        assert worst <= bound
        assert certified.eps_f64 - certified.eps_real < 1e-10
        assert certified.eps_f32 - certified.eps_real < 1e-2


@pytest.mark.parametrize("worst", ["target", "ticket"])
def test_float32_sums_that_lose_every_small_term(worst: str) -> None:
    """1 + 2^-25 + 2^-25 + ...: from the left every term is lost, so that the bound of either run is nearly attained."""
    inputs = 200
    ones = np.ones((1, inputs), np.float32)
    target = Network((Dense(ones), Activation(), Dense(np.ones((1, 1), np.float32))), (inputs,))
    layers = tuple(
        EffectiveLayer.relu(v, 0 * v, 0 * v[:, 0], np.hstack([v, 0 * v[:, :1]]).astype(float), 1.0, v.shape[1])
        for v in (np.ones((1, inputs), np.int64), np.ones((1, 1), np.int64))
    )
    x = np.full(inputs, 2.0**-25, np.float32)
    x[0] = 1.0
    hull = Hull(np.zeros(inputs), x.astype(np.float64))
    certified = certify(target, layers, hull)
    assert certified.eps_real < 1e-12
    lost, kept = (float(product(ones, x, np.float32, order)[0]) for order in (range(inputs), range(inputs)[::-1]))
    exact = 1 + (inputs - 1) * 2.0**-25
    assert abs(kept - exact) < 0.1 * abs(lost - exact)
    region = Inputs(next(hull.regions(inputs)), False)
    source, known = given(region), region_bounds(difference(target, layers, False), region).known
    deployed = Deployment.of(target, layers)
    reach = [n.target.magnitude if worst == "target" else n.ticket.magnitude for n in (*known, source)]
    run = deployed.run(deployed.target if worst == "target" else deployed.ticket, reach, known, F32)
    assert abs(lost - exact) <= run.error.max() <= 3 * abs(lost - exact)
    assert abs(kept - lost) <= certified.eps_f32


def test_a_sum_passes_the_errors_of_both_inputs_and_rounds() -> None:
    """1 + 2^-25 + 2^-25 + ... again, now as one side of a sum with a small number, and as both."""
    inputs = 200
    ones = np.ones((1, inputs), np.float32)
    x = np.full(inputs, 2.0**-25, np.float32)
    x[0] = 1.0
    hull = Hull(np.zeros(inputs), x.astype(np.float64))
    lost = float(product(ones, x, np.float32, range(inputs))[0])
    away = abs(lost - (1 + (inputs - 1) * 2.0**-25))
    whole = np.ones((1, inputs), np.int64)
    for scales in ((2.0**-30, 1.0), (1.0, 2.0**-30), (1.0, 1.0)):
        parts = [Dense(ones * np.float32(scale)) for scale in scales]
        target = Network((*parts, Add()), (inputs,), ((-1,), (-1,), (0, 1)))
        layers = tuple(
            EffectiveLayer.relu(whole, 0 * whole, whole[:, 0] * 0, np.ones((1, inputs + 1)) * scale, scale, inputs)
            for scale in scales
        )
        region = Inputs(next(hull.regions(inputs)), False)
        source, known = given(region), region_bounds(difference(target, layers, False), region).known
        deployed = Deployment.of(target, layers)
        run = deployed.run(deployed.target, [n.target.magnitude for n in (*known, source)], known, F32)
        assert away * sum(scales) <= run.error.max() <= 4 * away * sum(scales)
    exact = Precision("no bits", 0.5, 0.0, 1.0)
    (added,) = _summed(SumStep((0, 1)), [(np.zeros(1), np.ones(1))] * 2, exact)[0]
    assert added >= 1.0  # 1 + 1, half of it lost


def test_a_mean_passes_the_mean_error_and_rounds() -> None:
    step = SumStep((0,), Mean(Grid((2, 2), (2, 2), (2, 2))))
    (passed,), top = _summed(step, [(np.array([1.0, 2.0, 3.0, 6.0]), np.zeros(4))], F32)
    assert 3.0 <= passed <= 3.001
    assert top >= 12.0
    (rounded,), _ = _summed(step, [(np.zeros(4), np.ones(4))], F32)
    assert 3 * F32.unit <= rounded <= 20 * F32.unit
