"""Prices bound what an error of one weight does, and are what tolerances are made from."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slth.certify.prices import prices
from slth.core.domain import Ball, Box, Domain
from slth.core.network import Activation, Add, Conv, Dense, Flatten, Network, Pool


def network(seed: int, biased: bool) -> Network:
    rng = np.random.default_rng(seed)
    shapes = [(5, 4), (6, 5), (3, 6)]
    layers = [Dense(rng.normal(size=s), rng.normal(size=s[0]) if biased else None) for s in shapes]
    return Network((layers[0], Activation(), layers[1], Activation(), layers[2]), (4,))


def moved(target: Network, layer: int, row: int, column: int, step: float) -> Network:
    nodes, number = [], 0
    for node in target.nodes:
        if isinstance(node, Dense):
            if number == layer:
                weight, bias = node.weight.copy(), None if node.bias is None else node.bias.copy()
                if column == weight.shape[1]:
                    bias[row] += step
                else:
                    weight[row, column] += step
                node = Dense(weight, bias)
            number += 1
        nodes.append(node)
    return Network(tuple(nodes), target.input_shape)


@given(st.integers(0, 10_000), st.booleans(), st.sampled_from([0, -1]))
def test_no_small_error_of_one_weight_costs_more(seed: int, biased: bool, low: int) -> None:
    target = network(seed, biased)
    rng = np.random.default_rng(seed + 1)
    domain: Domain = Box(Fraction(low), Fraction(1))
    x = rng.uniform(low, 1, (50, 4))
    if seed % 2:
        domain = Ball(x[:3], Fraction(1, 20), "linf", domain)
        x = np.clip(x[:3].repeat(20, axis=0) + rng.uniform(-0.05, 0.05, (60, 4)), low, 1)
    tables = prices(target, domain)
    step = 1e-7
    for layer, table in enumerate(tables):
        assert table.shape == (target.affine[layer].shape[0], target.affine[layer].shape[1] + biased)
        row, column = (int(rng.integers(n)) for n in table.shape)
        change = np.abs(moved(target, layer, row, column, step)(x) - target(x)).max()
        assert change <= table[row, column] * step * (1 + 1e-5) + 1e-12


def test_dead_and_certain_neurons() -> None:
    first = Dense(np.array([[1.0], [1.0]]), np.array([-5.0, 5.0]))  # one neuron never on, one always
    target = Network((first, Activation(), Dense(np.array([[3.0, -2.0]]))), (1,))
    tables = prices(target, Box(Fraction(0), Fraction(1)))
    assert np.allclose(tables[0], [[0, 0], [2, 2]], atol=1e-9)
    assert np.allclose(tables[1], [[0, 6]], atol=1e-9)


def picture_network(seed: int) -> Network:
    """conv - leaky - max pool - x + conv(x) - tanh - mean pool - dense."""
    rng = np.random.default_rng(seed)
    nodes = (
        Conv(rng.normal(size=(2, 1, 2, 3)), rng.normal(size=2), (1, 2), (1, 1)),
        Activation("leaky_relu", 0.25),
        Pool("max", (2, 2), (2, 1)),
        Conv(rng.normal(size=(2, 2, 3, 3)), None, (1, 1), (1, 1)),
        Add(),
        Activation("tanh"),
        Pool("mean", (2, 1), (1, 1)),
        Flatten(),
        Dense(rng.normal(size=(2, 8)), rng.normal(size=2)),
    )
    inputs = tuple((number - 1,) if number != 4 else (3, 2) for number in range(9))
    return Network(nodes, (1, 5, 5), inputs)


def changed(target: Network, layer: int, row: int, place: int, step: float) -> Network:
    """With one weight (or bias, the place after the last) moved."""
    old, nodes = target.affine[layer], list(target.nodes)
    weight, bias = old.weight.copy(), None if old.bias is None else old.bias.copy()
    if place == weight[0].size:
        bias[row] += step
    else:
        weight.reshape(len(weight), -1)[row, place] += step
    made = Conv(weight, bias, old.stride, old.padding) if isinstance(old, Conv) else Dense(weight, bias)
    nodes[nodes.index(old)] = made
    return Network(tuple(nodes), target.input_shape, target.inputs)


@given(st.integers(0, 10_000), st.sampled_from([0, -1]))
def test_prices_of_kernels_and_of_every_node(seed: int, low: int) -> None:
    target = picture_network(seed)
    rng = np.random.default_rng(seed + 1)
    tables = prices(target, Box(Fraction(low), Fraction(1)))
    assert [table.shape for table in tables] == [(2, 7), (2, 18), (2, 9)]
    x = rng.uniform(low, 1, (60, 1, 5, 5))
    step = 1e-7
    for layer, table in enumerate(tables):
        row, place = (int(rng.integers(n)) for n in table.shape)
        change = np.abs(changed(target, layer, row, place, step)(x) - target(x)).max()
        assert change <= table[row, place] * step * (1 + 1e-4) + 1e-12
        assert table[row, place] < 1e4


def test_a_kernel_on_one_window_is_priced_as_a_dense_layer() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(3, 2, 2, 2)), rng.normal(size=(2, 3))
    bias = rng.normal(size=3)
    conv = Network((Conv(first, bias), Activation(), Dense(second)), (2, 2, 2))
    flat = Network((Dense(first.reshape(3, 8), bias), Activation(), Dense(second)), (8,))
    for domain in (Box(Fraction(0), Fraction(1)), Box(Fraction(-1), Fraction(1))):
        for one, two in zip(prices(conv, domain), prices(flat, domain), strict=True):
            assert np.allclose(one, two, rtol=1e-9)
