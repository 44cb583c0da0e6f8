"""Prices bound what an error of one weight does, and are what tolerances are made from."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slth.certify.prices import prices
from slth.core.domain import Ball, Box, Domain
from slth.core.network import Activation, Dense, Network


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
        assert table.shape == (target.dense[layer].shape[0], target.dense[layer].shape[1] + biased)
        row, column = (int(rng.integers(n)) for n in table.shape)
        change = np.abs(moved(target, layer, row, column, step)(x) - target(x)).max()
        assert change <= table[row, column] * step * (1 + 1e-5) + 1e-12


def test_dead_and_certain_neurons() -> None:
    first = Dense(np.array([[1.0], [1.0]]), np.array([-5.0, 5.0]))  # one neuron never on, one always
    target = Network((first, Activation(), Dense(np.array([[3.0, -2.0]]))), (1,))
    tables = prices(target, Box(Fraction(0), Fraction(1)))
    assert np.allclose(tables[0], [[0, 0], [2, 2]], atol=1e-9)
    assert np.allclose(tables[1], [[0, 6]], atol=1e-9)
