"""Networks with convolutions, pools, sums, smooth and leaky activations, copies: no bound below what is observed."""

from __future__ import annotations

import statistics
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from random_graphs import KINDS, SMOOTH, GraphCase, difference_at, graph_case, points

from slth.certify.bounds import certify
from slth.certify.exact import exact_error, is_exact, least_error
from slth.core.domain import Box, Hull
from slth.core.errors import BadInput
from slth.core.network import Activation, Conv, Dense, Network

NETWORKS = 600
seeds = st.integers(10_000, 2**31)


def seen(case: GraphCase, seed: int, count: int = 60) -> np.ndarray:
    """The largest error found, output by output."""
    rng = np.random.default_rng(seed)
    return np.abs(difference_at(case, points(case, rng, count), rng)).max(axis=0)


@pytest.mark.parametrize("kinds", [("relu", "leaky_relu"), KINDS])
def test_no_bound_is_below_an_observed_error(figure, kinds) -> None:
    ratios, seen_kinds = [], set()
    for seed in range(NETWORKS):
        case = graph_case(seed, kinds)
        certified = certify(case.target, case.layers, case.domain)
        worst, slack = seen(case, seed), 1e-11
        where = f"seed {seed}"
        assert (certified.outputs * (1 + 1e-9) + slack >= worst).all(), where
        assert certified.eps_real <= certified.backward_eps <= certified.interval_eps, where
        assert certified.eps_real <= min(certified.checker_eps, certified.eps_f64, certified.eps_f32), where
        seen_kinds |= {type(node).__name__ for node in case.target.nodes}
        if worst.max() > 1e-9:
            ratios.append(certified.eps_real / worst.max())
    ratios.sort()
    assert seen_kinds == {"Dense", "Conv", "Pool", "Activation", "Add", "Flatten"}
    figure(
        f"certificate / sampled error, networks of every node ({', '.join(kinds)})",
        f"{NETWORKS} networks, 0 violations, ratio min {ratios[0]:.6f} median {statistics.median(ratios):.2f} "
        f"90 % {ratios[len(ratios) * 9 // 10]:.1f}",
    )


@given(seeds)
def test_exact_values(seed: int) -> None:
    case = graph_case(seed, ("relu", "leaky_relu"))
    x = points(case, np.random.default_rng(seed), 3)
    if not is_exact(case.target, case.layers):
        with pytest.raises(BadInput, match="least_error"):
            exact_error(case.target, case.layers, x[0])
        return
    bound = certify(case.target, case.layers, case.domain).eps_real
    plain = np.abs(difference_at(case, x)).max(axis=1)
    for point, error in zip(x, plain.tolist(), strict=True):
        exact = exact_error(case.target, case.layers, point)
        assert least_error(case.target, case.layers, point) == exact <= Fraction(bound)
        assert float(exact) == pytest.approx(error, rel=1e-6, abs=1e-11)


@given(seeds)
def test_a_least_error_is_proved_and_close(seed: int) -> None:
    case = graph_case(seed, SMOOTH)
    rng = np.random.default_rng(seed)
    (x,) = points(case, rng, 1)
    near = [np.abs(difference_at(case, x[None], rng)).max() for _ in range(20)]
    least = float(least_error(case.target, case.layers, x))
    assert 0 <= least <= min(near) * (1 + 1e-9) + 1e-10
    if all(layer.zone.up == layer.zone.down for layer in case.layers):  # nothing is unknown but the remainders
        layers = tuple(replace(layer, remainder=None, bias_error=0 * layer.bias_error) for layer in case.layers)
        sure = GraphCase(case.target, layers, case.domain)
        error = np.abs(difference_at(sure, x[None])).max()
        assert float(least_error(sure.target, layers, x)) >= error * (1 - 1e-9) - 1e-9


@given(seeds)
def test_monotone_in_the_domain(seed: int) -> None:
    case = graph_case(seed)
    rng = np.random.default_rng(seed)
    inputs = int(np.prod(case.target.input_shape))
    lower, upper = np.sort(rng.uniform(-1, 1, (2, inputs)), axis=0)
    shrink = rng.uniform(0, 0.4, (2, inputs)) * (upper - lower)
    large = certify(case.target, case.layers, Hull(lower, upper))
    small = certify(case.target, case.layers, Hull(lower + shrink[0], upper - shrink[1]))
    assert small.interval_eps <= large.interval_eps * (1 + 1e-9) + 1e-12
    assert small.eps_real <= large.eps_real * 1.5 + 1e-12


def as_dense(node: Conv, shape: tuple[int, ...]) -> Dense:
    """The matrix of a convolution, pixel by pixel."""
    out, inputs = node.out_shape(shape), int(np.prod(shape))
    eye = np.eye(inputs).reshape(inputs, *shape)
    linear = Conv(node.weight, None, node.stride, node.padding)(eye).reshape(inputs, -1).T
    bias = np.zeros(out[0]) if node.bias is None else node.bias.astype(np.float64)
    return Dense(np.ascontiguousarray(linear), np.repeat(bias, int(np.prod(out[1:]))))


@given(st.integers(0, 10_000), st.sampled_from([Fraction(0), Fraction(-1)]))
def test_a_convolution_is_its_matrix(seed: int, low: Fraction) -> None:
    """conv - relu - conv has the bounds of the dense network with the same matrices, but for the 2-norm step."""
    rng = np.random.default_rng(seed)
    steps = [((2, 1), (0, 1)), ((1, 2), (1, 0)), ((1, 1), (2, 2))]
    nodes: list = []
    shape: tuple[int, ...] = (2, 5, 4)
    for channels in (3, 2):
        stride, padding = steps[int(rng.integers(3))]
        kernel = [int(rng.integers(1, 3)) for _ in "hw"]
        nodes += [Activation()] * bool(nodes)
        nodes.append(Conv(rng.normal(size=(channels, shape[0], *kernel)), rng.normal(size=channels), stride, padding))
        shape = nodes[-1].out_shape(shape)
    target = Network(tuple(nodes), (2, 5, 4))
    shape, flat = (2, 5, 4), []
    for node in nodes:
        flat.append(as_dense(node, shape) if isinstance(node, Conv) else node)
        shape = node.out_shape(shape)
    seen_flat = Network(tuple(flat), (40,))
    unit = 2.0**-40
    layers, dense_layers = [], []
    for node, other in zip(target.affine, seen_flat.affine, strict=True):
        parts = [
            np.rint((node.weight + 1e-3 * rng.normal(size=node.weight.shape)) / unit).astype(np.int64) for _ in "pn"
        ]
        bias = np.rint((node.bias + 1e-3) / unit).astype(np.int64)
        layers.append(layer_of(parts[0], parts[1], bias, unit))
        moved = [
            as_dense(Conv(part * 1.0, None, node.stride, node.padding), _in(target, node)).weight for part in parts
        ]
        dense_bias = np.repeat(bias, len(other.weight) // len(bias))
        dense_layers.append(layer_of(moved[0].astype(np.int64), moved[1].astype(np.int64), dense_bias, unit))
    for domain in (Box(low, Fraction(1)), Hull(np.full(40, float(low)), rng.uniform(0.1, 1, 40))):
        pairs = (target, layers), (seen_flat, dense_layers)
        one, two = (certify(network, tuple(made), domain, sharp=False) for network, made in pairs)
        assert one.interval_eps == pytest.approx(two.interval_eps, rel=1e-9)
        assert one.backward_eps == pytest.approx(two.backward_eps, rel=1e-9)


def layer_of(plus, minus, bias, unit: float):
    from slth.core.collapse import EffectiveLayer, Zone

    shape = plus.shape if plus.ndim == 2 or plus.shape[2:] != (1, 1) else plus.shape[:2]
    plus, minus = plus.reshape(shape), minus.reshape(shape)
    none = np.zeros(len(bias))
    size = np.abs(plus) * unit
    return EffectiveLayer(plus, minus, bias, none, size, np.abs(bias) * unit, None, Zone(1.0, 0.0), unit, 99)


def _in(target: Network, node) -> tuple[int, ...]:
    number = target.nodes.index(node)
    return target.input_shape if number == 0 else target.shapes[number - 1]
